//! The normalisation of words in prompts and names: case, article and inflection.

/// Words that prompts use besides names. They are not reported as unknown if the table lacks them.
const GRAMMAR: [&str; 62] = [
    "a",
    "an",
    "the",
    "and",
    "or",
    "of",
    "on",
    "in",
    "at",
    "to",
    "with",
    "without",
    "for",
    "from",
    "by",
    "under",
    "over",
    "behind",
    "beside",
    "near",
    "into",
    "as",
    "is",
    "are",
    "my",
    "your",
    "his",
    "her",
    "its",
    "their",
    "very",
    "some",
    "no",
    "not",
    "that",
    "this",
    "it",
    "left",
    "right",
    "top",
    "bottom",
    "one",
    "two",
    "three",
    "four",
    "small",
    "little",
    "big",
    "large",
    "cute",
    "beautiful",
    "funny",
    "style",
    "sticker",
    "emoji",
    "icon",
    "drawing",
    "picture",
    "background",
    "side",
    "color",
    "colour",
];
const COLOURS: [&str; 12] = [
    "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "gray", "grey", "black",
    "white",
];

/// Returns whether the word may occur in prompts besides names.
pub(super) fn is_common(word: &str) -> bool {
    GRAMMAR.contains(&word) || COLOURS.contains(&word)
}

/// Returns a prompt in lower case, without its article and without punctuation at its end.
pub(super) fn plain(prompt: &str) -> String {
    let prompt = prompt.to_lowercase();
    let words: Vec<&str> = prompt.split_whitespace().collect();
    let words = match words[..] {
        ["a" | "an" | "the", _, ..] => &words[1..],
        _ => &words[..],
    };
    words.join(" ").trim_end_matches(['.', '!', '?', ',']).to_owned()
}

/// Returns the single words of a name.
pub(super) fn parts(name: &str) -> impl Iterator<Item = &str> {
    let is_between = |c: char| !c.is_alphanumeric() && c != '’' && c != '\'';
    name.split(is_between).filter(|word| word.chars().any(char::is_alphabetic))
}

/// Returns the words that `word` may be a form of: “cat” for “cats”, “smile” for “smiling”.
pub(super) fn stems(word: &str) -> impl Iterator<Item = String> {
    let ends: [(&str, &[&str]); 6] = [
        ("ies", &["y"]),
        ("es", &["", "e"]),
        ("s", &[""]),
        ("ing", &["", "e"]),
        ("ed", &["", "e"]),
        ("y", &["", "ies"]),
    ];
    let stems = ends.into_iter().filter_map(move |(end, others)| {
        let stem = word.strip_suffix(end).filter(|stem| stem.chars().count() > 1)?;
        Some(others.iter().map(move |other| format!("{stem}{other}")))
    });
    stems.flatten().chain([format!("{word}s"), format!("{word}es")])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_base_forms_of_words() {
        assert_eq!(plain(" The  Red CAT! "), "red cat");
        assert_eq!(plain("a"), "a");
        assert_eq!(
            parts("jack-o-lantern, 3d & café").collect::<Vec<_>>(),
            ["jack", "o", "lantern", "3d", "café"]
        );
        for (form, word) in [
            ("cats", "cat"),
            ("ponies", "pony"),
            ("smiling", "smile"),
            ("boxes", "box"),
            ("leaf", "leafs"),
        ] {
            assert!(stems(form).any(|stem| stem == word), "{form}");
        }
        assert!(is_common("the") && is_common("grey") && !is_common("cat"));
    }
}
