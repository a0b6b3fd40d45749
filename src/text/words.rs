//! A table of everyday words and the labels of pictures that show them. Training and prompts use the same
//! table.

use std::collections::{BTreeMap, BTreeSet};

use super::spelling::{is_common, parts, plain, stems};
use crate::{Error, Result};

/// A table from everyday words to the labels that show what they mean.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WordTable {
    /// The labels of each word, with the best first.
    labels: BTreeMap<String, Vec<String>>,
    /// Every single word that occurs in the table.
    known: BTreeSet<String>,
}

/// The largest number of known words that are suggested for an unknown one.
const NEAREST: usize = 3;

impl WordTable {
    /// Reads the table from a file's text. Each line has a word, a tab and its labels, separated by commas;
    /// lines that begin with # are comments. A word without labels is one that no picture shows. A line
    /// that begins with a tab lists further words that are known.
    ///
    /// # Errors
    /// Returns an error if a line has no tab, or if a word occurs twice.
    pub fn new(text: &str) -> Result<Self> {
        let mut all = Self::default();
        for (line, number) in text.trim_start_matches('\u{feff}').lines().zip(1..) {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let refuse =
                |problem| Err(Error::model("words.tsv", format!("line {number} {problem}")));
            let Some((word, labels)) = line.split_once('\t') else {
                return refuse("should be a word, a tab and labels");
            };
            if word.is_empty() {
                all.known.extend(labels.split_whitespace().map(str::to_owned));
                continue;
            }
            let labels: Vec<String> =
                labels.split(',').map(|label| label.trim().to_owned()).collect();
            let labels: Vec<String> = labels.into_iter().filter(|l| !l.is_empty()).collect();
            if !labels.is_empty() {
                for name in labels.iter().map(String::as_str).chain([word]) {
                    all.known.extend(parts(name).map(str::to_owned));
                }
            }
            if all.labels.insert(word.trim().to_owned(), labels).is_some() {
                return refuse("repeats a word of an earlier line");
            }
        }
        Ok(all)
    }

    /// Returns the words that have labels, with their labels.
    pub fn words(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.all().filter(|(_, labels)| !labels.is_empty())
    }

    /// Returns all words, with the labels of each, which may be none.
    pub fn all(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.labels.iter().map(|(word, labels)| (word.as_str(), labels.as_slice()))
    }

    /// Returns whether the table has the word, with or without labels.
    pub fn has(&self, word: &str) -> bool {
        self.labels.contains_key(word)
    }

    /// Returns the labels of a word; none if the table lacks it.
    pub fn labels(&self, word: &str) -> &[String] {
        self.labels.get(word).map_or(&[], Vec::as_slice)
    }

    /// Returns the table as a file's text, including every known word.
    pub fn to_text(&self) -> String {
        let rows =
            self.labels.iter().map(|(word, labels)| format!("{word}\t{}\n", labels.join(",")));
        let mut text: String = rows.collect();
        let named: BTreeSet<&str> = self
            .words()
            .flat_map(|(word, labels)| [word].into_iter().chain(labels.iter().map(String::as_str)))
            .flat_map(parts)
            .collect();
        let rest: Vec<&str> =
            self.known.iter().map(String::as_str).filter(|word| !named.contains(word)).collect();
        if !rest.is_empty() {
            text += &format!("\t{}\n", rest.join(" "));
        }
        text
    }

