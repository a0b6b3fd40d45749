//! Statistics of a new autoencoder's latents: the mean and standard deviation of each channel, and the
//! linear map from latents to colours (the preview), fitted by least squares.

use burn::tensor::{Device, Tensor};
use nalgebra::DMatrix;

use crate::image::Image;
use crate::model::StickerAutoencoder;
use crate::model::sticker_autoencoder::{FACTOR, LATENT_CHANNELS};
use crate::pipeline::PreviewMap;
use crate::pipeline::pixels::to_tensor;

/// The latent statistics in a model's manifest.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// Mean of each channel.
    pub mean: Vec<f32>,
    /// Standard deviation of each channel.
    pub std: Vec<f32>,
    /// The map from normalised latents to the premultiplied mean colours of their blocks, in 0..1.
    pub preview: PreviewMap,
}

/// The maximum number of pictures that are used.
const MOST: usize = 1000;

/// Fits the statistics to at most 1000 pictures, spaced evenly over all.
///
/// # Panics
/// Panics if there are no pictures.
pub fn fit(autoencoder: &StickerAutoencoder, pictures: &[&Image], device: &Device) -> Fitted {
    let every = pictures.len().div_ceil(MOST);
    let pictures: Vec<&Image> = pictures.iter().step_by(every).copied().collect();
    let (mut latents, mut colours) = (Vec::new(), Vec::new());
    for pictures in pictures.chunks(16) {
        let x = to_tensor(pictures, device);
        let [count, channels, height, width] = x.dims();
        let (rows, columns) = (height / FACTOR, width / FACTOR);
        latents.extend(cells(autoencoder.encode(x.clone()).0));
        let blocks = x.reshape([count * channels, rows, FACTOR, columns, FACTOR]);
        let blocks = blocks.mean_dims(&[2, 4]).reshape([count, channels, rows, columns]);
        colours.extend(cells((blocks + 1.0) / 2.0));
    }
    let count = latents.len() / LATENT_CHANNELS;
    let column = |c: usize| (0..count).map(move |i| i * LATENT_CHANNELS + c);
    let mean: Vec<f64> = (0..LATENT_CHANNELS)
        .map(|c| column(c).map(|i| latents[i]).sum::<f64>() / count as f64)
        .collect();
    let std: Vec<f64> = (0..LATENT_CHANNELS)
        .map(|c| {
            let square = column(c).map(|i| (latents[i] - mean[c]).powi(2)).sum::<f64>();
            (square / count as f64).sqrt().max(1e-6)
        })
        .collect();
    let normal = DMatrix::from_fn(count, LATENT_CHANNELS + 1, |i, c| match c {
        LATENT_CHANNELS => 1.0,
        c => (latents[i * LATENT_CHANNELS + c] - mean[c]) / std[c],
    });
    let colours = DMatrix::from_row_slice(count, 4, &colours);
    let square = normal.transpose() * &normal + DMatrix::identity(9, 9) * 1e-6;
    let map = square.lu().solve(&(normal.transpose() * colours)).expect("it is not singular");
    let row = |c: usize| map.row(c).iter().map(|value| *value as f32).collect();
    let single = |values: Vec<f64>| values.into_iter().map(|value| value as f32).collect();
    Fitted {
        mean: single(mean),
        std: single(std),
        preview: PreviewMap {
            weight: (0..LATENT_CHANNELS).map(row).collect(),
            bias: row(LATENT_CHANNELS),
        },
    }
}

/// Returns `[b, c, h, w]` as rows of channels.
fn cells(x: Tensor<4>) -> Vec<f64> {
    x.permute([0, 2, 3, 1]).into_data().iter::<f64>().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fitted_preview_has_the_mean_colour() {
        let device = Device::flex();
        let autoencoder = StickerAutoencoder::init(&device);
        let plain = |i: u8| Image {
            width: 32,
            height: 32,
            pixels: [i.wrapping_mul(37), i.wrapping_mul(91), i.wrapping_mul(53), 255].repeat(1024),
        };
        let pictures: Vec<Image> = (0..40).map(plain).collect();
        let fitted = fit(&autoencoder, &pictures.iter().collect::<Vec<_>>(), &device);
        assert!(fitted.preview.fits(LATENT_CHANNELS));
        assert!(fitted.std.iter().all(|std| *std > 1e-4), "{:?}", fitted.std);
        // The map returns the mean colour for the mean latent.
        let mean = |c: usize| {
            let sum: u32 = pictures.iter().map(|picture| u32::from(picture.pixels[c])).sum();
            sum as f32 / pictures.len() as f32 / 255.0
        };
        for c in 0..4 {
            assert!((fitted.preview.bias[c] - mean(c)).abs() < 0.01, "{c}");
        }
    }
}
