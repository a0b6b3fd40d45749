//! The pictures that each word is a caption of.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::caption_kind::CaptionKind;
use super::teaching::Teaching;
use crate::dataset::Dataset;
use crate::dataset::names::grammar::strip_article;
use crate::image::Image;

/// The pictures by their captions.
#[derive(Debug)]
pub struct Lessons<'a> {
    dataset: &'a Dataset,
    /// The indices of pictures by caption, with their sampling weights.
    called: HashMap<String, Vec<(usize, f64)>>,
}

/// The pictures that have some words as a caption.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lesson<'a> {
    /// How many pictures of each style have the caption.
    pub styles: BTreeMap<&'a str, usize>,
    /// Their labels, and the share of each in the samples.
    pub labels: BTreeMap<&'a str, f64>,
}

/// Whether the pictures of a word show what users mean by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// At least half of the samples do.
    Right,
    /// Most of the samples show something else.
    Wrong,
    /// No caption has the word.
    Never,
    /// No caption has the word, and no picture shows its meaning.
    Nothing,
}

impl Verdict {
    /// Returns the name of the verdict in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong => "wrong",
            Self::Never => "never",
            Self::Nothing => "no picture",
        }
    }
}

impl<'a> Lessons<'a> {
    /// Collects the captions of all training pictures, without augmentation.
    pub fn new(dataset: &'a Dataset, teaching: &Teaching<'_>) -> Self {
        let mut called: HashMap<String, Vec<(usize, f64)>> = HashMap::new();
        let says_name =
            |kind| matches!(kind, CaptionKind::Name | CaptionKind::Synonym | CaptionKind::Colour);
        for (i, caption) in teaching.captions().filter(|(_, caption)| says_name(caption.kind)) {
            let name = strip_article(&caption.text).to_owned();
            called.entry(name).or_default().push((i, caption.weight));
        }
        Self { dataset, called }
    }

    /// Returns the pictures that have `words` as a caption, with or without an article.
    pub fn of(&self, words: &str) -> Lesson<'a> {
        let mut lesson = Lesson::default();
        let rows = self.called.get(strip_article(words)).map_or(&[][..], Vec::as_slice);
        let all: f64 = rows.iter().map(|(_, weight)| weight).sum();
        let mut seen = BTreeSet::new();
        for (i, weight) in rows {
            let entry = &self.dataset.entries[*i];
            *lesson.labels.entry(entry.label.as_str()).or_default() += weight / all;
            if seen.insert(i) {
                *lesson.styles.entry(entry.style.as_str()).or_default() += 1;
            }
        }
        lesson
    }

    /// Returns the pictures with this caption and their labels: one of each style and label, those with
    /// the greatest weight first.
    pub fn shown(&self, words: &str) -> Vec<(&'a Image, &'a str)> {
        let mut rows = self.called.get(words).cloned().unwrap_or_default();
        rows.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let mut seen = BTreeSet::new();
        let entry = |i: usize| &self.dataset.entries[i];
        rows.retain(|(i, _)| seen.insert((&entry(*i).style, &entry(*i).label)));
        rows.into_iter()
            .map(|(i, _)| (&self.dataset.pictures[i], entry(i).label.as_str()))
            .collect()
    }

    /// Returns all pictures of a style with their labels, including those that are held out.
    pub fn of_style(&self, style: &str) -> Vec<(Option<&'a Image>, String)> {
        let all = self.dataset.entries.iter().zip(&self.dataset.pictures);
        let own = all.filter(|(entry, _)| entry.style == style);
        own.map(|(entry, picture)| (Some(picture), entry.label.clone())).collect()
    }

    /// Returns the names of all styles.
    pub fn styles(&self) -> Vec<String> {
        self.dataset.styles()
    }
}

impl Lesson<'_> {
    /// Returns the share of samples whose label is one of `labels` or `word` itself.
    pub fn right(&self, word: &str, labels: &[String]) -> f64 {
        let is_right = |label: &str| label == word || labels.iter().any(|other| other == label);
        self.labels
            .iter()
            .filter(|(label, _)| is_right(label))
            .fold(0.0, |sum, (_, share)| sum + share)
    }

    /// Returns the verdict on whether `word` is taught with its labels.
    pub fn verdict(&self, word: &str, labels: &[String]) -> Verdict {
        match self.labels.is_empty() {
            true if labels.is_empty() => Verdict::Nothing,
            true => Verdict::Never,
            false if self.right(word, labels) >= 0.5 => Verdict::Right,
            false => Verdict::Wrong,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Entry, Split};
    use crate::text::WordTable;

    #[test]
    fn finds_the_training_pictures_that_a_word_names() {
        let entry = |label: &str, names: &[&str], style: &str| Entry {
            label: label.into(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            style: style.into(),
            group: "animals & nature".into(),
            split: Split::Train,
            ..Entry::default()
        };
        let entries = vec![
            entry("dog face", &["dog"], "noto"),
            entry("dog", &[], "noto"),
            entry("dog face", &["dog"], "blob"),
        ];
        let picture = Image { width: 8, height: 8, pixels: vec![255; 256] };
        let dataset = Dataset { pictures: vec![picture; 3], entries };
        let everyday = WordTable::default();
        let teaching = Teaching::new(&dataset, &everyday);
        let lessons = Lessons::new(&dataset, &teaching);
        let dog = lessons.of("a dog");
        assert_eq!(dog.styles, BTreeMap::from([("noto", 2), ("blob", 1)]));
        let sum: f64 = dog.labels.values().sum();
        assert!((sum - 1.0).abs() < 1e-9 && dog.labels.len() == 2);
        assert_eq!(dog.verdict("dog", &[]), Verdict::Right);
        assert_eq!(dog.verdict("hound", &["wolf".into()]), Verdict::Wrong);
        assert_eq!(lessons.of("cat").verdict("cat", &["cat".into()]), Verdict::Never);
        assert_eq!(lessons.of("cat").verdict("cat", &[]), Verdict::Nothing);
    }
}
