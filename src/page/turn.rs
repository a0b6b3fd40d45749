//! One turn of the page: an action changes the state and adds effects.

use super::effect::Effect;
use super::offer::offered;
use super::protocol::Request;
use super::run::StageRun;
use super::state::{Engine, Job, Loaded, State};
use crate::recipe::{Defaults, Recipe};
use crate::tools::words::meant;

/// The state in a turn, and the effects so far.
pub(super) struct Turn {
    pub(super) state: State,
    pub(super) effects: Vec<Effect>,
}

/// Returns the part of a recipe that follows the model unless the visitor sets it.
pub(super) fn sampling(recipe: &Recipe) -> (Defaults, Option<f64>) {
    let Recipe { sampler, steps, guidance, guidance_interval, shift, .. } = recipe.clone();
    let style = String::new();
    (Defaults { sampler, steps, guidance, guidance_interval, style }, shift)
}

impl Turn {
    /// Sends a request to the current worker.
    pub(super) fn send(&mut self, request: Request) {
        self.effects.push(Effect::Send(request));
    }

    /// Sets the status. A repeated text gets a trailing space, because a live region announces only
    /// changes.
    pub(super) fn say(&mut self, text: impl Into<String>) {
        let mut text = text.into();
        if text == self.state.status.text {
            text.push('\u{a0}');
        }
        (self.state.status.text, self.state.status.is_bad) = (text, false);
    }

    /// Sets the status to an error message.
    pub(super) fn warn(&mut self, text: impl Into<String>) {
        self.say(text);
        self.state.status.is_bad = true;
    }

    /// Adds a sentence to the status.
    pub(super) fn add(&mut self, text: &str) {
        let is_bad = self.state.status.is_bad;
        self.say(format!("{} {text}", self.state.status.text));
        self.state.status.is_bad = is_bad;
    }

    /// Stops the queue. The current run is still finished.
    pub(super) fn stop(&mut self) {
        if let Engine::Loading { waiting, .. } = &mut self.state.engine
            && waiting.take().is_some()
        {
            self.say("Nothing waits any more.");
        }
        self.stop_grid();
    }

    /// Returns whether the form has a problem, and reports it.
    pub(super) fn is_refused(&mut self) -> bool {
        let refused = self.state.refused.clone();
        if let Some(problem) = &refused {
            self.warn(problem);
        }
        refused.is_some()
    }

    /// Draws the form, with a new seed unless the seed is kept or was just chosen.
    pub(super) fn draw(&mut self) {
        if self.is_refused() {
            return;
        }
        let state = &self.state;
        if !state.keeps_seed && !state.seed_is_fresh {
            self.effects.push(Effect::RollSeed { draws: true });
            return;
        }
        self.draw_form();
    }

    pub(super) fn draw_form(&mut self) {
        self.state.seed_is_fresh = false;
        self.draw_recipe(self.state.form.clone());
    }

    /// Draws a recipe, now or when the model is ready.
    pub(super) fn draw_recipe(&mut self, recipe: Recipe) {
        self.stop_grid();
        (self.state.landing, self.state.earlier) = (None, None);
        match &mut self.state.engine {
            Engine::Ready { .. } => self.begin(recipe, None),
            Engine::Loading { waiting, .. } => {
                *waiting = Some(recipe.into());
                self.say("This is drawn as soon as the model is loaded.");
            }
            Engine::Asleep => {
                self.restart("This is drawn as soon as the model is loaded.", Some(recipe.into()));
            }
            Engine::Stopped => drop(self.has_engine("Pictures are drawn by the engine")),
        }
    }

    /// Draws a recipe, for a cell of the grid if one is given. Does nothing unless the model is ready.
    pub(super) fn begin(&mut self, mut recipe: Recipe, cell: Option<usize>) {
        let state = &mut self.state;
        let Engine::Ready { loaded, job } = &mut state.engine else { return };
        // The recipe of a picture names everything that it was drawn with.
        let model = &loaded.model;
        recipe = recipe.unsaved();
        recipe.shift = recipe.shift.or(model.shift);
        (recipe.model, recipe.model_hash) = (model.name.clone(), model.hash.clone());
        if let Some(style) = meant(&recipe.style, &model.styles) {
            recipe.style.clone_from(style);
        }
        let replaces = *job == Job::Drawing && cell.is_none();
        *job = Job::Drawing;
        state.jobs += 1;
        (state.opened, state.is_playing) = (None, false);
        let (worker, job) = (state.worker, state.jobs);
        state.run = Some(StageRun::new(worker, job, cell, recipe.clone()));
        self.send(Request::Draw { job, recipe: Box::new(recipe.clone().into()) });
        if cell.is_none() {
            self.say(match replaces {
                true => "Starting; what was being drawn is left as it was.",
                false => "Starting.",
            });
            self.effects.extend([Effect::ShowAddress(recipe), Effect::ShowStage]);
        }
    }
}

impl State {
    /// Returns `recipe` with the model's settings, except for those that the visitor chose. For a
    /// link, only the fields that it leaves open follow the model.
    pub(super) fn as_the_model(&self, mut recipe: Recipe) -> Recipe {
        let Some(Loaded { model, device, .. }) = self.loaded() else { return recipe };
        if self.follows_device {
            // A GPU draws four pictures in little more time than one.
            recipe.count = if device.is_checked { 4 } else { 1 };
        }
        if self.follows_style {
            recipe.style.clone_from(&model.defaults.style);
        }
        let own = model.defaults.over(recipe.clone());
        let own = offered(Recipe { shift: model.shift, ..own }, Some(model)).0;
        if self.follows_model {
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
