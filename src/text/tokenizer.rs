//! MiniLM's uncased WordPiece tokenizer: Hugging Face's own, put together from its parts so that
//! only those are linked.

use std::collections::HashMap;

use tokenizers::decoders::wordpiece::WordPiece as WordPieceDecoder;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::{AddedToken, TokenizerBuilder, TokenizerImpl};

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
    /// What of the prompt did not fit, as it was written.
    pub cut: Option<String>,
}

/// The tokenizer of a vocabulary.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    bert: Bert,
    sep: u32,
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
        let (cls, sep) = (special("[CLS]")?, special("[SEP]")?);
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
        Ok(Self { bert, sep })
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
        let encoding = self
            .bert
            .encode(text, true)
            .map_err(|problem| Error::Recipe(format!("The prompt cannot be read: {problem}")))?;
        let mut ids = encoding.get_ids().to_vec();
        if ids.len() <= max {
            return Ok(Tokens { ids, cut: None });
        }
        let (start, _) = encoding.get_offsets()[max - 1];
        ids.truncate(max - 1);
        ids.push(self.sep);
        Ok(Tokens { ids, cut: Some(text.get(start..).unwrap_or(text).to_owned()) })
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
        assert_eq!(all, Tokens { ids: vec![2, 5, 6, 7, 8, 3], cut: None });
        let some = tokenizer.encode("Red  APPLES café", 4).unwrap();
        assert_eq!(some, Tokens { ids: vec![2, 5, 6, 3], cut: Some("S café".into()) });
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
