//! Emoji in prompts, read as their names: MiniLM's vocabulary has none of them, so that each would
//! be the same unknown word.

use std::collections::HashMap;

use crate::{Error, Result};

/// Ask for a drawing in colours or in black, and make no other emoji.
pub(super) const VARIATIONS: [char; 2] = ['\u{fe0e}', '\u{fe0f}'];
/// Colours of skin, after Fitzpatrick; the names leave them out, as models are not taught them.
const SKINS: std::ops::RangeInclusive<char> = '\u{1f3fb}'..='\u{1f3ff}';

/// Names of emoji.
#[derive(Debug, Clone, Default)]
pub struct EmojiNames {
    /// By characters, without variations.
    names: HashMap<String, String>,
    /// The most characters of any.
    longest: usize,
}

/// An emoji that was found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emoji {
    /// As it was written.
    pub written: String,
    /// What it is read as.
    pub name: String,
}

impl EmojiNames {
    /// From a file's text: an emoji, a tab and its name in each line; others are remarks, such as
    /// whose names they are.
    ///
    /// # Errors
    /// Returns an error if a name or an emoji is empty.
    pub fn new(text: &str) -> Result<Self> {
        let mut all = Self::default();
        for (line, number) in text.trim_start_matches('\u{feff}').lines().zip(1..) {
            let Some((emoji, name)) = line.split_once('\t') else { continue };
            let key: String = emoji.chars().filter(|c| !VARIATIONS.contains(c)).collect();
            if key.is_empty() || key.is_ascii() || name.trim().is_empty() {
                let problem = format!("line {number} should be an emoji, a tab and its name");
                return Err(Error::model("emoji.tsv", problem));
            }
            all.longest = all.longest.max(key.chars().count());
            all.names.insert(key, name.trim().to_owned());
        }
        Ok(all)
    }

    /// Returns all names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.values().map(String::as_str)
    }

    /// Returns the emoji of a name.
    pub(super) fn named(&self, name: &str) -> Option<&str> {
        let mut all = self.names.iter();
        all.find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(emoji, _)| emoji.as_str())
    }

    /// `text` with each emoji's name in its place, and which emoji those were.
    pub fn read(&self, text: &str) -> (String, Vec<Emoji>) {
        let (mut read, mut found) = (String::with_capacity(text.len()), Vec::new());
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let (length, name) = match self.at_start(rest) {
                Some((length, name)) => (length, Some(name)),
                None => (first.len_utf8(), None),
            };
            let (written, after) = rest.split_at(length);
            match name {
                // Its neighbours are words of their own.
                Some(name) => {
                    for part in [" ", name, " "] {
                        read.push_str(part);
                    }
                    let emoji = Emoji { written: written.to_owned(), name: name.to_owned() };
                    if !found.contains(&emoji) {
                        found.push(emoji);
                    }
                }
                None => read.push_str(written),
            }
            rest = after;
        }
        (read, found)
    }

    /// Returns the longest emoji that `text` begins with: its bytes, and its name.
    pub(super) fn at_start(&self, text: &str) -> Option<(usize, &str)> {
        let (mut key, mut best) = (String::new(), None);
        let mut characters = 0;
        for (at, c) in text.char_indices() {
            let after = at + c.len_utf8();
            if VARIATIONS.contains(&c) || (characters > 0 && SKINS.contains(&c)) {
                // It belongs to what stands before it, if that is an emoji.
                if let Some((length, _)) = &mut best
                    && *length == at
                {
                    *length = after;
                }
                if characters == 0 {
                    return None;
                }
                continue;
            }
            characters += 1;
            if characters > self.longest {
                break;
            }
            key.push(c);
            if let Some(name) = self.names.get(&key) {
                best = Some((after, name.as_str()));
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> EmojiNames {
        let text = "# Names of emoji, by nobody.\n🍎\tred apple\n❤️\tred heart\n👩‍🚀\twoman astronaut\n\
                    👩\twoman\n🚀\trocket\n👋\twaving hand\n🇯🇵\tflag: Japan\n1️⃣\tkeycap: 1\n";
        EmojiNames::new(text).unwrap()
    }

    #[test]
    fn emoji_are_read_as_their_names() {
        for (written, wanted) in [
            ("🍎", " red apple "),
            ("a 🍎🍎 pie", "a  red apple  red apple  pie"),
            ("❤ and ❤️ and ❤︎", " red heart  and  red heart  and  red heart "),
            ("👩‍🚀", " woman astronaut "),
            ("👩🏽‍🚀", " woman astronaut "),
            ("👩🚀", " woman  rocket "),
            ("👋🏿!", " waving hand !"),
            ("🇯🇵", " flag: Japan "),
            ("1️⃣ or 1", " keycap: 1  or 1"),
            ("plain words, 漢字", "plain words, 漢字"),
            ("\u{fe0f}x", "\u{fe0f}x"),
            ("", ""),
        ] {
            assert_eq!(names().read(written).0, wanted, "{written}");
        }
        let found = names().read("👋🏿👋🏿🍎").1;
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], Emoji { written: "👋🏿".into(), name: "waving hand".into() });
    }

    #[test]
    fn a_line_without_an_emoji_is_named() {
        for bad in ["apple\tred apple", "🍎\t", "\tred apple"] {
            let error = EmojiNames::new(&format!("remark\n{bad}\n")).unwrap_err().to_string();
            assert!(error.contains("line 2"), "{error}");
        }
    }
}
