//! The way back from a picture to the noise that draws it.

use super::conditions::Conditioned;
use super::plan::plan;
use super::{Latent, Pipeline};
use crate::diffusion::{Guided, Parameterised};
use crate::recipe::Recipe;
use crate::samplers::Inversion;
use crate::{Error, Result};

/// The inversion of a picture between its beginning and its last step.
#[derive(Debug)]
pub struct Inverting<'a> {
    denoiser: Guided<Conditioned<'a>>,
    inversion: Inversion,
}

impl Pipeline {
    /// Begins the inversion of a picture's latent, `[1, c, h, w]`, over the steps that `recipe` takes.
    /// The conditions are the recipe's source prompt and source style, without guidance, because
    /// guidance would not lead back.
    ///
    /// # Errors
    /// Returns an error if the recipe does not fit the model, or if its sampler has other levels than
    /// Euler's method.
    pub fn invert(&self, recipe: &Recipe, latent: Latent) -> Result<Inverting<'_>> {
        let (sampler, levels) = plan(self, recipe)?;
        if sampler.capabilities().adds_noise || recipe.eta > 0.0 {
            return Err(Error::Recipe(
                "A sampler that adds noise does not lead back to a picture: choose Euler".into(),
            ));
        }
        let source = Recipe {
            prompt: recipe.source_prompt.clone(),
            style: recipe.source_style.clone(),
            negative: String::new(),
            count: 1,
            ..recipe.clone()
        };
        let (network, _) = Conditioned::new(self, &source)?;
        let denoiser = Guided {
            model: Parameterised { network, prediction: self.prediction },
            scale: 1.0,
            channels: None,
            interval: (0.0, 1.0),
            timesteps: self.schedule.timesteps(),
        };
        let first = levels.first_step(recipe.strength);
        Ok(Inverting { denoiser, inversion: Inversion::new(levels, first, latent) })
    }
}

impl Inverting<'_> {
    /// Returns how many steps there are.
    pub fn steps(&self) -> usize {
        self.inversion.steps()
    }

    /// Returns the latent so far.
    pub fn latent(&self) -> Latent {
        self.inversion.latent()
    }

    /// Goes one step back. Returns whether there was one to go.
    pub fn step(&mut self) -> bool {
        self.inversion.step(&self.denoiser)
    }

    /// Returns the noise that was found, with which the recipe's run begins.
    pub fn noise(self) -> Latent {
        self.inversion.noise()
    }
}
