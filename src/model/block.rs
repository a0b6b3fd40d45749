//! The adaLN-Zero block and the final layer (Peebles and Xie, arXiv 2212.09748, figure 3).

use burn::module::Module;
use burn::nn::{Initializer, Linear};
use burn::tensor::{Device, Tensor};

use super::attention::SelfAttention;
use super::embed::projection;
use super::layers::linear;
use crate::kernels::{gated_add, gelu_tanh, modulated_norm};

/// Epsilon of the norm before attention and of the final one.
const NORM_EPS: f64 = 1e-6;

/// Splits a modulation `[b, k·d]` into `k` tensors `[b, 1, d]`.
fn parts<const K: usize>(modulation: Tensor<2>) -> [Tensor<3>; K] {
    let [batch, width] = modulation.dims();
    let modulation = modulation.reshape([batch, 1, width]);
    let size = width / K;
    std::array::from_fn(|i| modulation.clone().narrow(2, i * size, size))
}

/// The feed-forward layers of a block.
#[derive(Module, Debug)]
pub struct Mlp {
    fc1: Linear,
    fc2: Linear,
}

impl Mlp {
    fn init(width: usize, hidden: usize, device: &Device) -> Self {
        Self { fc1: projection(width, hidden, device), fc2: projection(hidden, width, device) }
    }

    fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.fc2.forward(gelu_tanh(self.fc1.forward(x)))
    }
}

/// A transformer block whose norms are shifted, scaled and gated by the conditioning. A new block
/// is the identity, because its modulation is initialised to zero.
#[derive(Module, Debug)]
pub struct DitBlock {
    attn: SelfAttention,
    mlp: Mlp,
    adaln_modulation: Linear,
    #[module(skip)]
    mlp_norm_eps: f64,
}

impl DitBlock {
    /// Returns a new block. The hidden width of its feed-forward is `mlp_ratio` times `width`.
    /// `mlp_norm_eps` is 1e-6 in the paper's code and 1e-5 in diffusers' port.
    pub fn init(
        width: usize,
        heads: usize,
        mlp_ratio: f64,
        mlp_norm_eps: f64,
        device: &Device,
    ) -> Self {
        Self {
            attn: SelfAttention::init(width, heads, device),
            mlp: Mlp::init(width, (width as f64 * mlp_ratio) as usize, device),
            adaln_modulation: linear(width, 6 * width, Initializer::Zeros, device),
            mlp_norm_eps,
        }
    }

    /// Applies the block to tokens.
    ///
    /// # Shapes
    /// - input: tokens `[b, n, d]`, SiLU of the conditioning `[b, d]`
    /// - output: `[b, n, d]`
    pub fn forward(&self, x: Tensor<3>, condition: Tensor<2>) -> Tensor<3> {
        let [shift, scale, gate, mlp_shift, mlp_scale, mlp_gate] =
            parts(self.adaln_modulation.forward(condition));
        let h = self.attn.forward(modulated_norm(x.clone(), shift, scale, NORM_EPS));
        let x = gated_add(x, h, gate);
        let h = modulated_norm(x.clone(), mlp_shift, mlp_scale, self.mlp_norm_eps);
        gated_add(x, self.mlp.forward(h), mlp_gate)
    }
}

/// A modulated norm and the projection to patches.
#[derive(Module, Debug)]
pub struct FinalLayer {
    linear: Linear,
    adaln_modulation: Linear,
}

impl FinalLayer {
    /// Returns a new layer that maps vectors of `width` to `outputs` values per patch.
    pub fn init(width: usize, outputs: usize, device: &Device) -> Self {
        Self {
            linear: linear(width, outputs, Initializer::Zeros, device),
            adaln_modulation: linear(width, 2 * width, Initializer::Zeros, device),
        }
    }

    /// Applies the layer to tokens.
    ///
    /// # Shapes
    /// - input: tokens `[b, n, d]`, SiLU of the conditioning `[b, d]`
    /// - output: `[b, n, p·p·c]`
    pub fn forward(&self, x: Tensor<3>, condition: Tensor<2>) -> Tensor<3> {
        let [shift, scale] = parts(self.adaln_modulation.forward(condition));
        self.linear.forward(modulated_norm(x, shift, scale, NORM_EPS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_block_is_the_identity() {
        let device = Device::flex();
        let block = DitBlock::init(8, 2, 4.0, 1e-6, &device);
        let x = Tensor::<3>::random([2, 5, 8], burn::tensor::Distribution::Default, &device);
        let y = block.forward(x.clone(), Tensor::ones([2, 8], &device));
        y.into_data().assert_eq(&x.into_data(), true);
    }
}
