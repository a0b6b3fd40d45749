//! What the page does with each message of its worker.

use std::rc::Rc;

use super::effect::Effect;
use super::history::HistoryEntry;
use super::offer::offered;
use super::protocol::{Event, Request};
use super::state::{Engine, Job, Loaded, Loading, State, StopReason};
use super::turn::{Turn, sampling};
use crate::recipe::Recipe;

impl Turn {
    pub(super) fn hear(&mut self, event: Event) {
        match event {
            Event::Loading { loaded, total, rate } => {
                if let Engine::Loading { loading, .. } = &mut self.state.engine {
                    *loading = Loading { loaded, total, rate };
                }
            }
            Event::Ready { model, device, seconds } => {
                self.ready(Loaded { model: *model, device, seconds });
            }
            Event::Read { prompt, negative } => {
                (self.state.prompt_reading, self.state.negative_reading) = (prompt, negative);
            }
            Event::Forgotten { message } => {
                if let Engine::Ready { loaded, .. } = &mut self.state.engine {
                    (loaded.model.kept, loaded.model.is_kept) = (message.clone(), false);
                }
                self.state.status = message;
            }
            Event::Failed { job, message } => {
                if job.is_none_or(|job| self.state.run.as_ref().and_then(|r| r.job()) == Some(job))
                {
                    self.stop();
                    self.end_job(Job::Failed);
                    self.state.status = message;
                }
            }
            Event::Crashed { message } => self.crash(message),
            Event::Outdated => {
                self.stop();
                self.state.engine = Engine::Stopped(StopReason::Outdated);
                self.state.status =
                    "This page was updated on its server: reload it to go on.".into();
            }
            other => self.hear_of_run(other),
        }
    }

    fn end_job(&mut self, ended: Job) {
        if let Engine::Ready { job, .. } = &mut self.state.engine {
            *job = ended;
        }
    }

    fn ready(&mut self, loaded: Loaded) {
        let state = &mut self.state;
        let waiting = match &mut state.engine {
            Engine::Loading { waiting, .. } => waiting.take(),
            _ => None,
        };
        state.status = format!("Ready on the {}. {}", loaded.device.name, loaded.device.reason);
        state.engine = Engine::Ready { loaded: Box::new(loaded), job: Job::Idle };
        // A reload brings the model's own settings back in the address.
        let own = State { follows_model: true, ..state.clone() }.as_the_model(state.form.clone());
        state.follows_model |= sampling(&own) == sampling(&state.form);
        state.form = state.as_the_model(state.form.clone());
        let model = state.loaded().map(|loaded| &loaded.model);
        let (Recipe { sampler, style, .. }, _) = offered(state.form.clone(), model);
        (state.form.sampler, state.form.style) = (sampler, style);
        let differs = self.bring_again();
        if self.state.loading().is_some() {
            // What was brought is another model's, which is loading now.
            return;
        }
        match waiting {
            Some(recipe) => {
                let recipe = self.state.as_the_model(*recipe);
                let (recipe, _) = offered(recipe, self.state.loaded().map(|loaded| &loaded.model));
                self.begin(recipe, None);
            }
            None => self.next_cell(),
        }
        let state = &mut self.state;
        if state.is_drawing() {
            return;
        }
        if state.run.is_none() && !state.form.prompt.is_empty() {
            state.status += " Press Generate to draw what the form says.";
        }
        if let Some(differs) = differs {
            state.status += &format!(" {differs}");
        }
    }

    /// A worker that had been ready is started anew; one that never was would only fail again.
    fn crash(&mut self, message: String) {
        self.stop();
        if self.state.loaded().is_some() {
            self.restart("The model is being started again; your settings are kept.", None);
            self.state.trouble = Some(message);
        } else {
            self.state.engine = Engine::Stopped(StopReason::Failed);
            self.state.status = message;
        }
    }

    fn hear_of_run(&mut self, event: Event) {
        let Some(run) = &mut self.state.run else { return };
        let is_end = matches!(event, Event::Done { .. });
        let Some(status) = run.hear(event) else { return };
        self.state.status = status;
        if is_end {
            self.end_of_run();
        }
    }

    /// The picture goes into the history, or into its cell of the grid.
    fn end_of_run(&mut self) {
        let Some(run) = &self.state.run else { return };
        let (pictures, recipe) = (run.pictures().to_vec(), run.recipe.clone());
        let (cell, was_stopped) = (run.cell(), run.was_stopped());
        self.end_job(Job::Done);
        self.state.trouble = None;
        let Some(first) = pictures.first().filter(|_| !was_stopped) else { return };
        if let Some(cell) = cell {
            if let Some(grid) = &mut self.state.grid {
                grid.cells[cell] = Some(first.clone());
                grid.recipes[cell] = recipe;
                self.next_cell();
            }
            return;
        }
        let of_each = pictures.iter().zip(0..).filter_map(|(picture, i)| {
            // As the run counts: after the largest seed comes 0.
            let seed = recipe.seed.wrapping_add(i);
            let recipe = Recipe { seed, count: 1, ..recipe.clone() };
            let png: Rc<[u8]> = HistoryEntry::png(picture, &recipe)?.into();
            Some((recipe, png))
        });
        let history = &self.state.history;
        let is_new = |png: &[u8]| !history.iter().any(|entry| *entry.png == *png);
        let new: Vec<_> = of_each.filter(|(_, png)| is_new(png)).collect();
        if !new.is_empty() {
            self.effects.push(Effect::Keep(new));
        }
    }

    /// Asks the worker how it reads the prompts.
    pub(super) fn ask_for_reading(&mut self) {
        let (prompt, negative) = self.state.prompts();
        self.send(Request::Read { prompt, negative });
    }
}
