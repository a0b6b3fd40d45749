//! The concepts to draw: Unicode's emoji by name, with keywords and groups (emojibase).

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use crate::{Error, Result};

/// A thing to draw.
#[derive(Debug, Clone, Deserialize)]
pub struct Concept {
    /// The name in CLDR, such as “red apple”.
    pub label: String,
    /// Keywords, including the words of the label.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The code points in hexadecimal.
    pub hexcode: String,
    /// The number of the group. Letters and regional indicators have none.
    pub group: Option<usize>,
    /// The number of the subgroup.
    pub subgroup: Option<usize>,
}

/// The names of emojibase's groups, in the order of their numbers.
const GROUPS: [&str; 10] = [
    "smileys & emotion",
    "people & body",
    "components",
    "animals & nature",
    "food & drink",
    "travel & places",
    "activities",
    "objects",
    "symbols",
    "flags",
];

const PEOPLE: usize = 1;
const SYMBOLS: usize = 8;
/// The subgroups of families (grey silhouettes in some sets), of footprints and busts, and of hair.
const SILHOUETTES: [usize; 3] = [30, 31, 33];
/// The only subgroup of symbols that are things to draw: circles, squares and other shapes, in colours.
const SHAPES: usize = 96;

impl Concept {
    /// Returns the name of its group.
    pub fn group_name(&self) -> &'static str {
        self.group.and_then(|group| GROUPS.get(group).copied()).unwrap_or("none")
    }

    /// Returns whether the concept is part of the dataset. Letters on squares, flags and silhouettes are
    /// not.
    pub fn is_drawn(&self) -> bool {
        let subgroup = self.subgroup.unwrap_or(usize::MAX);
        match self.group {
            Some(PEOPLE) => !SILHOUETTES.contains(&subgroup),
            Some(SYMBOLS) => subgroup == SHAPES,
            Some(0 | 3..=7) => true,
            _ => false,
        }
    }
}

/// Concepts, indexed by the names that picture sets give them.
#[derive(Debug)]
pub struct Concepts {
    concepts: Vec<Concept>,
    by_name: HashMap<String, usize>,
    by_code: HashMap<String, usize>,
}

impl Concepts {
    /// Parses emojibase's files.
    ///
    /// # Errors
    /// Returns an error if a file is missing or malformed.
    pub fn new(files: &BTreeMap<String, Vec<u8>>) -> Result<Self> {
        let concepts: Vec<Concept> = parse(files, "en/data.json")?;
        let mut by_name = HashMap::new();
        let mut by_code = HashMap::new();
        for (i, concept) in concepts.iter().enumerate() {
            by_name.entry(plain(&concept.label)).or_insert(i);
            by_code.insert(code(&concept.hexcode), i);
        }
        // The shortcodes are the names that earlier versions and other vendors use.
        for set in ["cldr", "emojibase", "emojibase-legacy", "github", "iamcal", "joypixels"] {
            let file = format!("en/shortcodes/{set}.json");
            let names: BTreeMap<String, SetNames> = parse(files, &file)?;
            for (hexcode, names) in names {
                let Some(&i) = by_code.get(&code(&hexcode)) else { continue };
                for name in names.list() {
                    by_name.entry(plain(&name)).or_insert(i);
                }
            }
        }
        Ok(Self { concepts, by_name, by_code })
    }

    /// Returns all concepts in Unicode's order, in which those of a group are adjacent.
    pub fn all(&self) -> &[Concept] {
        &self.concepts
    }

    /// Returns the concept with this label.
    pub fn labelled(&self, label: &str) -> Option<&Concept> {
        let found = self.by_name.get(&plain(label)).map(|&i| &self.concepts[i]);
        found.filter(|concept| concept.label.to_lowercase() == label)
    }

