//! U²-Netp (Qin et al., arXiv 2005.09007): finds the thing that a picture shows. It is a U-Net whose every
//! stage is a small U-Net itself. The batch norms of training are folded into the convolutions.

use burn::module::Module;
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::{Device, Tensor, activation};

use super::bilinear::enlarged;

/// The number that the input's height and width must be multiples of.
pub const MULTIPLE: usize = 32;
/// How many channels go in: red, green and blue.
const RGB: usize = 3;
/// How many channels a stage gives to the next, and how many it has inside.
const WIDTH: usize = 64;
const INSIDE: usize = 16;
/// How many stages the picture passes, each at half the resolution of the one before.
const STAGES: usize = 6;

/// A convolution of 3×3 cells that are `dilation` apart, which keeps height and width.
fn conv(channels: [usize; 2], dilation: usize, device: &Device) -> Conv2d {
    Conv2dConfig::new(channels, [3, 3])
        .with_padding(PaddingConfig2d::Explicit(dilation, dilation, dilation, dilation))
        .with_dilation([dilation; 2])
        .init(device)
}

/// A stage, the paper's residual U-block (RSU).
#[derive(Module, Debug)]
pub struct Rsu {
    stem: Conv2d,
    down: Vec<Conv2d>,
    bottom: Conv2d,
    up: Vec<Conv2d>,
    #[module(skip)]
    flat: bool,
}

impl Rsu {
    /// Returns a new stage, `depth` convolutions deep. A flat one (RSU-4F) keeps its resolution and
    /// widens its convolutions; any other one halves its resolution before all but the first and the
    /// last.
    pub fn init(inputs: usize, depth: usize, flat: bool, device: &Device) -> Self {
        let dilation = |level: usize| if flat { 1 << level } else { 1 };
        let down = |level: usize| {
            let channels = if level == 0 { WIDTH } else { INSIDE };
            conv([channels, INSIDE], dilation(level), device)
        };
        let up = |level: usize| {
            let channels = if level == 0 { WIDTH } else { INSIDE };
            conv([2 * INSIDE, channels], dilation(level), device)
        };
        let bottom = if flat { dilation(depth - 1) } else { 2 };
        Self {
            stem: conv([inputs, WIDTH], 1, device),
            down: (0..depth - 1).map(down).collect(),
            bottom: conv([INSIDE, INSIDE], bottom, device),
            up: (0..depth - 1).rev().map(up).collect(),
            flat,
        }
    }

    /// Applies the stage.
    ///
    /// # Shapes
    /// `[b, inputs, h, w]` → `[b, 64, h, w]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let through = |conv: &Conv2d, x| activation::relu(conv.forward(x));
        let stem = through(&self.stem, x);
        let mut h = stem.clone();
        let mut passed = Vec::new();
        for (level, conv) in self.down.iter().enumerate() {
            let x = if level == 0 || self.flat { h } else { halved(h) };
            h = through(conv, x);
            passed.push(h.clone());
        }
        h = through(&self.bottom, h);
        for (conv, beside) in self.up.iter().zip(passed.into_iter().rev()) {
            h = through(conv, joined(h, beside));
        }
        h + stem
    }
}

/// The network, 1.13 M parameters; see [`forward`](Self::forward).
#[derive(Module, Debug)]
pub struct U2Netp {
    enc: Vec<Rsu>,
    dec: Vec<Rsu>,
    side: Vec<Conv2d>,
    out: Conv2d,
}

impl U2Netp {
    /// Returns a new network, which finds nothing before its weights are loaded.
    pub fn init(device: &Device) -> Self {
        // The deepest two stages are flat, because little resolution is left there.
        let depth = |stage: usize| 7usize.saturating_sub(stage).max(4);
        let stage =
            |inputs: usize, stage: usize| Rsu::init(inputs, depth(stage), stage >= 4, device);
        let first = |i: usize| if i == 0 { RGB } else { WIDTH };
        Self {
            enc: (0..STAGES).map(|i| stage(first(i), i)).collect(),
            dec: (0..STAGES - 1).rev().map(|i| stage(2 * WIDTH, i)).collect(),
            side: (0..STAGES).map(|_| conv([WIDTH, 1], 1, device)).collect(),
            out: Conv2dConfig::new([STAGES, 1], [1, 1]).init(device),
        }
    }

