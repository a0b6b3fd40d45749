//! Turns with what the worker tells.

use super::Turn;
use crate::page::State;
use crate::page::form::Form;
use crate::page::form::offer::{Brought, offered};
use crate::page::gallery::Gallery;
use crate::page::protocol::Event;
use crate::recipe::{PartialRecipe, Recipe};

impl Turn {
    /// Takes in an event of a worker that is not about the engine.
    pub(super) fn hear(&mut self, event: Event) {
        let Some(event) = self.hear_tool(event) else { return };
        match event {
            Event::Read { prompt, negative } => {
                let form = &mut self.state.form;
                (form.prompt_reading, form.negative_reading) = (prompt, negative);
            }
            Event::Stopped { job } => {
                if self.state.stage.hear_failure(Some(job)) {
                    self.state.engine.hear_end();
                    self.state.status.say("Stopped before the first step.".into());
                    self.engine(|engine, _, to| engine.take_over(to));
                }
            }
            // Another file was brought meanwhile.
            Event::Opened { ticket, .. } | Event::Brought { ticket, .. }
                if ticket != self.state.stage.bringings => {}
            Event::Opened { outcome: Err(problem), .. } => self.state.status.warn(problem),
            Event::Opened { name, outcome: Ok((recipe, unknown)), is_whole, carried, .. } => {
                self.edit(|edit, _, to| {
                    edit.close(to);
                    edit.keep_carried(carried);
                });
                self.stage(|stage, _, to| stage.open_brought(&recipe, is_whole, to));
                let brought = Brought::of_file(&name, (*recipe).into(), &unknown);
                self.form(|form, known, to| form.bring_new(brought, known, to));
                if !is_whole {
                    self.state.status.add("The picture in that file is damaged, and is not shown.");
                    self.state.status.is_bad = true;
                }
            }
            Event::Brought { name, outcome, .. } => {
                self.state.stage.brought = None;
                self.edit(|edit, prompt, to| edit.bring(name, outcome, prompt, to));
            }
            Event::Using { ticket, done, total, .. } if self.state.edit.owns(ticket) => {
                self.state.edit.hear_using(ticket, done, total);
            }
            Event::Used { ticket, outcome } if self.state.edit.owns(ticket) => {
                self.edit(|edit, prompt, to| edit.hear_used(ticket, outcome, prompt, to));
            }
            other => self.stage(|stage, sides, to| stage.hear(other, sides, to)),
        }
    }

    pub(super) fn hear_failure(&mut self, job: Option<u32>, message: String) {
        if !self.state.stage.hear_failure(job) {
            return;
        }
        self.engine(|engine, _, to| engine.hear_failure(to));
        let message = match self.engine(|engine, _, to| engine.take_over(to)) {
            true => format!("{message} {}", self.state.status.text),
            false => message,
        };
        self.state.status.warn(message);
    }

    /// Takes in that a model is loaded. What waits for it is drawn, or the picture that is shown
    /// first, or the rest of the grid.
    pub(super) fn hear_model(&mut self, waiting: Option<Box<PartialRecipe>>) {
        self.state.stage.finishing.hear_model(self.state.sides());
        let differs = self.form(Form::hear_model);
        self.edit(|edit, _, to| edit.hear_model(to));
        if self.state.engine.loaded().is_none() {
            // The brought recipe belongs to another model, which is being loaded.
            return;
        }
        // If the picture would differ from the requested one, the page says so and does not draw it
        // unasked.
        self.state.stage.landing.take_if(|_| differs.is_some());
        if let Some(asked) = waiting {
            let State { engine, edit, .. } = &self.state;
            let (asked, _) = offered(*asked, engine.model(), &edit.album);
            self.begin(asked, None);
        } else if !self.land() {
            self.stage(|stage, _, to| stage.next_cell(to));
        }
        differs.iter().for_each(|differs| self.state.status.add(differs));
    }

    /// Shows the first picture if the history has it, once the history has been read or there is none.
    pub(super) fn land_on_history(&mut self) {
        let State { stage, gallery, .. } = &mut self.state;
        let Some(landing) = &mut stage.landing else { return };
        if let Some(entry) = gallery.find(&landing.recipe).cloned() {
            stage.landing = None;
            self.gallery(|_, to| Gallery::show(&entry, false, to));
        } else {
            landing.is_new = true;
            self.land();
        }
    }

    /// Draws the first picture's recipe if that is quick. Returns whether it does.
    fn land(&mut self) -> bool {
        let State { form, engine, stage, gallery, edit, .. } = &mut self.state;
        let Some(model) = engine.model() else { return false };
        let landed = stage.land(model, &form.recipe, gallery.is_closed);
        // After a reload, the picture that it begins with is gone.
        let can_draw = |recipe: &Recipe| !engine.is_busy() && edit.album.has_all_of(recipe);
        let landed = landed.filter(|(recipe, _)| can_draw(recipe));
        let Some((recipe, is_form)) = landed else { return false };
        form.seed_is_fresh &= !is_form;
        self.begin(recipe.into(), None);
        true
    }
}
