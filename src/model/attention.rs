//! Self-attention with one projection for queries, keys and values.

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor};

use super::embed::projection;
use crate::kernels::self_attention;

/// Multi-head self-attention (Vaswani et al., arXiv 1706.03762), as in ViT.
#[derive(Module, Debug)]
pub struct SelfAttention {
    qkv: Linear,
    proj: Linear,
    #[module(skip)]
    heads: usize,
}

impl SelfAttention {
    /// Returns a new layer. `width` must be a multiple of `heads`.
    pub fn init(width: usize, heads: usize, device: &Device) -> Self {
        assert!(width.is_multiple_of(heads), "{heads} heads do not divide a width of {width}");
        Self {
            qkv: projection(width, 3 * width, device),
            proj: projection(width, width, device),
            heads,
        }
    }

    /// Applies the layer to tokens.
    ///
    /// # Shapes
    /// - input: `[b, n, d]`
    /// - output: `[b, n, d]`
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let qkv = self.qkv.forward(x); // [b, n, 3·d]
        self.proj.forward(self_attention(qkv, self.heads))
    }
}
