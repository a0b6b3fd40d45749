//! The labels of pictures whose names in their packages are wrong, missing or not Unicode's, and the
//! everyday words for labels. The tables are beside this file.

use std::collections::{BTreeMap, HashMap};

use crate::text::WordTable;

/// The tables of package, icon and label, one row each. The label `-` leaves the picture out. Of sets
/// that do not follow Unicode only the listed pictures are taken.
const ICONS: [&str; 2] = [include_str!("corrections.tsv"), include_str!("chosen.tsv")];

/// The table of everyday words and the labels that show their meaning; see [`WordTable`].
const EVERYDAY: &str = include_str!("everyday.tsv");

/// Returns the everyday words and the labels that show their meaning.
///
/// # Panics
/// Panics if the embedded table is malformed.
pub fn everyday() -> WordTable {
    WordTable::new(EVERYDAY).expect("the table is well formed")
}

/// The label of a picture that is left out.
const NONE: &str = "-";

/// The labels of icons from the tables.
#[derive(Debug)]
pub struct IconNames {
    labels: HashMap<(&'static str, &'static str), &'static str>,
}

/// The entry of an icon in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named {
    /// The icon has this label.
    Label(&'static str),
    /// The icon is left out.
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

    /// Returns the entry of an icon of a package, if a table has one.
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

/// Returns the everyday words for each label.
pub fn everyday_by_label(table: &WordTable) -> BTreeMap<&str, Vec<&str>> {
    let mut words: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (word, labels) in table.words() {
        for label in labels {
            words.entry(label).or_default().push(word);
        }
    }
    words
}

/// Returns the cells of a table's rows, without comments and blank lines.
fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let is_row = |line: &&str| !line.starts_with('#') && !line.trim().is_empty();
    table.lines().filter(is_row).map(|line| line.split('\t').collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn tables_are_complete_and_have_no_duplicates() {
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
