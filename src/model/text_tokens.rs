//! Text conditioning of the DiT: a prompt's token states become tokens beside the patches, and
//! their mean is added to the timestep (the paper's in-context and adaLN conditioning, section
//! 3.2).

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData};

use super::embed::projection;
use super::layers::small_normal;

/// A prompt's projected states, computed once for all steps of a run.
#[derive(Debug, Clone)]
pub struct TextTokens {
    /// The tokens to append to the patches, `[b, n, d]`.
    pub tokens: Tensor<3>,
    /// The pooled text, `[b, d]`.
    pub pooled: Tensor<2>,
}

/// The length to which a pooled text is scaled before its projection: about √384, MiniLM's width,
/// rounded as in the training of the shipped weights.
const POOLED_LENGTH: f64 = 19.6;

/// A layer that projects text states to the width of the model.
#[derive(Module, Debug)]
pub struct TextEmbedder {
    context_embedder: Linear,
    pooled_embedder: Linear,
    pad_token: Param<Tensor<1>>,
    #[module(skip)]
    max_tokens: usize,
}

impl TextEmbedder {
    /// Returns a new layer that maps states of `text_dim` to `max_tokens` vectors of `width`.
    pub fn init(text_dim: usize, max_tokens: usize, width: usize, device: &Device) -> Self {
        Self {
            context_embedder: projection(text_dim, width, device),
            pooled_embedder: projection(text_dim, width, device),
            pad_token: small_normal().init([width], device),
            max_tokens,
        }
    }

    /// Projects one prompt's states and fills the remaining places with the pad token. The pooled
    /// text is the mean state scaled to the length 19.6.
    ///
    /// # Shapes
    /// - input: `[n, text_dim]`, n at least 1; states beyond `max_tokens` are dropped
    /// - output: tokens `[1, max_tokens, d]`, pooled `[1, d]`
    pub fn forward(&self, states: Tensor<2>) -> TextTokens {
        let [found, _] = states.dims();
        let used = found.min(self.max_tokens);
        let states = states.narrow(0, 0, used);
        let mean = states.clone().mean_dim(0); // [1, text_dim]
        let length = mean.clone().square().sum_dim(1).sqrt().add_scalar(1e-12);
        let pooled = self.pooled_embedder.forward(mean / length * POOLED_LENGTH);

        let tokens = self.context_embedder.forward(states); // [n, d]
        let [_, width] = tokens.dims();
        let tokens = if used < self.max_tokens {
            let pad = self.pad_token.val().unsqueeze::<2>().expand([self.max_tokens - used, width]);
            Tensor::cat(vec![tokens, pad], 0)
        } else {
            tokens
        };
        TextTokens { tokens: tokens.unsqueeze(), pooled }
    }

    /// Projects several prompts' states, which are 0 beyond each prompt's own `lengths`.
    ///
    /// # Shapes
    /// - input: `[b, max_tokens, text_dim]`; lengths 1 to `max_tokens`
    /// - output: tokens `[b, max_tokens, d]`, pooled `[b, d]`
    pub fn forward_padded(&self, states: Tensor<3>, lengths: &[usize]) -> TextTokens {
        let ([batch, max_tokens, _], device) = (states.dims(), states.device());
        let is_real = |length: usize| (0..max_tokens).map(move |i| f32::from(u8::from(i < length)));
        let mask: Vec<f32> = lengths.iter().copied().flat_map(is_real).collect();
        let mask = Tensor::<3>::from_data(TensorData::new(mask, [batch, max_tokens, 1]), &device);

        // The sum can replace the mean, because it is scaled to a fixed length.
        let sum = states.clone().sum_dim(1).squeeze_dim::<2>(1); // [b, text_dim]
        let length = sum.clone().square().sum_dim(1).sqrt().add_scalar(1e-12);
        let pooled = self.pooled_embedder.forward(sum / length * POOLED_LENGTH);

        let pad = self.pad_token.val().unsqueeze::<3>() * (mask.clone() * -1.0 + 1.0);
        let tokens = self.context_embedder.forward(states) * mask + pad;
        TextTokens { tokens, pooled }
    }
}

impl TextTokens {
    /// Returns `count` rows of the batch, beginning at `start`.
    pub fn rows(&self, start: usize, count: usize) -> Self {
        Self {
            tokens: self.tokens.clone().narrow(0, start, count),
            pooled: self.pooled.clone().narrow(0, start, count),
        }
    }

    /// Concatenates the rows of several batches into one.
    pub fn cat(rows: &[&Self]) -> Self {
        Self {
            tokens: Tensor::cat(rows.iter().map(|row| row.tokens.clone()).collect(), 0),
            pooled: Tensor::cat(rows.iter().map(|row| row.pooled.clone()).collect(), 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Distribution, Tolerance};

    use super::*;

    #[test]
    fn a_padded_batch_equals_its_prompts_alone() {
        let device = Device::flex();
        let embedder = TextEmbedder::init(6, 4, 8, &device);
        let states =
            [3, 4].map(|n| Tensor::<2>::random([n, 6], Distribution::Uniform(-1.0, 1.0), &device));
        let alone = states.clone().map(|states| embedder.forward(states));
        let alone = TextTokens::cat(&[&alone[0], &alone[1]]);
        let [short, long] = states;
        let short = Tensor::cat(vec![short, Tensor::zeros([1, 6], &device)], 0);
        let together = embedder.forward_padded(Tensor::stack(vec![short, long], 0), &[3, 4]);
        let close = Tolerance::<f32>::absolute(1e-5);
        together.tokens.into_data().assert_approx_eq(&alone.tokens.into_data(), close);
        together.pooled.into_data().assert_approx_eq(&alone.pooled.into_data(), close);
    }
}
