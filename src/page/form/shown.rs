//! What the form shows: the fields that the visitor chose and, for the open ones, the model's defaults.

use super::offer::offered;
use super::{Form, Known};
use crate::page::facts::ModelFacts;
use crate::recipe::address::standard;
use crate::recipe::{PartialRecipe, Recipe};

/// Returns the recipe that the loaded model is expected to draw if `asked` is asked of it. The engine's
/// own answer comes with [`Event::Started`](crate::page::protocol::Event::Started).
fn expected(asked: &PartialRecipe, model: &ModelFacts, known: Known<'_>) -> Recipe {
    let seed = standard().seed;
    // A GPU draws four pictures in little more time than one.
    let count = if known.is_checked { 4 } else { 1 };
    let own = Recipe { shift: model.shift, seed, count, ..model.defaults.recipe() };
    let own = offered(own.into(), Some(model), known.album).0;
    let recipe = asked.clone().over(own).onto(Recipe::default());
    Recipe { model: model.name.clone(), model_hash: model.hash.clone(), ..recipe }
}

/// Returns what the engine is asked to draw, and the recipe that it is expected to draw; `None` if no
/// model is loaded.
pub(in crate::page) fn for_engine(
    asked: PartialRecipe,
    known: Known<'_>,
) -> Option<(PartialRecipe, Recipe)> {
    let recipe = expected(&asked, known.model?, known);
    let defaults = &known.model?.defaults;
    // The number of pictures follows the device, of which recipes know nothing. The model's steps, alone
    // of its defaults, may be beyond the page's limits. The size and the outline are of a saved file.
    let steps = asked.steps.or((recipe.steps != defaults.steps).then_some(recipe.steps));
    let asked = PartialRecipe {
        steps,
        count: Some(recipe.count),
        size: None,
        outline: None,
        model: None,
        model_hash: None,
        ..asked
    };
    Some((asked, recipe.unsaved()))
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
    /// Renews what is shown, after a change of the chosen fields or of the model. While no model is
    /// loaded, open numbers stay as they were shown.
    pub(in crate::page) fn show(&mut self, known: Known<'_>) {
        let recipe = match known.model {
            Some(model) => {
                let chosen = offered(self.chosen.clone(), known.model, known.album).0;
                expected(&chosen, model, known)
            }
            None => self.chosen.onto(Recipe {
                prompt: String::new(),
                negative: String::new(),
                style: known.chosen().map_or(String::new(), |model| model.style.clone()),
                ..self.recipe.clone()
            }),
        };
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
        let Some(model) = known.model else { return };
        let open = without_sampling(&self.chosen);
        let with = |chosen: &PartialRecipe| expected(chosen, model, known);
        if with(&open) == with(&self.chosen) {
            self.chosen = open;
        }
    }
}
