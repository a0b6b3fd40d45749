//! Mattes: how much each pixel of a picture belongs to the thing in it, as U²-Netp sees it. Pictures are
//! prepared as the Python package rembg prepares them.

use burn::tensor::{Device, Tensor, TensorData};

use super::Source;
use crate::image::Image;
use crate::image::ground::with_matte;
use crate::image::resize::on_white_resized;
use crate::model::U2Netp;
use crate::weights::{Checkpoint, keys, load};
use crate::{Error, Result};

/// The file of the network's weights.
pub const WEIGHTS: &str = "u2netp.safetensors";
/// The width and height of a matte, in pixels, whatever the picture's are.
pub const SIDE: usize = 320;
/// The mean and the deviation of red, green and blue in the pictures that the network has learnt from.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];
/// The least difference between a matte's values that is stretched to 0..1. Below it nothing in the picture
/// stands out.
const LEAST_RANGE: f32 = 1e-3;

/// Cuts the thing in a picture out of its background: U²-Netp on a device.
#[derive(Debug)]
pub struct Cutter {
    network: U2Netp,
    device: Device,
}

impl Cutter {
    /// Loads the network's weights from a folder or address that holds the file [`WEIGHTS`].
    ///
    /// # Errors
    /// Returns an error if the file cannot be read, or does not hold this network.
    pub async fn load(source: &impl Source, device: &Device) -> Result<Self> {
        let bytes = source.read(WEIGHTS).await?;
        let weights = Checkpoint::new(WEIGHTS, vec![bytes])?;
        let network = load(U2Netp::init(device), &weights, &keys::U2NETP)?;
        Ok(Self { network, device: device.clone() })
    }

    /// Returns the network.
    pub fn network(&self) -> &U2Netp {
        &self.network
    }

    /// Returns the matte of a picture, `SIDE·SIDE` values from 0 (background) to 1 (the thing), row by row.
    /// Its rows and columns are stretched over the whole picture, whose sides may differ.
    ///
    /// # Errors
    /// Returns an error if the picture has no pixels, or if the device fails.
    pub async fn matte(&self, picture: &Image) -> Result<Vec<f32>> {
        if picture.width == 0 || picture.height == 0 {
            return Err(Error::Picture("The picture has no pixels".into()));
        }
        let small = on_white_resized(picture, SIDE, SIDE)?;
        let data = self.network.forward(normalised(&small, &self.device)).into_data_async().await;
        let data =
            data.map_err(|problem| Error::Device(format!("The device gave no matte: {problem}")))?;
        let values: Vec<f32> = data.iter::<f32>().collect();
        if !values.iter().all(|value| value.is_finite()) {
            let problem = "The device computed a matte that is not finite: choose the CPU";
            return Err(Error::Device(problem.into()));
        }
        Ok(stretched(values))
    }

    /// Returns a picture with a transparent background: what is not the thing in it, as the network sees
    /// it.
    ///
    /// # Errors
    /// Returns an error if the picture has no pixels, or if the device fails.
    pub async fn without_ground(&self, picture: &Image) -> Result<Image> {
        let matte = self.matte(picture).await?;
        let matte: Vec<u8> = matte.into_iter().map(|value| (255.0 * value).round() as u8).collect();
        with_matte(picture, &matte, [SIDE, SIDE])
    }
}

/// Returns the network's input from an opaque picture, `[1, 3, h, w]`. The brightest value becomes 1.
fn normalised(picture: &Image, device: &Device) -> Tensor<4> {
    let pixels = picture.pixels.as_chunks::<4>().0;
    let brightest = pixels.iter().flat_map(|[r, g, b, _]| [*r, *g, *b]).max().unwrap_or(0);
    let plane = |c: usize| {
        let value = move |pixel: &[u8; 4]| f32::from(pixel[c]) / f32::from(brightest.max(1));
        pixels.iter().map(move |pixel| (value(pixel) - MEAN[c]) / DEVIATION[c])
    };
    let values: Vec<f32> = (0..3).flat_map(plane).collect();
    Tensor::from_data(TensorData::new(values, [1, 3, picture.height, picture.width]), device)
}

/// Stretches values so that the least is 0 and the largest is 1, unless all are almost the same.
fn stretched(values: Vec<f32>) -> Vec<f32> {
    let least = values.iter().copied().fold(f32::INFINITY, f32::min);
    let range = values.iter().copied().fold(f32::NEG_INFINITY, f32::max) - least;
    if range < LEAST_RANGE {
        return values;
    }
    values.into_iter().map(|value| (value - least) / range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_brightest_value_becomes_1_before_the_mean_is_taken_off() {
        let pixels = vec![50, 100, 200, 255, 0, 0, 0, 255];
        let x = normalised(&Image { width: 2, height: 1, pixels }, &Device::flex());
        assert_eq!(x.dims(), [1, 3, 1, 2]);
        let values: Vec<f32> = x.into_data().try_to_vec().unwrap();
        let first = [values[0], values[2], values[4]];
        let expected = [(0.25 - 0.485) / 0.229, (0.5 - 0.456) / 0.224, (1.0 - 0.406) / 0.225];
        for (got, want) in first.iter().zip(expected) {
            assert!((got - want).abs() < 1e-6f32, "{got} is not {want}");
        }
    }

    #[test]
    fn stretches_a_matte_to_its_ends_but_no_even_one() {
        assert_eq!(stretched(vec![0.25, 0.5, 0.75]), [0.0, 0.5, 1.0]);
        assert_eq!(stretched(vec![0.25; 3]), [0.25; 3]);
    }
}
