//! The concepts that the model can draw, by group: its labels and their keywords.

use std::rc::Rc;

/// A thing that the model can draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concept {
    /// The label in the captions.
    pub label: String,
    /// The keywords that mean it, in lower case.
    keywords: String,
}

/// A group's name and its concepts. There are thousands in all, so all states of the page share them.
pub type Group = (String, Rc<[Concept]>);

/// All concepts that a model can draw.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Concepts {
    /// The folder of the model whose concepts were requested last.
    folder: Option<String>,
    /// The groups in their order; `None` until they arrive.
    groups: Option<Rc<[Group]>>,
    /// Whether the model's folder has no list of concepts.
    pub is_missing: bool,
}

impl Concepts {
    /// Begins a request for a model's concepts. Returns whether they must be fetched.
    pub(super) fn begin(&mut self, folder: &str) -> bool {
        if self.folder.as_deref() == Some(folder) && !self.is_missing {
            return false;
        }
        *self = Self { folder: Some(folder.to_owned()), ..Self::default() };
        true
    }

    /// Takes in the `concepts.tsv` of a model, if it was requested last: a line `# group`, then a
    /// line for each label, with a tab and the keywords behind it.
    pub(super) fn hear(&mut self, folder: &str, text: Option<&str>) {
        if self.folder.as_deref() != Some(folder) {
            return;
        }
        let mut groups: Vec<(String, Vec<Concept>)> = Vec::new();
        for line in text.unwrap_or_default().lines() {
            if let Some(name) = line.strip_prefix("# ") {
                groups.push((name.to_owned(), Vec::new()));
            } else if let (Some((label, keywords)), Some((_, group))) =
                (line.split_once('\t'), groups.last_mut())
                && !line.starts_with('#')
            {
                group.push(Concept { label: label.to_owned(), keywords: keywords.to_lowercase() });
            }
        }
        groups.retain(|(_, group)| !group.is_empty());
        self.is_missing = groups.is_empty();
        self.groups = Some(groups.into_iter().map(|(name, all)| (name, all.into())).collect());
    }

    /// Returns the groups; `None` until they arrive.
    pub fn groups(&self) -> Option<&[Group]> {
        self.groups.as_deref()
    }

    /// Returns the concepts that match a text: first those whose label begins with it, then those
    /// with a word or keyword that begins with it.
    pub fn search(&self, text: &str) -> Vec<&Concept> {
        let text = text.trim().to_lowercase();
        let all = || self.groups().unwrap_or_default().iter().flat_map(|(_, group)| &group[..]);
        let begins = |concept: &&Concept| concept.label.starts_with(&text);
        let has = |concept: &&Concept| {
            let words = || concept.label.split([' ', '-']).chain(concept.keywords.split(", "));
            !concept.label.starts_with(&text) && words().any(|word| word.starts_with(&text))
        };
        let mut found: Vec<&Concept> = all().filter(begins).collect();
        // Shorter labels come first, so that an exact match comes before longer ones.
        found.sort_by_key(|concept| concept.label.len());
        found.extend(all().filter(has));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn concepts_are_grouped_and_found_by_their_words() {
        let mut concepts = Concepts::default();
        assert!(concepts.begin("a") && !concepts.begin("a"));
        let list = "## of nobody\n# animals\ncat\tkitty, pet\nblack cat\tPet\n# empty\n# food\nred apple\tfruit\n";
        concepts.hear("b", Some(list));
        assert_eq!(concepts.groups(), None, "another model's");
        concepts.hear("a", Some(list));
        let groups: Vec<_> = concepts
            .groups()
            .unwrap()
            .iter()
            .map(|(name, all)| (name.as_str(), all.len()))
            .collect();
        assert_eq!(groups, [("animals", 2), ("food", 1)]);
        let found = |text| -> Vec<String> {
            concepts.search(text).iter().map(|concept| concept.label.clone()).collect()
        };
        assert_eq!(found(" Cat"), ["cat", "black cat"]);
        assert_eq!(
            (found("pet"), found("fru")),
            (vec!["cat".into(), "black cat".into()], vec!["red apple".to_owned()])
        );
        assert!(found("zebra").is_empty());
        concepts.hear("a", None);
        // Another request may find it.
        assert!(concepts.is_missing && concepts.begin("a"));
    }
}
