//! MiniLM's uncased WordPiece tokenizer. It is Hugging Face's, assembled from its parts so that only those
//! are linked.

use std::collections::{HashMap, HashSet};

use tokenizers::decoders::wordpiece::WordPiece as WordPieceDecoder;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::{AddedToken, Encoding, TokenizerBuilder, TokenizerImpl};

use super::emoji::{Emoji, EmojiNames};
use crate::{Error, Result};

type Bert =
    TokenizerImpl<WordPiece, BertNormalizer, BertPreTokenizer, BertProcessing, WordPieceDecoder>;

/// The tokens that every vocabulary must have.
pub(super) const SPECIAL: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];

/// The tokens of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    /// The ids, with \[CLS\] first and \[SEP\] last.
    pub ids: Vec<u32>,
    /// How many tokens the whole text has, including those that did not fit.
    pub total: usize,
    /// The end of the prompt that did not fit, as it was written but with emoji replaced by their names.
    pub cut: Option<String>,
    /// The emoji that were replaced by their names.
    pub emoji: Vec<Emoji>,
    /// The words that the vocabulary lacks, each once. The model reads them as \[UNK\], or mostly as single
    /// letters of another script.
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
    /// Creates a tokenizer from the text of a `vocab.txt`, which has one token per line. A token's id is
    /// its line number, counted from 0.
    ///
    /// # Errors
    /// Returns an error if a special token is missing, or if a token occurs twice.
    pub fn new(vocab: &str) -> Result<Self> {
        let mut ids: HashMap<String, u32> = HashMap::new();
        for (token, id) in vocab.trim_start_matches('\u{feff}').lines().zip(0..) {
            // Ids are line numbers, so a token that occurs twice would leave a number without a token.
            if let Some(first) = ids.insert(token.trim_end().to_owned(), id) {
                let problem = format!(
                    "its lines {} and {} are the same token, “{token}”; each token may occur only \
                     once",
                    first + 1,
                    id + 1
                );
                return Err(Error::model("vocab.txt", problem));
            }
        }
        let special = |token: &str| {
            ids.get(token).copied().ok_or_else(|| {
                Error::model("vocab.txt", format!("the token {token} is missing from it"))
            })
        };
        let (cls, sep, unk) = (special("[CLS]")?, special("[SEP]")?, special("[UNK]")?);
        for token in SPECIAL {
            special(token)?;
        }
        let refuse = |problem: tokenizers::Error| Error::model("vocab.txt", problem.to_string());
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
        // A special token in a prompt is read as that token, as in the reference implementation.
        bert.add_special_tokens(SPECIAL.map(|token| AddedToken::from(token, true)))
            .map_err(refuse)?;
        Ok(Self { bert, sep, unk, emoji: EmojiNames::default() })
    }

    /// Returns the same tokenizer, which now replaces emoji by their names.
    pub fn with_emoji(self, emoji: EmojiNames) -> Self {
        Self { emoji, ..self }
    }

    /// Returns the names of emoji that the tokenizer uses.
    pub fn emoji(&self) -> &EmojiNames {
        &self.emoji
    }

    /// Returns how many tokens the vocabulary has.
    pub fn vocabulary_size(&self) -> usize {
        self.bert.get_vocab_size(true)
    }

    /// Returns the tokens of `text`: at most `max` (3 or more), including \[CLS\] and \[SEP\].
    ///
    /// # Errors
    /// Returns an error if the vocabulary cannot express the text.
    pub fn encode(&self, text: &str, max: usize) -> Result<Tokens> {
        let (text, emoji) = self.emoji.read(text);
        let encoding = self
            .bert
            .encode(text.as_str(), true)
            .map_err(|problem| Error::Recipe(format!("The text cannot be read: {problem}")))?;
        let mut ids = encoding.get_ids().to_vec();
        let unknown = self.unknown(&text, &encoding);
        let (mut cut, total) = (None, ids.len());
        if ids.len() > max {
            let (start, _) = encoding.get_offsets()[max - 1];
            cut = Some(text.get(start..).unwrap_or(&text).trim_end().to_owned());
            ids.truncate(max - 1);
            ids.push(self.sep);
        }
        Ok(Tokens { ids, total, cut, emoji, unknown })
    }
}

/// Returns whether a piece of the vocabulary is a single letter of another script. MiniLM knows English
/// words, but little more than the letters of other scripts.
fn is_foreign_letter(piece: &str) -> bool {
    let mut letters = piece.trim_start_matches("##").chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) => !letter.is_ascii() && letter.is_alphabetic(),
        _ => false,
    }
}

