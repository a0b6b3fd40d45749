//! Cleaning of typed or pasted text. It removes invisible characters and the prompt weights of other
//! generators, and replaces shortcodes by emoji.

use unicode_categories::UnicodeCategories;

use super::emoji::{EmojiNames, VARIATIONS};
use super::shortcodes;

/// A cleaned text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    /// The text that is left.
    pub text: String,
    /// How many invisible characters outside of emoji were removed.
    pub invisible: usize,
    /// The words that stood in brackets with a weight, such as “red apple” in “(red apple:1.3)”.
    pub weighted: Vec<String>,
}

impl Typed {
    /// Cleans a text. Emoji keep all their characters, and shortcodes are replaced by emoji.
    pub fn new(text: &str, emoji: &EmojiNames) -> Self {
        let (mut visible, mut invisible, mut rest) = (String::with_capacity(text.len()), 0, text);
        while let Some(first) = rest.chars().next() {
            let length = emoji.at_start(rest).map_or(first.len_utf8(), |(length, _)| length);
            let (part, after) = rest.split_at(length);
            match length == first.len_utf8() && is_invisible(first) {
                true => invisible += 1,
                false => visible.push_str(part),
            }
            rest = after;
        }
        let (text, weighted) = without_weights(&visible);
        let text = shortcodes::read(&text, emoji);
        Self { text, invisible, weighted }
    }
}

/// Returns whether a character is one that BERT's normalizer drops: control and format characters, such as a
/// zero-width space or a soft hyphen, and variation selectors.
fn is_invisible(c: char) -> bool {
    let is_space = matches!(c, '\t' | '\n' | '\r');
    !is_space && (c == '\u{fffd}' || c.is_other()) || VARIATIONS.contains(&c)
}

/// Returns a text with each “(words:1.3)” replaced by “words”, and those words.
fn without_weights(text: &str) -> (String, Vec<String>) {
    let (mut text, mut weighted) = (text.to_owned(), Vec::new());
    while let Some((place, words)) = weight(&text) {
        text.replace_range(place, &words);
        weighted.push(words);
    }
    (text, weighted)
}

/// Returns the range of the first innermost bracket that ends with a weight, and the words in it.
fn weight(text: &str) -> Option<(std::ops::Range<usize>, String)> {
    text.match_indices(')').find_map(|(end, _)| {
        let start = text[..end].rfind('(').filter(|start| !text[*start..end].contains(')'))?;
        let (words, number) = text[start + 1..end].rsplit_once(':')?;
        let is_number = number.trim().parse::<f32>().is_ok_and(f32::is_finite);
        is_number.then(|| (start..end + 1, words.trim().to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Typed {
        let emoji = EmojiNames::new("👩‍🚀\twoman astronaut\n❤️\tred heart\n🐝\thoneybee\n").unwrap();
        Typed::new(text, &emoji)
    }

    #[test]
    fn removes_invisible_characters_except_within_emoji() {
        for (written, wanted, invisible) in [
            ("bee", "bee", 0),
            ("bee\u{200b}", "bee", 1),
            ("\u{feff}b\u{ad}ee", "bee", 2),
            ("\u{202e}bee\u{202c}", "bee", 2),
            ("bee\u{fe0f}", "bee", 1),
            ("bee\u{2060} \u{0}hive\u{e0041}", "bee hive", 3),
            ("a\tb\nc", "a\tb\nc", 0),
            ("👩‍🚀 ❤️ \u{200d}", "👩‍🚀 ❤️ ", 1),
            ("piñata", "piñata", 0),
        ] {
            let got = typed(written);
            assert_eq!((got.text.as_str(), got.invisible), (wanted, invisible), "{written:?}");
        }
    }

    #[test]
    fn removes_prompt_weights_and_keeps_their_words() {
        for (written, wanted, words) in [
            ("(red apple:1.3)", "red apple", vec!["red apple"]),
            ("a (cat:0.8) and (dog: 1.1 )", "a cat and dog", vec!["cat", "dog"]),
            ("((fox:1.2) face:1.1)", "fox face", vec!["fox", "fox face"]),
            ("(a cat)", "(a cat)", vec![]),
            ("12:30)", "12:30)", vec![]),
            ("(ratio 1:x)", "(ratio 1:x)", vec![]),
            ("(:1.3)", "", vec![""]),
        ] {
            let got = typed(written);
            assert_eq!(
                (got.text.as_str(), got.weighted),
                (wanted, words.iter().map(|w| (*w).to_owned()).collect()),
                "{written}"
            );
        }
    }
}
