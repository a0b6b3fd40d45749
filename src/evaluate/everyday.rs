//! The score of everyday words, which visitors type first: whether the drawing of a word shows what the
//! word means.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Asked;
use super::features::{Features, subject};
use super::interval::Interval;
use super::metrics::Reference;
use crate::dataset::names::everyday;
use crate::dataset::{Dataset, Split};
use crate::{Error, Result};

/// The maximum number of words.
pub const WORDS: usize = 200;
/// The styles that are drawn, if a model has them; otherwise its first ones are.
const STYLES: [&str; 3] = ["noto", "3d", "twemoji"];
/// The share of the other families that must be farther than the word's concept for a drawing to be
/// right.
const RIGHT: f64 = 0.95;

/// The score of the drawings of everyday words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Everyday {
    /// How many words were asked for.
    pub words: usize,
    /// The styles in which they were drawn.
    pub styles: Vec<String>,
    /// How often the concept is nearer to the drawing than 95 % of all others, 0..1.
    pub score: Interval,
    /// The same score in each of the styles.
    pub of_style: Vec<Interval>,
    /// The same score of real pictures, each judged as if it were not part of its class prototype.
    pub real: Interval,
    /// The words and styles that were not right.
    pub wrong: Vec<String>,
}

/// Everyday words, and the labels that they mean in a dataset.
#[derive(Debug)]
pub struct EverydayWords<'a> {
    dataset: &'a Dataset,
    words: Vec<(String, Vec<String>)>,
    styles: Vec<String>,
}

impl<'a> EverydayWords<'a> {
    /// Chooses at most `most` words, spaced evenly over all of which the dataset has pictures in each
    /// of the `chosen` ones of `styles`. If none are chosen, three styles are used.
    ///
    /// # Errors
    /// Returns an error if there are no such words, or a chosen style is not among `styles`.
    pub fn new(
        dataset: &'a Dataset,
        styles: &[String],
        chosen: &[String],
        most: usize,
    ) -> Result<Self> {
        if let Some(other) = chosen.iter().find(|style| !styles.contains(style)) {
            let all = styles.join(", ");
            let problem =
                format!("There is no style “{other}” that all models have: choose of {all}");
            return Err(Error::Options(problem));
        }
        let known = STYLES.iter().filter(|style| styles.iter().any(|own| own == *style));
        let mut usual: Vec<String> = known.map(|style| (*style).to_owned()).collect();
        for style in styles {
            if usual.len() < STYLES.len() && !usual.contains(style) {
                usual.push(style.clone());
            }
        }
        let chosen = if chosen.is_empty() { usual } else { chosen.to_vec() };
        let table = everyday();
        let learnt: BTreeSet<(&str, &str)> = dataset
            .of(Split::Train)
            .map(|i| &dataset.entries[i])
            .map(|entry| (entry.label.as_str(), entry.style.as_str()))
            .collect();
        // Only words of which each style has a real picture are used, so that drawings can be compared
        // with it.
        let is_there = |labels: &[String], style: &String| {
            labels.iter().any(|label| learnt.contains(&(label, style)))
        };
        let all: Vec<(String, Vec<String>)> = table
            .words()
            .filter(|(_, labels)| chosen.iter().all(|style| is_there(labels, style)))
            .map(|(word, labels)| (word.to_owned(), labels.to_vec()))
            .collect();
        let step = all.len() as f64 / most.clamp(1, WORDS) as f64;
        let count = most.clamp(1, WORDS).min(all.len());
        let words = (0..count).map(|i| all[(i as f64 * step.max(1.0)) as usize].clone()).collect();
        if count == 0 {
            let problem = "it has no pictures of everyday words: make it with `patchwork dataset`";
            return Err(Error::dataset("The dataset", problem));
        }
        Ok(Self { dataset, words, styles: chosen })
    }

    /// Returns the prompts: each word in each style.
    pub fn asked(&self) -> Vec<Asked> {
        let asked = |word: &String| {
            let styles = self.styles.clone().into_iter();
            styles.map(|style| Asked { prompt: word.clone(), style }).collect::<Vec<_>>()
        };
        self.words.iter().flat_map(|(word, _)| asked(word)).collect()
    }

    /// Scores drawings of all prompts of [`asked`](Self::asked), and real pictures by the features
    /// `all` of the dataset.
    pub fn judge(&self, reference: &Reference<'_>, drawn: &Features, all: &Features) -> Everyday {
        let (mut right, mut wrong, mut real) = (Vec::new(), Vec::new(), Vec::new());
        let cells =
            self.words.iter().flat_map(|word| self.styles.iter().map(move |style| (word, style)));
        for (((word, labels), style), row) in cells.zip(drawn) {
            let families: Vec<String> =
                labels.iter().map(|label| reference.family(label)).collect();
            let part = reference.farther(subject(row), families.iter().map(String::as_str));
            let is_right = part > RIGHT;
            right.push(is_right);
            if !is_right {
                wrong.push(format!("{word} ({style})"));
            }
            real.extend(self.real(reference, (labels, &families), style, all));
        }
        let of_style =
            |at: usize| Interval::part(right.iter().skip(at).step_by(self.styles.len()).copied());
        Everyday {
            words: self.words.len(),
            of_style: (0..self.styles.len()).map(of_style).collect(),
            styles: self.styles.clone(),
            score: Interval::part(right),
            real: Interval::part(real),
            wrong,
        }
    }

