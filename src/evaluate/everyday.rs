//! What visitors type first: whether the drawing of an everyday word is what the word means.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Asked;
use super::features::{Features, subject};
use super::interval::Interval;
use super::metrics::Reference;
use crate::dataset::names::everyday;
use crate::dataset::{Dataset, Split};
use crate::{Error, Result};

/// How many words there are at most.
pub const WORDS: usize = 200;
/// Styles that are drawn, if a model has them; else its first ones.
const STYLES: [&str; 3] = ["noto", "3d", "twemoji"];
/// A drawing is right if the word's concept is nearer than this part of the others.
const RIGHT: f64 = 0.95;

/// How many drawings of everyday words are right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Everyday {
    /// How many words were asked for.
    pub words: usize,
    /// In which styles.
    pub styles: Vec<String>,
    /// How often the concept is nearer to the drawing than 95 % of all others, 0..1.
    pub score: Interval,
    /// The same in each of the styles.
    pub of_style: Vec<Interval>,
    /// The same of real pictures, each judged as if it were not known.
    pub real: Interval,
    /// What was not right.
    pub wrong: Vec<String>,
}

/// Everyday words, and what they mean in a dataset.
#[derive(Debug)]
pub struct EverydayWords<'a> {
    dataset: &'a Dataset,
    words: Vec<(String, Vec<String>)>,
    styles: Vec<String>,
}

impl<'a> EverydayWords<'a> {
    /// At most `most` words, evenly from all that the dataset has pictures of in each of the `chosen`
    /// ones of `styles`; three of them if none are chosen.
    ///
    /// # Errors
    /// Returns an error if there are none, or a chosen style is not there.
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
        // Only what each style has a real picture of, to be judged beside.
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

    /// Returns what is asked for: each word in each style.
    pub fn asked(&self) -> Vec<Asked> {
        let asked = |word: &String| {
            let styles = self.styles.clone().into_iter();
            styles.map(|style| Asked { prompt: word.clone(), style }).collect::<Vec<_>>()
        };
        self.words.iter().flat_map(|(word, _)| asked(word)).collect()
    }

    /// Judges drawings of all that was [`asked`](Self::asked) for, and real pictures by `all`
    /// features of the dataset.
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

    /// Returns whether a real picture of the first of `labels` that a style has is right; `None`
    /// if there is none, or no other by which it could be known.
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
        // Any of the word's other families would do for a drawing, too.
        let others = families.iter().map(String::as_str).filter(|family| *family != own);
        Some(part.max(reference.farther(row, others)) > RIGHT)
    }
}
