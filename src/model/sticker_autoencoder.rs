//! The embedded model's residual autoencoder: a linear map of 8×8 patches, and a convolutional
//! path that adds what the map misses (in the spirit of DC-AE's shortcuts, arXiv 2410.10733).
//! Pictures are premultiplied RGBA in −1..1.

use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::nn::{GroupNorm, GroupNormConfig};
use burn::tensor::{Device, Tensor, activation};

use super::layers::same_conv;

/// How many picture pixels a latent cell spans in each direction.
pub const FACTOR: usize = 8;
/// How many channels the latent has.
pub const LATENT_CHANNELS: usize = 8;
/// How many channels a picture has: red, green, blue and alpha.
const RGBA: usize = 4;
/// Width of the convolutional path at a quarter of the picture's resolution.
const WIDTH: usize = 64;

/// Moves blocks of `k`×`k` cells into channels, in the order (channel, row, column).
///
/// # Shapes
/// `[b, c, h, w]` → `[b, c·k², h/k, w/k]`
pub fn space_to_depth(x: Tensor<4>, k: usize) -> Tensor<4> {
    let [b, c, h, w] = x.dims();
    x.reshape([b, c, h / k, k, w / k, k]).permute([0, 1, 3, 5, 2, 4]).reshape([
        b,
        c * k * k,
        h / k,
        w / k,
    ])
}

/// Inverts [`space_to_depth`].
///
/// # Shapes
/// `[b, c·k², h, w]` → `[b, c, h·k, w·k]`
pub fn depth_to_space(x: Tensor<4>, k: usize) -> Tensor<4> {
    let [b, c, h, w] = x.dims();
    let c = c / (k * k);
    x.reshape([b, c, k, k, h, w]).permute([0, 1, 4, 2, 5, 3]).reshape([b, c, h * k, w * k])
}

fn norm(channels: usize, device: &Device) -> GroupNorm {
    GroupNormConfig::new(8, channels).init(device)
}

/// A residual block: `x + conv2(SiLU(conv1(SiLU(norm(x)))))`.
#[derive(Module, Debug)]
pub struct Res {
    norm: GroupNorm,
    conv1: Conv2d,
    conv2: Conv2d,
}

impl Res {
    /// Returns a new block of `width` channels, a multiple of 8.
    pub fn init(width: usize, device: &Device) -> Self {
        Self {
            norm: norm(width, device),
            conv1: same_conv([width, width], 3, device),
            conv2: same_conv([width, width], 3, device),
        }
    }

    /// Applies the block.
    ///
    /// # Shapes
    /// `[b, c, h, w]` → `[b, c, h, w]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let h = self.conv1.forward(activation::silu(self.norm.forward(x.clone())));
        x + self.conv2.forward(activation::silu(h))
    }
}

/// The encoder, from picture to latent.
#[derive(Module, Debug)]
pub struct StickerEncoder {
    stem: Conv2d,
    res1: Res,
    down: Conv2d,
    res2: Res,
    res3: Res,
    norm: GroupNorm,
    head: Conv2d,
    shortcut: Conv2d,
}

/// The decoder, from latent to picture.
#[derive(Module, Debug)]
pub struct StickerDecoder {
    stem: Conv2d,
    res1: Res,
    res2: Res,
    res3: Res,
    up: Conv2d,
    res4: Res,
    res5: Res,
    res6: Res,
    norm: GroupNorm,
    head: Conv2d,
    shortcut: Conv2d,
}

/// The autoencoder of 1.95 M parameters, or its decoder alone, which is all that drawing needs.
#[derive(Module, Debug)]
pub struct StickerAutoencoder {
    encoder: Option<StickerEncoder>,
    decoder: StickerDecoder,
}

/// Width of the innermost layers.
const WIDE: usize = 2 * WIDTH;
/// How many values of a picture one latent cell covers.
const PATCH: usize = RGBA * FACTOR * FACTOR;

