//! File-name patterns with placeholders for what distinguishes pictures, such as
//! `icons/{n:03}-{prompt}.png`.

use std::path::PathBuf;

use crate::image::file::counts_as_c;
use crate::recipe::Recipe;
use crate::recipe::file_name::slug;
use crate::{Error, Result};

/// A file name with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// A placeholder, and its minimum number of digits.
    Place(Place, usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Number,
    Prompt,
    Style,
    Seed,
    Class,
}

const PLACES: [(&str, Place); 5] = [
    ("n", Place::Number),
    ("prompt", Place::Prompt),
    ("style", Place::Style),
    ("seed", Place::Seed),
    ("class", Place::Class),
];

/// The placeholders, as messages and the help list them.
pub(super) const HELP: &str =
    "{n:03} (the picture's number, as 001), {prompt}, {style}, {seed} and {class}";

impl Pattern {
    /// Parses a name, in which `{{` and `}}` stand for braces.
    ///
    /// # Errors
    /// Returns an error if a placeholder does not exist, or has another program's syntax.
    pub(super) fn read(name: &str) -> Result<Self> {
        let refuse = |problem: String| Err(Error::Options(problem));
        if counts_as_c(name) {
            return refuse(format!(
                "-o {name} has a number as in C: the placeholders of a name are {HELP}"
            ));
        }
        let (mut parts, mut text) = (Vec::new(), String::new());
        let mut rest = name;
        while let Some(c) = rest.chars().next() {
            if let Some(after) = rest.strip_prefix("{{").or(rest.strip_prefix("}}")) {
                (text, rest) = (text + &c.to_string(), after);
            } else if c == '{' {
                let Some((place, after)) = rest[1..].split_once('}') else {
                    return refuse(format!(
                        "-o {name} has a {{ without its }}: write {{{{ for a brace"
                    ));
                };
                parts.push(Part::Text(std::mem::take(&mut text)));
                parts.push(Self::place(place)?);
                rest = after;
            } else {
                (text, rest) = (text + &c.to_string(), &rest[c.len_utf8()..]);
            }
        }
        parts.push(Part::Text(text));
        Ok(Self(parts))
    }

    fn place(written: &str) -> Result<Part> {
        let (name, digits) = written.split_once(':').unwrap_or((written, ""));
        let found = PLACES.iter().find(|(known, _)| *known == name.trim());
        let width = if digits.is_empty() { Ok(0) } else { digits.trim_end_matches('d').parse() };
        match (found, width) {
            (Some((_, Place::Prompt | Place::Style)), Ok(1..)) => Err(Error::Options(format!(
                "-o has the placeholder {{{written}}}, and only numbers have digits: write {{{}}}",
                name.trim()
            ))),
            (Some((_, place)), Ok(width @ 0..=20)) => Ok(Part::Place(*place, width)),
            _ => Err(Error::Options(format!(
                "-o has the unknown placeholder {{{written}}}: the placeholders of a name are {HELP}"
            ))),
        }
    }

    /// Returns whether the name has any placeholder.
    pub(super) fn has_places(&self) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Place(..)))
    }

    /// Returns the name for picture `number` of a run, 1 for the first.
    pub(super) fn name(&self, number: usize, recipe: &Recipe) -> PathBuf {
        let or = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
        let part = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Place(Place::Number, width) => format!("{number:0width$}"),
            Part::Place(Place::Seed, width) => format!("{:0width$}", recipe.seed),
            Part::Place(Place::Prompt, _) => or(slug(&recipe.prompt), "picture"),
            Part::Place(Place::Style, _) => or(slug(&recipe.style), "no-style"),
            Part::Place(Place::Class, width) => {
                recipe.class.map_or("none".into(), |class| format!("{class:0width$}"))
            }
        };
        PathBuf::from(self.0.iter().map(part).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn fills_the_places() {
        let recipe = Recipe {
            prompt: "red/../apple 🍎".into(),
            style: "fluent flat".into(),
            class: Some(7),
            seed: 42,
            ..Recipe::default()
        };
        for (pattern, name) in [
            ("icons/{n:03}-{prompt}-{style}.png", "icons/012-red----apple-fluent-flat.png"),
            ("{seed}/{class:02}.webp", "42/07.webp"),
            ("{{n}}{n}.png", "{n}12.png"),
            ("{n:03d}.png", "012.png"),
            ("50% off.png", "50% off.png"),
            ("100%dark.png", "100%dark.png"),
        ] {
            let found = Pattern::read(pattern).unwrap();
            assert_eq!(found.name(12, &recipe), Path::new(name));
            assert_eq!(found.has_places(), pattern != name, "{pattern}");
        }
        let bare = Pattern::read("{prompt}{style}{class}.png").unwrap();
        assert_eq!(bare.name(1, &Recipe::default()), Path::new("pictureno-stylenone.png"));
    }

    #[test]
    fn names_unknown_places() {
        for (pattern, word) in [
            ("{}.png", "{}"),
            ("{i}.png", "{i}"),
            ("{n:x}.png", "{n:x}"),
            ("{n:99}.png", "{n:99}"),
            ("cat-%d.png", "{n:03}"),
            ("{prompt:03}.png", "write {prompt}"),
            ("cat-%03d.png", "{n:03}"),
            ("{n.png", "without its }"),
        ] {
            let error = Pattern::read(pattern).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
