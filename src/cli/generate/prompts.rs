//! A list of what to draw, with one prompt on each line, or JSON lines with fields of a recipe.

use std::io::Read;
use std::path::Path;

use crate::recipe::PartialRecipe;
use crate::{Error, Result};

/// The maximum size of a list, in bytes.
const MOST_BYTES: u64 = 64 << 20;

/// The contents of a line.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wish {
    /// A prompt or, for a class-conditional model, a class.
    Words(String),
    /// Fields of a recipe.
    Fields(Box<PartialRecipe>),
}

/// The number of a non-empty line of a list, 1 for the first, and its contents.
pub(super) type Line = (usize, Result<Wish>);

/// Returns the non-empty lines of a list; `-` is the standard input.
///
/// # Errors
/// Returns an error if the list cannot be read, is not UTF-8, or has no non-empty line.
pub(super) fn read(path: &Path) -> Result<Vec<Line>> {
    let mut bytes = Vec::new();
    let read = |mut from: Box<dyn Read>, bytes: &mut Vec<u8>| {
        from.by_ref().take(MOST_BYTES).read_to_end(bytes)
    };
    let outcome = match path == Path::new("-") {
        true => read(Box::new(std::io::stdin().lock()), &mut bytes),
        false => std::fs::File::open(path).and_then(|file| read(Box::new(file), &mut bytes)),
    };
    outcome.map_err(|source| Error::read(path, source))?;
    let name = if path == Path::new("-") {
        "The standard input".into()
    } else {
        path.display().to_string()
    };
    let refuse = |problem: &str| Err(Error::Options(format!("{name} {problem}")));
    let Ok(text) = String::from_utf8(bytes) else {
        return refuse("is not text in UTF-8: save it as UTF-8, with one prompt on each line");
    };
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('[')
        && serde_json::from_str::<Vec<serde_json::Value>>(text).is_ok()
    {
        return refuse(
            "is a list of JSON in brackets: write each recipe on a line of its own, without them",
        );
    }
    let lines: Vec<Line> = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(i, line)| (i + 1, wish(line.trim())))
        .collect();
    if lines.is_empty() {
        return refuse("holds nothing to draw: write one prompt on each line");
    }
    Ok(lines)
}

fn wish(line: &str) -> Result<Wish> {
    if !line.starts_with('{') {
        return super::words(line).map(Wish::Words).map_err(Error::Recipe);
    }
    let (fields, unknown) = PartialRecipe::from_json(line)?;
    match unknown.as_slice() {
        [] => Ok(Wish::Fields(fields.into())),
        unknown => Err(Error::Recipe(format!(
            "A recipe has no field {}; its fields are {}",
            unknown.join(", "),
            crate::recipe::fields().join(", ")
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Result<Vec<Line>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read(file.path())
    }

    #[test]
    fn reads_lines_as_prompts_or_recipes() {
        let found =
            lines("\u{feff}fox\r\n\n  [red] apple \n{\"prompt\": \"bee\", \"seed\": 4}\n").unwrap();
        let wishes: Vec<_> =
            found.iter().map(|(line, wish)| (*line, wish.as_ref().unwrap())).collect();
        assert_eq!(wishes[0], (1, &Wish::Words("fox".into())));
        assert_eq!(wishes[1], (3, &Wish::Words("[red] apple".into())));
        assert!(matches!(wishes[2], (4, Wish::Fields(fields)) if fields.seed == Some(4)));
    }

    #[test]
    fn names_the_line_of_an_invalid_entry() {
        for (line, word) in
            [("{\"promt\": 1}", "promt"), ("{\"prompt\"", "damaged"), ("--cat", "option")]
        {
            let found = lines(&format!("fox\n{line}\n")).unwrap();
            assert!(found[0].1.is_ok() && found[1].0 == 2);
            let error = found[1].1.as_ref().unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
        for (text, word) in [("\n \n", "nothing to draw"), ("[{\"prompt\": \"a\"}]", "in brackets")]
        {
            let error = lines(text).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
