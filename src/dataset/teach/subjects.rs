//! The subject of each picture: its names, what else captions say of it, and what can be made of it.

use std::collections::{BTreeMap, BTreeSet};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rayon::prelude::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::caption_kind::CaptionKind;
use crate::dataset::gather::is_in_colour;
use crate::dataset::names::Keywords;
use crate::dataset::names::colours::{colourfulness, has_colour};
use crate::dataset::names::grammar::{strip_article, with_article};
use crate::dataset::{Dataset, Entry, OWN, Split};
use crate::image::Image;
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

/// What is said of a picture, and what is made of it.
#[derive(Debug)]
pub(super) struct Subject<'a> {
    /// Its names, which are its label and its everyday words, each also with its article if it takes one.
    pub(super) names: Vec<(&'a str, Option<String>)>,
    /// How many of its names are names of the thing. For faces only the label is, because their other
    /// names are moods.
    things: usize,
    /// Its other captions, by kind.
    pub(super) texts: Vec<(CaptionKind, Vec<String>)>,
    /// The variants that can be made of it: recoloured, composed, both or none.
    pub(super) made: Vec<CaptionKind>,
}

impl<'a> Subject<'a> {
    /// Returns a random name of the thing, without its article.
    pub(super) fn thing(&self, rng: &mut StdRng) -> Option<&'a str> {
        self.names[..self.things].choose(rng).map(|(name, _)| strip_article(name))
    }
}

/// The subjects of the pictures of a dataset, in their order.
#[derive(Debug)]
pub(super) struct Subjects<'a> {
    /// All of them.
    pub(super) all: Vec<Subject<'a>>,
    /// The indices of the training pictures.
    pub(super) learnt: Vec<usize>,
    /// The labels of held-out concepts and pairs.
    held: BTreeSet<&'a str>,
}

impl<'a> Subjects<'a> {
    /// Reads a dataset's entries, given the family of each label and the meanings of everyday words.
    pub(super) fn new(
        dataset: &'a Dataset,
        families: &BTreeMap<&str, String>,
        everyday: &WordTable,
    ) -> Self {
        let entries = dataset.entries.as_slice();
        let labels = |splits: &[Split]| -> BTreeSet<&'a str> {
            let of_split = entries.iter().filter(|entry| splits.contains(&entry.split));
            of_split.map(|entry| entry.label.as_str()).collect()
        };
        let words = Words {
            keywords: Keywords::new(entries, families, everyday),
            concepts: labels(&[Split::Concept]),
            held: labels(&[Split::Concept, Split::Pair]),
        };
        let subject = |(entry, picture): (&'a Entry, &Image)| {
            let names = [&entry.label].into_iter().chain(&entry.names).map(String::as_str);
            let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
            let is_face = entry.group == FACES;
            // A user's own captions stay unchanged, and moods take no article.
            let is_bare = is_face || entry.group == OWN;
            let article = |name: &str| if is_bare { None } else { with_article(name) };
            Subject {
                things: if is_face { names.len().min(1) } else { names.len() },
                texts: words.texts(entry, &names),
                names: names.into_iter().map(|name| (name, article(name))).collect(),
                made: made(entry, picture),
            }
        };
        Self {
            all: entries.par_iter().zip(&dataset.pictures).map(subject).collect(),
            learnt: dataset.of(Split::Train).collect(),
            held: words.held,
        }
    }

    /// Returns whether these words name a held-out concept or pair, so that they may not be a caption.
    pub(super) fn is_held(&self, words: &str) -> bool {
        self.held.contains(words)
    }
}

/// Returns the variants that can be made of a picture.
fn made(entry: &Entry, picture: &Image) -> Vec<CaptionKind> {
    let Entry { label, group, style, .. } = entry;
    let is_named = !label.is_empty() && label.split(' ').count() <= WORDS;
    if !is_named || group == PEOPLE || group == SHAPES {
        return Vec::new();
    }
    // A picture can be recoloured if it is colourful, and its style shows things in their own colours.
    match is_in_colour(style) && colourfulness(picture) >= COLOURFUL {
        true => vec![CaptionKind::Painted, CaptionKind::Composed],
        false => vec![CaptionKind::Composed],
    }
}

/// The words that captions of a dataset may and may not have.
struct Words<'a, 'b> {
    keywords: Keywords<'b>,
    /// The labels of held-out concepts, which no training caption may use.
    concepts: BTreeSet<&'a str>,
    /// The labels of held-out concepts and pairs.
    held: BTreeSet<&'a str>,
}

impl Words<'_, '_> {
    /// Returns the captions of a picture itself, by kind and except its `names`. Kinds without captions
    /// are left out.
    fn texts(&self, entry: &Entry, names: &[&str]) -> Vec<(CaptionKind, Vec<String>)> {
        let Entry { label, style, group, colour, .. } = entry;
        let colour = match colour {
            Some(colour) if group != PEOPLE && group != SHAPES && !has_colour(label) => {
                let coloured = names.iter().filter(|name| !has_colour(name));
                let coloured = coloured.map(|name| format!("{colour} {name}"));
                coloured.filter(|words| !self.held.contains(words.as_str())).collect()
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
