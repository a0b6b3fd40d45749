//! `concepts.tsv`: the list of what a model can draw, by group, with keywords for searching. The page shows
//! it.

use std::collections::{BTreeMap, BTreeSet};

use crate::dataset::names::{Concepts, everyday_by_label, never};
use crate::text::WordTable;

/// The list's file, beside a model. It is no part of the model, and its manifest does not list it.
pub(super) const CONCEPTS: &str = "concepts.tsv";

/// The maximum number of keywords of a label.
const MOST: usize = 8;
/// The group of the labels that are no emoji.
const OTHER: &str = "other";

/// Returns the list's text. It begins with remarks, on lines that begin with `## `, which contain `source`.
/// For each of Unicode's groups, a line `# group` follows, and a line for each of its labels that `table`
/// has, in Unicode's order: the label, a tab, and its keywords, separated by commas. Labels that are no
/// emoji come last.
///
/// The keywords are the table's words for the label, followed by emojibase's tags. They exclude the label's
/// own words, which find it anyway, and tags that do not describe a picture.
pub(super) fn concept_list(table: &WordTable, concepts: &Concepts, source: &str) -> String {
    let mut rest = everyday_by_label(table);
    let never = never();
    let mut groups: Vec<(&str, String)> = Vec::new();
    let mut add = |group: &'static str, label: &str, words: &[&str], tags: &[String]| {
        let line = format!("{label}\t{}\n", keywords(label, words, tags, &never).join(", "));
        match groups.iter_mut().find(|(name, _)| *name == group) {
            Some((_, lines)) => *lines += &line,
            None => groups.push((group, line)),
        }
    };
    for concept in concepts.all().iter().filter(|concept| concept.group.is_some()) {
        let label = concept.label.to_lowercase();
        if let Some(words) = rest.remove(label.as_str()) {
            add(concept.group_name(), &label, &words, &concept.tags);
        }
    }
    for (label, words) in BTreeMap::from_iter(rest) {
        add(OTHER, label, &words, &[]);
    }
    let remarks = source.lines().map(|line| format!("## {line}").trim_end().to_owned() + "\n");
    let groups = groups.into_iter().map(|(name, lines)| format!("# {name}\n{lines}"));
    remarks.chain(groups).collect()
}

/// Returns the keywords of a label.
fn keywords(label: &str, words: &[&str], tags: &[String], never: &BTreeSet<&str>) -> Vec<String> {
    let is_own = |word: &str| word == label || label.split([' ', '-']).any(|own| own == word);
    let tags = tags.iter().map(|tag| tag.to_lowercase());
    let tags = tags.filter(|tag| !never.contains(tag.as_str()) && !tag.contains([',', '\t']));
    let mut all: Vec<String> = Vec::new();
    for word in words.iter().map(|word| word.to_lowercase()).chain(tags) {
        if !is_own(&word) && !all.contains(&word) {
            all.push(word);
        }
    }
    all.truncate(MOST);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concepts() -> Concepts {
        let data = r#"[
            {"label": "regional indicator A", "hexcode": "1F1E6"},
            {"label": "grinning face", "tags": ["face", "lol", ":D"], "hexcode": "1F600", "group": 0},
            {"label": "cat face", "tags": ["Pet", "cat"], "hexcode": "1F431", "group": 3},
            {"label": "fox", "tags": ["a, b", "brush"], "hexcode": "1F98A", "group": 3},
            {"label": "red apple", "tags": ["fruit", "pome"], "hexcode": "1F34E", "group": 4}
        ]"#;
        let mut files = BTreeMap::from([("en/data.json".to_owned(), data.as_bytes().to_vec())]);
        for set in ["cldr", "emojibase", "emojibase-legacy", "github", "iamcal", "joypixels"] {
            files.insert(format!("en/shortcodes/{set}.json"), b"{}".to_vec());
        }
        Concepts::new(&files).unwrap()
    }

    #[test]
    fn lists_taught_labels_by_group_in_unicode_order() {
        let table = "apple\tred apple\ncat\tcat face,fox\nkitty\tcat face\ntux\ttux\nred apple\tred apple\n\
                     fruit\tred apple\npear\t\n";
        let list =
            concept_list(&WordTable::new(table).unwrap(), &concepts(), "By nobody\n\nNo licence");
        assert_eq!(
            list,
            "## By nobody\n##\n## No licence\n# animals & nature\ncat face\tkitty, pet\nfox\tcat, brush\n\
             # food & drink\nred apple\tfruit, pome\n# other\ntux\t\n"
        );
    }

    #[test]
    fn limits_keywords_and_leaves_out_meaningless_ones() {
        let tags: Vec<String> = (0..20).map(|i| format!("tag{i}")).collect();
        let few = keywords("cat", &["cat", "puss"], &tags, &never());
        assert_eq!((few.len(), few[0].as_str()), (8, "puss"));
        let tags = ["lol".to_owned(), "Meow!".to_owned()];
        assert_eq!(keywords("cat", &[], &tags, &never()), ["meow!"]);
    }
}