    /// Returns the concept that a picture set calls `name`, such as `backhand-index-pointing-up-2`.
    pub fn named(&self, name: &str) -> Option<&Concept> {
        let unnumbered = name.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('-');
        let uncoloured = ["black", "white"].iter().find_map(|colour| name.strip_prefix(colour));
        let tries = [
            Some(name.to_owned()),
            Some(unnumbered.to_owned()),
            name.strip_suffix("-face").map(str::to_owned),
            Some(format!("{unnumbered}-face")),
            uncoloured.map(str::to_owned),
            name.strip_suffix("symbol").map(str::to_owned),
            // Fluent names the elf this way.
            name.strip_prefix("person-").map(str::to_owned),
        ];
        let found = tries.into_iter().flatten().find_map(|name| self.by_name.get(&plain(&name)));
        found.map(|&i| &self.concepts[i])
    }

    /// Returns every emoji with its name, in Unicode's order.
    pub fn emoji(&self) -> impl Iterator<Item = (String, &str)> {
        self.concepts.iter().filter_map(|concept| {
            let points = concept.hexcode.split('-');
            let points = points.map(|point| char::from_u32(u32::from_str_radix(point, 16).ok()?));
            Some((points.collect::<Option<String>>()?, concept.label.as_str()))
        })
    }

    /// Returns the concept of these code points, such as `1f34e`.
    pub fn coded(&self, hexcode: &str) -> Option<&Concept> {
        self.by_code.get(&code(hexcode)).map(|&i| &self.concepts[i])
    }
}

/// One name or several names.
#[derive(Deserialize)]
#[serde(untagged)]
enum SetNames {
    One(String),
    Many(Vec<String>),
}

impl SetNames {
    fn list(self) -> Vec<String> {
        match self {
            Self::One(name) => vec![name],
            Self::Many(names) => names,
        }
    }
}

/// Returns the letters and digits alone, so that “Man’s shoe”, `mans-shoe` and `mans_shoe` are equal.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Returns the code points without the variation selector that requests colour.
fn code(hexcode: &str) -> String {
    hexcode.to_lowercase().replace("-fe0f", "")
}

fn parse<T: serde::de::DeserializeOwned>(
    files: &BTreeMap<String, Vec<u8>>,
    name: &str,
) -> Result<T> {
    let bytes = files
        .get(name)
        .ok_or_else(|| Error::dataset(name, "it is not in the package emojibase"))?;
    serde_json::from_slice(bytes).map_err(|problem| Error::dataset(name, problem.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concepts() -> Concepts {
        let data = r#"[
            {"label": "red apple", "tags": ["fruit"], "hexcode": "1F34E", "group": 4, "subgroup": 42},
            {"label": "cat face", "hexcode": "1F431", "group": 3, "subgroup": 34},
            {"label": "family", "hexcode": "1F46A", "group": 1, "subgroup": 30},
            {"label": "regional indicator A", "hexcode": "1F1E6"}
        ]"#;
        let mut files = BTreeMap::from([("en/data.json".to_owned(), data.as_bytes().to_vec())]);
        for set in ["cldr", "emojibase", "emojibase-legacy", "github", "iamcal", "joypixels"] {
            let names = br#"{"1F34E": ["apple", "ripe_apple"], "1F431": "kitty"}"#;
            files.insert(format!("en/shortcodes/{set}.json"), names.to_vec());
        }
        Concepts::new(&files).unwrap()
    }

    #[test]
    fn finds_one_concept_by_many_names() {
        let concepts = concepts();
        for name in ["red-apple", "redapple", "apple-2", "ripe-apple"] {
            assert_eq!(concepts.named(name).unwrap().label, "red apple", "{name}");
        }
        assert_eq!(concepts.named("kitty-face").unwrap().label, "cat face");
        assert_eq!(concepts.coded("1f34e-fe0f").unwrap().label, "red apple");
        assert!(concepts.named("pear").is_none());
        assert_eq!(concepts.emoji().next(), Some(("🍎".into(), "red apple")));
    }

    #[test]
    fn leaves_out_letters_and_silhouettes() {
        let concepts = concepts();
        assert!(concepts.coded("1f34e").unwrap().is_drawn());
        assert!(!concepts.coded("1f46a").unwrap().is_drawn());
        assert!(!concepts.coded("1f1e6").unwrap().is_drawn());
    }
}
