//! One recipe on its way: conditions, noise and the sampler, a step at a time.

use burn::tensor::Tensor;

use super::Pipeline;
use super::conditions::Conditioned;
use super::notes::unguided;
use crate::diffusion::{Generator, Guided, LevelOptions, Parameterised, Schedule};
use crate::recipe::Recipe;
use crate::samplers::{self, Sampling, Step};
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
        recipe.check()?;
        let mut sampler = samplers::named(match (recipe.sampler.as_str(), &pipeline.not_drawn) {
            ("", None) => pipeline.sampler,
            ("", Some(problem)) => return Err(own_sampler_needed(problem)),
            (name, _) => name,
        })?;
        sampler.set_eta(recipe.eta)?;
        // What the makers chose holds if the sampler has it; what the recipe asks for must hold.
        let options = pipeline.level_options;
        let karras = recipe.karras || (options.karras && sampler.takes_karras());
        let mut options = LevelOptions { karras, ..options };
        if recipe.even_sigmas {
            if pipeline.shift().is_none() {
                let problem = "Only models of a flow have even levels to ask for: leave them out with this one";
                return Err(Error::Recipe(problem.into()));
            }
            options.flow.smallest = None;
        }
        let schedule = match (recipe.shift, &pipeline.schedule) {
            (None, schedule) => schedule.clone(),
            (Some(shift), Schedule::Flow { .. }) => Schedule::Flow { shift },
            (Some(_), Schedule::Discrete { .. }) => {
                let problem = "Only models of a flow have a shift: leave it out with this one";
                return Err(Error::Recipe(problem.into()));
            }
        };
        let levels = samplers::levels(&*sampler, &schedule, recipe.steps, options)?;

        let [_, channels, _, _] = pipeline.latent_shape();
        if recipe.guidance_channels.is_some_and(|guided| guided > channels) {
            let problem = format!("The latent has only {channels} channels to guide");
            return Err(Error::Recipe(problem));
        }
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

    /// Returns what the user should hear, such as words of the prompt that did not fit.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Returns the noise the run began with, `[b, c, h, w]`.
    pub fn noise(&self) -> Tensor<4> {
        self.noise.clone()
    }

    /// Returns the noise levels σ where the run begins, and where each step ends.
    pub fn noise_levels(&self) -> Vec<f64> {
        let steps = &self.sampling.levels().steps;
        let first = steps.first().map(|step| step.from);
        first.into_iter().chain(steps.iter().map(|step| step.to)).collect()
    }

    /// Returns how many steps the run has.
    pub fn steps(&self) -> usize {
        self.sampling.levels().steps.len()
    }

    /// Returns the next step; `None` when all are done.
    pub fn step(&mut self) -> Option<Step> {
        let Self { denoiser, sampling, generators, pipeline, .. } = self;
        sampling.step(denoiser, || draw(pipeline, generators))
    }

    /// Returns the latent so far, `[b, c, h, w]`; after the last step, the result.
    pub fn latent(&self) -> Tensor<4> {
        self.sampling.latent()
    }
}

/// Returns what to say to whoever leaves the sampler to a model whose own is not drawn here.
fn own_sampler_needed(problem: &str) -> Error {
    let problem = format!(
        "{problem}. Or name a sampler (--sampler), which is then used over the model's levels"
    );
    Error::model(crate::pipeline::diffusers::scheduler_classes::SCHEDULER, problem)
}

/// One latent of noise from each generator, `[b, c, h, w]`.
fn draw(pipeline: &Pipeline, generators: &mut [Generator]) -> Tensor<4> {
    let shape = pipeline.latent_shape();
    let rows =
        generators.iter_mut().map(|generator| generator.randn_tensor(shape, &pipeline.device));
    Tensor::cat(rows.collect(), 0)
}
