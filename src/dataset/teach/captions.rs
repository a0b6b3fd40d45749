//! Checks a dataset's captions before training for text that a model would not read.

use std::collections::{BTreeMap, BTreeSet};

use crate::Result;
use crate::dataset::Entry;
use crate::text::Tokenizer;
use crate::tools::words::{counted, meant, short};

/// How many captions a note quotes.
const QUOTED: usize = 3;

/// Returns sentences about captions that exceed `max_tokens`, that become equal by truncation, that have
/// words unknown to `tokenizer`, or that are empty. Returns none if there are no such captions.
///
/// # Errors
/// Returns an error if a caption cannot be tokenised.
pub fn notes<'a>(
    captions: impl IntoIterator<Item = &'a str>,
    tokenizer: &Tokenizer,
    max_tokens: usize,
) -> Result<Vec<String>> {
    let mut empty = 0;
    let mut all: BTreeSet<&str> = BTreeSet::new();
    for caption in captions {
        empty += usize::from(caption.trim().is_empty());
        all.insert(caption);
    }
    let (mut cut, mut unknown) = (Vec::new(), Vec::new());
    let mut same: BTreeMap<Vec<u32>, Vec<&str>> = BTreeMap::new();
    for caption in &all {
        let tokens = tokenizer.encode(caption, max_tokens)?;
        if let Some(rest) = tokens.cut {
            cut.push(format!("“{}” loses “{}”", short(caption, 120), short(&rest, 60)));
        }
        if let Some(word) = tokens.unknown.first() {
            unknown.push(format!("“{}” in “{}”", short(word, 40), short(caption, 80)));
        }
        same.entry(tokens.ids).or_default().push(caption);
    }
    let twins = same.into_values().filter(|captions| captions.len() > 1);
    let twins: Vec<String> = twins
        .map(|captions| {
            let quoted = captions.iter().map(|caption| format!("“{}”", short(caption, 120)));
            quoted.collect::<Vec<_>>().join(" and ")
        })
        .collect();
    let of = |which: &[String]| {
        let verb = if which.len() == 1 { "is" } else { "are" };
        (format!("{} of {}", which.len(), counted(all.len(), "caption")), verb)
    };
    let ((too_long, is), (strange, _)) = (of(&cut), of(&unknown));
    let has = if unknown.len() == 1 { "has" } else { "have" };
    let told = [
        (&cut, format!("{too_long} {is} longer than {max_tokens} tokens, and {is} cut")),
        (&twins, "Captions that the model reads as the same text".into()),
        (&unknown, format!("{strange} {has} words that the model does not know")),
    ];
    let mut notes = Vec::new();
    if empty > 0 {
        notes.push(format!(
            "Captions are empty for {}: trained on without a prompt.",
            counted(empty, "picture")
        ));
    }
    for (which, what) in told.into_iter().filter(|(which, _)| !which.is_empty()) {
        let quoted = which[..which.len().min(QUOTED)].join("; ");
        let more = if which.len() > QUOTED { "; …" } else { "" };
        notes.push(format!("{what}: {quoted}{more}."));
    }
    Ok(notes)
}

/// Returns the captions of a dataset's pictures.
pub fn of(entries: &[Entry]) -> impl Iterator<Item = &str> {
    entries.iter().map(|entry| entry.label.as_str())
}

/// Returns a sentence about the styles of pictures that are not among `styles`, the styles of a model,
/// if there are any.
pub fn unknown_styles(entries: &[Entry], styles: &[String]) -> Option<String> {
    let own: BTreeSet<&str> = entries.iter().map(|entry| entry.style.as_str()).collect();
    let unknown: Vec<String> = own
        .into_iter()
        .filter(|style| !style.is_empty() && meant(style, styles).is_none())
        .map(|style| format!("“{}”", short(style, 40)))
        .collect();
    if unknown.is_empty() {
        return None;
    }
    Some(format!(
        "The model has no style {}, and `train dit` refuses pictures of it unless --new-styles is given: \
         leave the style out, or name one of {}.",
        unknown.join(", "),
        styles.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOCAB: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nred\nbig\napple\n";

    fn entries(labels: &[&str]) -> Vec<Entry> {
        let entry = |label: &&str| Entry {
            label: (*label).into(),
            style: "Noto".into(),
            ..Entry::default()
        };
        labels.iter().map(entry).collect()
    }

    #[test]
    fn notes_count_and_quote_words_that_are_not_read() {
        let tokenizer = Tokenizer::new(VOCAB).unwrap();
        let fine = entries(&["red apple", "big apple", "red apple"]);
        assert!(notes(of(&fine), &tokenizer, 5).unwrap().is_empty());
        let long = entries(&["a big red apple", "a big red big", "a", "red 漢", "", " "]);
        let mut said = notes(of(&long), &tokenizer, 5).unwrap();
        assert!(said.remove(0).contains("empty for 2 pictures"));
        assert_eq!(said.len(), 3);
        assert!(said[0].contains("2 of 6") && said[0].contains("loses “apple”"), "{}", said[0]);
        assert!(said[1].contains("“a big red apple” and “a big red big”"), "{}", said[1]);
        assert!(said[2].contains("“漢” in “red 漢”"), "{}", said[2]);
    }

    #[test]
    fn matches_styles_in_any_spelling() {
        let styles = ["noto".to_owned()];
        assert_eq!(unknown_styles(&entries(&["x"]), &styles), None);
        let said = unknown_styles(&entries(&["x"]), &["cubism".into()]).unwrap();
        assert!(said.contains("“Noto”") && said.contains("cubism"), "{said}");
    }
}
