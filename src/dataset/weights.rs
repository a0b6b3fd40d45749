//! The sampling weights of pictures.

use std::collections::BTreeMap;

use super::families::Families;
use super::{Entry, Split};

/// The greatest weight of a family, in labels.
const FAMILY: f64 = 3.0;
/// Returns the sampling weight of a picture of each style and label. Within a style all labels have
/// equal weight, but a family has the weight of at most three labels.
pub(super) fn weights<'a>(
    entries: &'a [Entry],
    families: &Families,
) -> BTreeMap<(&'a str, &'a str), f64> {
    let mut pictures: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.split == Split::Train) {
        *pictures.entry((&entry.style, &entry.label)).or_default() += 1;
    }
    let mut sizes: BTreeMap<(&str, String), usize> = BTreeMap::new();
    for (style, label) in pictures.keys() {
        *sizes.entry((*style, families.of(label))).or_default() += 1;
    }
    let weight = |(&(style, label), &count): (&(&'a str, &'a str), &usize)| {
        let family = sizes[&(style, families.of(label))] as f64;
        ((style, label), (FAMILY / family).min(1.0) / count as f64)
    };
    pictures.iter().map(weight).collect()
}
