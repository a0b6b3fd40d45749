//! The names of a model's classes, as `id2label` in diffusers' `model_index.json` gives them.

use serde_json::Value;

use crate::tools::words::{meant, several, short};
use crate::{Error, Result};

/// The names of classes. A class may have several, such as “tench, Tinca tinca”.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClassNames(Vec<(String, usize)>);

/// How many names are suggested for an unknown one.
const OFFERED: usize = 4;

impl ClassNames {
    /// Reads the `id2label` of a model with `classes` classes. It has numbers as text, each with the
    /// class's names, separated by commas. Entries that are not a class are left out.
    pub fn read(id2label: Option<&Value>, classes: usize) -> Self {
        let labels = id2label.and_then(Value::as_object).into_iter().flatten();
        let numbered = labels.filter_map(|(id, names)| {
            let class = id.parse().ok().filter(|class| *class < classes)?;
            Some((class, names.as_str()?))
        });
        let mut names: Vec<(String, usize)> = numbered
            .flat_map(|(class, names)| names.split(',').map(move |name| (name.trim(), class)))
            .filter(|(name, _)| !name.is_empty())
            .map(|(name, class)| (name.to_owned(), class))
            .collect();
        names.sort_by_key(|(_, class)| *class);
        Self(names)
    }

    /// Returns how many names there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Returns the class that `text`, a number or a name, means in a model with `classes` classes.
    ///
    /// # Errors
    /// Returns an error with the nearest names if no class has that name, with the numbers if several
    /// classes do, or with the range of numbers if the model has no names.
    pub fn class(&self, text: &str, classes: usize) -> Result<usize> {
        if let Ok(number) = text.trim().parse() {
            return Ok(number);
        }
        let known = meant(text, self.0.iter().map(|(name, _)| name.as_str()));
        let so_called = self.0.iter().filter(|(name, _)| Some(name.as_str()) == known);
        let found: Vec<usize> = so_called.map(|(_, class)| *class).collect();
        match found.as_slice() {
            [] => {}
            [class] => return Ok(*class),
            several => {
                let numbers =
                    several.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                let problem =
                    format!("Several classes are called “{text}”: give the number, {numbers}");
                return Err(Error::Recipe(problem));
            }
        }
        let (text, last) = (short(text.trim(), 40), classes.saturating_sub(1));
        Err(Error::Recipe(match self.nearest(&text) {
            _ if self.0.is_empty() => {
                format!(
                    "This model's classes have no names, and “{text}” is no number: give a number, 0 to {last}"
                )
            }
            near if near.is_empty() => {
                format!("There is no class “{text}”: give another name, or a number, 0 to {last}")
            }
            near => format!(
                "There is no class “{text}”; similar names are {}. Choose one of them, or a number, 0 to {last}",
                several(&near)
            ),
        }))
    }

    /// Returns the names that share a word with `text`, then those that are spelled most like it, in
    /// quotes.
    fn nearest(&self, text: &str) -> Vec<String> {
        let wanted = text.to_lowercase();
        let mut near: Vec<(usize, &str)> = self
            .0
            .iter()
            .filter_map(|(name, _)| {
                let lower = name.to_lowercase();
                let has_word = lower.split([' ', '-']).any(|word| {
                    wanted.split([' ', '-']).any(|wanted| wanted.len() > 2 && word == wanted)
                });
                let far = strsim::damerau_levenshtein(&lower, &wanted);
                let is_near = far * 3 <= wanted.chars().count();
                (has_word || is_near).then_some((if has_word { 0 } else { far }, name.as_str()))
            })
            .collect();
        near.sort_by_key(|(far, name)| (*far, name.len()));
        near.iter().take(OFFERED).map(|(_, name)| format!("“{name}”")).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_classes_by_name_and_by_number() {
        let labels = json!({"0": "tench, Tinca tinca", "248": "Eskimo dog, husky", "1": "goldfish",
            "275": "African hunting dog", "134": "crane", "517": "crane", "x": "nothing", "4000": "beyond", "2": null});
        let names = ClassNames::read(Some(&labels), 1000);
        assert_eq!(names.count(), 8);
        for (text, class) in [("Tinca Tinca", 0), ("husky", 248), (" 17 ", 17), ("eskimo-dog", 248)]
        {
            assert_eq!(names.class(text, 1000).unwrap(), class, "{text}");
        }
        for (text, words) in [
            ("dog", "“Eskimo dog”, “African hunting dog”"),
            ("goldfisch", "“goldfish”"),
            ("zeppelin", "0 to 999"),
            ("Crane", "134, 517"),
            ("beyond", "0 to 999"),
            ("-1", "no class “-1”"),
        ] {
            let error = names.class(text, 1000).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        let none = ClassNames::read(None, 1000).class("dog", 1000).unwrap_err().to_string();
        assert!(none.contains("give a number, 0 to 999"), "{none}");
    }
}
