//! Metrics of a set of pictures compared with real ones: distance, concepts, styles, copies.

use serde::{Deserialize, Serialize};

use super::Asked;
use super::features::{Features, Prototypes, manner, subject};
use super::interval::Interval;
use super::kid::KernelDistance;
use super::nearest::nearest;
use super::style_judge::StyleJudge;
use crate::dataset::names::Families;
use crate::dataset::{Dataset, Split};

/// The metrics of one set of pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureMetrics {
    /// How many pictures there are.
    pub pictures: usize,
    /// The kernel distance to learnt pictures; see [`KernelDistance`].
    pub kid: Interval,
    /// How often the nearest of all families of concepts is the right one, 0..1.
    pub family: Interval,
    /// The share of all other families that are farther than the right one, 0..1; 0.5 by chance.
    pub family_rank: Interval,
    /// How often the style is the right one; see [`StyleJudge`].
    pub style: Interval,
    /// The first percentile of the cosine distances to the nearest learnt picture; values near 0 mean
    /// copies.
    pub copies: Interval,
}

/// The reference that pictures are compared with.
#[derive(Debug)]
pub struct Reference<'a> {
    families: Families,
    concepts: Prototypes,
    styles: StyleJudge,
    distance: KernelDistance,
    /// The indices of the learnt pictures, and their subject features.
    train: Vec<usize>,
    shown: Vec<&'a [f32]>,
}

impl<'a> Reference<'a> {
    /// Creates a reference from a dataset and the features of its pictures. `known` are pictures of
    /// held-out concepts, from which the class prototypes of these are computed.
    ///
    /// # Panics
    /// Panics if the dataset has nothing to learn from.
    pub fn new(dataset: &'a Dataset, features: &'a Features, known: &[usize]) -> Self {
        let train: Vec<usize> = dataset.of(Split::Train).collect();
        let known: Vec<usize> = train.iter().chain(known).copied().collect();
        let all: Vec<&[f32]> = features.iter().map(|row| subject(row)).collect();
        let families = dataset.families();
        let manners = train.iter().map(|&i| {
            let style = dataset.entries[i].style.as_str();
            (style, manner(&features[i]))
        });
        let shown: Vec<&[f32]> = train.iter().map(|&i| all[i]).collect();
        Self {
            concepts: Prototypes::new(&known, &all, |i| families.of(&dataset.entries[i].label)),
            styles: StyleJudge::new(manners),
            distance: KernelDistance::new(&shown),
            families,
            train,
            shown,
        }
    }

    /// Returns the metrics of drawings, one for each of `asked`.
    ///
    /// # Panics
    /// Panics if there are fewer than two drawings.
    pub fn scores(&self, asked: &[Asked], features: &Features) -> FeatureMetrics {
        let shown: Vec<&[f32]> = features.iter().map(|row| subject(row)).collect();
        let ranks: Vec<f64> = asked
            .iter()
            .zip(&shown)
            .map(|(asked, row)| self.farther(row, [self.families.of(&asked.prompt).as_str()]))
            .collect();
        let is_style =
            |(asked, row): (&Asked, &Vec<f32>)| self.styles.style(manner(row)) == asked.style;
        let copies: Vec<f64> = shown.iter().map(|row| nearest(row, &self.shown).0).collect();
        FeatureMetrics {
            pictures: shown.len(),
            kid: self.distance.of(&shown),
            family: Interval::part(ranks.iter().map(|rank| *rank >= 1.0)),
            family_rank: Interval::mean(&ranks),
            style: Interval::part(asked.iter().zip(features).map(is_style)),
            copies: Interval::percentile(&copies, 0.01),
        }
    }

    /// Returns the share of all other families that are farther than the nearest of `families`, 0..1.
    pub fn farther<'b>(
        &self,
        row: &[f32],
        families: impl IntoIterator<Item = &'b str> + Clone,
    ) -> f64 {
        self.part(families.into_iter().filter_map(|family| self.concepts.rank(row, family)).min())
    }

    /// Returns the same share for a real picture, as if it were not part of its family's prototype.
    pub fn farther_without(&self, row: &[f32], family: &str) -> Option<f64> {
        self.concepts.rank_without(row, family).map(|rank| self.part(Some(rank)))
    }

    fn part(&self, rank: Option<usize>) -> f64 {
        let others = self.concepts.count().saturating_sub(1).max(1);
        rank.map_or(0.0, |rank| 1.0 - rank as f64 / others as f64)
    }

    /// Returns the family of a label.
    pub fn family(&self, label: &str) -> String {
        self.families.of(label)
    }

    /// Returns the cosine distance to the nearest learnt picture, and its index in the dataset.
    pub fn nearest(&self, row: &[f32]) -> (f64, usize) {
        let (distance, place) = nearest(subject(row), &self.shown);
        (distance, self.train[place])
    }
}
