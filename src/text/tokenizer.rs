//! MiniLM's uncased WordPiece tokenizer: Hugging Face's own, put together from its parts so that
//! only those are linked.

use std::collections::{HashMap, HashSet};

use tokenizers::decoders::wordpiece::WordPiece as WordPieceDecoder;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::{AddedToken, TokenizerBuilder, TokenizerImpl};

use super::emoji::{Emoji, EmojiNames};
use crate::{Error, Result};

type Bert =
    TokenizerImpl<WordPiece, BertNormalizer, BertPreTokenizer, BertProcessing, WordPieceDecoder>;

/// Tokens that every vocabulary must have.
pub(super) const SPECIAL: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/// The tokens of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// Ids, \[CLS\] first and \[SEP\] last.
    pub ids: Vec<u32>,
    /// What of the prompt did not fit, as it was written, with emoji by their names.
    pub cut: Option<String>,
    /// Emoji that were read as their names.
    pub emoji: Vec<Emoji>,
    /// What of it no piece of the vocabulary says, each once: one unknown word like any other.
    pub unknown: Vec<String>,
}

/// The tokenizer of a vocabulary.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    bert: Bert,
    sep: u32,
    unk: u32,
    emoji: EmojiNames,
}

impl Tokenizer {
    /// From the text of a `vocab.txt`: a token a line, its id the line's number.
    ///
    /// # Errors
    /// Where a special token is missing, or a token is there twice.
    pub fn new(vocab: &str) -> Result<Self> {
        let mut ids: HashMap<String, u32> = HashMap::new();
        for (token, id) in vocab.trim_start_matches('\u{feff}').lines().zip(0..) {
            // Ids are lines' numbers: one that is there twice would leave a number without a token.
            if let Some(first) = ids.insert(token.trim_end().to_owned(), id) {
                let problem = format!(
                    "its lines {} and {} are the same token, “{token}”; each may stand once",
                    first + 1,
                    id + 1
                );
                return Err(Error::weights("vocab.txt", problem));
            }
        }
        let special = |token: &str| {
            ids.get(token).copied().ok_or_else(|| {
                Error::weights("vocab.txt", format!("it has no line with the token {token}"))
            })
        };
        let (cls, sep, unk) = (special("[CLS]")?, special("[SEP]")?, special("[UNK]")?);
        for token in SPECIAL {
            special(token)?;
        }
        let refuse = |problem: tokenizers::Error| Error::weights("vocab.txt", problem.to_string());
        let vocab: ahash::AHashMap<String, u32> = ids.into_iter().collect();
        let model = WordPiece::builder().vocab(vocab).build().map_err(refuse)?;
        let mut bert: Bert = TokenizerBuilder::new()
            .with_model(model)
            .with_normalizer(Some(BertNormalizer::default()))
            .with_pre_tokenizer(Some(BertPreTokenizer))
            .with_post_processor(Some(BertProcessing::new(
                ("[SEP]".into(), sep),
                ("[CLS]".into(), cls),
            )))
            .with_decoder(Some(WordPieceDecoder::default()))
            .build()
            .map_err(refuse)?;
        // A special token typed as such is read as one, as the reference reads it.
        bert.add_special_tokens(SPECIAL.map(|token| AddedToken::from(token, true)))
            .map_err(refuse)?;
        Ok(Self { bert, sep, unk, emoji: EmojiNames::default() })
    }

    /// The same, that reads emoji as their names.
    pub fn with_emoji(self, emoji: EmojiNames) -> Self {
        Self { emoji, ..self }
    }

    /// The emoji that it reads.
    pub fn emoji(&self) -> &EmojiNames {
        &self.emoji
    }

    /// How many tokens there are.
    pub fn vocabulary_size(&self) -> usize {
        self.bert.get_vocab_size(true)
    }

    /// The tokens of `text`, at most `max` (3 or more) with \[CLS\] and \[SEP\].
    ///
    /// # Errors
    /// Where the vocabulary cannot express the text.
    pub fn encode(&self, text: &str, max: usize) -> Result<Tokens> {
        let (text, emoji) = self.emoji.read(text);
        let encoding = self
            .bert
            .encode(text.as_str(), true)
            .map_err(|problem| Error::Recipe(format!("The prompt cannot be read: {problem}")))?;
        let mut ids = encoding.get_ids().to_vec();
        let (mut unknown, mut seen) = (Vec::new(), HashSet::new());
        let offsets = ids.iter().zip(encoding.get_offsets());
        for (_, &(from, to)) in offsets.filter(|(id, _)| **id == self.unk) {
            let word = text.get(from..to).unwrap_or_default();
            if word != "[UNK]" && seen.insert(word) {
                unknown.push(word.to_owned());
            }
        }
        let mut cut = None;
        if ids.len() > max {
            let (start, _) = encoding.get_offsets()[max - 1];
            cut = Some(text.get(start..).unwrap_or(&text).trim_end().to_owned());
            ids.truncate(max - 1);
            ids.push(self.sep);
        }
        Ok(Tokens { ids, cut, emoji, unknown })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOCAB: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nred\napple\n##s\ncafe\n";

    #[test]
    fn words_are_pieced_and_what_does_not_fit_is_told() {
        let tokenizer = Tokenizer::new(VOCAB).unwrap();
        let all = tokenizer.encode("Red  APPLES café", 16).unwrap();
        assert_eq!((all.ids, all.cut), (vec![2, 5, 6, 7, 8, 3], None));
        let some = tokenizer.encode("Red  APPLES café", 4).unwrap();
        assert_eq!((some.ids, some.cut), (vec![2, 5, 6, 3], Some("S café".into())));
    }

    /// Other scripts, symbols, and words longer than any: each is told once.
    #[test]
    fn what_the_vocabulary_lacks_is_told_and_emoji_are_their_names() {
        let tokenizer = Tokenizer::new(VOCAB).unwrap();
        let long = "x".repeat(150);
        let tokens = tokenizer.encode(&format!("red 漢 ☂ яблоко 漢 [UNK] {long}"), 99).unwrap();
        assert_eq!(tokens.unknown, ["漢", "☂", "яблоко", &long]);
        assert_eq!(tokenizer.encode("🍎", 16).unwrap().unknown, ["🍎"]);
        let tokenizer = tokenizer.with_emoji(EmojiNames::new("🍎\tred apple\n").unwrap());
        let tokens = tokenizer.encode("🍎, 🍎!", 16).unwrap();
        assert_eq!(tokens.ids[..3], [2, 5, 6]);
        assert_eq!((tokens.emoji.len(), tokens.unknown), (1, vec![",".to_owned(), "!".into()]));
        assert_eq!(
            tokenizer.encode("🍎", 16).unwrap().ids,
            tokenizer.encode("red apple", 16).unwrap().ids
        );
    }

    #[test]
    fn a_vocabulary_without_its_special_tokens_is_refused() {
        let error = Tokenizer::new("red\napple\n").unwrap_err().to_string();
        assert!(error.contains("[CLS]"), "{error}");
    }

    #[test]
    fn a_repeated_line_is_named_and_a_byte_order_mark_passed_over() {
        let error = Tokenizer::new(&format!("{VOCAB}red\n")).unwrap_err().to_string();
        assert!(error.contains("lines 6 and 10") && error.contains("“red”"), "{error}");
        let windows = format!("\u{feff}{}", VOCAB.replace('\n', "\r\n"));
        let tokens = Tokenizer::new(&windows).unwrap().encode("red apples", 16).unwrap();
        assert_eq!(tokens.ids, [2, 5, 6, 7, 3]);
    }
}
