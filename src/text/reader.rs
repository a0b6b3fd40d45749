//! The one way of a text to the states that the DiT reads.

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::{Tokenizer, Tokens, Typed, WordTable};
use crate::Result;
use crate::model::MiniLm;

/// The half of a model that reads prompts.
#[derive(Debug, Clone)]
pub struct TextReader {
    /// Makes tokens of words.
    pub tokenizer: Tokenizer,
    /// Makes states of tokens.
    pub encoder: MiniLm,
    /// What everyday words are called in the model's captions.
    pub words: WordTable,
    /// The most tokens that the DiT takes.
    pub max_tokens: usize,
    /// Where the encoder lives.
    pub device: Device,
}

/// How the table of words reads a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookedUp {
    /// The text to read in its place.
    pub text: String,
    /// Whether that is another one.
    pub is_other: bool,
    /// Words that the model was not taught, each with the nearest that it was.
    pub unknown: Vec<(String, Vec<String>)>,
}

impl TextReader {
    /// Returns a text without what is no part of its words.
    pub fn typed(&self, text: &str) -> Typed {
        Typed::new(text, self.tokenizer.emoji())
    }

    /// Looks a whole prompt up in the table of words: an everyday word, or an emoji, is read as what
    /// the model's captions call it.
    pub fn look_up(&self, prompt: &str) -> LookedUp {
        let (text, _) = self.tokenizer.emoji().read(prompt);
        match self.words.read(&text) {
            Some(label) => LookedUp { text: label.to_owned(), is_other: true, unknown: Vec::new() },
            None => LookedUp {
                text: prompt.to_owned(),
                is_other: false,
                unknown: self.words.unknown(&text),
            },
        }
    }

    /// Returns a text's tokens, as many as the DiT takes, and how it was read: what was cut off,
    /// what the vocabulary lacks, and which emoji there are.
    ///
    /// # Errors
    /// Returns a sentence if the vocabulary cannot express the text.
    pub fn tokens(&self, text: &str) -> Result<Tokens> {
        self.tokenizer.encode(text, self.max_tokens)
    }

    /// Returns the last hidden states of a text's tokens, `[n, d]`, and the tokens.
    ///
    /// # Errors
    /// See [`tokens`](Self::tokens).
    pub fn read(&self, text: &str) -> Result<(Tensor<2>, Tokens)> {
        let tokens = self.tokens(text)?;
        let ids: Vec<i32> = tokens.ids.iter().map(|&id| id as i32).collect();
        let ids = TensorData::new(ids, [1, tokens.ids.len()]);
        let states = self.encoder.forward(Tensor::<2, Int>::from_data(ids, &self.device));
        Ok((states.squeeze_dim(0), tokens))
    }

    /// Returns the states of [`read`](Self::read) alone, on the host, row-major.
    ///
    /// # Errors
    /// See [`tokens`](Self::tokens).
    pub fn states(&self, text: &str) -> Result<Vec<f32>> {
        Ok(self.read(text)?.0.into_data().iter::<f32>().collect())
    }
}
