//! Shortcodes of emoji, such as `:bee:` in GitHub, Slack and Discord. They are replaced by the emoji that
//! they stand for.

use super::emoji::EmojiNames;

/// The table of shortcodes. Each line has a shortcode without colons, a tab and its emoji. Shortcodes that
/// are an emoji's name are left out. `patchwork names DIR --shortcodes` writes the table.
const TABLE: &str = include_str!("shortcodes.tsv");

/// The largest length of a shortcode.
const LONGEST: usize = 60;

/// Returns a text with each shortcode replaced by its emoji. An unknown shortcode, such as a custom one of
/// Slack, is replaced by its words.
pub(super) fn read(text: &str, emoji: &EmojiNames) -> String {
    let (mut read, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(start) = rest.find(':') {
        let (before, after) = rest.split_at(start);
        read.push_str(before);
        let code = after[1..].split_once(':').filter(|(code, _)| is_code(code));
        let is_apart = read.chars().next_back().is_none_or(|c| c.is_whitespace() || c == '(');
        let known = code.and_then(|(code, _)| emoji_of(code, emoji));
        let is_bare = read.chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        rest = match (code, known) {
            (Some((_, after)), Some(found)) if is_bare && is_end(after) => {
                read.push_str(&found);
                after
            }
            (Some((code, after)), None) if is_apart && is_end(after) && is_word(code) => {
                read.push_str(&words(code));
                after
            }
            _ => {
                read.push(':');
                &after[1..]
            }
        };
    }
    read + rest
}

fn is_code(code: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+');
    (1..=LONGEST).contains(&code.len()) && code.chars().all(is_part)
}

/// Returns whether an unknown shortcode may be a word, and not the minutes of a time.
fn is_word(code: &str) -> bool {
    code.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// Returns whether a shortcode may end before this text.
fn is_end(text: &str) -> bool {
    text.chars().next().is_none_or(|c| !c.is_ascii_alphanumeric())
}

fn words(code: &str) -> String {
    code.replace(['_', '-'], " ").trim().to_owned()
}

/// Returns the emoji of a shortcode. A skin tone gives an empty text, because no name has one.
fn emoji_of(code: &str, emoji: &EmojiNames) -> Option<String> {
    let code = code.to_ascii_lowercase();
    if code.starts_with("skin-tone-") {
        return Some(String::new());
    }
    let mut lines = TABLE.lines().filter_map(|line| line.split_once('\t'));
    let found = lines.find(|(known, _)| *known == code).map(|(_, emoji)| emoji.to_owned());
    found.or_else(|| emoji.named(&words(&code)).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_shortcodes_as_emoji() {
        let names = "🐝\thoneybee\n👍\tthumbs up\n🚒\tfire engine\n🍕\tpizza\n👋\twaving hand\n";
        let emoji = EmojiNames::new(names).unwrap();
        for (written, wanted) in [
            (":bee:", "🐝"),
            ("a :bee: and a :pizza:", "a 🐝 and a 🍕"),
            (":bee::pizza:", "🐝🍕"),
            (":+1:", "👍"),
            (":FIRE_ENGINE:", "🚒"),
            (":wave::skin-tone-3:", "👋"),
            (":party_parrot:", "party parrot"),
            ("12:30:45", "12:30:45"),
            ("a: b: c", "a: b: c"),
            ("std::vec::Vec", "std::vec::Vec"),
            ("subject:bee:sitting", "subject:bee:sitting"),
            ("::", "::"),
            (":", ":"),
            ("ratio 1:2", "ratio 1:2"),
            ("été :bee", "été :bee"),
        ] {
            assert_eq!(read(written, &emoji), wanted, "{written}");
        }
    }

    #[test]
    fn the_table_is_sorted_and_holds_shortcodes_and_emoji() {
        let lines: Vec<(&str, &str)> = TABLE.lines().filter_map(|l| l.split_once('\t')).collect();
        assert!(lines.len() > 1000);
        assert!(lines.iter().all(|(code, emoji)| is_code(code) && !emoji.is_ascii()));
        assert!(lines.is_sorted_by(|(a, _), (b, _)| a < b));
    }
}
