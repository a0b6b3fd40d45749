//! The shape score: the rank of the true picture among the pictures of its style and of other families,
//! by distance at 32×32. It can recognise a subject that a network's features miss, but it favours
//! blurry drawings, so neither measure counts alone.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::interval::Interval;
use crate::dataset::teach::small::{Small, distance, small};
use crate::dataset::{Dataset, Entry};
use crate::image::Image;

/// The ranks of true pictures, 0 being the nearest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ranks {
    /// How many pictures were ranked.
    pub count: usize,
    /// How often the true picture is the nearest, 0..1.
    pub first: Interval,
    /// How often it is among the nearest five, 0..1.
    pub of_five: Interval,
    /// The median rank.
    pub median: Interval,
}

impl Ranks {
    fn of(ranks: &[usize]) -> Self {
        let part = |most: usize| Interval::part(ranks.iter().map(|rank| *rank < most));
        let values: Vec<f64> = ranks.iter().map(|rank| *rank as f64).collect();
        let median = Interval::percentile(&values, 0.5);
        Self { count: ranks.len(), first: part(1), of_five: part(5), median }
    }
}

/// The pictures of a dataset, scaled down, by style.
#[derive(Debug)]
pub struct Shapes<'a> {
    dataset: &'a Dataset,
    small: Vec<Small>,
    styles: HashMap<&'a str, Vec<usize>>,
    families: Vec<String>,
}

impl<'a> Shapes<'a> {
    /// Scales down all pictures of a dataset.
    pub fn new(dataset: &'a Dataset) -> Self {
        let mut styles: HashMap<&str, Vec<usize>> = HashMap::new();
        for (i, Entry { style, .. }) in dataset.entries.iter().enumerate() {
            styles.entry(style).or_default().push(i);
        }
        let families = dataset.families();
        let families = dataset.entries.iter().map(|entry| families.of(&entry.label)).collect();
        Self { dataset, small: dataset.pictures.iter().map(small).collect(), styles, families }
    }

    /// Returns the ranks for drawings of the pictures at `rows`.
    pub fn ranks(&self, rows: &[usize], drawn: &[Image]) -> Ranks {
        let rank = |(i, drawn): (&usize, &Image)| self.rank(*i, &small(drawn));
        Ranks::of(&rows.iter().zip(drawn).map(rank).collect::<Vec<_>>())
    }

    /// Returns the ranks for real pictures of the same concepts in each other style, in place of
    /// drawings.
    pub fn real_ranks(&self, rows: &[usize]) -> Ranks {
        let entries = &self.dataset.entries;
        let ranks = rows.iter().flat_map(|&i| {
            let is_other = move |j: &usize| {
                entries[*j].label == entries[i].label && entries[*j].style != entries[i].style
            };
            (0..entries.len()).filter(is_other).map(move |j| self.rank(i, &self.small[j]))
        });
        Ranks::of(&ranks.collect::<Vec<_>>())
    }

    /// Returns how many pictures of the same style as picture `i`, and of other families, are nearer to
    /// `drawn` than picture `i` is.
    fn rank(&self, i: usize, drawn: &Small) -> usize {
        let own = distance(drawn, &self.small[i]);
        let style = &self.styles[self.dataset.entries[i].style.as_str()];
        let others = style.iter().filter(|j| self.families[**j] != self.families[i]);
        others.filter(|j| distance(drawn, &self.small[**j]) < own).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns five discs of growing size in each of two styles, which differ in colour.
    fn dataset() -> Dataset {
        let entry = |i: usize| Entry {
            label: format!("disc {}", i % 5),
            style: format!("style {}", i / 5),
            ..Entry::default()
        };
        let picture = |i: usize| disc(10.0 + 10.0 * (i % 5) as f32, 60 * (i / 5) as u8);
        Dataset { entries: (0..10).map(entry).collect(), pictures: (0..10).map(picture).collect() }
    }

    fn disc(radius: f32, blue: u8) -> Image {
        let pixel = |i: usize| {
            let (x, y) = ((i % 128) as f32 - 64.0, (i / 128) as f32 - 64.0);
            if x.hypot(y) < radius { [200, 90, blue, 255] } else { [0; 4] }
        };
        Image { width: 128, height: 128, pixels: (0..128 * 128).flat_map(pixel).collect() }
    }

    #[test]
    fn ranks_the_true_shape_first() {
        let dataset = dataset();
        let shapes = Shapes::new(&dataset);
        // The drawings are a little too large and of another colour, but nearest to their own pictures.
        let ranks = shapes.ranks(&[1, 3], &[disc(22.0, 30), disc(42.0, 30)]);
        assert_eq!((ranks.count, ranks.first.value, ranks.median.value), (2, 1.0, 0.0));
        // The smallest disc is the worst possible drawing of the largest.
        let ranks = shapes.ranks(&[4], &[disc(10.0, 0)]);
        assert_eq!((ranks.first.value, ranks.of_five.value, ranks.median.value), (0.0, 1.0, 4.0));
        let five = [0, 1, 2, 3, 4];
        let ranks = shapes.ranks(&five, &five.map(|_| disc(10.0, 0)));
        assert_eq!((ranks.first.value, ranks.median.value), (0.2, 2.0));
    }

    #[test]
    fn ranks_real_pictures_by_those_of_other_styles() {
        let dataset = dataset();
        let ranks = Shapes::new(&dataset).real_ranks(&[0, 6]);
        assert_eq!((ranks.count, ranks.first.value, ranks.median.value), (2, 1.0, 0.0));
    }

    /// Checks that pictures of the same family do not count: a man swimming is not wrong for a woman
    /// swimming.
    #[test]
    fn ignores_pictures_of_the_same_family() {
        let mut dataset = dataset();
        for (i, who) in [(1, "man"), (2, "woman"), (3, "person")] {
            dataset.entries[i].label = format!("{who} swimming");
        }
        let ranks = Shapes::new(&dataset).ranks(&[3], &[disc(20.0, 0)]);
        assert_eq!(ranks.median.value, 1.0); // Only the smallest disc is nearer.
    }
}
