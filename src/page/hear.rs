//! How the page handles each event of its workers.

use std::rc::Rc;

use super::effect::Effect;
use super::landing::is_same;
use super::loading::Bytes;
use super::offer::{Brought, fields};
use super::protocol::{Event, Request};
use super::shown::{OF_FILE, Opened};
use super::state::{Engine, Job, Loaded, Next};
use super::turn::Turn;

impl Turn {
    /// Handles an event of a worker. Events of workers that ended are ignored.
    pub(super) fn hear_of(&mut self, worker: u32, event: Event) {
        let state = &self.state;
        let is_next = state.next.as_ref().is_some_and(|next| next.worker == worker);
        let is_stopped = matches!(state.engine, Engine::Stopped);
        if is_next || worker == state.worker && !is_stopped {
            self.hear(worker, event);
        }
    }

    fn hear(&mut self, worker: u32, event: Event) {
        match event {
            Event::Loading { part, loaded, total, at } => {
                let loading = match (&mut self.state.next, &mut self.state.engine) {
                    (Some(Next { worker: next, loading, .. }), _) if *next == worker => loading,
                    (_, Engine::Loading { loading, .. }) => loading,
                    _ => return,
                };
                loading.hear(part, Bytes { loaded, total }, at);
            }
            Event::Stage { stage } => match (&mut self.state.next, &mut self.state.engine) {
                (Some(next), _) if next.worker == worker => next.loading.stage = stage,
                (_, Engine::Loading { loading, .. }) => loading.stage = stage,
                _ => {}
            },
            Event::Ready { model, device, seconds } => {
                self.ready(worker, Loaded { model: *model, device, seconds });
            }
            Event::Read { prompt, negative } => {
                (self.state.prompt_reading, self.state.negative_reading) = (prompt, negative);
            }
            Event::NoUpscaler { problem } => {
                self.add(&format!(
                    "{problem} Until it is there, large pictures are softer; a later one asks for it again."
                ));
            }
            Event::Upscales => self.state.finishing.forget_soft(),
            Event::Gathering { ticket, done, total } => self.gathering(ticket, done, total),
            Event::Forgotten { message } => {
                if let Engine::Ready { loaded, .. } = &mut self.state.engine {
                    (loaded.model.kept, loaded.model.is_kept) = (message.clone(), false);
                }
                self.say(message);
            }
            Event::Failed { job, message } => {
                let current = self.state.run.as_ref().map(|run| run.job);
                if job.is_none_or(|job| current == Some(job)) {
                    self.stop();
                    self.end_job(Job::Failed);
                    // A run without frames has nothing to show.
                    self.state.run.take_if(|run| run.frames.is_empty() && run.cell.is_none());
                    if self.take_over() {
                        let ready = self.state.status.text.clone();
                        self.warn(format!("{message} {ready}"));
                    } else {
                        self.warn(message);
                    }
                }
            }
            Event::Crashed { message, on_gpu } => self.crash(worker, message, on_gpu),
            Event::Outdated => self.outdated(worker),
            Event::Opened { name, outcome: Ok((recipe, unknown)), is_whole } => {
                if let Some(png) = self.state.opening.take().filter(|_| is_whole) {
                    self.open(Opened { recipe: (*recipe).clone(), png, from: OF_FILE }, true);
                }
                self.bring_new(Brought {
                    what: format!("The recipe of {name} is in the form"),
                    is_of_picture: true,
                    recipe: *recipe,
                    unknown: fields(&unknown),
                });
                if !is_whole {
                    self.add("The picture in that file is damaged, and is not shown.");
                    self.state.status.is_bad = true;
                }
            }
            Event::Opened { outcome: Err(problem), .. } => self.warn(problem),
            Event::Finished { ticket, is_upscaled, outcome } => {
                if !self.finished(ticket, is_upscaled, &outcome) {
                    self.archived(ticket, outcome);
                }
            }
            other => self.hear_of_run(other),
        }
    }

    /// Handles that the server has newer programs than this page. A ready engine goes on.
    fn outdated(&mut self, worker: u32) {
        self.state.is_outdated = true;
        self.effects.push(Effect::EndWorker(worker));
        if let Some(next) = self.state.next.take_if(|next| next.worker == worker) {
            (self.state.device, self.state.folder) = next.before;
            self.warn(
                "This page was updated on its server: reload it to use another device or model. \
                 Until then it goes on as it was.",
            );
            return;
        }
        self.stop();
        self.state.next.take().iter().for_each(|next| {
            self.effects.push(Effect::EndWorker(next.worker));
        });
        self.state.engine = Engine::Stopped;
        self.warn("This page was updated on its server: reload it to go on.");
    }

    fn end_job(&mut self, ended: Job) {
        if let Engine::Ready { job, .. } = &mut self.state.engine {
            *job = ended;
        }
    }

    fn hear_of_run(&mut self, event: Event) {
        let Some(run) = &mut self.state.run else { return };
        let is_end = matches!(event, Event::Done { .. });
        let Some(status) = run.hear(event) else { return };
        let is_cell = run.cell.is_some();
        // A grid reports as a whole, not for each cell. A picture in front of the run has its own
        // message.
        if !is_cell && self.state.opened.is_none() {
            self.say(status);
        }
        if is_end {
            self.end_of_run();
        }
    }

    /// Handles the end of a run: its pictures go into the history, and one into its cell of the grid.
    fn end_of_run(&mut self) {
        let Some(run) = self.state.run.clone() else { return };
        self.end_job(Job::Done);
        self.state.trouble = None;
        let ending = run.ending.as_ref().filter(|ending| !ending.was_stopped);
        if let Some(ending) = ending {
            let of_each = ending.pictures.iter().enumerate();
            let of_each = of_each.map(|(i, png)| (run.recipe_of(i), png.clone()));
            let is_new = |recipe: &crate::recipe::Recipe| {
                let mut known = self.state.kept().filter_map(|entry| entry.recipe.as_ref());
                !known.any(|known| is_same(known, recipe))
            };
            let new: Vec<(_, Rc<[u8]>)> = of_each.filter(|(recipe, _)| is_new(recipe)).collect();
            if !new.is_empty() {
                self.effects.push(Effect::Keep(new));
            }
        }
        if let (Some(cell), Some(grid)) = (run.cell, &mut self.state.grid)
            && let Some(ending) = ending
            && let Some(first) = ending.pictures.first()
        {
            grid.cells[cell] = Some(first.clone());
            grid.recipes[cell] = run.recipe_of(0);
            grid.milliseconds += ending.milliseconds;
        }
        self.take_over();
        if !self.state.is_drawing() {
            self.next_cell();
        }
    }

    /// Asks the worker how it reads the prompts.
    pub(super) fn ask_for_reading(&mut self) {
        let (prompt, negative) = self.state.prompts();
        self.send(Request::Read { prompt, negative });
    }
}
