//! The plan of a recipe's run, made before anything is computed: its sampler and its noise levels.

use super::Pipeline;
use super::conditions::{label, refuse_words};
use super::diffusers::scheduler_classes::SCHEDULER;
use crate::diffusion::{Levels, Schedule};
use crate::recipe::Recipe;
use crate::samplers::{self, Sampler};
use crate::{Error, Result};

impl Pipeline {
    /// Checks whether a recipe can be drawn, without drawing anything, and returns how many steps it takes.
    ///
    /// # Errors
    /// Returns an error if the recipe does not fit the model or the sampler.
    pub fn check(&self, recipe: &Recipe) -> Result<usize> {
        label(self, recipe)?;
        if self.text.is_none() {
            refuse_words("prompt", &recipe.prompt)?;
            refuse_words("negative prompt", &recipe.negative)?;
        }
        let (_, levels) = plan(self, recipe)?;
        let first = match recipe.begins_with_picture() {
            true => levels.first_step(recipe.strength),
            false => 0,
        };
        Ok(levels.steps.len() - first)
    }
}

/// Returns the sampler of a recipe, and the noise levels of its run.
///
/// # Errors
/// Returns an error if the recipe does not fit the model or the sampler.
pub(super) fn plan(pipeline: &Pipeline, recipe: &Recipe) -> Result<(Box<dyn Sampler>, Levels)> {
    recipe.check()?;
    let refuse = |problem: String| Err(Error::Recipe(problem));
    let mut sampler = samplers::named(match (recipe.sampler.as_str(), &pipeline.not_drawn) {
        ("", None) => pipeline.sampler,
        ("", Some(problem)) => return Err(needs_a_sampler(problem)),
        (name, _) => name,
    })?;
    samplers::set_eta(&mut *sampler, recipe.eta)?;
    // The authors' choice applies only if the sampler supports it. The recipe's choice must be supported.
    let mut options = pipeline.level_options;
    options.karras = recipe.karras || (options.karras && sampler.capabilities().takes_karras);
    options.flow.even = recipe.even_sigmas;
    if recipe.even_sigmas && pipeline.shift().is_none() {
        return refuse(
            "Only flow models can have even levels: leave them out with this model".into(),
        );
    }
    let schedule = match (recipe.shift, &pipeline.schedule) {
        (None, schedule) => schedule.clone(),
        (Some(shift), Schedule::Flow { .. }) => Schedule::Flow { shift },
        (Some(_), Schedule::Discrete { .. }) => {
            return refuse("Only flow models have a shift: leave it out with this model".into());
        }
    };
    let levels = samplers::levels(&*sampler, &schedule, recipe.steps, options)?;
    let [_, channels, _, _] = pipeline.latent_shape();
    if recipe.guidance_channels.is_some_and(|guided| guided > channels) {
        return refuse(format!("The latent has only {channels} channels that can be guided"));
    }
    Ok((sampler, levels))
}

/// Returns the error about a recipe that names no sampler if the model's own is not supported here.
fn needs_a_sampler(problem: &str) -> Error {
    let advice = "Or name a sampler (--sampler), which then uses the model's noise levels";
    Error::model(SCHEDULER, format!("{problem}. {advice}"))
}
