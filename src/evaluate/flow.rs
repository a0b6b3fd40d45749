//! The error of the flow on given pictures, with the same noise levels and noise for every model. It is
//! the most sensitive comparison of two DiTs with the same encoder. It is not the loss that training
//! prints, which has other levels, captions and pictures.

use super::Asked;
use crate::Result;
use crate::diffusion::Generator;
use crate::diffusion::denoiser::{Network, Pass};
use crate::diffusion::guess::{self, GuessErrors, guess_error};
use crate::image::Image;
use crate::pipeline::Pipeline;
use crate::pipeline::conditions::Conditioned;
use crate::pipeline::pixels::to_tensor;
use crate::recipe::Recipe;

/// The number of noise levels, which are the middles of equal parts of 0..1.
const LEVELS: usize = 8;

/// Returns the mean squared error of the flow from each picture to noise, `noise − data`, given its
/// prompt and style, without guidance. A model that always predicts 0 has about 2, as latents and noise
/// have a variance of about 1 each.
///
/// # Errors
/// Returns an error if the model lacks a style.
///
/// # Panics
/// Panics if there are no pictures, or the model's autoencoder is not the stickers'.
pub fn flow_error(model: &Pipeline, asked: &[Asked], images: &[&Image]) -> Result<f64> {
    let mut generator = Generator::new(0);
    let mut sum = 0.0;
    for (asked, image) in asked.iter().zip(images) {
        let conditioned = conditioned(model, &asked.prompt, &asked.style)?;
        let data = model.autoencoder.encode(to_tensor(&[image], &model.device))?;
        for level in 0..LEVELS {
            let t = (level as f64 + 0.5) / LEVELS as f64;
            let noise = data.noise_like(&mut generator);
            // x̂ − x = t·((noise − x) − v)
            let predict = |x, timestep| conditioned.predict(x, timestep, Pass::Conditional);
            sum += guess_error(&data, &noise, t, predict) / (t * t);
        }
    }
    Ok(sum / (images.len() * LEVELS) as f64)
}

/// Returns the errors of the prediction of the clean latent at [`guess::LEVELS`], with each picture's
/// own prompt and with the next different one, in the picture's style.
///
/// # Errors
/// Returns an error if the model lacks a style.
///
/// # Panics
/// Panics if there are no pictures, or the model's autoencoder is not the stickers'.
pub fn guess_errors(model: &Pipeline, asked: &[Asked], images: &[&Image]) -> Result<GuessErrors> {
    let mut generator = Generator::new(0);
    let mut all = Vec::new();
    for (i, (Asked { prompt, style }, image)) in asked.iter().zip(images).enumerate() {
        let others = asked[i..].iter().chain(asked).map(|asked| &asked.prompt);
        let other = others.into_iter().find(|other| *other != prompt).unwrap_or(prompt);
        let [right, wrong] =
            [conditioned(model, prompt, style)?, conditioned(model, other, style)?];
        let data = model.autoencoder.encode(to_tensor(&[image], &model.device))?;
        let mut errors = GuessErrors::default();
        for (level, t) in guess::LEVELS.into_iter().enumerate() {
            let noise = data.noise_like(&mut generator);
            let error = |conditioned: &Conditioned<'_>| {
                let predict = |x, timestep| conditioned.predict(x, timestep, Pass::Conditional);
                guess_error(&data, &noise, t, predict)
            };
            (errors.right[level], errors.wrong[level]) = (error(&right), error(&wrong));
        }
        all.push(errors);
    }
    Ok(GuessErrors::mean(&all))
}

fn conditioned<'a>(model: &'a Pipeline, prompt: &str, style: &str) -> Result<Conditioned<'a>> {
    let recipe = Recipe { prompt: prompt.into(), style: style.into(), ..Recipe::default() };
    Conditioned::new(model, &recipe).map(|(conditioned, _)| conditioned)
}
