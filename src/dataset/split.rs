//! What is learnt from, and what is kept back to measure with.

use std::collections::{BTreeMap, BTreeSet};

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde::{Deserialize, Serialize};

use super::Entry;

/// Which part of a dataset a picture is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// Learnt from.
    Train,
    /// A held-out pair: its concept is learnt in other styles, and its style from other concepts.
    Pair,
    /// Of a concept that is held out in every style.
    Concept,
}

/// Of the pairs of concept and style, this part is held out.
const PAIRS: f64 = 0.03;
/// The number of concepts that are held out in every style, of those drawn in at least [`STYLES`].
const CONCEPTS: usize = 10;
const STYLES: usize = 6;

/// Gives each entry its split; `seed` decides.
pub fn assign(entries: &mut [Entry], seed: u64) {
    let mut rng = StdRng::seed_from_u64(seed);
    let mut styles: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for entry in entries.iter() {
        styles.entry(&entry.label).or_default().insert(&entry.style);
    }
    let mut whole: Vec<&str> = styles
        .iter()
        .filter(|(_, styles)| styles.len() >= STYLES)
        .map(|(label, _)| *label)
        .collect();
    whole.shuffle(&mut rng);
    whole.truncate(CONCEPTS);
    let whole: BTreeSet<String> = whole.into_iter().map(str::to_owned).collect();

    // Only if the concept is learnt in another style.
    let mut pairs: Vec<(&str, &str)> = styles
        .iter()
        .filter(|(label, styles)| styles.len() > 1 && !whole.contains(**label))
        .flat_map(|(label, styles)| styles.iter().map(|style| (*label, *style)))
        .collect();
    pairs.shuffle(&mut rng);
    pairs.truncate((pairs.len() as f64 * PAIRS).round() as usize);
    // The last style of a concept stays.
    let mut left: BTreeMap<&str, usize> =
        styles.iter().map(|(label, styles)| (*label, styles.len())).collect();
    pairs.retain(|(label, _)| {
        let left = left.get_mut(label).expect("it has styles");
        let is_spare = *left > 1;
        *left -= usize::from(is_spare);
        is_spare
    });
    let pairs: BTreeSet<(String, String)> =
        pairs.into_iter().map(|(label, style)| (label.to_owned(), style.to_owned())).collect();

    for entry in entries {
        entry.split = if whole.contains(&entry.label) {
            Split::Concept
        } else if pairs.contains(&(entry.label.clone(), entry.style.clone())) {
            Split::Pair
        } else {
            Split::Train
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_decides_and_nothing_leaks() {
        let entry = |i: usize| Entry {
            label: format!("thing {}", i / 8),
            tags: Vec::new(),
            style: format!("style {}", i % 8),
            group: String::new(),
            licence: String::new(),
            split: Split::Train,
        };
        let mut entries: Vec<Entry> = (0..1600).map(entry).collect();
        assign(&mut entries, 1);
        let first = entries.clone();
        assign(&mut entries, 1);
        assert_eq!(first, entries);
        assign(&mut entries, 2);
        assert_ne!(first, entries);

        let labels = |split| -> BTreeSet<&str> {
            first.iter().filter(|e| e.split == split).map(|e| e.label.as_str()).collect()
        };
        assert_eq!(labels(Split::Concept).len(), CONCEPTS);
        assert!(labels(Split::Concept).is_disjoint(&labels(Split::Train)));
        assert!(labels(Split::Pair).is_subset(&labels(Split::Train)));
        let pairs = first.iter().filter(|entry| entry.split == Split::Pair).count();
        assert_eq!(pairs, 46); // 3 % of the 190 concepts' 8 pairs each
    }
}
