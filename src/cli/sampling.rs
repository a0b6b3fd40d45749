//! The sampling options of every command that draws. The model decides those that are left out.

use clap::Args;

use crate::Result;
use crate::pipeline::Pipeline;
use crate::recipe::{PartialRecipe, Recipe};
use crate::samplers;

#[derive(Debug, Args)]
pub(super) struct SamplingOptions {
    /// Steps of the sampler; by default the model's own choice, 8 for the embedded one.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    steps: Option<usize>,
    /// Scale of classifier-free guidance: 1 means none; 0 draws from the negative prompt, without prompt
    /// and style. By default the model's own choice.
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    guidance: Option<f64>,
    /// Guide only while the noise level is between these, 0 to 1; 1 is pure noise.
    #[arg(long, value_names = ["FROM", "TO"], num_args = 2, allow_negative_numbers = true)]
    guidance_interval: Option<Vec<f64>>,
    #[arg(long, value_name = "NAME", help = sampler_help())]
    sampler: Option<String>,
    /// Shift of a flow's noise levels: above 1, more of the steps are at high noise, where the content of
    /// the picture is decided; 1 spaces them evenly. By default the model's own.
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    shift: Option<f64>,
}

fn sampler_help() -> String {
    format!(
        "{}; by default the model's own. For flow models, such as the embedded one, only {} are \
         available, without eta",
        samplers::names().join(", "),
        samplers::those_of_flows()
    )
}

impl SamplingOptions {
    /// Checks the options as far as that is possible without a model.
    ///
    /// # Errors
    /// Returns an error about the first option that is out of bounds.
    pub(super) fn check(&self) -> Result<()> {
        self.partial()?.onto(Recipe::default()).check()
    }

    /// Returns a recipe without a prompt, from these options and, for the others, the defaults of
    /// `pipeline`, with every field resolved.
    ///
    /// # Errors
    /// Returns an error if the named sampler does not exist.
    pub(super) fn recipe(&self, pipeline: &Pipeline) -> Result<Recipe> {
        pipeline.resolve(&self.partial()?)
    }

    /// Returns the options that are given.
    ///
    /// # Errors
    /// Returns an error if the named sampler does not exist.
    pub(super) fn partial(&self) -> Result<PartialRecipe> {
        let sampler = self.sampler.as_deref().filter(|name| !name.is_empty());
        let sampler = sampler.map(|name| samplers::named(name).map(|sampler| sampler.name()));
        let interval = self.guidance_interval.as_deref();
        Ok(PartialRecipe {
            steps: self.steps,
            guidance: self.guidance,
            guidance_interval: interval.and_then(|ends| Some((*ends.first()?, *ends.get(1)?))),
            sampler: sampler.transpose()?.map(str::to_owned),
            shift: self.shift,
            ..PartialRecipe::default()
        })
    }
}
