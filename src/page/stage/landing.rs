//! The picture that the page shows first: the one shown before a reload, or that of a link.

use super::Stage;
use crate::page::facts::{ModelChoice, ModelFacts};
use crate::recipe::Recipe;
use crate::tools::words::short;

/// The most denoising steps with which a link's recipe is drawn without a press.
const MOST_STEPS: usize = 20;

/// The picture that the page shows first.
#[derive(Debug, Clone, PartialEq)]
pub struct Landing {
    /// The picture's recipe.
    pub recipe: Recipe,
    /// Whether the form holds this recipe.
    pub is_form: bool,
    /// Whether the history has been searched and does not have it.
    pub is_new: bool,
}

impl Landing {
    /// Returns the landing of a recipe that the history was not searched for yet.
    pub(in crate::page) fn new(recipe: Recipe, is_form: bool) -> Self {
        Self { recipe, is_form, is_new: false }
    }
}

impl Stage {
    /// Clears the stage for the form's recipe.
    pub(in crate::page) fn clear_for(&mut self, recipe: Recipe) {
        (self.run, self.opened) = (None, None);
        self.landing = Some(Landing::new(recipe, true));
    }

    /// Gives up the landing, once the history has been searched and a model is loaded. Returns the
    /// recipe to draw, and whether it is the form's, if that is quick. `is_closed` says whether
    /// there is no history.
    pub(in crate::page) fn land(
        &mut self,
        model: &ModelFacts,
        form: &Recipe,
        is_closed: bool,
    ) -> Option<(Recipe, bool)> {
        let Landing { recipe, is_form, .. } = self.landing.take_if(|landing| landing.is_new)?;
        let hash = recipe.model_hash.trim();
        let is_its_own = hash.is_empty() || hash.eq_ignore_ascii_case(&model.hash);
        // By now the form holds the model's settings for everything that a link leaves open.
        let recipe = if is_form { form.clone() } else { recipe };
        let is_soon = recipe.steps <= MOST_STEPS && recipe.count == 1;
        let is_known = recipe.style.is_empty() || model.styles.contains(&recipe.style);
        // A picture that is gone from the history was deleted, and is not drawn again unasked.
        let is_wanted = is_form || is_closed;
        let is_due = is_wanted && is_its_own && is_soon && is_known && self.is_empty();
        is_due.then_some((recipe, is_form))
    }
}

/// Returns what one press draws on an empty stage, as the label of a button, with the size of the
/// download if there is one; `None` without a prompt.
pub(in crate::page) fn press(recipe: &Recipe, download: Option<&ModelChoice>) -> Option<String> {
    let Recipe { prompt, steps, count, .. } = recipe;
    if prompt.trim().is_empty() {
        return None;
    }
    let mut facts = Vec::new();
    if *steps > MOST_STEPS {
        facts.push(format!("{steps} steps"));
    }
    if *count > 1 {
        facts.push(format!("{count} pictures"));
    }
    if let Some(model) = download {
        // The compressed program, about 3 MB, is downloaded with the weights.
        facts.push(format!("{:.0} MB to download, once", (model.bytes + 3e6) / 1e6));
    }
    let facts = match facts.is_empty() {
        true => String::new(),
        false => format!(" ({})", facts.join(", ")),
    };
    Some(format!("Draw “{}”{facts}", short(prompt.trim(), 40)))
}
