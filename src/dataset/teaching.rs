//! The captions of each picture of a dataset, and how often each picture and caption is sampled.

use std::collections::{BTreeMap, BTreeSet};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

use super::caption_kind::{CaptionKind, OWN};
use super::colours::has_colour;
use super::families::Families;
use super::grammar::{strip_article, with_article};
use super::keywords::Keywords;
use super::painted::has_paint;
use super::shares::Shares;
use super::weights::weights;
use super::{Dataset, Entry, Split};
use crate::text::WordTable;

/// A caption of a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Caption {
    /// The text.
    pub text: String,
    /// The kind.
    pub kind: CaptionKind,
    /// The share of the picture's samples. All shares of a picture sum to 1, including those of its
    /// recoloured and composed versions.
    pub weight: f64,
}

/// The share of a name's samples that have an article.
const ARTICLE: f64 = 0.25;
/// The group whose everyday names are moods.
const FACES: &str = "smileys & emotion";
/// The group of people, who are neither recoloured nor composed.
const PEOPLE: &str = "people & body";
const SHAPES: &str = "symbols";
/// The greatest number of words of a label whose pictures are recoloured and composed.
const WORDS: usize = 3;

/// The captions and sampling weights of all pictures of a dataset.
#[derive(Debug)]
pub struct Teaching<'a> {
    entries: &'a [Entry],
    everyday: &'a WordTable,
    learnt: Vec<usize>,
    keywords: Keywords<'a>,
    /// The labels of held-out concepts, which no training caption may use.
    concepts: BTreeSet<&'a str>,
    /// The labels of held-out concepts and pairs.
    held: BTreeSet<&'a str>,
    weights: BTreeMap<(&'a str, &'a str), f64>,
    /// Whether each picture can be recoloured.
    has_paint: Vec<bool>,
    shares: Shares,
}

impl<'a> Teaching<'a> {
    /// Creates the captions of a dataset from its families and the meanings of everyday words.
    pub fn new(dataset: &'a Dataset, families: &'a Families, everyday: &'a WordTable) -> Self {
        let entries = dataset.entries.as_slice();
        let labels = |splits: &[Split]| {
            let of_split = entries.iter().filter(|entry| splits.contains(&entry.split));
            of_split.map(|entry| entry.label.as_str()).collect()
        };
        let mut teaching = Self {
            entries,
            everyday,
            learnt: dataset.of(Split::Train).collect(),
            keywords: Keywords::new(entries, families, everyday),
            concepts: labels(&[Split::Concept]),
            held: labels(&[Split::Concept, Split::Pair]),
            weights: weights(entries, families),
            has_paint: has_paint(dataset),
            shares: Shares::default(),
        };
        let kinds = (0..entries.len()).map(|i| (teaching.weight(i), teaching.kinds(i)));
        teaching.shares = Shares::new(&kinds.collect::<Vec<_>>());
        teaching
    }

    /// Returns the kinds of captions that a picture has besides names.
    fn kinds(&self, i: usize) -> Vec<CaptionKind> {
        let texts = self.texts(i).into_iter().filter(|(_, texts)| !texts.is_empty());
        texts.map(|(kind, _)| kind).chain(self.made(i)).collect()
    }

    /// Returns the indices of the training pictures.
    pub fn learnt(&self) -> &[usize] {
        &self.learnt
    }

    /// Returns the sampling weight of picture `i`. Within a style all labels have equal weight, but a
    /// family has the weight of at most three labels.
    pub fn weight(&self, i: usize) -> f64 {
        let Entry { style, label, .. } = &self.entries[i];
        self.weights.get(&(style.as_str(), label.as_str())).copied().unwrap_or(0.0)
    }

    /// Returns the augmentations of picture `i`: recoloured, composed, both or none.
    pub fn made(&self, i: usize) -> Vec<CaptionKind> {
        let Entry { label, group, .. } = &self.entries[i];
        let is_named = !label.is_empty() && label.split(' ').count() <= WORDS;
        if !is_named || group == PEOPLE || group == SHAPES {
            return Vec::new();
        }
        match self.has_paint[i] {
            true => vec![CaptionKind::Painted, CaptionKind::Composed],
            false => vec![CaptionKind::Composed],
        }
    }

