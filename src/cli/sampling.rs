//! The options by which every command that draws chooses how; the model decides what is left out.

use clap::Args;

use crate::Result;
use crate::pipeline::Pipeline;
use crate::recipe::{Defaults, Recipe};
use crate::samplers;

#[derive(Debug, Args)]
pub(super) struct SamplingOptions {
    /// Steps of the sampler; by default the model's own choice, 8 for the embedded one.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    steps: Option<usize>,
    /// Scale of classifier-free guidance: 1 is none; 0 draws from the negative prompt, without
    /// prompt and style. By default the model's own choice.
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    guidance: Option<f64>,
    /// Guide only while the noise level is between these, 0 to 1; 1 is pure noise.
    #[arg(long, value_names = ["FROM", "TO"], num_args = 2, allow_negative_numbers = true)]
    guidance_interval: Option<Vec<f64>>,
    #[arg(long, value_name = "NAME", help = sampler_help())]
    sampler: Option<String>,
    /// Above 1 a flow takes more of its steps while there is much noise, which is where it is decided what
    /// the picture shows; 1 spaces them evenly. By default the model's own.
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    shift: Option<f64>,
}

fn sampler_help() -> String {
    format!(
        "{}; by default the model's own. Flows, such as the embedded model, take {}, and no eta",
        samplers::names().join(", "),
        samplers::those_of_flows()
    )
}

impl SamplingOptions {
    /// Refuses at once what no model can draw with.
    ///
    /// # Errors
    /// Returns a sentence about the first option that is out of bounds.
    pub(super) fn check(&self) -> Result<()> {
        self.over(&Defaults::default())?.check()
    }

    /// Returns a recipe without a prompt: these options, and what `pipeline` chooses for the rest,
    /// written out.
    ///
    /// # Errors
    /// Returns an error if a sampler is named that does not exist.
    pub(super) fn recipe(&self, pipeline: &Pipeline) -> Result<Recipe> {
        Ok(pipeline.resolved(&self.over(&pipeline.defaults)?))
    }

    /// Puts the options that are given into a recipe.
    ///
    /// # Errors
    /// Returns an error if a sampler is named that does not exist.
    pub(super) fn apply(&self, recipe: &mut Recipe) -> Result<()> {
        recipe.steps = self.steps.unwrap_or(recipe.steps);
        recipe.guidance = self.guidance.unwrap_or(recipe.guidance);
        if let Some([from, to]) = self.guidance_interval.as_deref() {
            recipe.guidance_interval = (*from, *to);
        }
        if let Some(name) = self.sampler.as_deref().filter(|name| !name.is_empty()) {
            recipe.sampler = samplers::named(name)?.name().to_owned();
        }
        recipe.shift = self.shift.or(recipe.shift);
        Ok(())
    }

    fn over(&self, defaults: &Defaults) -> Result<Recipe> {
        let mut recipe = defaults.recipe();
        self.apply(&mut recipe)?;
        Ok(recipe)
    }
}