impl StickerEncoder {
    fn init(device: &Device) -> Self {
        Self {
            stem: same_conv([RGBA * 16, WIDTH], 3, device),
            res1: Res::init(WIDTH, device),
            down: same_conv([4 * WIDTH, WIDE], 1, device),
            res2: Res::init(WIDE, device),
            res3: Res::init(WIDE, device),
            norm: norm(WIDE, device),
            head: same_conv([WIDE, 2 * LATENT_CHANNELS], 3, device),
            shortcut: same_conv([PATCH, LATENT_CHANNELS], 1, device),
        }
    }
}

impl StickerDecoder {
    fn init(device: &Device) -> Self {
        Self {
            stem: same_conv([LATENT_CHANNELS, WIDE], 3, device),
            res1: Res::init(WIDE, device),
            res2: Res::init(WIDE, device),
            res3: Res::init(WIDE, device),
            up: same_conv([WIDE, 4 * WIDTH], 1, device),
            res4: Res::init(WIDTH, device),
            res5: Res::init(WIDTH, device),
            res6: Res::init(WIDTH, device),
            norm: norm(WIDTH, device),
            head: same_conv([WIDTH, RGBA * 16], 3, device),
            shortcut: same_conv([LATENT_CHANNELS, PATCH], 1, device),
        }
    }
}

impl StickerAutoencoder {
    /// Returns whether it has its encoder.
    pub fn has_encoder(&self) -> bool {
        self.encoder.is_some()
    }

    /// Returns a new autoencoder.
    pub fn init(device: &Device) -> Self {
        Self { encoder: Some(StickerEncoder::init(device)), ..Self::decoder(device) }
    }

    /// Returns a new decoder without an encoder.
    pub fn decoder(device: &Device) -> Self {
        Self { encoder: None, decoder: StickerDecoder::init(device) }
    }

    /// Returns the posterior's mean and its log-variance (clamped to −12..2), not normalised.
    ///
    /// # Shapes
    /// - input: `[b, 4, h, w]`, h and w multiples of 8
    /// - output: two tensors `[b, 8, h/8, w/8]`
    ///
    /// # Panics
    /// Panics if there is no encoder.
    pub fn encode(&self, x: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let e = self.encoder.as_ref().expect("the encoder is loaded");
        let h = e.res1.forward(e.stem.forward(space_to_depth(x.clone(), 4)));
        let h = e.down.forward(space_to_depth(h, 2));
        let h = e.res3.forward(e.res2.forward(h));
        let h = e.head.forward(activation::silu(e.norm.forward(h)));
        let mean =
            h.clone().narrow(1, 0, LATENT_CHANNELS) + e.shortcut.forward(space_to_depth(x, FACTOR));
        (mean, h.narrow(1, LATENT_CHANNELS, LATENT_CHANNELS).clamp(-12.0, 2.0))
    }

    /// Decodes latents to pictures.
    ///
    /// # Shapes
    /// - input: latents, not normalised, `[b, 8, h, w]`
    /// - output: pictures, about −1..1, `[b, 4, 8·h, 8·w]`
    pub fn decode(&self, z: Tensor<4>) -> Tensor<4> {
        let d = &self.decoder;
        let h = d.res1.forward(d.stem.forward(z.clone()));
        let h = d.res3.forward(d.res2.forward(h));
        let h = depth_to_space(d.up.forward(h), 2);
        let h = d.res6.forward(d.res5.forward(d.res4.forward(h)));
        let h = d.head.forward(activation::silu(d.norm.forward(h)));
        depth_to_space(h, 4) + depth_to_space(d.shortcut.forward(z), FACTOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_to_space_inverts_space_to_depth() {
        let device = Device::flex();
        let x = Tensor::<4>::random([2, 3, 4, 6], burn::tensor::Distribution::Default, &device);
        let deep = space_to_depth(x.clone(), 2);
        assert_eq!(deep.dims(), [2, 12, 2, 3]);
        depth_to_space(deep, 2).into_data().assert_eq(&x.into_data(), true);
    }

    #[test]
    fn decodes_the_shape_that_it_encodes() {
        let device = Device::flex();
        let autoencoder = StickerAutoencoder::init(&device);
        let (mean, log_variance) = autoencoder.encode(Tensor::zeros([1, 4, 16, 24], &device));
        assert_eq!(log_variance.dims(), [1, 8, 2, 3]);
        assert_eq!(autoencoder.decode(mean).dims(), [1, 4, 16, 24]);
    }
}
