//! A run of one recipe: its conditions, its noise and the sampler, one step at a time.

use burn::tensor::Tensor;

use super::Pipeline;
use super::conditions::Conditioned;
use super::notes::unguided;
use super::plan::plan;
use crate::diffusion::{Generator, Guided, Parameterised};
use crate::recipe::Recipe;
use crate::samplers::{Sampling, Step};
use crate::{Error, Result};

/// A run between its beginning and its last step.
#[derive(Debug)]
pub struct Run<'a> {
    denoiser: Guided<Conditioned<'a>>,
    sampling: Sampling,
    generators: Vec<Generator>,
    pipeline: &'a Pipeline,
    noise: Tensor<4>,
    notes: Vec<String>,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        pipeline: &'a Pipeline,
        recipe: &Recipe,
        given: Option<Tensor<4>>,
    ) -> Result<Self> {
        let (sampler, levels) = plan(pipeline, recipe)?;
        let (network, mut notes) = Conditioned::new(pipeline, recipe)?;
        let guides = !pipeline.guides_above_1 || recipe.guidance > 1.0;
        let scale = if guides { recipe.guidance } else { 1.0 };
        let timesteps = pipeline.schedule.timesteps();
        notes.extend(unguided(recipe, scale, &levels, timesteps));
        let seeds = (0..recipe.count as u64).map(|i| recipe.seed.wrapping_add(i));
        let mut generators: Vec<_> = seeds.map(Generator::new).collect();
        let drawn = draw(pipeline, &mut generators);
        let noise = match given {
            None => drawn,
            Some(noise) if noise.dims() == drawn.dims() => noise,
            Some(noise) => {
                return Err(Error::Recipe(format!(
                    "The given latents have shape {:?}, and this model needs {:?}",
                    noise.dims(),
                    drawn.dims()
                )));
            }
        };
        let denoiser = Guided {
            model: Parameterised { network, prediction: pipeline.prediction },
            scale,
            channels: recipe.guidance_channels,
            interval: recipe.guidance_interval,
            timesteps,
        };
        let sampling = Sampling::new(sampler, levels, noise.clone());
        Ok(Self { denoiser, sampling, generators, pipeline, noise, notes })
    }

    /// Returns notes for the user, such as words of the prompt that did not fit.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Returns the noise that the run began with, `[b, c, h, w]`.
    pub fn noise(&self) -> Tensor<4> {
        self.noise.clone()
    }

    /// Returns the noise levels σ at the start of the run and at the end of each step.
    pub fn noise_levels(&self) -> Vec<f64> {
        let steps = &self.sampling.levels().steps;
        let first = steps.first().map(|step| step.from);
        first.into_iter().chain(steps.iter().map(|step| step.to)).collect()
    }

    /// Returns how many steps the run has.
    pub fn steps(&self) -> usize {
        self.sampling.levels().steps.len()
    }

    /// Takes the next step and returns it; `None` if all steps are done.
    pub fn step(&mut self) -> Option<Step> {
        let Self { denoiser, sampling, generators, pipeline, .. } = self;
        sampling.step(denoiser, || draw(pipeline, generators))
    }

    /// Returns the current latent, `[b, c, h, w]`, which is the result after the last step.
    pub fn latent(&self) -> Tensor<4> {
        self.sampling.latent()
    }
}

/// Draws one latent of noise from each generator, `[b, c, h, w]`.
fn draw(pipeline: &Pipeline, generators: &mut [Generator]) -> Tensor<4> {
    let shape = pipeline.latent_shape();
    let rows =
        generators.iter_mut().map(|generator| generator.randn_tensor(shape, &pipeline.device));
    Tensor::cat(rows.collect(), 0)
}
