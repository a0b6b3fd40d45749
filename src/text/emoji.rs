//! Emoji in prompts, which are replaced by their names: MiniLM's vocabulary has no emoji, so all of them
//! would be the same unknown word.

use std::collections::HashMap;

use crate::{Error, Result};

/// The variation selectors for a drawing in black or in colours, which do not make another emoji.
pub(super) const VARIATIONS: [char; 2] = ['\u{fe0e}', '\u{fe0f}'];
/// The skin tones of the Fitzpatrick scale. Names leave them out, because models are not trained on them.
const SKINS: std::ops::RangeInclusive<char> = '\u{1f3fb}'..='\u{1f3ff}';

/// The names of emoji.
#[derive(Debug, Clone, Default)]
pub struct EmojiNames {
    /// The names, by the emoji without variation selectors.
    names: HashMap<String, String>,
    /// How many characters the longest emoji has.
    longest: usize,
}

/// An emoji that was found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emoji {
    /// The emoji as it was written.
    pub written: String,
    /// The name that replaces it.
    pub name: String,
}

impl EmojiNames {
    /// Reads the names from a file's text. Each line has an emoji, a tab and its name. Lines without a tab
    /// are comments, such as the source of the names.
    ///
    /// # Errors
    /// Returns an error if a name or an emoji is empty, or if an emoji is ASCII.
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

    /// Returns the emoji of a name, ignoring ASCII case.
    pub(super) fn named(&self, name: &str) -> Option<&str> {
        let mut all = self.names.iter();
        all.find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(emoji, _)| emoji.as_str())
    }

    /// Returns `text` with each emoji replaced by its name, and the emoji that were found, each once.
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
                // The spaces separate the name from its neighbours.
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

    /// Returns the length in bytes and the name of the longest emoji that `text` begins with.
    pub(super) fn at_start(&self, text: &str) -> Option<(usize, &str)> {
        let (mut key, mut best) = (String::new(), None);
        let mut characters = 0;
        for (at, c) in text.char_indices() {
            let after = at + c.len_utf8();
            if VARIATIONS.contains(&c) || (characters > 0 && SKINS.contains(&c)) {
                // It belongs to the emoji before it, if there is one.
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
    fn reads_emoji_as_their_names() {
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
    fn names_the_line_without_an_emoji_or_a_name() {
        for bad in ["apple\tred apple", "🍎\t", "\tred apple"] {
            let error = EmojiNames::new(&format!("remark\n{bad}\n")).unwrap_err().to_string();
            assert!(error.contains("line 2"), "{error}");
        }
    }
}