impl Tokenizer {
    /// Returns the words of a text that the vocabulary lacks, each once: unknown words, and words of which
    /// most pieces are single letters of another script.
    fn unknown(&self, text: &str, encoding: &Encoding) -> Vec<String> {
        let pieces = encoding.get_ids().iter().zip(encoding.get_tokens());
        let places = encoding.get_offsets().iter().zip(encoding.get_word_ids());
        // For each word: its index, its range in the text, its numbers of pieces and of foreign letters,
        // and whether it is unknown.
        let mut words: Vec<(u32, [usize; 2], [usize; 2], bool)> = Vec::new();
        for ((id, piece), (&(from, to), word)) in pieces.zip(places) {
            let Some(word) = *word else { continue };
            if words.last().is_none_or(|last| last.0 != word) {
                words.push((word, [from, to], [0, 0], false));
            }
            if let Some((_, place, [all, letters], is_unknown)) = words.last_mut() {
                place[1] = to;
                *all += 1;
                *letters += usize::from(is_foreign_letter(piece));
                *is_unknown |= *id == self.unk;
            }
        }
        let (mut found, mut seen): (Vec<[usize; 2]>, _) = (Vec::new(), HashSet::new());
        let mut foreign_end = None;
        for (_, [from, to], [all, letters], is_unknown) in words {
            let is_foreign = !is_unknown && 2 * letters > all;
            // Consecutive words in another script are listed as one.
            let goes_on = |end: usize| text.get(end..from).is_some_and(|gap| gap.trim().is_empty());
            match found.last_mut() {
                Some(last) if is_foreign && foreign_end.is_some_and(goes_on) => last[1] = to,
                _ if is_foreign || is_unknown => found.push([from, to]),
                _ => {}
            }
            foreign_end = is_foreign.then_some(to);
        }
        let words = found.into_iter().filter_map(|[from, to]| text.get(from..to));
        words.filter(|word| *word != "[UNK]" && seen.insert(*word)).map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOCAB: &str = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nred\napple\n##s\ncafe\n";

    #[test]
    fn splits_words_into_pieces_and_reports_the_text_past_the_limit() {
        let tokenizer = Tokenizer::new(VOCAB).unwrap();
        let all = tokenizer.encode("Red  APPLES café", 16).unwrap();
        assert_eq!((all.ids, all.cut), (vec![2, 5, 6, 7, 8, 3], None));
        let some = tokenizer.encode("Red  APPLES café", 4).unwrap();
        assert_eq!((some.ids, some.cut), (vec![2, 5, 6, 3], Some("S café".into())));
        assert_eq!(some.total, 6);
    }

    /// Other scripts, symbols and overlong words are each reported once.
    #[test]
    fn reports_unknown_words_and_reads_emoji_as_their_names() {
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
    fn refuses_a_vocabulary_without_special_tokens() {
        let error = Tokenizer::new("red\napple\n").unwrap_err().to_string();
        assert!(error.contains("[CLS]"), "{error}");
    }

    /// The vocabulary has these letters but not the words, so only letters are read.
    #[test]
    fn reports_neighbouring_words_in_another_script_as_one() {
        let letters = "б\nо\nк\n##о\n##к\n山\n火\nß\n##ß\nstra\n##e\n";
        let tokenizer = Tokenizer::new(&format!("{VOCAB}{letters}")).unwrap();
        let unknown = |text: &str| tokenizer.encode(text, 99).unwrap().unknown;
        assert_eq!(unknown("red бок око apple"), ["бок око"]);
        assert_eq!(unknown("бок, apple, 火山"), ["бок", ",", "火山"]);
        assert_eq!(unknown("Café straße café"), [""; 0]);
    }

    #[test]
    fn refuses_a_repeated_line_and_ignores_a_byte_order_mark() {
        let error = Tokenizer::new(&format!("{VOCAB}red\n")).unwrap_err().to_string();
        assert!(error.contains("lines 6 and 10") && error.contains("“red”"), "{error}");
        let windows = format!("\u{feff}{}", VOCAB.replace('\n', "\r\n"));
        let tokens = Tokenizer::new(&windows).unwrap().encode("red apples", 16).unwrap();
        assert_eq!(tokens.ids, [2, 5, 6, 7, 3]);
    }
}
