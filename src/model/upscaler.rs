//! The upscaler: super-resolution of a finished sticker to four times its width and height. It is a
//! small U-Net of plain residual blocks (as in EDSR, Lim et al., arXiv 1707.02921, without norms)
//! with pixel shuffles (Shi et al., arXiv 1609.05158). Pictures are premultiplied RGBA in −1..1.

use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::tensor::{Device, Tensor, activation};

use super::bilinear::enlarged;
use super::layers::{same_conv, zero_conv};
use super::sticker_autoencoder::{depth_to_space, space_to_depth};

/// The factor of both width and height.
pub const SCALE: usize = 4;
/// The number that the input's height and width must be multiples of.
pub const MULTIPLE: usize = 4;
/// How many channels a picture has: red, green, blue and alpha.
const RGBA: usize = 4;
/// How many channels there are at the input's resolution, at half and at a quarter of it.
const FINE: usize = 32;
const HALF: usize = 48;
const QUARTER: usize = 96;

/// A residual block, `x + conv2(SiLU(conv1(SiLU(x))))`, initialised as the identity.
#[derive(Module, Debug)]
pub struct PlainRes {
    conv1: Conv2d,
    conv2: Conv2d,
}

impl PlainRes {
    /// Returns a new block of `width` channels.
    pub fn init(width: usize, device: &Device) -> Self {
        let channels = [width, width];
        Self { conv1: same_conv(channels, 3, device), conv2: zero_conv(channels, 3, device) }
    }

    /// Applies the block.
    ///
    /// # Shapes
    /// `[b, c, h, w]` → `[b, c, h, w]`
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let h = self.conv1.forward(activation::silu(x.clone()));
        x + self.conv2.forward(activation::silu(h))
    }
}

/// The network, 0.76 M parameters; see [`forward`](Self::forward).
#[derive(Module, Debug)]
pub struct Upscaler {
    stem: Conv2d,
    enc: Vec<PlainRes>,
    down: Conv2d,
    mid: Vec<PlainRes>,
    up: Conv2d,
    dec: Vec<PlainRes>,
    up2: Conv2d,
    skip: Conv2d,
    fine: PlainRes,
    head: Conv2d,
}

impl Upscaler {
    /// Returns a new network, which enlarges bilinearly before training.
    pub fn init(device: &Device) -> Self {
        let blocks = |count, width| (0..count).map(|_| PlainRes::init(width, device)).collect();
        Self {
            stem: same_conv([4 * RGBA, HALF], 3, device),
            enc: blocks(1, HALF),
            down: same_conv([4 * HALF, QUARTER], 1, device),
            mid: blocks(3, QUARTER),
            up: same_conv([QUARTER, 4 * HALF], 1, device),
            dec: blocks(2, HALF),
            up2: same_conv([HALF, 4 * FINE], 3, device),
            skip: same_conv([RGBA, FINE], 3, device),
            fine: PlainRes::init(FINE, device),
            head: zero_conv([FINE, RGBA * SCALE * SCALE], 3, device),
        }
    }

    /// Enlarges pictures.
    ///
    /// # Shapes
    /// `[b, 4, h, w]` → `[b, 4, 4·h, 4·w]`, values about −1..1
    ///
    /// # Panics
    /// Panics if `h` or `w` is not a multiple of [`MULTIPLE`].
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [_, _, height, width] = x.dims();
        assert!(
            height.is_multiple_of(MULTIPLE) && width.is_multiple_of(MULTIPLE),
            "the upscaler takes sides that are multiples of {MULTIPLE}, not {width}×{height}"
        );
        let through = |blocks: &[PlainRes], h| blocks.iter().fold(h, |h, block| block.forward(h));
        let stem = self.stem.forward(space_to_depth(x.clone(), 2)); // [b, 48, h/2, w/2]
        let half = through(&self.enc, stem);
        let h = self.down.forward(space_to_depth(half.clone(), 2)); // [b, 96, h/4, w/4]
        let h = through(&self.mid, h);
        let h = depth_to_space(self.up.forward(h), 2) + half; // [b, 48, h/2, w/2]
        let h = through(&self.dec, h);
        let h = depth_to_space(self.up2.forward(activation::silu(h)), 2); // [b, 32, h, w]
        let h = self.fine.forward(h + self.skip.forward(x.clone()));
        let h = depth_to_space(self.head.forward(activation::silu(h)), SCALE); // [b, 4, 4h, 4w]
        h + enlarged(x, SCALE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_upscaler_enlarges_bilinearly() {
        let device = Device::flex();
        let upscaler = Upscaler::init(&device);
        assert_eq!(upscaler.num_params() / 1000, 760);
        // The input has a step between two columns; half a pixel beyond each centre, the output is
        // flat.
        let x = Tensor::<1>::from_floats([0.0, 0.0, 1.0, 1.0], &device).reshape([1, 1, 1, 4]);
        let x = x.expand([1, 4, 4, 4]);
        let y = upscaler.forward(x);
        assert_eq!(y.dims(), [1, 4, 16, 16]);
        let row: Vec<f32> = y.narrow(1, 0, 1).narrow(2, 3, 1).into_data().try_to_vec().unwrap();
        let edge = [0.0, 0.0, 0.125, 0.375, 0.625, 0.875, 1.0, 1.0];
        assert_eq!(row[4..12], edge, "{row:?}");
    }

    #[test]
    #[should_panic(expected = "multiples of 4, not 6×8")]
    fn refuses_sides_that_are_no_multiple_of_4() {
        let device = Device::flex();
        drop(Upscaler::init(&device).forward(Tensor::zeros([1, 4, 8, 6], &device)));
    }
}
