//! The split into training and held-out pictures. No held-out picture has a near duplicate in the
//! training split: near duplicates stay together, and so do the pictures of a family in one style.

use std::collections::{BTreeMap, BTreeSet};

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::twins::{Groups, near_pairs};
use crate::dataset::names::Families;
use crate::dataset::{Dataset, Entry, Split};
use crate::text::WordTable;

/// How many pairs of concept and style are held out.
const PAIRS: usize = 300;
/// How many concepts are held out in every style, of those in at least [`STYLES`] styles.
const CONCEPTS: usize = 40;
const STYLES: usize = 5;
/// The largest group that may be held out: faces that all look alike form one large group.
const MOST: usize = 6;

/// Assigns each picture its split, at random by `seed`. No concept of `everyday` is held out in every
/// style.
pub fn assign(dataset: &mut Dataset, everyday: &WordTable, seed: u64) {
    let near = near_pairs(&dataset.pictures);
    let splits = choose(&dataset.entries, &near, everyday, seed, (CONCEPTS, PAIRS));
    for (entry, split) in dataset.entries.iter_mut().zip(splits) {
        entry.split = split;
    }
}

fn choose(
    entries: &[Entry],
    near: &[[usize; 2]],
    everyday: &WordTable,
    seed: u64,
    (concepts, pairs): (usize, usize),
) -> Vec<Split> {
    let mut rng = StdRng::seed_from_u64(seed);
    let families = Families::new(entries.iter().map(|entry| entry.label.as_str()));
    let family: Vec<String> = entries.iter().map(|entry| families.of(&entry.label)).collect();
    let groups = groups(entries, near, &family);
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, family) in family.iter().enumerate() {
        members.entry(family).or_default().push(i);
    }
    let mut splits = vec![Split::Train; entries.len()];

    // Whole families are held out only if none of their pictures is grouped with another family.
    let common: BTreeSet<&str> =
        everyday.words().flat_map(|(_, labels)| labels).map(String::as_str).collect();
    let is_rare = |rows: &[usize]| {
        rows.iter().all(|&i| {
            let Entry { label, names, .. } = &entries[i];
            names.is_empty() && !common.contains(label.as_str())
        })
    };
    let styles = |rows: &[usize]| -> usize {
        rows.iter().map(|&i| &entries[i].style).collect::<BTreeSet<_>>().len()
    };
    let is_apart = |name: &str, rows: &[usize]| {
        rows.iter().all(|i| groups.members(*i).iter().all(|j| family[*j] == name))
    };
    let mut whole: Vec<(&str, &Vec<usize>)> = members
        .iter()
        .filter(|(name, rows)| styles(rows) >= STYLES && is_rare(rows) && is_apart(name, rows))
        .map(|(name, rows)| (*name, rows))
        .collect();
    whole.shuffle(&mut rng);
    for (_, rows) in whole.into_iter().take(concepts) {
        rows.iter().for_each(|&i| splits[i] = Split::Concept);
    }

    // A group is held out only if the training split has each of its concepts in another style.
    let mut roots: Vec<usize> = (0..entries.len()).filter(|i| groups.root(*i) == *i).collect();
    roots.shuffle(&mut rng);
    let mut held = BTreeSet::new();
    for root in roots {
        let rows = groups.members(root);
        if rows.len() > MOST || splits[root] != Split::Train || held.len() >= pairs {
            continue;
        }
        let is_spare = |i: &usize| {
            let Entry { label, style, .. } = &entries[*i];
            members[family[*i].as_str()].iter().any(|j| {
                let other = &entries[*j];
                other.label == *label
                    && other.style != *style
                    && splits[*j] == Split::Train
                    && !rows.contains(j)
            })
        };
        if rows.iter().all(is_spare) {
            for &i in rows {
                splits[i] = Split::Pair;
                held.insert((&entries[i].label, &entries[i].style));
            }
        }
    }
    splits
}

/// Groups of pictures that stay together.
struct Together {
    roots: Vec<usize>,
    members: BTreeMap<usize, Vec<usize>>,
}

impl Together {
    fn root(&self, i: usize) -> usize {
        self.roots[i]
    }

    fn members(&self, i: usize) -> &[usize] {
        &self.members[&self.roots[i]]
    }
}

/// Groups near duplicates, and the pictures of a family within a style.
fn groups(entries: &[Entry], near: &[[usize; 2]], family: &[String]) -> Together {
    let mut groups = Groups::new(entries.len());
    near.iter().for_each(|[a, b]| groups.join(*a, *b));
    let mut first: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (i, entry) in entries.iter().enumerate() {
        let first = *first.entry((&family[i], &entry.style)).or_insert(i);
        groups.join(first, i);
    }
    let roots: Vec<usize> = (0..entries.len()).map(|i| groups.root(i)).collect();
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (i, root) in roots.iter().enumerate() {
        members.entry(*root).or_default().push(i);
    }
    Together { roots, members }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns 200 concepts in 8 styles. Every fourth concept is done by a man and the next one by a
    /// woman.
    fn entries() -> Vec<Entry> {
        let entry = |i: usize| {
            let (concept, style) = (i / 8, i % 8);
            let label = match concept % 4 {
                0 => format!("man doing {concept}"),
                1 => format!("woman doing {}", concept - 1),
                _ => format!("thing {concept}"),
            };
            Entry { label, style: format!("style {style}"), ..Entry::default() }
        };
        (0..1600).map(entry).collect()
    }

    #[test]
    fn the_seed_decides_the_split_and_no_family_is_in_both() {
        let entries = entries();
        let everyday: String = (0..60).map(|i| format!("word {i}\tthing {i}\n")).collect();
        let everyday = WordTable::new(&everyday).unwrap();
        // Each thing looks the same in styles 3 and 4.
        let near: Vec<[usize; 2]> = (0..200).map(|i| [8 * i + 3, 8 * i + 4]).collect();
        let split = |seed| choose(&entries, &near, &everyday, seed, (20, 50));
        let first = split(1);
        assert_eq!(first, split(1));
        assert_ne!(first, split(2));

        let rows = |split| (0..1600).filter(|i| first[*i] == split).collect::<Vec<_>>();
        let labels = |split| -> BTreeSet<&str> {
            rows(split).into_iter().map(|i| entries[i].label.as_str()).collect()
        };
        assert!(labels(Split::Concept).len() >= 20);
        assert!(labels(Split::Concept).is_disjoint(&labels(Split::Train)));
        assert!(labels(Split::Pair).is_subset(&labels(Split::Train)));
        let pairs = rows(Split::Pair).len();
        assert!((50..54).contains(&pairs), "{pairs}");
        for [a, b] in near {
            assert_eq!(first[a], first[b], "near copies");
        }
        // A man and a woman who do the same are held out together or not at all.
        for i in (0..200).step_by(4) {
            for style in 0..8 {
                assert_eq!(first[8 * i + style], first[8 * (i + 1) + style]);
            }
        }
        let everyday_things = |i: &usize| first[8 * i] == Split::Concept;
        assert_eq!((0..60).filter(|i| i % 4 > 1).filter(everyday_things).count(), 0);
    }
}