    /// Returns how much each pixel belongs to the thing in the picture, from 0 to 1.
    ///
    /// # Shapes
    /// `[b, 3, h, w]`, RGB normalised as in the network's training → `[b, 1, h, w]`
    ///
    /// # Panics
    /// Panics if `h` or `w` is not a multiple of [`MULTIPLE`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [_, _, height, width] = x.dims();
        assert!(
            height.is_multiple_of(MULTIPLE) && width.is_multiple_of(MULTIPLE),
            "U²-Netp takes sides that are multiples of {MULTIPLE}, not {width}×{height}"
        );
        let mut passed: Vec<Tensor<4>> = Vec::new();
        let mut h = x;
        for (i, stage) in self.enc.iter().enumerate() {
            h = stage.forward(if i == 0 { h } else { halved(h) });
            passed.push(h.clone());
        }
        // The outputs of the way back up replace those of the way down that they are joined with.
        for (i, stage) in self.dec.iter().enumerate() {
            let level = STAGES - 2 - i;
            passed[level] = stage.forward(joined(passed[level + 1].clone(), passed[level].clone()));
        }
        let map = |(conv, h): (&Conv2d, Tensor<4>)| {
            let map = conv.forward(h);
            let factor = height / map.dims()[2];
            enlarged(map, factor)
        };
        let maps = self.side.iter().zip(passed).map(map).collect();
        activation::sigmoid(self.out.forward(Tensor::cat(maps, 1)))
    }
}

/// Enlarges `h` to the height and width of `beside`, and joins their channels.
fn joined(h: Tensor<4>, beside: Tensor<4>) -> Tensor<4> {
    let factor = beside.dims()[2] / h.dims()[2];
    Tensor::cat(vec![enlarged(h, factor), beside], 1)
}

/// Returns the largest of each 2×2 cells. Burn's pooling gives the same, but would add a kernel to the page.
///
/// # Shapes
/// `[b, c, h, w]` → `[b, c, h/2, w/2]`
fn halved(x: Tensor<4>) -> Tensor<4> {
    let [b, c, h, w] = x.dims();
    let of_rows = larger(x.reshape([b * c, h / 2, 2, w]), 2);
    larger(of_rows.reshape([b * c, h / 2, w / 2, 2]), 3).reshape([b, c, h / 2, w / 2])
}

/// Returns the larger value of each two along a dimension of length 2.
fn larger(x: Tensor<4>, dim: usize) -> Tensor<4> {
    x.clone().narrow(dim, 0, 1).max_pair(x.narrow(dim, 1, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_network_gives_a_matte_of_the_pictures_size() {
        let device = Device::flex();
        let network = U2Netp::init(&device);
        // The published 1,131,181 parameters, less two for each of the 2848 channels of batch norms.
        assert_eq!(network.num_params(), 1_131_181 - 2 * 2848);
        let matte = network.forward(Tensor::zeros([1, 3, 32, 64], &device));
        assert_eq!(matte.dims(), [1, 1, 32, 64]);
        let values: Vec<f32> = matte.into_data().try_to_vec().unwrap();
        assert!(values.iter().all(|value| (0.0..=1.0).contains(value)));
    }

    #[test]
    fn halving_keeps_the_largest_of_each_four() {
        let x =
            [1.0, 2.0, 8.0, -1.0, 4.0, 3.0, 5.0, -6.0, -1.0, -2.0, 0.0, 0.5, -3.0, -4.0, 0.0, 0.25];
        let x = Tensor::<1>::from_floats(x, &Device::flex()).reshape([1, 1, 4, 4]);
        let halved: Vec<f32> = halved(x).into_data().try_to_vec().unwrap();
        assert_eq!(halved, [4.0, 8.0, -1.0, 0.5]);
    }

    #[test]
    #[should_panic(expected = "multiples of 32, not 64×40")]
    fn refuses_sides_that_are_no_multiple_of_32() {
        let device = Device::flex();
        drop(U2Netp::init(&device).forward(Tensor::zeros([1, 3, 40, 64], &device)));
    }
}
