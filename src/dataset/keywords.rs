//! Which keywords may stand for a picture, and which only beside its label: “where” says nothing of a
//! house, “bird” is another concept's name, and “face” is everybody's.

use std::collections::{BTreeMap, BTreeSet};

use super::Entry;
use super::caption_kind::OWN;
use super::colours::is_colour;
use super::families::Families;
use super::grammar::{head, singular};
use crate::text::WordTable;

/// A keyword that more families have tells none of them.
const SHARED: usize = 4;
/// The most keywords of a picture that are learnt.
const MOST: usize = 4;

/// Words that say nothing of a picture: numbers, slang, and what only holds sentences together.
const NEVER: &str = include_str!("names/never.txt");

/// Returns the words that say nothing of a picture.
pub fn never() -> BTreeSet<&'static str> {
    let lines = NEVER.lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_whitespace).collect()
}

/// What keywords mean, by all labels and keywords of a dataset.
#[derive(Debug)]
pub struct Keywords<'a> {
    /// Families of the labels that are called so, or whose head is.
    called: BTreeMap<String, BTreeSet<String>>,
    /// Families of the labels that have the keyword.
    shared: BTreeMap<String, BTreeSet<String>>,
    never: BTreeSet<&'static str>,
    everyday: &'a WordTable,
    families: &'a Families,
}

impl<'a> Keywords<'a> {
    /// Of a dataset's entries.
    pub fn new(entries: &[Entry], families: &'a Families, everyday: &'a WordTable) -> Self {
        let (mut called, mut shared) = (BTreeMap::new(), BTreeMap::new());
        let all: BTreeMap<&str, &Entry> =
            entries.iter().map(|entry| (entry.label.as_str(), entry)).collect();
        let add = |map: &mut BTreeMap<String, BTreeSet<String>>, word: &str, family: &str| {
            map.entry(singular(word)).or_default().insert(family.to_owned());
        };
        for (label, entry) in all {
            let family = families.of(label);
            let last = label.rsplit(' ').next().unwrap_or(label);
            for name in [label, head(label), last] {
                add(&mut called, name, &family);
            }
            for word in entry.tags.iter().map(String::as_str).chain(label.split(' ')) {
                add(&mut shared, word, &family);
            }
        }
        Self { called, shared, never: never(), everyday, families }
    }

    /// Returns the words that may stand for a picture without its label, those that fewest share
    /// first.
    pub fn bare(&self, entry: &Entry) -> Vec<String> {
        // Of its own words the one that says what it is: the engine of a fire engine, not the fire.
        let own = Some(head(&entry.label)).filter(|_| entry.group != OWN);
        let words = entry.tags.iter().map(String::as_str);
        let words = words.filter(|word| !entry.label.split(' ').any(|own| own == *word)).chain(own);
        let may =
            |word: &&str| *word != entry.label && !entry.names.iter().any(|name| name == word);
        self.fewest(words.filter(may).filter(|word| self.may_stand(&entry.label, word)))
    }

    /// Returns the keywords that may stand beside its label, those that fewest share first.
    pub fn beside(&self, entry: &Entry) -> Vec<String> {
        let words = entry.tags.iter().map(String::as_str);
        let is_new = |word: &&str| !self.never.contains(word) && !entry.label.contains(*word);
        self.fewest(words.filter(|word| !is_number(word)).filter(is_new))
    }

    /// Returns whether `word` alone means `label` and little else.
    pub fn may_stand(&self, label: &str, word: &str) -> bool {
        if self.never.contains(word)
            || is_number(word)
            || is_colour(word)
            || word.chars().count() < 3
        {
            return false;
        }
        let one = singular(word);
        // Visitors mean what the table says, be it nothing that there is.
        for word in [word, one.as_str()] {
            if self.everyday.has(word) && !self.everyday.labels(word).iter().any(|l| l == label) {
                return false;
            }
        }
        let family = self.families.of(label);
        let is_own = |families: &BTreeSet<String>| families.iter().all(|other| *other == family);
        self.called.get(&one).is_none_or(is_own)
            && self.shared.get(&one).is_none_or(|families| families.len() <= SHARED)
    }

    fn fewest<'b>(&self, words: impl Iterator<Item = &'b str>) -> Vec<String> {
        let mut words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        // Among equals, short words are the common ones.
        let shared = |word: &str| self.shared.get(&singular(word)).map_or(0, BTreeSet::len);
        words.sort_by_cached_key(|word| (shared(word), word.len()));
        let mut seen = BTreeSet::new();
        words.retain(|word| seen.insert(*word));
        words.into_iter().take(MOST).map(str::to_owned).collect()
    }
}

/// Returns whether a keyword is a number, in digits.
fn is_number(word: &str) -> bool {
    word.chars().any(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(label: &str, tags: &[&str]) -> Entry {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        Entry { label: label.into(), tags, ..Entry::default() }
    }

    #[test]
    fn a_keyword_stands_alone_only_if_it_means_this() {
        let entries = [
            entry("red apple", &["fruit", "ripe", "143", "omg"]),
            entry("green apple", &["fruit", "ripe"]),
            entry("pie", &["apple", "pastry", "dessert"]),
            entry("tiger", &["cat", "stripes", "animal", "predator"]),
            entry("cat", &["animal", "pet"]),
            entry("owl", &["animal", "bird", "nocturnal"]),
            entry("wolf", &["animal"]),
            entry("ant", &["animal", "insect"]),
            entry("bouquet of flowers", &["flower"]),
            entry("rose", &["flower", "pet"]),
        ];
        let families = Families::new(entries.iter().map(|entry| entry.label.as_str()));
        let everyday = WordTable::new("bird\tduck\npastry\t\nsweet\tpie\n").unwrap();
        let keywords = Keywords::new(&entries, &families, &everyday);
        let bare = |i: usize| keywords.bare(&entries[i]);
        // Two apples are two families; ripe is shared by few; red is a colour.
        assert_eq!(bare(0), ["ripe", "fruit"]);
        assert_eq!(bare(2), ["dessert"]);
        assert_eq!(bare(3), ["stripes", "predator"]);
        assert_eq!(bare(5), ["nocturnal"]);
        assert_eq!(bare(9), ["pet"]);
        assert_eq!(keywords.beside(&entries[0]), ["ripe", "fruit"]);
        assert_eq!(keywords.beside(&entries[3])[..2], ["stripes", "predator"]);
        assert!(keywords.may_stand("pie", "sweet") && !keywords.may_stand("rose", "sweet"));
    }
}
