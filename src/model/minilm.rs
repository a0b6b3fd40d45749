//! MiniLM, a small BERT (Wang et al., arXiv 2002.10957; Devlin et al., arXiv 1810.04805), used for
//! its per-token states.

use burn::config::Config;
use burn::module::Module;
use burn::nn::{Embedding, EmbeddingConfig, LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::module::attention;
use burn::tensor::{Device, Int, Tensor, activation};

/// The encoder's sizes. The defaults are those of all-MiniLM-L6-v2.
#[derive(Config, Debug, PartialEq)]
pub struct MiniLmConfig {
    /// How many rows the word table has.
    #[config(default = 30_522)]
    pub vocab_size: usize,
    /// The width of the states.
    #[config(default = 384)]
    pub hidden_size: usize,
    /// How many layers there are.
    #[config(default = 6)]
    pub num_hidden_layers: usize,
    /// How many attention heads there are.
    #[config(default = 12)]
    pub num_attention_heads: usize,
    /// The hidden width of the feed-forward layers.
    #[config(default = 1536)]
    pub intermediate_size: usize,
    /// The longest text, in tokens.
    #[config(default = 512)]
    pub max_position_embeddings: usize,
    /// How many token types there are; only the first is used.
    #[config(default = 2)]
    pub type_vocab_size: usize,
    /// The epsilon of the norms.
    #[config(default = 1e-12)]
    pub layer_norm_eps: f64,
}

impl MiniLmConfig {
    /// Returns a new encoder.
    pub fn init(&self, device: &Device) -> MiniLm {
        let width = self.hidden_size;
        let table = |rows: usize| EmbeddingConfig::new(rows, width).init(device);
        let linear = |from: usize, to: usize| LinearConfig::new(from, to).init(device);
        let norm = || LayerNormConfig::new(width).with_epsilon(self.layer_norm_eps).init(device);
        let layer = |_| BertLayer {
            query: linear(width, width),
            key: linear(width, width),
            value: linear(width, width),
            attention_output: linear(width, width),
            attention_norm: norm(),
            intermediate: linear(width, self.intermediate_size),
            output: linear(self.intermediate_size, width),
            output_norm: norm(),
            heads: self.num_attention_heads,
        };
        MiniLm {
            word_embeddings: table(self.vocab_size),
            position_embeddings: table(self.max_position_embeddings),
            token_type_embeddings: table(self.type_vocab_size),
            norm: norm(),
            layers: (0..self.num_hidden_layers).map(layer).collect(),
        }
    }
}

/// A post-norm transformer layer.
#[derive(Module, Debug)]
pub struct BertLayer {
    query: Linear,
    key: Linear,
    value: Linear,
    attention_output: Linear,
    attention_norm: LayerNorm,
    intermediate: Linear,
    output: Linear,
    output_norm: LayerNorm,
    #[module(skip)]
    heads: usize,
}

impl BertLayer {
    /// Maps `[b, n, d]` to `[b, n, d]`.
    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, tokens, width] = x.dims();
        let heads = [batch, tokens, self.heads, width / self.heads];
        let part = |linear: &Linear| linear.forward(x.clone()).reshape(heads).swap_dims(1, 2);
        let (q, k, v) = (part(&self.query), part(&self.key), part(&self.value)); // [b, h, n, d/h]
        let h = attention(q, k, v, None, None, Default::default());
        let h = self.attention_output.forward(h.swap_dims(1, 2).reshape([batch, tokens, width]));
        let x = self.attention_norm.forward(x + h);
        let h = self.output.forward(activation::gelu(self.intermediate.forward(x.clone())));
        self.output_norm.forward(x + h)
    }
}

/// The encoder; see [`forward`](Self::forward).
#[derive(Module, Debug)]
pub struct MiniLm {
    word_embeddings: Embedding,
    position_embeddings: Embedding,
    token_type_embeddings: Embedding,
    norm: LayerNorm,
    layers: Vec<BertLayer>,
}

impl MiniLm {
    /// Returns the last hidden states. There is no padding mask, so texts of different lengths must
    /// be encoded one by one.
    ///
    /// # Shapes
    /// - input: token ids `[b, n]`, n at most 512
    /// - output: `[b, n, 384]`
    pub fn forward(&self, ids: Tensor<2, Int>) -> Tensor<3> {
        let ([_, tokens], device) = (ids.dims(), ids.device());
        let places = Tensor::<1, Int>::arange(0..tokens as i64, &device).unsqueeze::<2>();
        let x = self.word_embeddings.forward(ids)
            + self.position_embeddings.forward(places)
            + self.token_type_embeddings.forward(Tensor::zeros([1, 1], &device));
        self.layers.iter().fold(self.norm.forward(x), |x, layer| layer.forward(x))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_published_number_of_parameters() {
        // The published model has 22,713,216 parameters, including its pooler's 147,840.
        let model = MiniLmConfig::new().init(&Device::flex());
        assert_eq!(model.num_params(), 22_713_216 - 147_840);
    }
}
