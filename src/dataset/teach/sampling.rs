//! How often each picture is sampled, and how often with captions of each kind. In total each kind gets
//! its intended share, although not every picture has captions of every kind.

use std::collections::BTreeMap;

use super::caption_kind::{CaptionKind, KINDS};
use crate::dataset::{Entry, Split};

/// The greatest weight of a family, in labels.
const FAMILY: f64 = 3.0;
/// The greatest factor by which a kind that few pictures have is sampled more often from those.
const MOST: f64 = 2.0;
/// The least share of a picture's samples for its names.
const LEAST: f64 = 0.35;

/// Returns the sampling weight of each picture, given the family of each label. Within a style all
/// labels have equal weight, but a family has the weight of at most three labels. A picture whose style
/// and label are not in the training split has the weight 0.
pub(super) fn weights(entries: &[Entry], families: &BTreeMap<&str, String>) -> Vec<f64> {
    let mut pictures: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.split == Split::Train) {
        *pictures.entry((&entry.style, &entry.label)).or_default() += 1;
    }
    let mut sizes: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (style, label) in pictures.keys() {
        *sizes.entry((*style, &families[label])).or_default() += 1;
    }
    let weight = |entry: &Entry| {
        let (style, label) = (entry.style.as_str(), entry.label.as_str());
        let count = *pictures.get(&(style, label))?;
        let family = sizes[&(style, families[label].as_str())] as f64;
        Some((FAMILY / family).min(1.0) / count as f64)
    };
    entries.iter().map(|entry| weight(entry).unwrap_or(0.0)).collect()
}

/// The weight of each picture, and the shares of its kinds of captions; its names get the rest.
#[derive(Debug)]
pub(super) struct Sampling {
    weights: Vec<f64>,
    shares: BTreeMap<CaptionKind, f64>,
    /// The factor for each picture's shares that keeps the least share for its names.
    cut: Vec<f64>,
}

impl Sampling {
    /// Computes the shares for pictures, given their weights and their kinds of captions besides names.
    pub(super) fn new(weights: Vec<f64>, kinds: &[Vec<CaptionKind>]) -> Self {
        let all: f64 = weights.iter().sum();
        let share = |kind: CaptionKind| {
            let having = weights.iter().zip(kinds).filter(|(_, kinds)| kinds.contains(&kind));
            let part = having.map(|(weight, _)| weight).sum::<f64>() / all.max(1e-9);
            kind.share() * (1.0 / part.max(1e-9)).min(MOST)
        };
        let shares: BTreeMap<CaptionKind, f64> =
            KINDS.into_iter().map(|kind| (kind, share(kind))).collect();
        let fitting = |kinds: &Vec<CaptionKind>| {
            let others: f64 = kinds.iter().map(|kind| shares[kind]).sum();
            ((1.0 - LEAST) / others.max(1e-9)).min(1.0)
        };
        Self { weights, cut: kinds.iter().map(fitting).collect(), shares }
    }

    /// Returns the weight of picture `i`.
    pub(super) fn weight(&self, i: usize) -> f64 {
        self.weights[i]
    }

    /// Returns the share of a kind in the samples of picture `i`, if it has captions of that kind.
    pub(super) fn share(&self, i: usize, kind: CaptionKind) -> f64 {
        self.shares[&kind] * self.cut[i]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_labels_are_drawn_more_often_and_names_keep_their_share() {
        let others = &KINDS[1..];
        // Half of the pictures have all kinds, and a quarter have colours and keywords.
        let (colour, keyword) = (CaptionKind::Colour, CaptionKind::Keyword);
        let mut kinds = vec![others.to_vec(); 50];
        kinds.extend(vec![vec![colour, keyword]; 25]);
        kinds.extend(vec![vec![keyword]; 25]);
        let sampling = Sampling::new(vec![1.0; 100], &kinds);
        assert_eq!(sampling.share(99, keyword), keyword.share());
        assert!((sampling.share(60, colour) - colour.share() / 0.75).abs() < 1e-9);
        let all: f64 = others.iter().map(|kind| sampling.share(0, *kind)).sum();
        assert!((all - (1.0 - LEAST)).abs() < 1e-9, "{all}");
    }
}
