//! Families of concepts: labels that differ so little that one picture reveals much about the others,
//! such as man, woman and person, clock faces, or squares in many colours.

use std::collections::{BTreeMap, BTreeSet};

use super::colours::is_colour;

/// The words for the person who acts, which do not distinguish families.
const WHO: [&str; 11] =
    ["man", "woman", "person", "men", "women", "people", "boy", "girl", "child", "male", "female"];
/// The directions in which a person faces.
const WAYS: [&str; 2] = [": facing right", ": facing left"];
/// The sizes that distinguish Unicode's squares.
const SIZES: [&str; 5] = ["small", "medium", "medium-small", "large", "big"];
const HOURS: [&str; 12] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve",
];
/// The prefixes of labels of couples, which have many variants.
const COUPLES: [&str; 2] = ["couple with heart", "kiss"];
/// Gendered names, each with its gender-neutral family name.
const GENDERS: [(&str, &str); 12] = [
    ("prince", "royal"),
    ("princess", "royal"),
    ("king", "royal"),
    ("queen", "royal"),
    ("mermaid", "merperson"),
    ("merman", "merperson"),
    ("mrs. claus", "santa claus"),
    ("mx claus", "santa claus"),
    ("with crown", "royal"),
    ("old", "older person"),
    ("older", "older person"),
    ("and holding hands", "holding hands"),
];
/// How many labels must differ by colour alone to form one family. Red and green apples are two things.
const COLOURED: usize = 3;

/// The assignment of labels to families.
#[derive(Debug)]
pub struct Families {
    /// Labels without colours that stand for a family of many colours.
    coloured: BTreeSet<String>,
}

impl Families {
    /// Finds the families of all labels.
    pub fn new<'a>(labels: impl Iterator<Item = &'a str>) -> Self {
        let labels: BTreeSet<&str> = labels.collect();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for plain in labels.iter().filter_map(|label| without_colour(label)) {
            *counts.entry(plain).or_default() += 1;
        }
        let many = counts.into_iter().filter(|(_, count)| *count >= COLOURED);
        Self { coloured: many.map(|(plain, _)| plain).collect() }
    }

    /// Returns the family of each label among all of them.
    pub fn by_label<'a>(
        labels: impl Iterator<Item = &'a str> + Clone,
    ) -> BTreeMap<&'a str, String> {
        let families = Self::new(labels.clone());
        labels.map(|label| (label, families.of(label))).collect()
    }

    /// Returns the name of a label's family, which is often the label itself.
    pub fn of(&self, label: &str) -> String {
        if label.ends_with("o’clock")
            || label.ends_with("o'clock")
            || label.strip_suffix("-thirty").is_some_and(|hour| HOURS.contains(&hour))
        {
            return "clock face".into();
        }
        if label.starts_with("globe showing") {
            return "globe".into();
        }
        if let Some(plain) = without_colour(label).filter(|plain| self.coloured.contains(plain)) {
            return plain;
        }
        if let Some(couple) = COUPLES.iter().find(|couple| label.starts_with(**couple)) {
            return (*couple).to_owned();
        }
        let mut name =
            label.replace("deaf man", "deaf person").replace("deaf woman", "deaf person");
        for way in WAYS {
            name = name.replace(way, "");
        }
        let is_who = |word: &&str| WHO.contains(&word.trim_end_matches([':', ',']));
        let words: Vec<&str> = name.split(' ').filter(|word| !is_who(word)).collect();
        // The remaining words identify labels such as “older man” and “woman with beard”. A bare “man”
        // has none.
        let name = match words.is_empty() {
            true => "person".to_owned(),
            false => words.join(" "),
        };
        let known = GENDERS.iter().find(|(one, _)| *one == name);
        known.map_or(name, |(_, both)| (*both).to_owned())
    }
}

/// Returns a label without its colours and sizes, if it has a colour and other words remain.
fn without_colour(label: &str) -> Option<String> {
    let words: Vec<&str> = label.split(' ').collect();
    if !words.iter().any(|word| is_colour(word)) {
        return None;
    }
    let left = words.into_iter().filter(|word| !is_colour(word) && !SIZES.contains(word));
    Some(left.collect::<Vec<_>>().join(" ")).filter(|left| !left.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_differ_little_are_one_family() {
        let labels = [
            "red square",
            "blue square",
            "black medium-small square",
            "red apple",
            "green apple",
            "orange",
            "red heart",
            "green heart",
            "white heart",
        ];
        let families = Families::new(labels.into_iter());
        for (labels, family) in [
            (&["red square", "black medium-small square", "white large square"][..], "square"),
            (&["red heart", "white heart"], "heart"),
            (&["one o’clock", "seven-thirty"], "clock face"),
            (&["man swimming", "woman swimming", "person swimming"], "swimming"),
            (&["man walking: facing right", "person walking"], "walking"),
            (&["old man", "old woman", "older person"], "older person"),
            (&["prince", "person with crown"], "royal"),
            (&["man", "woman", "person", "boy"], "person"),
            (&["man: bald", "woman: bald"], "bald"),
            (&["globe showing americas", "globe showing europe-africa"], "globe"),
            (&["couple with heart: woman, man"], "couple with heart"),
        ] {
            for label in labels {
                assert_eq!(families.of(label), family, "{label}");
            }
        }
        for own in ["red apple", "green apple", "orange", "twenty-thirty", "house with garden"] {
            assert_eq!(families.of(own), own);
        }
    }
}
