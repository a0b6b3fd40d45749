//! What of the form's recipe follows the model, because the visitor did not choose it.

use super::Known;
use super::offer::offered;
use crate::recipe::{Defaults, Recipe};

/// What follows the model.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Follows {
    /// Whether sampler, steps, guidance and shift follow the model, because the visitor chose none
    /// of them.
    pub model: bool,
    /// Whether the style follows the model, because the visitor chose none.
    pub style: bool,
    /// Whether the number of pictures follows the device, because the visitor chose none.
    pub device: bool,
    /// The sampling fields that the link did not set, and that follow the model: see
    /// [`Address::unset`](crate::recipe::address::Address::unset).
    pub unset: Vec<&'static str>,
}

/// Returns the part of a recipe that follows the model unless the visitor sets it.
fn sampling(recipe: &Recipe) -> (Defaults, Option<f64>) {
    let Recipe { sampler, steps, guidance, guidance_interval, shift, .. } = recipe.clone();
    let style = String::new();
    (Defaults { sampler, steps, guidance, guidance_interval, style }, shift)
}

impl Follows {
    /// Lets no sampling field follow the model any more.
    pub(super) fn let_go_sampling(&mut self) {
        (self.model, self.unset) = (false, Vec::new());
    }

    /// Lets go what the visitor changed in a recipe.
    pub(super) fn let_go(&mut self, before: &Recipe, now: &Recipe) {
        self.device &= now.count == before.count;
        self.style &= now.style == before.style;
        if sampling(now) != sampling(before) {
            self.let_go_sampling();
        }
    }

    /// Takes in whether a form's sampling is that of the loaded model, as it may be after a reload,
    /// when the address holds the model's own settings.
    pub(super) fn take_up(&mut self, recipe: &Recipe, known: Known<'_>) {
        let own = Self { model: true, ..self.clone() }.apply(recipe.clone(), known);
        self.model |= sampling(&own) == sampling(recipe);
    }

    /// Returns `recipe` with the model's settings, except for those that the visitor chose. For a
    /// link, only the fields that it leaves open follow the model.
    pub(super) fn apply(&self, mut recipe: Recipe, known: Known<'_>) -> Recipe {
        let Some(model) = known.model else { return recipe };
        if self.device {
            // A GPU draws four pictures in little more time than one.
            recipe.count = if known.is_checked { 4 } else { 1 };
        }
        if self.style {
            recipe.style.clone_from(&model.defaults.style);
        }
        let own = model.defaults.over(recipe.clone());
        let own = offered(Recipe { shift: model.shift, ..own }, Some(model)).0;
        if self.model {
            return Recipe { style: recipe.style, ..own };
        }
        for name in &self.unset {
            match *name {
                "sampler" => recipe.sampler.clone_from(&own.sampler),
                "steps" => recipe.steps = own.steps,
                "guidance" => recipe.guidance = own.guidance,
                "shift" => recipe.shift = own.shift,
                "guidance_interval" => recipe.guidance_interval = own.guidance_interval,
                other => unreachable!("{other} is not among SAMPLING"),
            }
        }
        recipe
    }
}
