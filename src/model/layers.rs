//! Layers and initialisers that several networks share.

use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Initializer, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::Device;

/// Returns a linear layer with weights initialised by `weights` and a bias of 0, as in DiT.
pub fn linear(d_input: usize, d_output: usize, weights: Initializer, device: &Device) -> Linear {
    let layer = LinearConfig::new(d_input, d_output).with_initializer(weights).init(device);
    Linear { bias: Some(Initializer::Zeros.init([d_output], device)), ..layer }
}

/// Returns the Xavier uniform initialiser, DiT's default.
pub fn xavier() -> Initializer {
    Initializer::XavierUniform { gain: 1.0 }
}

/// Returns a normal initialiser with the standard deviation of DiT's embedders.
pub fn small_normal() -> Initializer {
    Initializer::Normal { mean: 0.0, std: 0.02 }
}

/// Returns a convolution of odd `kernel` that keeps height and width.
pub fn same_conv(channels: [usize; 2], kernel: usize, device: &Device) -> Conv2d {
    same_config(channels, kernel).init(device)
}

/// Returns the same convolution with weights initialised to zero.
pub fn zero_conv(channels: [usize; 2], kernel: usize, device: &Device) -> Conv2d {
    same_config(channels, kernel).with_initializer(Initializer::Zeros).init(device)
}

fn same_config(channels: [usize; 2], kernel: usize) -> Conv2dConfig {
    let side = kernel / 2;
    Conv2dConfig::new(channels, [kernel, kernel])
        .with_padding(PaddingConfig2d::Explicit(side, side, side, side))
}