    /// Returns the names of picture `i`: its label and its everyday words.
    pub fn names(&self, i: usize) -> Vec<&'a str> {
        let entry = &self.entries[i];
        let names = [&entry.label].into_iter().chain(&entry.names).map(String::as_str);
        names.filter(|name| !name.is_empty()).collect()
    }

    /// Returns a random name of the thing in picture `i`, without its article. For faces it is the
    /// label, because their other names are moods.
    pub fn thing(&self, i: usize, rng: &mut StdRng) -> Option<&'a str> {
        let names = self.names(i);
        let is_face = self.entries[i].group == FACES;
        let names = if is_face { &names[..names.len().min(1)] } else { &names[..] };
        names.choose(rng).map(|name| strip_article(name))
    }

    /// Returns whether these words name a held-out concept or pair, so that they may not be a caption.
    pub fn is_held(&self, words: &str) -> bool {
        self.held.contains(words)
    }

    /// Returns the captions of picture `i` without augmentation. The rest of their weight, up to 1,
    /// belongs to the [augmentations](Self::made).
    pub fn captions(&self, i: usize) -> Vec<Caption> {
        let texts = self.texts(i);
        let mut rest = 1.0;
        for kind in self.made(i) {
            rest -= self.share(i, kind);
        }
        let mut captions = Vec::new();
        for (kind, texts) in texts.iter().filter(|(_, texts)| !texts.is_empty()) {
            let share = self.share(i, *kind);
            rest -= share;
            let each = share / texts.len() as f64;
            captions.extend(texts.iter().map(|text| Caption {
                text: text.clone(),
                kind: *kind,
                weight: each,
            }));
        }
        let mut names = self.names(i);
        if names.is_empty() {
            names.push("");
        }
        let counts: Vec<f64> = names.iter().map(|name| self.counts(i, name)).collect();
        let all: f64 = counts.iter().sum();
        for (name, count) in names.into_iter().zip(counts) {
            let each = rest * count / all;
            let kind = CaptionKind::Name;
            match self.with_article(i, name) {
                Some(text) => {
                    captions.push(Caption { text, kind, weight: each * ARTICLE });
                    let weight = each * (1.0 - ARTICLE);
                    captions.push(Caption { text: name.to_owned(), kind, weight });
                }
                None => captions.push(Caption { text: name.to_owned(), kind, weight: each }),
            }
        }
        captions
    }

    /// Returns the share of each kind of captions in all samples, including augmentations.
    pub fn shares(&self) -> BTreeMap<CaptionKind, f64> {
        let mut shares: BTreeMap<CaptionKind, f64> = BTreeMap::new();
        for &i in self.learnt() {
            let own = self.captions(i).into_iter().map(|caption| (caption.kind, caption.weight));
            let made = self.made(i).into_iter().map(|kind| (kind, self.share(i, kind)));
            for (kind, part) in own.chain(made) {
                *shares.entry(kind).or_default() += self.weight(i) * part;
            }
        }
        let all: f64 = shares.values().sum();
        shares.values_mut().for_each(|share| *share /= all);
        shares
    }

    /// Returns the share of a kind of captions in a picture's samples, if it has captions of that kind.
    pub fn share(&self, i: usize, kind: CaptionKind) -> f64 {
        self.shares.of(i, kind)
    }

    /// Returns the weight of a name relative to the label. An everyday word has weight 1 if the label is
    /// the first of its labels; the others share a weight of 1.
    fn counts(&self, i: usize, name: &str) -> f64 {
        let labels = self.everyday.labels(name);
        match labels.iter().position(|label| *label == self.entries[i].label) {
            Some(place) if place > 0 => 1.0 / (labels.len() - 1) as f64,
            _ => 1.0,
        }
    }

    fn with_article(&self, i: usize, name: &str) -> Option<String> {
        // Names of faces take no article, because they describe moods. A user's own captions stay
        // unchanged.
        let Entry { group, .. } = &self.entries[i];
        if group == OWN || group == FACES { None } else { with_article(name) }
    }

    /// Returns the captions of a picture without augmentation, except its names.
    fn texts(&self, i: usize) -> Vec<(CaptionKind, Vec<String>)> {
        let entry = &self.entries[i];
        let Entry { label, style, group, colour, .. } = entry;
        let names = self.names(i);
        let colour = match colour {
            Some(colour) if group != PEOPLE && group != SHAPES && !has_colour(label) => {
                let coloured = names.iter().filter(|name| !has_colour(name));
                let coloured = coloured.map(|name| format!("{colour} {name}"));
                coloured.filter(|words| !self.is_held(words)).collect()
            }
            _ => Vec::new(),
        };
        let is_free = |words: &String| !self.concepts.contains(words.as_str());
        let beside = self.keywords.beside(entry).into_iter().filter(is_free);
        let beside: Vec<String> = match label.is_empty() {
            true => Vec::new(),
            false => beside.map(|keyword| format!("{label}, {keyword}")).collect(),
        };
        let bare = self.keywords.bare(entry).into_iter().filter(is_free).collect();
        let style = match group.as_str() {
            OWN => Vec::new(),
            _ => names
                .iter()
                .flat_map(|name| [format!("{style} {name}"), format!("{name}, {style} style")])
                .collect(),
        };
        vec![
            (CaptionKind::Colour, colour),
            (CaptionKind::Keyword, beside),
            (CaptionKind::Synonym, bare),
            (CaptionKind::Style, style),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Image;

    fn entry(label: &str, style: &str) -> Entry {
        Entry {
            label: label.into(),
            tags: vec!["pet".into(), "woof".into()],
            names: vec!["dog".into()],
            style: style.into(),
            group: "animals & nature".into(),
            colour: Some("brown".into()),
            ..Entry::default()
        }
    }

    fn dataset() -> Dataset {
        let mut entries = vec![entry("dog face", "noto"), entry("dog face", "noto")];
        let clock = |hour: &&str| Entry { label: format!("{hour} o’clock"), ..entry("", "noto") };
        entries.extend(["one", "two", "three", "four", "five", "six"].iter().map(clock));
        entries.push(Entry { split: Split::Concept, ..entry("woof", "noto") });
        let man = Entry { group: PEOPLE.into(), names: Vec::new(), ..entry("man", "noto") };
        entries.push(man);
        let picture = Image { width: 8, height: 8, pixels: [130, 80, 40, 255].repeat(64) };
        Dataset { pictures: vec![picture; entries.len()], entries }
    }

    #[test]
    fn captions_are_of_all_kinds_and_sum_to_one() {
        let dataset = dataset();
        let families = dataset.families();
        let everyday = WordTable::new("dog\tdog face\n").unwrap();
        let teaching = Teaching::new(&dataset, &families, &everyday);
        let captions = teaching.captions(0);
        let texts: Vec<&str> = captions.iter().map(|caption| caption.text.as_str()).collect();
        for text in [
            "dog face",
            "a dog face",
            "dog",
            "a dog",
            "brown dog",
            "brown dog face",
            "dog face, pet",
            "pet",
            "noto dog",
            "dog face, noto style",
        ] {
            assert!(texts.contains(&text), "{text} is not among {texts:?}");
        }
        // “woof” is a held-out concept.
        assert!(!texts.iter().any(|text| text.contains("woof")), "{texts:?}");
        let made: f64 = teaching.made(0).into_iter().map(|kind| teaching.share(0, kind)).sum();
        let sum: f64 = captions.iter().map(|caption| caption.weight).sum();
        assert!((sum + made - 1.0).abs() < 1e-9, "{sum} and {made}");
    }

    #[test]
    fn labels_are_drawn_equally_and_families_as_three() {
        let dataset = dataset();
        let families = dataset.families();
        let everyday = WordTable::default();
        let teaching = Teaching::new(&dataset, &families, &everyday);
        // The pictures are two of one label and six labels of one family.
        assert_eq!([0, 1, 2, 7, 9].map(|i| teaching.weight(i)), [0.5, 0.5, 0.5, 0.5, 1.0]);
        assert_eq!(teaching.weight(8), 0.0);
        assert_eq!(teaching.made(9), []);
        let people = teaching.captions(9);
        assert!(people.iter().all(|caption| caption.kind != CaptionKind::Colour));
    }
}
