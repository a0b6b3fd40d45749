//! Finds near duplicates, so that no picture is trained on while a near duplicate is held out.

use std::collections::BTreeSet;

use rayon::prelude::{IntoParallelIterator, ParallelIterator};

use super::small::{Small, are_near, coarse, small};
use crate::dataset::{Dataset, Split};
use crate::image::Image;

/// A disjoint-set forest.
#[derive(Debug, Clone)]
pub(super) struct Groups {
    parents: Vec<usize>,
}

impl Groups {
    /// Creates `count` groups of one member each.
    pub(super) fn new(count: usize) -> Self {
        Self { parents: (0..count).collect() }
    }

    /// Returns the representative of the group of `i`.
    pub(super) fn root(&mut self, mut i: usize) -> usize {
        while self.parents[i] != i {
            self.parents[i] = self.parents[self.parents[i]];
            i = self.parents[i];
        }
        i
    }

    /// Merges the groups of `a` and `b`.
    pub(super) fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[a.max(b)] = a.min(b);
    }
}

/// The side, in cells, of the coarse comparison that rules out most pairs.
const GLANCE: usize = 4;

/// Returns all pairs of near duplicates, the smaller index first. The pictures must have one size, whose
/// sides are multiples of 32.
pub(super) fn near_pairs(pictures: &[Image]) -> Vec<[usize; 2]> {
    let small: Vec<Small> =
        (0..pictures.len()).into_par_iter().map(|i| small(&pictures[i])).collect();
    let glance: Vec<Small> = small.iter().map(|small| coarse(small, GLANCE)).collect();
    (0..small.len())
        .into_par_iter()
        .flat_map_iter(|i| {
            let (small, glance) = (&small, &glance);
            let is_near = move |&j: &usize| {
                are_near(&glance[i], &glance[j]) && are_near(&small[i], &small[j])
            };
            (i + 1..small.len()).filter(is_near).map(move |j| [i, j])
        })
        .collect()
}

/// Returns how many held-out pictures have a near duplicate in the training split.
pub fn leaks(dataset: &Dataset) -> usize {
    let is_learnt = |i: usize| dataset.entries[i].split == Split::Train;
    let mut leaked = BTreeSet::new();
    for [a, b] in near_pairs(&dataset.pictures) {
        for (held, learnt) in [(a, b), (b, a)] {
            if !is_learnt(held) && is_learnt(learnt) {
                leaked.insert(held);
            }
        }
    }
    leaked.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_and_groups_near_duplicates() {
        let plain =
            |red: u8| Image { width: 32, height: 32, pixels: [red, 0, 0, 255].repeat(1024) };
        let pictures: Vec<Image> = [10, 200, 18, 100, 26].map(plain).into();
        let mut pairs = near_pairs(&pictures);
        pairs.sort_unstable();
        assert_eq!(pairs, [[0, 2], [0, 4], [2, 4]]);
        let mut groups = Groups::new(5);
        pairs.iter().for_each(|[a, b]| groups.join(*a, *b));
        assert_eq!((0..5).map(|i| groups.root(i)).collect::<Vec<_>>(), [0, 1, 0, 3, 0]);
    }
}
