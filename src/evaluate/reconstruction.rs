//! The quality of an autoencoder's reconstructions: in values, and at edges, which viewers notice most.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::diffusion::Generator;
use crate::image::Image;
use crate::pipeline::Pipeline;
use crate::pipeline::pixels::{differences, to_tensor};

/// The measures of the reconstructions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reconstruction {
    /// The mean peak signal-to-noise ratio of premultiplied RGBA, in dB.
    pub psnr: f64,
    /// The same if the latents have noise of a tenth of their standard deviation, as the DiT's have.
    pub psnr_noisy: f64,
    /// The mean difference of the gradients of a picture and its reconstruction, relative to the mean
    /// gradient; 0 is perfect.
    pub edge_error: f64,
    /// The same with noise.
    pub edge_error_noisy: f64,
}

/// The standard deviation of the noise on normalised latents.
const NOISE: f64 = 0.1;

/// Measures the reconstructions of pictures of one size.
///
/// # Errors
/// Returns an error if the model was loaded without its encoder.
///
/// # Panics
/// Panics if there are no pictures, or the model's autoencoder is not the stickers'.
pub fn measure(model: &Pipeline, images: &[&Image]) -> Result<Reconstruction> {
    let mut sums = [0f64; 4];
    let mut generator = Generator::new(0);
    for images in images.chunks(8) {
        let x = to_tensor(images, &model.device);
        let clean = model.autoencoder.encode(x.clone())?;
        let noise = clean.noise_like(&mut generator);
        let noisy = clean.clone() + noise * NOISE;
        for (i, latent) in [clean, noisy].into_iter().enumerate() {
            let y = model.autoencoder.decode(&latent).clamp(-1.0, 1.0);
            sums[i] += psnr(x.clone(), y.clone()).iter().sum::<f64>();
            sums[2 + i] += edge_error(x.clone(), y).iter().sum::<f64>();
        }
    }
    let [psnr, psnr_noisy, edge_error, edge_error_noisy] =
        sums.map(|sum| sum / images.len() as f64);
    Ok(Reconstruction { psnr, psnr_noisy, edge_error, edge_error_noisy })
}

/// Returns the peak signal-to-noise ratio of each picture `y`, with values in −1..1, in dB.
///
/// # Shapes
/// `[b, c, h, w]`, both
pub fn psnr(x: Tensor<4>, y: Tensor<4>) -> Vec<f64> {
    let error = (x - y).square().mean_dims(&[1, 2, 3]);
    error.into_data().iter::<f32>().map(decibel).collect()
}

/// Returns the peak signal-to-noise ratio of a mean squared error of values that span 2; NaN if the
/// error is NaN, which `f64::max` would hide.
fn decibel(error: f32) -> f64 {
    let error = if error < 1e-10 { 1e-10 } else { error };
    10.0 * (4.0 / f64::from(error)).log10()
}

/// Returns the mean difference of the gradients of each picture `x` and its reconstruction `y`,
/// relative to its mean gradient.
///
/// # Shapes
/// `[b, c, h, w]`, both
pub fn edge_error(x: Tensor<4>, y: Tensor<4>) -> Vec<f64> {
    let (wrong, all) = (edges(x.clone() - y), edges(x));
    wrong.iter().zip(&all).map(|(wrong, all)| wrong / all.max(1e-6)).collect()
}

/// Returns the mean absolute difference between neighbours in each picture.
fn edges(x: Tensor<4>) -> Vec<f64> {
    let [across, down] = differences(x).map(|x| x.mean_dims(&[1, 2, 3]));
    (across + down).into_data().iter::<f32>().map(f64::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn psnr_keeps_nan_and_is_low_for_infinite_errors() {
        assert!((decibel(0.04) - 20.0).abs() < 1e-5);
        assert!((decibel(0.0) - 106.0).abs() < 0.1);
        assert!(decibel(f32::NAN).is_nan());
        assert_eq!(decibel(f32::INFINITY), f64::NEG_INFINITY);
    }
}
