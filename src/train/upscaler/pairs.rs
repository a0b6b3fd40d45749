//! The training pairs of an upscaler: small pictures with the flaws of drawings, and the true pictures.
//! Each small picture is passed through the autoencoder, and is also redrawn by the DiT from a noise
//! level, so that the upscaler learns to correct the errors of the DiT.

use rand::RngExt;

use crate::dataset::Entry;
use crate::diffusion::levels::Levels;
use crate::diffusion::{Generator, Guided, Latent, Parameterised};
use crate::image::Image;
use crate::pipeline::Pipeline;
use crate::pipeline::conditions::Conditioned;
use crate::pipeline::pixels::{to_images, to_tensor};
use crate::recipe::Recipe;
use crate::samplers::{self, Sampling};
use crate::tools::random::step_rng;
use crate::{Error, Result};

/// The noise levels from which pictures are redrawn, 1 being pure noise.
const LEVELS: std::ops::Range<f64> = 0.08..0.45;
/// The guidance scales with which they are redrawn.
const GUIDANCE: [f64; 2] = [1.0, 3.0];
/// How often each picture is redrawn.
const REDRAWN: usize = 2;

/// A small picture as the model draws it.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// The picture.
    pub image: Image,
    /// The noise level from which it was redrawn; 0 if it came through the autoencoder alone.
    pub level: f64,
}

/// Returns a picture as the model draws it: passed through its autoencoder, and redrawn. `seed` and
/// `place` decide the noise levels, the guidance scales and the noise.
///
/// # Errors
/// Returns an error if the model cannot draw the prompt of `entry`, or the device fails.
pub fn drawn(
    model: &Pipeline,
    (place, entry): (usize, &Entry),
    small: &Image,
    seed: u64,
) -> Result<Vec<Drawn>> {
    let latent = model.autoencoder.encode(to_tensor(&[small], &model.device))?;
    let decoded = |latent: &Latent, level: f64| {
        let mut images = pollster::block_on(to_images(model.autoencoder.decode(latent)))?;
        let image = images.pop().ok_or_else(|| Error::Training("nothing was decoded".into()))?;
        Ok::<_, Error>(Drawn { image, level })
    };
    let mut all = vec![decoded(&latent, 0.0)?];
    let mut rng = step_rng(seed, place);
    for _ in 0..REDRAWN {
        let level = rng.random_range(LEVELS);
        let guidance = GUIDANCE[rng.random_range(0..GUIDANCE.len())];
        let noise = latent.noise_like(&mut Generator::new(rng.random()));
        let noisy = latent.clone() * (1.0 - level) + noise * level;
        let recipe = Recipe {
            prompt: entry.label.clone(),
            // A model that does not have the style draws without one.
            style: if model.style(&entry.style).is_ok() {
                entry.style.clone()
            } else {
                String::new()
            },
            guidance,
            ..model.defaults.recipe()
        };
        all.push(decoded(&redrawn(model, &recipe, noisy, level)?, level)?);
    }
    Ok(all)
}

/// Returns the clean latent to which a rectified flow leads from a noise level. The number of Euler
/// steps of equal size is 10 times the level, but at least two.
fn redrawn(model: &Pipeline, recipe: &Recipe, noisy: Latent, level: f64) -> Result<Latent> {
    let steps = ((10.0 * level).round() as usize).max(2);
    let sigmas: Vec<f64> = (0..=steps).map(|i| level * (1.0 - i as f64 / steps as f64)).collect();
    let timesteps = model.schedule.timesteps();
    let times: Vec<f64> = sigmas.iter().map(|sigma| sigma * timesteps as f64).collect();
    let levels = Levels::through(&model.schedule, &sigmas, &times, 1.0);
    let (network, _) = Conditioned::new(model, recipe)?;
    let denoiser = Guided {
        model: Parameterised { network, prediction: model.prediction },
        scale: recipe.guidance,
        channels: None,
        interval: (0.0, 1.0),
        timesteps,
    };
    let mut sampling = Sampling::resume(samplers::named("euler")?, levels, 0, noisy);
    while sampling.step(&denoiser, || unreachable!("Euler's steps add no noise")).is_some() {}
    Ok(sampling.latent())
}
