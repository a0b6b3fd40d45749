//! The only path from a text to the token states that the DiT reads.

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::{Tokenizer, Tokens, Typed, WordTable};
use crate::Result;
use crate::model::MiniLm;

/// The part of a model that reads prompts.
#[derive(Debug, Clone)]
pub struct TextReader {
    /// The tokenizer, which splits a text into tokens.
    pub tokenizer: Tokenizer,
    /// The text encoder, which turns tokens into states.
    pub encoder: MiniLm,
    /// The table from everyday words to the labels in the model's captions.
    pub words: WordTable,
    /// The largest number of tokens that the DiT takes.
    pub max_tokens: usize,
    /// The device that holds the encoder.
    pub device: Device,
}

/// The result of looking a prompt up in the table of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookedUp {
    /// The text that is encoded instead of the prompt.
    pub text: String,
    /// Whether that text is another one than the prompt.
    pub is_other: bool,
    /// The words that the model was not trained on, each with the nearest words that it knows.
    pub unknown: Vec<(String, Vec<String>)>,
}

impl TextReader {
    /// Removes from a text everything that is not part of its words.
    pub fn typed(&self, text: &str) -> Typed {
        Typed::new(text, self.tokenizer.emoji())
    }

    /// Looks a whole prompt up in the table of words. An everyday word or an emoji is replaced by the label
    /// that the model's captions use for it.
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

    /// Returns a text's tokens, at most as many as the DiT takes. They say how the text was read: the part
    /// that was cut off, the words that the vocabulary lacks, and the emoji.
    ///
    /// # Errors
    /// Returns an error if the vocabulary cannot express the text.
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

    /// Returns only the states of [`read`](Self::read), on the host and in row-major order.
    ///
    /// # Errors
    /// See [`tokens`](Self::tokens).
    pub fn states(&self, text: &str) -> Result<Vec<f32>> {
        Ok(self.read(text)?.0.into_data().iter::<f32>().collect())
    }
}
