//! Selects the keywords that may be a caption alone, and those that may only stand beside the label. For
//! example, “where” does not describe a house, “bird” is another concept's name, and “face” is shared by
//! many labels.

use std::collections::{BTreeMap, BTreeSet};

use super::colours::is_colour;
use super::grammar::{head, singular};
use crate::dataset::{Entry, OWN};
use crate::text::WordTable;

/// The greatest number of families that may share a keyword that stands alone.
const SHARED: usize = 4;
/// The greatest number of a picture's keywords that are used for training.
const MOST: usize = 4;

/// Words that do not describe a picture: numbers, slang and function words.
const NEVER: &str = include_str!("never.txt");

/// Returns the words that do not describe a picture.
pub fn never() -> BTreeSet<&'static str> {
    let lines = NEVER.lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_whitespace).collect()
}

/// The meanings of keywords, derived from all labels and keywords of a dataset.
#[derive(Debug)]
pub struct Keywords<'a> {
    /// The families of the labels that equal the word, or whose head or last word does.
    called: BTreeMap<String, BTreeSet<String>>,
    /// The families of the labels that have the keyword.
    shared: BTreeMap<String, BTreeSet<String>>,
    never: BTreeSet<&'static str>,
    everyday: &'a WordTable,
    /// The family of each label.
    families: &'a BTreeMap<&'a str, String>,
}

impl<'a> Keywords<'a> {
    /// Collects the labels and keywords of a dataset's entries, given the family of each label.
    pub fn new(
        entries: &[Entry],
        families: &'a BTreeMap<&'a str, String>,
        everyday: &'a WordTable,
    ) -> Self {
        let (mut called, mut shared) = (BTreeMap::new(), BTreeMap::new());
        let all: BTreeMap<&str, &Entry> =
            entries.iter().map(|entry| (entry.label.as_str(), entry)).collect();
        let add = |map: &mut BTreeMap<String, BTreeSet<String>>, word: &str, family: &str| {
            map.entry(singular(word)).or_default().insert(family.to_owned());
        };
        for (label, entry) in all {
            let family = &families[label];
            let last = label.rsplit(' ').next().unwrap_or(label);
            for name in [label, head(label), last] {
                add(&mut called, name, family);
            }
            for word in entry.tags.iter().map(String::as_str).chain(label.split(' ')) {
                add(&mut shared, word, family);
            }
        }
        Self { called, shared, never: never(), everyday, families }
    }

    /// Returns the words that may be captions without the label, those that the fewest families share
    /// first.
    pub fn bare(&self, entry: &Entry) -> Vec<String> {
        // Of the label's words only the head counts: the “engine” of a fire engine, not the “fire”.
        let own = Some(head(&entry.label)).filter(|_| entry.group != OWN);
        let words = entry.tags.iter().map(String::as_str);
        let words = words.filter(|word| !entry.label.split(' ').any(|own| own == *word)).chain(own);
        let may =
            |word: &&str| *word != entry.label && !entry.names.iter().any(|name| name == word);
        self.fewest(words.filter(may).filter(|word| self.may_stand(&entry.label, word)))
    }

    /// Returns the keywords that may stand beside the label, those that the fewest families share first.
    pub fn beside(&self, entry: &Entry) -> Vec<String> {
        let words = entry.tags.iter().map(String::as_str);
        let is_new = |word: &&str| !self.never.contains(word) && !entry.label.contains(*word);
        self.fewest(words.filter(|word| !is_number(word)).filter(is_new))
    }

    /// Returns whether `word` alone means `label`, a label of the dataset, and few other things.
    pub fn may_stand(&self, label: &str, word: &str) -> bool {
        if self.never.contains(word)
            || is_number(word)
            || is_colour(word)
            || word.chars().count() < 3
        {
            return false;
        }
        let one = singular(word);
        // The table defines what users mean by a word, even if it lists no label.
        for word in [word, one.as_str()] {
            if self.everyday.has(word) && !self.everyday.labels(word).iter().any(|l| l == label) {
                return false;
            }
        }
        let family = &self.families[label];
        let is_own = |families: &BTreeSet<String>| families.iter().all(|other| other == family);
        self.called.get(&one).is_none_or(is_own)
            && self.shared.get(&one).is_none_or(|families| families.len() <= SHARED)
    }

    fn fewest<'b>(&self, words: impl Iterator<Item = &'b str>) -> Vec<String> {
        let mut words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        // Ties are broken by length, because short words are the more common ones.
        let shared = |word: &str| self.shared.get(&singular(word)).map_or(0, BTreeSet::len);
        words.sort_by_cached_key(|word| (shared(word), word.len()));
        let mut seen = BTreeSet::new();
        words.retain(|word| seen.insert(*word));
        words.into_iter().take(MOST).map(str::to_owned).collect()
    }
}

/// Returns whether a keyword contains digits.
fn is_number(word: &str) -> bool {
    word.chars().any(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::names::Families;

    fn entry(label: &str, tags: &[&str]) -> Entry {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        Entry { label: label.into(), tags, ..Entry::default() }
    }

    #[test]
    fn a_keyword_is_a_name_only_if_it_means_one_thing() {
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
        let families = Families::by_label(entries.iter().map(|entry| entry.label.as_str()));
        let everyday = WordTable::new("bird\tduck\npastry\t\nsweet\tpie\n").unwrap();
        let keywords = Keywords::new(&entries, &families, &everyday);
        let bare = |i: usize| keywords.bare(&entries[i]);
        // The two apples are two families, few families share “ripe”, and “red” is a colour.
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
