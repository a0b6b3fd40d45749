//! File names for pictures.

use super::Recipe;

/// The most characters of a text in a file name.
const MOST: usize = 40;

/// Returns a text as a part of a file name: its letters and digits, with dashes for all else between
/// them; empty if it has none.
pub fn slug(text: &str) -> String {
    let letter = |c: char| if c.is_alphanumeric() { c } else { '-' };
    let words: String = text.chars().map(letter).take(MOST).collect();
    words.trim_matches('-').to_owned()
}

/// Returns the file name for a recipe, without its extension.
pub fn file_name(recipe: &Recipe) -> String {
    match slug(&recipe.prompt).as_str() {
        "" => format!("patchwork-{}", recipe.seed),
        words => format!("{words}-{}", recipe.seed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_have_only_letters_digits_and_dashes() {
        assert_eq!(slug(" ../été & 1: \"a\" "), "été---1---a");
        let recipe = Recipe { prompt: "🍕".into(), seed: 3, ..Recipe::default() };
        assert_eq!(file_name(&recipe), "patchwork-3");
        assert_eq!(slug(&"a".repeat(50)).len(), MOST);
    }
}
