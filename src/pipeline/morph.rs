//! The way from one recipe to another: frames between two pictures.

use super::conditions::Conditioned;
use super::start::seeded;
use super::{Pipeline, Run, Start};
use crate::diffusion::Generator;
use crate::recipe::Recipe;
use crate::{Error, Result};

impl Pipeline {
    /// Begins the run of a frame between two recipes, at `share` of the way: 0 is the first, 1 the last.
    /// The noise goes a path on the sphere, the text states and the vectors of the styles a straight
    /// one. Steps, sampler and guidance are those of the first recipe.
    ///
    /// # Errors
    /// Returns an error if a recipe begins with a picture, or does not fit the model.
    pub fn begin_between(&self, ends: [&Recipe; 2], share: f64) -> Result<Run<'_>> {
        let [from, to] = ends;
        if ends.iter().any(|recipe| recipe.begins_with_picture()) {
            return Err(Error::Recipe(
                "A morph goes between pictures that are drawn from words alone: choose one that was \
                 not made from another picture"
                    .into(),
            ));
        }
        let [start, end] = ends.map(|recipe| {
            let recipe = Recipe { count: 1, ..recipe.clone() };
            seeded(self, &recipe, &mut [Generator::new(recipe.seed)])
        });
        let noise = Some(start.slerp(&end, share));
        let recipe = Recipe { count: 1, ..from.clone() };
        let conditions = Conditioned::between(self, [&recipe, to], share)?;
        Run::under(self, &recipe, Start { noise, from: None }, conditions)
    }
}

/// Returns the places of `count` frames on the way, evenly from 0 to 1.
pub fn shares(count: usize) -> impl Iterator<Item = f64> {
    let last = count.saturating_sub(1).max(1) as f64;
    (0..count).map(move |i| i as f64 / last)
}
