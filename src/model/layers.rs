//! Small pieces that several networks share.

use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Initializer, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::{Device, Tensor, activation, module};

/// A linear layer as DiT begins it: weights as `weights` says, bias 0.
pub fn linear(d_input: usize, d_output: usize, weights: Initializer, device: &Device) -> Linear {
    let layer = LinearConfig::new(d_input, d_output).with_initializer(weights).init(device);
    Linear { bias: Some(Initializer::Zeros.init([d_output], device)), ..layer }
}

/// Xavier's uniform start, DiT's default.
pub fn xavier() -> Initializer {
    Initializer::XavierUniform { gain: 1.0 }
}

/// A normal start with the standard deviation of DiT's embedders.
pub fn small_normal() -> Initializer {
    Initializer::Normal { mean: 0.0, std: 0.02 }
}

/// A convolution of odd `kernel` that keeps height and width.
pub fn same_conv(channels: [usize; 2], kernel: usize, device: &Device) -> Conv2d {
    let side = kernel / 2;
    Conv2dConfig::new(channels, [kernel, kernel])
        .with_padding(PaddingConfig2d::Explicit(side, side, side, side))
        .init(device)
}

/// GELU's tanh form (Hendrycks and Gimpel, arXiv 1606.08415), as `x·σ(2u)` with
/// `u = √(2/π)·(x + 0.044715·x³)`, since `(1 + tanh u)/2 = σ(2u)`: fewer passes, no power.
pub fn gelu_tanh<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let scale = 2.0 * (2.0 / std::f64::consts::PI).sqrt();
    let square = x.clone() * x.clone();
    let inner = (square * (0.044_715 * scale) + scale) * x.clone();
    x * activation::sigmoid(inner)
}

/// Layer norm over the last dimension without weights of its own; adaLN brings them.
///
/// `ones` is a constant `[d]` of ones, kept by the caller: Burn's kernel wants a gain.
pub fn plain_layer_norm<const D: usize>(x: Tensor<D>, ones: &Tensor<1>, eps: f64) -> Tensor<D> {
    module::layer_norm(x, ones.clone(), None, eps)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Tolerance;

    use super::*;

    #[test]
    fn gelu_is_burns() {
        let device = Device::flex();
        let x = Tensor::<1>::from_floats([-30.0, -3.0, -0.5, 0.0, 0.1, 2.0, 30.0], &device);
        let want = activation::gelu_approximate(x.clone()).into_data();
        gelu_tanh(x).into_data().assert_approx_eq::<f32>(&want, Tolerance::absolute(1e-6));
    }
}
