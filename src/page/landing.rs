//! The picture that an opened page shows first: the one shown before a reload, or that of a link.

use serde::{Deserialize, Serialize};

use super::effect::Effect;
use super::state::{Engine, Loaded, State};
use super::turn::Turn;
use crate::recipe::Recipe;

/// The most denoising steps with which a link's recipe is drawn without a press.
const MOST_STEPS: usize = 20;
/// The size in bytes below which a download needs no press.
const SMALL: f64 = 10e6;

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

/// What a page stores for this tab, to restore itself after a reload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// The recipe in the form.
    pub form: Recipe,
    /// Whether the seed is kept.
    pub keeps_seed: bool,
    /// The recipe of the picture on stage.
    pub shown: Option<Recipe>,
    /// Whether the sampling settings follow the model.
    pub follows_model: bool,
    /// Whether the visitor has chosen the seed since the last picture.
    #[serde(default)]
    pub seed_is_fresh: bool,
    /// Whether the style follows the model.
    #[serde(default)]
    pub follows_style: bool,
}

impl Session {
    /// Returns what to store for a page.
    pub fn of(state: &State) -> Self {
        let shown = match (&state.opened, &state.run) {
            (Some(opened), _) => Some(&opened.recipe),
            (None, Some(run)) => Some(&run.recipe).filter(|_| run.cell.is_none()),
            (None, None) => state.landing.as_ref().map(|landing| &landing.recipe),
        };
        Self {
            form: state.form.clone(),
            keeps_seed: state.keeps_seed,
            shown: shown.cloned(),
            follows_model: state.follows_model,
            seed_is_fresh: state.seed_is_fresh,
            follows_style: state.follows_style,
        }
    }
}

/// Returns whether two recipes draw the same first picture with the same model.
pub fn is_same(one: &Recipe, other: &Recipe) -> bool {
    // The history is long, so the fields that mostly differ are compared first.
    if (one.seed, &one.prompt, &one.style) != (other.seed, &other.prompt, &other.style) {
        return false;
    }
    let first =
        |recipe: &Recipe| Recipe { count: 1, model: String::new(), ..recipe.clone().unsaved() };
    first(one) == first(other)
}

impl Turn {
    /// Shows the landing's picture if the history has it, once the history has been read or has
    /// failed to open.
    pub(super) fn land_on_history(&mut self) {
        let Some(landing) = &self.state.landing else { return };
        let found = self.state.kept().find(|entry| {
            entry.recipe.as_ref().is_some_and(|recipe| is_same(recipe, &landing.recipe))
        });
        match found.cloned() {
            Some(entry) => {
                self.state.landing = None;
                self.open_entry(&entry, false);
            }
            None => {
                self.state.landing.iter_mut().for_each(|landing| landing.is_new = true);
                self.land();
            }
        }
    }

    /// Starts the engine if it is asleep and the weights are cached or the download is small.
    pub(super) fn wake(&mut self) {
        let state = &self.state;
        let (Engine::Asleep, Some(models)) = (&state.engine, &state.models) else { return };
        let is_small = models.is_empty() || state.chosen().is_none_or(|model| model.bytes < SMALL);
        let Some(is_cached) = state.is_cached else { return };
        if is_cached || is_small {
            self.restart("Loading the model.", None);
        } else if state.opened.is_none() && state.run.is_none() && state.press().is_some() {
            let differs = self.state.differs();
            self.say("Nothing is downloaded yet: one press draws what this link asks for.");
            differs.iter().for_each(|differs| self.add(differs));
        }
    }

    /// Draws the landing's recipe if that is quick. Returns whether it does.
    pub(super) fn land(&mut self) -> bool {
        let state = &mut self.state;
        let is_due = state.landing.as_ref().is_some_and(|landing| landing.is_new);
        let Some(Loaded { model, .. }) = state.loaded().filter(|_| is_due).cloned() else {
            return false;
        };
        let Some(landing) = state.landing.take() else { return false };
        // By now the form holds the model's settings for everything that a link leaves open.
        let recipe = if landing.is_form { state.form.clone() } else { landing.recipe.clone() };
        let hash = landing.recipe.model_hash.trim();
        let is_its_own = hash.is_empty() || hash.eq_ignore_ascii_case(&model.hash);
        let is_soon = recipe.steps <= MOST_STEPS && recipe.count == 1;
        let is_known = recipe.style.is_empty() || model.styles.contains(&recipe.style);
        // A picture that is gone from the history was deleted, and is not drawn again unasked.
        let is_wanted = landing.is_form || state.history_is_closed;
        let is_free = !state.is_busy() && state.run.is_none() && state.opened.is_none();
        if is_wanted && is_its_own && is_soon && is_known && is_free {
            state.seed_is_fresh &= !landing.is_form;
            self.begin(recipe, None);
            return true;
        }
        false
    }
}

impl State {
    /// Returns what one press draws on an empty stage, as the label of a button, with the size of
    /// the download if nothing is loaded yet.
    pub fn press(&self) -> Option<String> {
        let is_asleep = self.engine == Engine::Asleep;
        if self.form.prompt.trim().is_empty() || !(is_asleep || self.loaded().is_some()) {
            return None;
        }
        let mut facts = Vec::new();
        if self.form.steps > MOST_STEPS {
            facts.push(format!("{} steps", self.form.steps));
        }
        if self.form.count > 1 {
            facts.push(format!("{} pictures", self.form.count));
        }
        if let (true, Some(model)) = (is_asleep, self.chosen()) {
            // The compressed program, about 3 MB, is downloaded with the weights.
            facts.push(format!("{:.0} MB to download, once", (model.bytes + 3e6) / 1e6));
        }
        let facts = match facts.is_empty() {
            true => String::new(),
            false => format!(" ({})", facts.join(", ")),
        };
        let prompt = crate::tools::words::short(self.form.prompt.trim(), 40);
        Some(format!("Draw “{prompt}”{facts}"))
    }

    /// Returns the effects that ask for what a page must know before it shows its first picture.
    pub(super) fn questions(&self) -> Vec<Effect> {
        let mut questions = vec![Effect::ListModels, Effect::Recall(Vec::new())];
        if self.engine == Engine::Asleep {
            questions.push(Effect::AskCached(self.folder.clone()));
        }
        questions
    }
}
