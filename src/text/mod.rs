//! From a prompt to the states that the DiT reads.

pub mod emoji;
pub mod tokenizer;
#[cfg(feature = "native")]
pub mod trim;

pub use emoji::EmojiNames;
pub use tokenizer::{Tokenizer, Tokens};

use burn::tensor::{Device, Int, Tensor, TensorData};

use crate::model::MiniLm;

/// The last hidden states of a prompt's tokens, `[n, d]`.
pub fn encode(encoder: &MiniLm, tokens: &Tokens, device: &Device) -> Tensor<2> {
    let ids: Vec<i32> = tokens.ids.iter().map(|&id| id as i32).collect();
    let data = TensorData::new(ids, [1, tokens.ids.len()]);
    encoder.forward(Tensor::<2, Int>::from_data(data, device)).squeeze_dim(0)
}
