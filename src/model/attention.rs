//! Self-attention with one projection for queries, keys and values.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::module::attention;
use burn::tensor::{Device, Tensor};

use super::embed::projection;
use super::fused::{is_cpu, scaled_softmax};
#[cfg(feature = "native")]
use super::{attention_gradients, fused_gradients};

/// The most scores a head may hold at once; beyond, Flex's tiled attention is kinder to caches.
const SCORES: usize = 512 * 512;

/// Multi-head self-attention (Vaswani et al., arXiv 1706.03762), as in ViT.
#[derive(Module, Debug)]
pub struct SelfAttention {
    qkv: Linear,
    proj: Linear,
    #[module(skip)]
    heads: usize,
}

impl SelfAttention {
    /// `width` must be a whole multiple of `heads`.
    pub fn init(width: usize, heads: usize, device: &Device) -> Self {
        assert!(width.is_multiple_of(heads), "{heads} heads do not divide a width of {width}");
        Self {
            qkv: projection(width, 3 * width, device),
            proj: projection(width, width, device),
            heads,
        }
    }

    /// # Shapes
    /// - input: `[b, n, d]`
    /// - output: `[b, n, d]`
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [batch, tokens, width] = x.dims();
        let size = width / self.heads;
        let qkv = self.qkv.forward(x); // [b, n, 3·d]
        #[cfg(feature = "native")]
        if fused_gradients::is_wanted(&qkv) {
            return self.proj.forward(attention_gradients::self_attention(qkv, self.heads));
        }
        let qkv = qkv.reshape([batch, tokens, 3, self.heads, size]);
        let part = |i: usize| qkv.clone().narrow(2, i, 1).squeeze_dim::<4>(2).swap_dims(1, 2);
        let (q, k, v) = (part(0), part(1), part(2)); // [b, h, n, d/h]
        let x = if is_cpu(&q) && tokens * tokens <= SCORES {
            // Flex multiplies views as they lie; its attention would copy them first.
            let scores = q.matmul(k.swap_dims(2, 3)); // [b, h, n, n]
            scaled_softmax(scores, (size as f64).powf(-0.5)).matmul(v)
        } else {
            attention(q, k, v, None, None, Default::default())
        };
        self.proj.forward(x.swap_dims(1, 2).reshape([batch, tokens, width]))
    }
}