    /// Returns the table extended by what a model was trained on: its labels, the words that `everyday` has
    /// for them, and its captions, whose words become known.
    #[must_use]
    pub fn taught<'a>(
        mut self,
        labels: &BTreeSet<&'a str>,
        everyday: &'a Self,
        captions: impl Iterator<Item = &'a str>,
    ) -> Self {
        let is_writable =
            |name: &&&str| !name.contains(['\n', '\t', ',']) && !name.starts_with('#');
        for label in labels.iter().filter(is_writable) {
            let own = self.labels.entry((*label).to_owned()).or_default();
            if own.is_empty() {
                own.push((*label).to_owned());
            }
        }
        for (word, all) in &everyday.labels {
            let found: Vec<String> =
                all.iter().filter(|label| labels.contains(label.as_str())).cloned().collect();
            // Earlier labels stay if the dataset has none for the word. A new word that no label matches
            // gets no labels, and is reported as unknown.
            let own = self.labels.entry(word.clone()).or_default();
            if !found.is_empty() {
                *own = found;
            } else if labels.contains(word.as_str()) {
                // The dataset has a label of this very name, so the word means that label.
                *own = vec![word.clone()];
            }
        }
        for name in
            labels.iter().copied().chain(captions).chain(everyday.words().map(|(word, _)| word))
        {
            if !everyday.has(name) || !self.labels(name).is_empty() {
                self.known.extend(parts(name).map(str::to_owned));
            }
        }
        self
    }

    /// Returns the label that replaces a whole prompt. The prompt must be a word of the table, ignoring
    /// case and article, and must not be one of its labels itself.
    pub fn read(&self, prompt: &str) -> Option<&str> {
        let prompt = plain(prompt);
        let labels = self.labels(&prompt);
        if labels.contains(&prompt) { None } else { labels.first().map(String::as_str) }
    }

    /// Returns the words of a prompt that the table lacks, each with the nearest words that it has.
    pub fn unknown(&self, prompt: &str) -> Vec<(String, Vec<String>)> {
        let whole = plain(prompt);
        if self.labels.is_empty() || !self.labels(&whole).is_empty() {
            return Vec::new();
        }
        if self.has(&whole) {
            // For example, no picture shows a tank, though one may show a tank top.
            let nearest = self.nearest(&whole);
            return vec![(whole, nearest)];
        }
        let prompt = prompt.to_lowercase();
        let mut found: Vec<(String, Vec<String>)> = Vec::new();
        for word in parts(&prompt).filter(|word| !self.is_known(word)) {
            if !found.iter().any(|(other, _)| other == word) {
                found.push((word.to_owned(), self.nearest(word)));
            }
        }
        found
    }

    /// Returns the names with labels that begin with the prompt and are longer than it, the shortest first.
    /// A single letter gives none.
    pub fn beginning_with(&self, prompt: &str) -> impl Iterator<Item = &str> {
        let start = plain(prompt);
        let is_long = start.chars().count() > 1;
        let from = self.labels.range(start.clone()..).filter(move |_| is_long);
        let mut names: Vec<&str> = from
            .take_while(|(name, _)| name.starts_with(&start))
            .filter(|(name, labels)| **name != start && !labels.is_empty())
            .map(|(name, _)| name.as_str())
            .collect();
        names.sort_by_key(|name| name.len());
        names.into_iter()
    }

    /// Returns whether a known word begins with `start`.
    pub fn begins(&self, start: &str) -> bool {
        let from = self.known.range(start.to_owned()..).next();
        from.is_some_and(|word| word.starts_with(start))
    }

    fn is_known(&self, word: &str) -> bool {
        let is_there = |word: &str| self.known.contains(word) || is_common(word);
        is_there(word) || stems(word).any(|stem| is_there(&stem))
    }

    /// Returns the words with labels that are spelled most like `word`, the nearest first.
    fn nearest(&self, word: &str) -> Vec<String> {
        let most = (word.chars().count() / 3).max(1);
        let first = word.chars().next();
        let near = self.words().filter_map(|(known, _)| {
            // Typing errors are rare at the beginning of a word, so a shared first letter breaks ties.
            let far = strsim::damerau_levenshtein(word, known);
            let begins = first == known.chars().next();
            (far <= most).then_some((far, !begins, known))
        });
        let mut near: Vec<_> = near.collect();
        near.sort_unstable();
        near.into_iter().take(NEAREST).map(|(_, _, known)| known.to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> WordTable {
        let text = "# by nobody\nbee\thoneybee\ncat\tcat,cat face\nphone\tmobile phone,telephone\n\
                    carrot\tcarrot\nsofa\t\n";
        WordTable::new(text).unwrap()
    }

    #[test]
    fn reads_a_whole_prompt_as_its_label() {
        let table = table();
        for (prompt, read) in [
            ("bee", Some("honeybee")),
            ("A  Bee!", Some("honeybee")),
            ("the phone", Some("mobile phone")),
            ("cat", None),
            ("sofa", None),
            ("a bee and a cat", None),
            ("a", None),
            ("", None),
        ] {
            assert_eq!(table.read(prompt), read, "{prompt}");
        }
        assert_eq!(table.labels("cat"), ["cat", "cat face"]);
        assert_eq!(table.words().count(), 4);
    }

    #[test]
    fn suggests_the_nearest_known_words_for_unknown_ones() {
        let table = table();
        assert!(table.unknown("two red cats with carrots on the left").is_empty());
        let unknown = table.unknown("a carot and a sofa and a carot");
        assert_eq!(unknown[0], ("carot".into(), vec!["carrot".into()]));
        assert_eq!(unknown[1..], [("sofa".into(), vec![])]);
        let tanks = WordTable::new("tank\t\ntank top\ttank top\n").unwrap();
        assert_eq!(tanks.unknown("a tank"), [("tank".into(), vec![])]);
        assert!(WordTable::default().unknown("anything").is_empty());
        assert!(table.begins("carr") && !table.begins("cars"));
    }

    #[test]
    fn keeps_only_the_labels_that_the_dataset_has() {
        let before = WordTable::new("tux\ttux\n").unwrap();
        let labels = BTreeSet::from(["cat", "cat face", "honeybee"]);
        let captions = ["cat, pet", "fluffy"].into_iter();
        let taught = before.taught(&labels, &table(), captions);
        assert_eq!(taught.read("bee"), Some("honeybee"));
        // No picture shows a phone or a carrot.
        assert_eq!((taught.read("phone"), taught.labels("tux")), (None, &["tux".to_owned()][..]));
        let unknown: Vec<String> =
            taught.unknown("a fluffy pet with a phone").into_iter().map(|(word, _)| word).collect();
        assert_eq!(unknown, ["phone"]);
        let again = WordTable::new(&taught.to_text()).unwrap();
        assert_eq!(again, taught);
        // Captions of a user's dataset may contain anything, and its label “bee” is not “honeybee”.
        let own = BTreeSet::from(["bee", "tux, with a hat", "two\nlines", "# one"]);
        let taught = taught.taught(&own, &table(), std::iter::empty());
        assert_eq!((taught.read("bee"), taught.read("cat")), (None, None));
        let alone = WordTable::default().taught(&own, &table(), std::iter::empty());
        assert_eq!((alone.read("bee"), alone.labels("tux").len()), (None, 0));
        assert_eq!(WordTable::new(&alone.to_text()).unwrap(), alone);
    }

    #[test]
    fn names_the_invalid_line() {
        for bad in ["no tab", "bee\thoneybee\nbee\tcat"] {
            let error = WordTable::new(bad).unwrap_err().to_string();
            assert!(error.contains("line "), "{error}");
        }
    }
}
