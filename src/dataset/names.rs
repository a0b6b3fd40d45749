//! What pictures are called, where their packages' names are wrong, missing or not Unicode's; and the
//! everyday words for them. The tables stand in the folder `names`.

use std::collections::{BTreeMap, HashMap};

use crate::text::WordTable;

/// Package, icon and label, a row each: `-` leaves the picture out. Of sets that do not follow
/// Unicode these are the only pictures that are taken.
const ICONS: [&str; 2] = [include_str!("names/corrections.tsv"), include_str!("names/chosen.tsv")];

/// Everyday words and the labels that show what they mean; see [`WordTable`].
const EVERYDAY: &str = include_str!("names/everyday.tsv");

/// Returns the everyday words, and the labels that show what they mean.
///
/// # Panics
/// Panics if the table of this program is malformed.
pub fn everyday() -> WordTable {
    WordTable::new(EVERYDAY).expect("the table is well formed")
}

/// The mark for a picture that is left out.
const NONE: &str = "-";

/// What the tables say of icons.
#[derive(Debug)]
pub struct IconNames {
    labels: HashMap<(&'static str, &'static str), &'static str>,
}

/// What a table says of an icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// It shows this.
    Label(&'static str),
    /// It is left out.
    Out,
}

impl IconNames {
    /// Reads the tables.
    pub fn new() -> Self {
        let mut labels = HashMap::new();
        for row in ICONS.iter().flat_map(|table| rows(table)) {
            if let [package, icon, label] = row[..] {
                labels.insert((package, icon), label);
            }
        }
        Self { labels }
    }

    /// Returns what an icon of a package shows, if a table says so.
    pub fn get(&self, package: &str, icon: &str) -> Option<Named> {
        match self.labels.get(&(package, icon)).copied()? {
            NONE => Some(Named::Out),
            label => Some(Named::Label(label)),
        }
    }
}

impl Default for IconNames {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns the everyday words that mean each label.
pub fn everyday_by_label(table: &WordTable) -> BTreeMap<&str, Vec<&str>> {
    let mut words: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (word, labels) in table.words() {
        for label in labels {
            words.entry(label).or_default().push(word);
        }
    }
    words
}

/// Returns the cells of a table's rows, less remarks.
fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let is_row = |line: &&str| !line.starts_with('#') && !line.trim().is_empty();
    table.lines().filter(is_row).map(|line| line.split('\t').collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn tables_are_whole_and_say_nothing_twice() {
        let mut seen = BTreeSet::new();
        for row in ICONS.iter().flat_map(|table| rows(table)) {
            let [package, icon, label] = row[..] else { panic!("three cells: {row:?}") };
            assert!(seen.insert((package, icon)), "{package} {icon} stands twice");
            assert_eq!(label, label.to_lowercase().trim(), "{icon}");
        }
        let mut words = BTreeSet::new();
        for row in rows(EVERYDAY) {
            let [word, labels] = row[..] else { panic!("two cells: {row:?}") };
            assert!(words.insert(word), "{word} stands twice");
            let labels: Vec<&str> = labels.split(',').filter(|label| !label.is_empty()).collect();
            assert_eq!(labels.iter().collect::<BTreeSet<_>>().len(), labels.len(), "{word}");
            assert!(labels.iter().all(|label| *label == label.trim()), "{word}");
        }
        assert!(words.len() >= 800, "{} words", words.len());
    }
}
