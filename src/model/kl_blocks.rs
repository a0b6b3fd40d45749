//! The layers of Stable Diffusion's autoencoder, named as in diffusers.

use burn::module::Module;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{GroupNorm, GroupNormConfig, Linear, LinearConfig, PaddingConfig2d};
use burn::tensor::module::{attention, interpolate};
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
use burn::tensor::{Device, Tensor, activation};

use super::layers::same_conv;

/// The epsilon of the autoencoder's norms.
const NORM_EPS: f64 = 1e-6;

pub(super) fn group_norm(groups: usize, channels: usize, device: &Device) -> GroupNorm {
    GroupNormConfig::new(groups, channels).with_epsilon(NORM_EPS).init(device)
}

/// A residual block: two convolutions, each after a norm, and a shortcut.
#[derive(Module, Debug)]
pub struct ResnetBlock {
    norm1: GroupNorm,
    conv1: Conv2d,
    norm2: GroupNorm,
    conv2: Conv2d,
    conv_shortcut: Option<Conv2d>,
}

impl ResnetBlock {
    pub(super) fn init(channels: [usize; 2], groups: usize, device: &Device) -> Self {
        let [input, output] = channels;
        Self {
            norm1: group_norm(groups, input, device),
            conv1: same_conv(channels, 3, device),
            norm2: group_norm(groups, output, device),
            conv2: same_conv([output, output], 3, device),
            conv_shortcut: (input != output).then(|| same_conv(channels, 1, device)),
        }
    }

    /// Maps `[b, c, h, w]` to `[b, c', h, w]`.
    pub(super) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let h = self.conv1.forward(activation::silu(self.norm1.forward(x.clone())));
        let h = self.conv2.forward(activation::silu(self.norm2.forward(h)));
        let x = match &self.conv_shortcut {
            Some(conv) => conv.forward(x),
            None => x,
        };
        x + h
    }
}

/// Single-head attention between all positions of the picture.
#[derive(Module, Debug)]
pub struct SpatialAttention {
    group_norm: GroupNorm,
    to_q: Linear,
    to_k: Linear,
    to_v: Linear,
    to_out: Linear,
}

impl SpatialAttention {
    fn init(channels: usize, groups: usize, device: &Device) -> Self {
        let linear = || LinearConfig::new(channels, channels).init(device);
        Self {
            group_norm: group_norm(groups, channels, device),
            to_q: linear(),
            to_k: linear(),
            to_v: linear(),
            to_out: linear(),
        }
    }

    /// Maps `[b, c, h, w]` to `[b, c, h, w]`.
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [batch, channels, height, width] = x.dims();
        let h = self.group_norm.forward(x.clone()).flatten::<3>(2, 3).swap_dims(1, 2); // [b, n, c]
        let head = |linear: &Linear| linear.forward(h.clone()).unsqueeze_dim::<4>(1); // [b, 1, n, c]
        let (q, k, v) = (head(&self.to_q), head(&self.to_k), head(&self.to_v));
        let h = attention(q, k, v, None, None, Default::default()).squeeze_dim::<3>(1);
        x + self.to_out.forward(h).swap_dims(1, 2).reshape([batch, channels, height, width])
    }
}

/// The middle block of both halves: attention between two residual blocks.
#[derive(Module, Debug)]
pub struct MidBlock {
    resnets: Vec<ResnetBlock>,
    attentions: Vec<SpatialAttention>,
}

impl MidBlock {
    pub(super) fn init(channels: usize, groups: usize, attends: bool, device: &Device) -> Self {
        let resnet = |_| ResnetBlock::init([channels, channels], groups, device);
        let attention = |_| SpatialAttention::init(channels, groups, device);
        Self {
            resnets: (0..2).map(resnet).collect(),
            attentions: (0..usize::from(attends)).map(attention).collect(),
        }
    }

    /// Maps `[b, c, h, w]` to `[b, c, h, w]`.
    pub(super) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let mut x = self.resnets[0].forward(x);
        for attention in &self.attentions {
            x = attention.forward(x);
        }
        self.resnets[1].forward(x)
    }
}

/// Residual blocks, followed by an optional change of size.
#[derive(Module, Debug)]
pub struct ScaleBlock {
    resnets: Vec<ResnetBlock>,
    resize: Option<Resize>,
}

/// A change of height and width.
#[derive(Module, Debug)]
pub enum Resize {
    /// A strided convolution that halves them, padded at the right and the bottom only.
    Down(Conv2d),
    /// A nearest-neighbour upsampling that doubles them, then a convolution.
    Up(Conv2d),
}

impl Resize {
    pub(super) fn down(channels: usize, device: &Device) -> Self {
        let conv = Conv2dConfig::new([channels, channels], [3, 3])
            .with_stride([2, 2])
            .with_padding(PaddingConfig2d::Explicit(0, 0, 1, 1));
        Self::Down(conv.init(device))
    }

    pub(super) fn up(channels: usize, device: &Device) -> Self {
        Self::Up(same_conv([channels, channels], 3, device))
    }

    /// Maps `[b, c, h, w]` to `[b, c, h/2, w/2]` or `[b, c, 2·h, 2·w]`.
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Down(conv) => conv.forward(x),
            Self::Up(conv) => {
                let [_, _, height, width] = x.dims();
                let nearest = InterpolateOptions::new(InterpolateMode::Nearest)
                    .with_output_size([2 * height, 2 * width]);
                conv.forward(interpolate(x, nearest))
            }
        }
    }
}

impl ScaleBlock {
    pub(super) fn init(
        channels: [usize; 2],
        layers: usize,
        groups: usize,
        resize: Option<Resize>,
        device: &Device,
    ) -> Self {
        let [input, output] = channels;
        let resnet = |i: usize| {
            ResnetBlock::init([if i == 0 { input } else { output }, output], groups, device)
        };
        Self { resnets: (0..layers).map(resnet).collect(), resize }
    }

    /// Maps `[b, c, h, w]` to `[b, c', h', w']`.
    pub(super) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let x = self.resnets.iter().fold(x, |x, resnet| resnet.forward(x));
        match &self.resize {
            Some(resize) => resize.forward(x),
            None => x,
        }
    }
}
