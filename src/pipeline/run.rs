//! A run of one recipe: its conditions, its noise and the sampler, one step at a time.

use super::Pipeline;
use super::conditions::Conditioned;
use super::notes::unguided;
use super::plan::plan;
use super::start::{Origin, Start};
use crate::Result;
use crate::diffusion::{Generator, Guided, Latent, Parameterised};
use crate::recipe::Recipe;
use crate::samplers::{Sampling, Step};

/// A run between its beginning and its last step.
#[derive(Debug)]
pub struct Run<'a> {
    denoiser: Guided<Conditioned<'a>>,
    sampling: Sampling,
    generators: Vec<Generator>,
    pipeline: &'a Pipeline,
    /// The index of its first step among those of its levels: 0, or more if it begins with a picture.
    first: usize,
    noise: Latent,
    origin: Option<Origin>,
    notes: Vec<String>,
}

impl<'a> Run<'a> {
    pub(super) fn new(pipeline: &'a Pipeline, recipe: &Recipe, start: Start) -> Result<Self> {
        Self::under(pipeline, recipe, start, Conditioned::new(pipeline, recipe)?)
    }

    /// Begins a run of a recipe under conditions that may differ from the recipe's own.
    pub(super) fn under(
        pipeline: &'a Pipeline,
        recipe: &Recipe,
        start: Start,
        (network, mut notes): (Conditioned<'a>, Vec<String>),
    ) -> Result<Self> {
        let (sampler, levels) = plan(pipeline, recipe)?;
        let guides = !pipeline.guides_above_1 || recipe.guidance > 1.0;
        let scale = if guides { recipe.guidance } else { 1.0 };
        let timesteps = pipeline.schedule.timesteps();
        // At full strength nothing is left of the picture, so that the run begins with noise alone.
        let first = match start.from {
            Some(_) if recipe.strength < 1.0 => levels.first_step(recipe.strength),
            _ => 0,
        };
        notes.extend(unguided(recipe, scale, &levels.steps[first..], timesteps));
        let seeds = (0..recipe.count as u64).map(|i| recipe.seed.wrapping_add(i));
        let mut generators: Vec<_> = seeds.map(Generator::new).collect();
        let (noise, origin) = start.resolve(pipeline, recipe, &mut generators)?;
        let denoiser = Guided {
            model: Parameterised { network, prediction: pipeline.prediction },
            scale,
            channels: recipe.guidance_channels,
            interval: recipe.guidance_interval,
            timesteps,
        };
        let sampling = match &origin {
            Some(Origin { latent, .. }) if recipe.strength < 1.0 => {
                let noisy = levels.add_noise(first, latent.clone(), noise.clone());
                Sampling::resume(sampler, levels, first, noisy)
            }
            _ => Sampling::new(sampler, levels, noise.clone()),
        };
        Ok(Self { denoiser, sampling, generators, pipeline, first, noise, origin, notes })
    }

    /// Returns notes for the user, such as words of the prompt that did not fit.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Returns the seeds' noise, or the noise that was given in its place.
    pub fn noise(&self) -> Latent {
        self.noise.clone()
    }

    /// Returns the noise levels σ at the start of the run and at the end of each step.
    pub fn noise_levels(&self) -> Vec<f64> {
        let steps = &self.sampling.levels().steps[self.first..];
        let first = steps.first().map_or(0.0, |step| step.from);
        [first].into_iter().chain(steps.iter().map(|step| step.to)).collect()
    }

    /// Returns how many steps the run takes: fewer than its recipe says if it begins with a picture.
    pub fn steps(&self) -> usize {
        self.sampling.levels().steps.len() - self.first
    }

    /// Takes the next step and returns it, with 0 as the index of the run's first; `None` if all steps are
    /// done.
    pub fn step(&mut self) -> Option<Step> {
        let Self { denoiser, sampling, generators, pipeline, .. } = self;
        let noise = || Latent::noise(generators, pipeline.latent_shape(), &pipeline.device);
        let step = sampling.step(denoiser, noise)?;
        let step = Step { index: step.index - self.first, ..step };
        Some(self.kept(step))
    }

    /// Returns a step with what the mask keeps of the picture put back: its latent at the level where the
    /// next step begins, with the noise of the run's beginning, as in diffusers' inpainting (Avrahami et
    /// al., arXiv 2111.14818). Where the mask is between 0 and 1, the picture is kept while the timestep's
    /// part of its range is larger (Levin and Fried, “Differential Diffusion”, arXiv 2306.00950).
    fn kept(&mut self, step: Step) -> Step {
        let Some(Origin { latent: clean, mask: Some(mask) }) = &self.origin else { return step };
        let (sampling, noise) = (&mut self.sampling, self.noise.clone());
        let known = sampling.levels().add_noise(sampling.index(), clean.clone(), noise);
        let next = sampling.levels().steps.get(sampling.index());
        let time =
            next.map_or(0.0, |next| next.timestep) / self.pipeline.schedule.timesteps() as f64;
        let mask = mask.clone().at_least(time.max(1e-6));
        let latent = sampling.latent().blend(known, &mask);
        sampling.replace_latent(latent.clone());
        Step { latent, denoised: step.denoised.blend(clean.clone(), &mask), ..step }
    }

    /// Returns the current latent, which is the result after the last step.
    pub fn latent(&self) -> Latent {
        self.sampling.latent()
    }
}
