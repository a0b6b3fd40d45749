//! A smaller vocabulary for the text encoder, whose word embeddings are half of its size: word pieces that
//! prompts do not use are removed. WordPiece takes the longest piece that fits, so a text whose pieces are
//! all kept is tokenised as before, and its states are bit-identical. A text that loses a piece is split
//! into shorter pieces.

use std::borrow::Cow;
use std::collections::BTreeSet;

use safetensors::tensor::TensorView;
use safetensors::{SafeTensors, serialize};

use super::Tokenizer;
use super::tokenizer::SPECIAL;
use crate::{Error, Result};

/// Scripts that mean nothing to an English text encoder, and of which its vocabulary has only a part:
/// Armenian; the scripts of India, Thai, Tibetan, Burmese, Georgian, and the parts of Hangul.
const DROPPED_SCRIPTS: [std::ops::RangeInclusive<char>; 2] =
    ['\u{530}'..='\u{58f}', '\u{900}'..='\u{11ff}'];

/// Returns the lines of a vocabulary that are kept: the special tokens; all single characters and their
/// continuations except those of the scripts in `DROPPED_SCRIPTS`, so that no text in Latin letters
/// becomes unknown; and the pieces of `texts`.
///
/// # Errors
/// Returns an error if the vocabulary cannot express a text.
pub fn lines_to_keep<'a>(
    vocabulary: &str,
    tokenizer: &Tokenizer,
    texts: impl Iterator<Item = &'a str>,
) -> Result<BTreeSet<usize>> {
    let is_single = |piece: &str| {
        let mut characters = piece.strip_prefix("##").unwrap_or(piece).chars();
        let first = characters.next().filter(|_| characters.next().is_none());
        first.is_some_and(|first| !DROPPED_SCRIPTS.iter().any(|far| far.contains(&first)))
    };
    let always = |(_, piece): &(usize, &str)| SPECIAL.contains(piece) || is_single(piece);
    let mut keep: BTreeSet<usize> =
        vocabulary.lines().enumerate().filter(always).map(|(line, _)| line).collect();
    for text in texts {
        keep.extend(tokenizer.encode(text, usize::MAX)?.ids.iter().map(|&id| id as usize));
    }
    Ok(keep)
}

/// Returns the text encoder's file with only the rows `lines` of its word embeddings and the first `places`
/// rows of its position embeddings. The kept values are bit-identical.
///
/// # Errors
/// Returns an error if the file is not a safetensors file, or if its tables are too short.
pub fn trimmed(file: &[u8], lines: &BTreeSet<usize>, places: usize) -> Result<Vec<u8>> {
    let refuse = |problem: String| Error::model("the text encoder", problem);
    let tensors = SafeTensors::deserialize(file).map_err(|problem| refuse(problem.to_string()))?;
    let words: Vec<usize> = lines.iter().copied().collect();
    let first: Vec<usize> = (0..places).collect();
    let mut kept = Vec::new();
    for (name, tensor) in tensors.tensors() {
        let rows = match name.strip_prefix("embeddings.").and_then(|name| name.split_once('_')) {
            Some(("word", _)) => Some(&words),
            Some(("position", rest)) if rest != "ids" => Some(&first),
            _ => None,
        };
        let (mut shape, data) = (tensor.shape().to_vec(), tensor.data());
        let bytes = match rows {
            None => Cow::Borrowed(data),
            Some(rows) => {
                let found = shape.first().copied().unwrap_or(0);
                if rows.last().is_none_or(|last| *last >= found) {
                    return Err(refuse(format!("its tensor {name} has only {found} rows")));
                }
                let each = data.len() / found;
                shape[0] = rows.len();
                rows.iter().flat_map(|row| &data[row * each..(row + 1) * each]).copied().collect()
            }
        };
        kept.push((name, tensor.dtype(), shape, bytes));
    }
    let views = kept.iter().map(|(name, dtype, shape, bytes)| {
        (name, TensorView::new(*dtype, shape.clone(), bytes).expect("as many bytes as rows"))
    });
    Ok(serialize(views, None).expect("names differ, and shapes fit"))
}

#[cfg(test)]
mod tests {
    use safetensors::Dtype;

    use super::*;

    const VOCABULARY: &str =
        "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n[unused0]\na\n##b\ncat\n##s\n猫\ndogma\n";

    #[test]
    fn keeps_characters_and_pieces_of_the_given_texts() {
        let tokenizer = Tokenizer::new(VOCABULARY).unwrap();
        let keep = lines_to_keep(VOCABULARY, &tokenizer, ["cats"].into_iter()).unwrap();
        assert_eq!(keep.into_iter().collect::<Vec<_>>(), [0, 1, 2, 3, 4, 6, 7, 8, 9, 10]);
    }

    #[test]
    fn copies_the_kept_rows_unchanged() {
        let words: Vec<u8> = (0..12).collect();
        let scales: Vec<u8> = (100..112).collect();
        let view =
            |shape: &[usize], data| TensorView::new(Dtype::U8, shape.to_vec(), data).unwrap();
        let file = serialize(
            [
                ("embeddings.word_embeddings.weight", view(&[4, 3], &words)),
                ("embeddings.word_embeddings.weight.scale", view(&[4, 3], &scales)),
                ("embeddings.position_embeddings.weight", view(&[6, 2], &words)),
                ("encoder.layer.0.x", view(&[4, 3], &words)),
            ],
            None,
        )
        .unwrap();
        let small = trimmed(&file, &BTreeSet::from([0, 2]), 2).unwrap();
        let small = SafeTensors::deserialize(&small).unwrap();
        let data = |name: &str| small.tensor(name).unwrap().data().to_vec();
        assert_eq!(data("embeddings.word_embeddings.weight"), [0, 1, 2, 6, 7, 8]);
        assert_eq!(data("embeddings.word_embeddings.weight.scale"), [100, 101, 102, 106, 107, 108]);
        assert_eq!(data("embeddings.position_embeddings.weight"), [0, 1, 2, 3]);
        assert_eq!(data("encoder.layer.0.x"), words);
        assert!(trimmed(&file, &BTreeSet::from([9]), 2).is_err());
        assert!(trimmed(&file, &BTreeSet::from([0]), 7).is_err());
    }
}
