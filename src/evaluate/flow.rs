//! The error of the flow on pictures of one's choice, with the same levels and noise for every model:
//! what tells two DiTs of one encoder apart soonest. It is not the loss that training prints, which
//! has other levels, captions and pictures.

use burn::tensor::Tensor;

use super::Asked;
use crate::Result;
use crate::diffusion::Generator;
use crate::diffusion::denoiser::{Network, Pass};
use crate::image::Image;
use crate::pipeline::Pipeline;
use crate::pipeline::conditions::Conditioned;
use crate::recipe::Recipe;
use crate::train::examples::{normalised_latents, to_tensor};

/// Noise levels, in the middles of equal parts of 0..1.
const LEVELS: usize = 8;

/// The mean squared error of the flow from each picture to noise, `noise − data`, under what was
/// asked for, without guidance. A model that always says 0 has about 2, as latents and noise have a
/// variance of about 1 each.
///
/// # Errors
/// Where the model knows no such style.
///
/// # Panics
/// Where there are no pictures, or the model's autoencoder is not the stickers'.
pub fn flow_error(model: &Pipeline, asked: &[Asked], images: &[&Image]) -> Result<f64> {
    let mut generator = Generator::new(0);
    let mut sum = 0.0;
    for (Asked { prompt, style }, image) in asked.iter().zip(images) {
        let recipe = Recipe { prompt: prompt.clone(), style: style.clone(), ..Recipe::default() };
        let (conditioned, _) = Conditioned::new(model, &recipe)?;
        let data = normalised_latents(model, to_tensor(&[image], &model.device));
        for level in 0..LEVELS {
            let t = (level as f64 + 0.5) / LEVELS as f64;
            let noise: Tensor<4> = generator.randn_tensor(data.dims(), &model.device);
            let noisy = data.clone() * (1.0 - t) + noise.clone() * t;
            let flow = conditioned.predict(noisy, 1000.0 * t, Pass::Conditional);
            let error = (flow - (noise - data.clone())).square().mean();
            sum += f64::from(error.into_scalar::<f32>());
        }
    }
    Ok(sum / (images.len() * LEVELS) as f64)
}
