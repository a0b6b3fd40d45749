//! The subject of each picture: its names, what else captions say of it, and what can be made of it.

use std::collections::{BTreeMap, BTreeSet};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rayon::prelude::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::caption_kind::CaptionKind;
use super::split::Split;
use crate::dataset::gather::is_in_colour;
use crate::dataset::names::Keywords;
use crate::dataset::names::colours::{colourfulness, has_colour};
use crate::dataset::names::grammar::{strip_article, with_article};
use crate::dataset::{Dataset, Entry, OWN};
use crate::text::WordTable;

/// The group whose everyday names are moods.
const FACES: &str = "smileys & emotion";
/// The group of people, who are neither recoloured nor composed.
const PEOPLE: &str = "people & body";
const SHAPES: &str = "symbols";
/// The greatest number of words of a label whose pictures are recoloured and composed.
const WORDS: usize = 3;
/// The least share of a picture's area that must have a hue for recolouring.
const COLOURFUL: f64 = 0.2;

/// What is said of the pictures of a dataset, by their indices.
#[derive(Debug)]
pub(super) struct Subjects<'a> {
    entries: &'a [Entry],
    /// The indices of the training pictures.
    pub(super) learnt: Vec<usize>,
    /// The labels of held-out concepts, which no training caption may use.
    concepts: BTreeSet<&'a str>,
    /// The labels of held-out concepts and pairs.
    held: BTreeSet<&'a str>,
    /// Whether each picture can be recoloured: it is colourful, and its style shows things in their own
    /// colours.
    has_paint: Vec<bool>,
    keywords: Keywords<'a>,
}

impl<'a> Subjects<'a> {
    /// Reads a dataset's entries, given the family of each label and the meanings of everyday words.
    pub(super) fn new(
        dataset: &'a Dataset,
        families: BTreeMap<&'a str, String>,
        everyday: &'a WordTable,
    ) -> Self {
        let entries = dataset.entries.as_slice();
        let labels = |splits: &[Split]| {
            let of_split = entries.iter().filter(|entry| splits.contains(&entry.split));
            of_split.map(|entry| entry.label.as_str()).collect()
        };
        let pictures = entries.par_iter().zip(&dataset.pictures);
        let has_paint = pictures.map(|(entry, picture)| {
            is_in_colour(&entry.style) && colourfulness(picture) >= COLOURFUL
        });
        Self {
            entries,
            learnt: dataset.of(Split::Train).collect(),
            concepts: labels(&[Split::Concept]),
            held: labels(&[Split::Concept, Split::Pair]),
            has_paint: has_paint.collect(),
            keywords: Keywords::new(entries, families, everyday),
        }
    }

    /// Returns the names of picture `i`: its label and its everyday words.
    pub(super) fn names(&self, i: usize) -> Vec<&'a str> {
        let entry = &self.entries[i];
        let names = [&entry.label].into_iter().chain(&entry.names).map(String::as_str);
        names.filter(|name| !name.is_empty()).collect()
    }

    /// Returns a random name of the thing in picture `i`, without its article. For faces it is the
    /// label, because their other names are moods.
    pub(super) fn thing(&self, i: usize, rng: &mut StdRng) -> Option<&'a str> {
        let names = self.names(i);
        let is_face = self.entries[i].group == FACES;
        let names = if is_face { &names[..names.len().min(1)] } else { &names[..] };
        names.choose(rng).map(|name| strip_article(name))
    }

    /// Returns a name of picture `i` with its article; `None` if it takes none. Names of faces take none,
    /// because they describe moods, and a user's own captions stay unchanged.
    pub(super) fn with_article(&self, i: usize, name: &str) -> Option<String> {
        let Entry { group, .. } = &self.entries[i];
        if group == OWN || group == FACES { None } else { with_article(name) }
    }

    /// Returns whether these words name a held-out concept or pair, so that they may not be a caption.
    pub(super) fn is_held(&self, words: &str) -> bool {
        self.held.contains(words)
    }

    /// Returns the variants that can be made of picture `i`: recoloured, composed, both or none.
    pub(super) fn made(&self, i: usize) -> Vec<CaptionKind> {
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

    /// Returns the captions of picture `i` itself, by kind and except its names. Kinds without captions
    /// are left out.
    pub(super) fn texts(&self, i: usize) -> Vec<(CaptionKind, Vec<String>)> {
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
        let mut texts = vec![
            (CaptionKind::Colour, colour),
            (CaptionKind::Keyword, beside),
            (CaptionKind::Synonym, bare),
            (CaptionKind::Style, style),
        ];
        texts.retain(|(_, texts)| !texts.is_empty());
        texts
    }
}
