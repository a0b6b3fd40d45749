//! What the form shows: the fields that the visitor chose and, for the open ones, the model's defaults.

use super::offer::offered;
use super::{Form, Known};
use crate::recipe::address::standard;
use crate::recipe::{PartialRecipe, Recipe};

/// Returns the recipe that the model is expected to draw if `asked` is asked of it. The engine's own
/// answer comes with [`Event::Started`](crate::page::protocol::Event::Started).
pub(in crate::page) fn shown(asked: &PartialRecipe, known: Known<'_>) -> Recipe {
    let seed = standard().seed;
    let Some(model) = known.model else {
        let listed = known.chosen().map(|model| model.style.clone());
        let base = Recipe { style: listed.unwrap_or_default(), ..standard() };
        return asked.onto(base);
    };
    // A GPU draws four pictures in little more time than one.
    let count = if known.is_checked { 4 } else { 1 };
    let own =
        PartialRecipe::from(Recipe { shift: model.shift, seed, count, ..model.defaults.recipe() });
    let own = offered(own, Some(model)).0;
    let recipe = offered(asked.clone(), Some(model)).0.over(own).onto(Recipe::default());
    Recipe { model: model.name.clone(), model_hash: model.hash.clone(), ..recipe }
}

/// Returns what the engine is asked to draw, and the recipe that it is expected to draw.
pub(in crate::page) fn for_engine(
    asked: PartialRecipe,
    known: Known<'_>,
) -> (PartialRecipe, Recipe) {
    let recipe = shown(&asked, known);
    let asked = offered(asked, known.model).0;
    // The number of pictures follows the device, of which recipes know nothing.
    let count = Some(recipe.count);
    (PartialRecipe { count, model: None, model_hash: None, ..asked }, recipe)
}

/// Returns `recipe` with its sampling fields left to the model.
fn without_sampling(recipe: &PartialRecipe) -> PartialRecipe {
    PartialRecipe {
        sampler: None,
        steps: None,
        guidance: None,
        guidance_interval: None,
        shift: None,
        ..recipe.clone()
    }
}

/// Returns whether a recipe leaves all sampling fields to the model.
pub(in crate::page) fn is_open(recipe: &PartialRecipe) -> bool {
    *recipe == without_sampling(recipe)
}

impl Form {
    /// Renews what is shown, after a change of the chosen fields or of the model.
    pub(in crate::page) fn show(&mut self, known: Known<'_>) {
        let recipe = shown(&self.chosen, known);
        self.recipe = Recipe { model: String::new(), model_hash: String::new(), ..recipe };
    }

    /// Keeps all sampling fields as they are shown if one of them was changed, so that another model
    /// does not change the others.
    pub(super) fn choose_sampling(&mut self, before: &Recipe, known: Known<'_>) {
        let Recipe { sampler, steps, guidance, guidance_interval, shift, .. } = &self.recipe;
        let of_before = (&before.sampler, before.steps, before.guidance, before.guidance_interval);
        let now = (sampler, *steps, *guidance, *guidance_interval);
        if known.model.is_none() || now == of_before && *shift == before.shift {
            return;
        }
        self.chosen.sampler = Some(sampler.clone());
        self.chosen.steps = Some(*steps);
        self.chosen.guidance = Some(*guidance);
        self.chosen.guidance_interval = Some(*guidance_interval);
        self.chosen.shift = *shift;
    }

    /// Leaves the sampling fields to the model if they are its own in any case, as after a reload,
    /// when the address holds the model's settings.
    pub(super) fn let_go_own(&mut self, known: Known<'_>) {
        let open = without_sampling(&self.chosen);
        if shown(&open, known) == shown(&self.chosen, known) {
            self.chosen = open;
        }
    }
}
