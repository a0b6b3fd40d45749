//! The pictures of a dataset that models are asked to draw.

use std::collections::BTreeMap;

use rand::RngExt;
use rand::seq::SliceRandom;

use super::{Asked, Drawing};
use crate::dataset::{Dataset, Split};
use crate::image::Image;
use crate::tools::random::step_rng;
use crate::{Error, Result};

/// The pictures of a dataset that models are asked to draw.
#[derive(Debug)]
pub struct HeldOut {
    /// Styles that all models have.
    pub(super) styles: Vec<String>,
    /// Held-out pairs of concept and style.
    pub(super) held: Vec<usize>,
    /// Pictures of held-out concepts, by which drawings of them are recognised.
    pub(super) known: Vec<usize>,
    /// The other pictures of held-out concepts, which are drawn.
    pub(super) unseen: Vec<usize>,
    /// Pairs that were learnt.
    pub(super) learnt: Vec<usize>,
}

impl HeldOut {
    /// Chooses at most `drawing.most` pictures of each kind, in styles that all models have. The
    /// drawing's seed decides which.
    ///
    /// # Errors
    /// Returns an error if the dataset has too few held-out or learnt pictures.
    pub fn new(dataset: &Dataset, drawing: Drawing, styles: &[String]) -> Result<Self> {
        let Drawing { most, seed, .. } = drawing;
        let is_drawn = |i: &usize| styles.contains(&dataset.entries[*i].style);
        let mut rng = step_rng(seed, 0);
        // Every second picture of each concept, in random order, is known, so that no style has an
        // advantage.
        let mut met: BTreeMap<&str, usize> = BTreeMap::new();
        let mut concepts: Vec<usize> = dataset.of(Split::Concept).filter(is_drawn).collect();
        concepts.shuffle(&mut rng);
        let (known, unseen): (Vec<usize>, Vec<usize>) = concepts.into_iter().partition(|&i| {
            let met = met.entry(&dataset.entries[i].label).or_default();
            *met += 1;
            *met % 2 == 1
        });
        let mut spread = |mut rows: Vec<usize>| {
            while rows.len() > most {
                rows.swap_remove(rng.random_range(0..rows.len()));
            }
            rows
        };
        let held = spread(dataset.of(Split::Pair).filter(is_drawn).collect());
        let learnt = spread(dataset.of(Split::Train).filter(is_drawn).collect());
        let unseen = spread(unseen);
        if [&held, &unseen, &learnt].into_iter().any(|rows| rows.len() < 2) {
            return Err(Error::dataset(
                "The dataset",
                "a model can only be measured on one with held-out pairs and concepts, such as \
                 `patchwork dataset` makes of the open picture sets",
            ));
        }
        Ok(Self { styles: styles.to_vec(), held, known, unseen, learnt })
    }

    /// Returns the held-out pairs and their pictures.
    pub fn held_of<'a>(&self, dataset: &'a Dataset) -> (Vec<Asked>, Vec<&'a Image>) {
        (asked(dataset, &self.held), images(dataset, &self.held))
    }

    /// Returns the learnt pairs and their pictures.
    pub fn learnt_of<'a>(&self, dataset: &'a Dataset) -> (Vec<Asked>, Vec<&'a Image>) {
        (asked(dataset, &self.learnt), images(dataset, &self.learnt))
    }
}

/// Returns the prompts and styles of the pictures at `rows`.
pub(super) fn asked(dataset: &Dataset, rows: &[usize]) -> Vec<Asked> {
    rows.iter().map(|&i| Asked::of(&dataset.entries[i])).collect()
}

/// Returns the pictures at `rows`.
pub(super) fn images<'a>(dataset: &'a Dataset, rows: &[usize]) -> Vec<&'a Image> {
    rows.iter().map(|&i| &dataset.pictures[i]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Entry;

    #[test]
    fn splits_each_held_out_concept_in_half() {
        let entry = |i: usize| Entry {
            label: format!("thing {}", i % 10),
            style: format!("style {}", i / 10),
            split: [Split::Train, Split::Pair, Split::Concept, Split::Concept][i % 4],
            ..Entry::default()
        };
        let dataset = Dataset { entries: (0..160).map(entry).collect(), pictures: Vec::new() };
        let drawing = Drawing { most: 100, seed: u64::MAX };
        let HeldOut { known, unseen, .. } =
            HeldOut::new(&dataset, drawing, &dataset.styles()).unwrap();
        let count = |rows: &[usize], label: &str| {
            rows.iter().filter(|&&i| dataset.entries[i].label == label).count()
        };
        for label in (0..10).map(|i| format!("thing {i}")) {
            let (known, unseen) = (count(&known, &label), count(&unseen, &label));
            assert!(known.abs_diff(unseen) <= 1 && known > 0, "{label}: {known} and {unseen}");
        }
        let few = Dataset { entries: (0..4).map(entry).collect(), pictures: Vec::new() };
        assert!(HeldOut::new(&dataset, drawing, &["another".into()]).is_err());
        assert!(HeldOut::new(&few, drawing, &few.styles()).is_err());
    }
}
