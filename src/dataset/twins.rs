//! Which pictures belong together, so that none is learnt while its near copy is held out.

use std::collections::BTreeSet;

use rayon::prelude::{IntoParallelIterator, ParallelIterator};

use super::small::{Small, are_near, coarse, small};
use super::{Dataset, Split};
use crate::image::Image;

/// Sets that grow together (a disjoint-set forest).
#[derive(Debug, Clone)]
pub struct Groups {
    parents: Vec<usize>,
}

impl Groups {
    /// Returns `count` groups of one.
    pub fn new(count: usize) -> Self {
        Self { parents: (0..count).collect() }
    }

    /// Returns the member that stands for the group of `i`.
    pub fn root(&mut self, mut i: usize) -> usize {
        while self.parents[i] != i {
            self.parents[i] = self.parents[self.parents[i]];
            i = self.parents[i];
        }
        i
    }

    /// Makes one group of two.
    pub fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[a.max(b)] = a.min(b);
    }
}

/// Cells a side of the look that rules most pairs out.
const GLANCE: usize = 4;

/// Returns all pairs of near copies, the smaller place first. The pictures are of one size, whose
/// sides are multiples of 32.
pub fn near_pairs(pictures: &[Image]) -> Vec<[usize; 2]> {
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

/// Returns how many of the pictures that are held out have a near copy among what is learnt.
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
    fn near_copies_are_found_and_joined() {
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