    /// Returns whether a real picture of the first of `labels` that a style has is right; `None` if
    /// there is none, or its class prototype has no other picture.
    fn real(
        &self,
        reference: &Reference<'_>,
        (labels, families): (&[String], &[String]),
        style: &str,
        all: &Features,
    ) -> Option<bool> {
        let place = labels.iter().find_map(|label| {
            let is_it = |i: &usize| {
                let entry = &self.dataset.entries[*i];
                entry.label == *label && entry.style == style
            };
            self.dataset.of(Split::Train).find(is_it)
        })?;
        let (own, row) =
            (reference.family(&self.dataset.entries[place].label), subject(&all[place]));
        let part = reference.farther_without(row, &own)?;
        // A drawing of any of the word's other families would be right too.
        let others = families.iter().map(String::as_str).filter(|family| *family != own);
        Some(part.max(reference.farther(row, others)) > RIGHT)
    }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;

    use super::*;
    use crate::dataset::Entry;

    /// How many families stand on the circle, at equal angles. Of the 21 others one may be nearer than the
    /// right one: 20 / 21 are more than 95 %, and 19 / 21 are less.
    const FAMILIES: usize = 22;

    /// Returns the features at a place on the circle, where each whole number is a family.
    fn at(place: f32) -> Vec<f32> {
        let angle = TAU * place / FAMILIES as f32;
        vec![angle.cos(), angle.sin()]
    }

    /// Returns a circle of families in two styles, with the words accordion at 0, airship at 5 and anchor
    /// at 10.
    fn circle() -> (Dataset, Features) {
        let label = |place: usize| match place {
            0 => "accordion".to_owned(),
            5 => "airship".to_owned(),
            10 => "anchor".to_owned(),
            other => format!("thing {other}"),
        };
        let entry = |i: usize| Entry {
            label: label(i / 2),
            style: ["x", "y"][i % 2].to_owned(),
            split: Split::Train,
            ..Entry::default()
        };
        let entries = (0..2 * FAMILIES).map(entry).collect();
        let features = (0..2 * FAMILIES).map(|i| at((i / 2) as f32)).collect();
        (Dataset { entries, pictures: Vec::new() }, features)
    }

    #[test]
    fn a_drawing_is_right_if_at_most_one_other_family_is_nearer() {
        let (dataset, mut features) = circle();
        let words = EverydayWords::new(&dataset, &dataset.styles(), &[], WORDS).unwrap();
        let asked: Vec<(String, String)> =
            words.asked().into_iter().map(|asked| (asked.prompt, asked.style)).collect();
        let cells = ["accordion", "airship", "anchor"]
            .map(|word| ["x", "y"].map(|style| (word.to_owned(), style.to_owned())));
        assert_eq!(asked, cells.concat());
        let reference_features = features.clone();
        let reference = Reference::new(&dataset, &reference_features, &[]);
        // The accordion at 0 is the nearest, then the second after 1; the airship at 5 is the third after 6
        // and 7, then the nearest; the anchor at 10 is the nearest, then the second after 9.
        let drawn = [0.3, 0.7, 6.2, 5.0, 10.0, 9.4].map(at).to_vec();
        // One real airship looks like its opposite. Without it the prototype stays where it is, and all others
        // are nearer.
        features[2 * 5 + 1] = at(5.0 + FAMILIES as f32 / 2.0);
        let found = words.judge(&reference, &drawn, &features);
        assert_eq!((found.words, found.styles), (3, vec!["x".to_owned(), "y".to_owned()]));
        assert_eq!(found.score.value, 5.0 / 6.0);
        let of_style: Vec<f64> = found.of_style.iter().map(|style| style.value).collect();
        assert_eq!(of_style, [2.0 / 3.0, 1.0]);
        assert_eq!(found.wrong, ["airship (x)"]);
        assert_eq!(found.real.value, 5.0 / 6.0);
    }

    #[test]
    fn takes_evenly_spaced_words_in_the_chosen_styles() {
        let (dataset, _) = circle();
        let styles = dataset.styles();
        // Of three words every 1.5th is taken: those at 0 and at 1.
        let two = EverydayWords::new(&dataset, &styles, &styles[1..], 2).unwrap();
        let asked: Vec<(String, String)> =
            two.asked().into_iter().map(|asked| (asked.prompt, asked.style)).collect();
        let all = ["accordion", "airship"].map(|word| (word.to_owned(), "y".to_owned()));
        assert_eq!(asked, all);
        assert!(EverydayWords::new(&dataset, &styles, &["z".to_owned()], 2).is_err());
        let none = Dataset { entries: Vec::new(), pictures: Vec::new() };
        assert!(EverydayWords::new(&none, &styles, &[], 2).is_err());
    }
}
