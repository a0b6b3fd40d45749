//! A set of pictures held against the real ones: distance, concepts, styles, copies.

use serde::{Deserialize, Serialize};

use super::Asked;
use super::features::{Features, Prototypes, nearest};
use super::frechet;
use crate::dataset::{Dataset, Split};

/// The numbers of one set of pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureMetrics {
    /// How many pictures.
    pub pictures: usize,
    /// Fréchet distance to all pictures learnt from.
    pub frechet: f64,
    /// How often the nearest of all concepts is the right one, 0..1.
    pub concept: f64,
    /// How often the right one is among the nearest five.
    pub concept_of_five: f64,
    /// How often the nearest style is the right one.
    pub style: f64,
    /// Median cosine distance to the nearest picture learnt from: next to 0 are copies.
    pub nearest: f64,
}

/// What pictures are held against.
#[derive(Debug)]
pub struct Reference<'a> {
    concepts: Prototypes,
    styles: Prototypes,
    train: Vec<&'a [f32]>,
}

impl<'a> Reference<'a> {
    /// Of a dataset and the features of its pictures. `known` are pictures of held-out concepts by
    /// which these are recognised.
    ///
    /// # Panics
    /// Panics if the dataset has nothing to learn from.
    pub fn new(dataset: &Dataset, features: &'a Features, known: &[usize]) -> Self {
        let train: Vec<usize> = dataset.of(Split::Train).collect();
        let known: Vec<usize> = train.iter().chain(known).copied().collect();
        Self {
            concepts: Prototypes::new(&known, features, |i| dataset.entries[i].label.clone()),
            styles: Prototypes::new(&train, features, |i| dataset.entries[i].style.clone()),
            train: train.iter().map(|&i| features[i].as_slice()).collect(),
        }
    }

    /// Returns the metrics of drawings, each beside what was asked for.
    ///
    /// # Panics
    /// Panics if there are fewer than two.
    pub fn scores(&self, asked: &[Asked], features: &Features) -> FeatureMetrics {
        let rows: Vec<&[f32]> = features.iter().map(Vec::as_slice).collect();
        let part = |is_right: &dyn Fn(&Asked, &[f32]) -> bool| {
            let pairs = asked.iter().zip(&rows);
            pairs.filter(|(asked, row)| is_right(asked, row)).count() as f64 / rows.len() as f64
        };
        let within = |asked: &Asked, row: &[f32], most: usize| {
            self.concepts.rank(row, &asked.prompt).is_some_and(|rank| rank < most)
        };
        let mut distances: Vec<f64> = rows.iter().map(|row| nearest(row, &self.train)).collect();
        distances.sort_by(f64::total_cmp);
        FeatureMetrics {
            pictures: rows.len(),
            frechet: frechet::distance(&rows, &self.train),
            concept: part(&|asked, row| within(asked, row, 1)),
            concept_of_five: part(&|asked, row| within(asked, row, 5)),
            style: part(&|asked, row| self.styles.rank(row, &asked.style) == Some(0)),
            nearest: distances[distances.len() / 2],
        }
    }
}
