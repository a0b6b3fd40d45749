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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Entry;
    use crate::evaluate::lite0::FEATURES;

    /// Returns features whose subject repeats two values, so that the mean product of two subjects is
    /// half the product of their pairs.
    fn row(pair: [f32; 2], manner: f32) -> Vec<f32> {
        [pair.repeat(FEATURES / 2), vec![manner]].concat()
    }

    /// Returns three concepts, each in the styles “x” and “y”, which differ in their manner alone. The
    /// first is held out. The centre of their subjects is the origin, and no concept varies.
    fn concepts() -> (Dataset, Features) {
        let pairs = [("cloud", [-1.0, -1.0]), ("apple", [1.0, 0.0]), ("boat", [0.0, 1.0])];
        let (mut entries, mut features) = (Vec::new(), Vec::new());
        for (label, pair) in pairs {
            for (style, manner) in [("x", 0.0), ("y", 1.0)] {
                let split = if label == "cloud" { Split::Concept } else { Split::Train };
                let (label, style) = (label.to_owned(), style.to_owned());
                entries.push(Entry { label, style, split, ..Entry::default() });
                features.push(row(pair, manner));
            }
        }
        (Dataset { entries, pictures: Vec::new() }, features)
    }

    fn assert_near(what: &str, got: f64, want: f64) {
        assert!((got - want).abs() < 1e-5, "{what}: {got}, not {want}");
    }

    #[test]
    fn scores_of_two_drawings_match_a_computation_by_hand() {
        let (dataset, features) = concepts();
        let reference = Reference::new(&dataset, &features, &[0, 1]);
        let asked =
            ["apple", "boat"].map(|prompt| Asked { prompt: prompt.into(), style: "x".into() });
        let drawn = vec![row([2.0, 1.0], 0.2), row([3.0, 1.0], 0.8)];
        let scores = reference.scores(&asked, &drawn);
        assert_eq!(scores.pictures, 2);
        // Both point at the apple first and at the boat second. The boat is the second of three families,
        // and one of the two others is farther.
        assert_near("family", scores.family.value, (1.0 + 0.0) / 2.0);
        assert_near("family rank", scores.family_rank.value, (1.0 + 0.5) / 2.0);
        // The manner 0.2 is nearer to 0, which is “x”, and 0.8 to 1, which is “y”.
        assert_near("style", scores.style.value, 0.5);
        // The learnt pictures are (1, 0) and (0, 1); the cosines to (1, 0) are 2 / √5 and 3 / √10.
        assert_near("copies", scores.copies.value, 1.0 - 3.0 / 10f64.sqrt());
        // The kernel is (x·y / 2 + 1)³. Learnt pictures, two of each concept: of the 12 pairs of different
        // rows 4 show one concept, with 1.5³, and 8 show two, with 1.
        let learnt = (4.0 * 3.375 + 8.0) / 12.0;
        // The drawings to each other: 7 / 2 + 1 = 4.5. To the learnt pictures: (2, 1) has 2³ and 1.5³,
        // (3, 1) has 2.5³ and 1.5³.
        let within = 91.125;
        let across = ((8.0 + 3.375) / 2.0 + (15.625 + 3.375) / 2.0) / 2.0;
        assert_near("kid", scores.kid.value, within + learnt - 2.0 * across);
    }

    #[test]
    fn ranks_families_by_cosine_distance() {
        let (dataset, features) = concepts();
        let reference = Reference::new(&dataset, &features, &[0, 1]);
        let drawn = row([2.0, 1.0], 0.0);
        let drawn = subject(&drawn);
        // (2, 1) has the cosines 2 / √5 to the apple, 1 / √5 to the boat, and −3 / √10 to the cloud.
        assert_eq!(reference.farther(drawn, ["apple"]), 1.0);
        assert_eq!(reference.farther(drawn, ["boat"]), 0.5);
        assert_eq!(reference.farther(drawn, ["cloud"]), 0.0);
        assert_eq!(reference.farther(drawn, ["cloud", "boat"]), 0.5);
        assert_eq!(reference.farther(drawn, ["none"]), 0.0);
        // If (0, 1) were one of the two apples, whose mean is (1, 0), the other would be (2, −1), at a cosine
        // of −1 / √5. The boat is nearer, with 1, and the cloud farther, with −1 / √2.
        let boat = row([0.0, 1.0], 0.0);
        assert_eq!(reference.farther_without(subject(&boat), "apple"), Some(0.5));
        assert_eq!(reference.farther_without(subject(&boat), "boat"), Some(1.0));
        assert_eq!(reference.farther_without(subject(&boat), "none"), None);
    }

    #[test]
    fn returns_the_dataset_index_of_the_nearest_training_picture() {
        let (dataset, features) = concepts();
        let reference = Reference::new(&dataset, &features, &[0, 1]);
        // The first two pictures are not learnt; the third is the first apple, the fifth the first boat.
        let (distance, place) = reference.nearest(&row([2.0, 1.0], 0.0));
        assert_near("apple", distance, 1.0 - 2.0 / 5f64.sqrt());
        assert_eq!(place, 2);
        let (distance, place) = reference.nearest(&row([0.0, 3.0], 0.0));
        assert_near("boat", distance, 0.0);
        assert_eq!((place, reference.family("boat")), (4, "boat".to_owned()));
    }
}
