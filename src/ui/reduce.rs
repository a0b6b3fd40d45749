//! The one place where the page's state changes.

use std::rc::Rc;

use yew::Reducible;

use crate::protocol::Event;
use crate::recipe::Recipe;
use crate::ui::form::dice;
use crate::ui::grid::Grid;
use crate::ui::run::Run;
use crate::ui::state::{Action, Loaded, Loading, Phase, State};

impl State {
    fn hear(&mut self, event: Event) {
        match event {
            Event::Loading { loaded, total, rate } => {
                self.loading = Loading { loaded, total, rate };
            }
            Event::Ready { model, device, seconds } => {
                self.phase = Phase::Ready;
                self.status = format!("Ready on the {}. {}", device.name, device.reason);
                self.loaded = Some(Loaded { model, device, seconds });
                if let Some(recipe) = self.waiting.take() {
                    self.begin(recipe, None);
                }
            }
            Event::Counted { tokens, cut } => (self.tokens, self.cut) = (tokens, cut),
            Event::Forgotten { message } => self.status = message,
            Event::Failed { message } => {
                self.phase = Phase::Error;
                self.stop();
                self.status = message;
            }
            Event::Crashed { message } => self.crash(message),
            other => self.hear_of_run(other),
        }
    }

    /// A worker that had been ready is started anew; one that never was would only fail again.
    fn crash(&mut self, message: String) {
        let was_ready = self.phase != Phase::Loading;
        self.stop();
        if was_ready {
            self.status = "The model is being started again; your settings are kept.".into();
            self.trouble = Some(message);
            self.restart();
        } else {
            self.phase = Phase::Error;
            self.status = message;
            self.worker_is_dead = true;
        }
    }

    fn restart(&mut self) {
        self.phase = Phase::Loading;
        self.worker += 1;
        self.worker_is_dead = false;
        self.loading = Loading::default();
        self.loaded = None;
    }

    fn stop(&mut self) {
        self.waiting = None;
        if let Some(grid) = &mut self.grid {
            grid.is_drawing = false;
        }
    }

    fn begin(&mut self, recipe: Recipe, cell: Option<usize>) {
        self.phase = Phase::Running;
        self.status = "Starting.".into();
        let job = self.run.as_ref().map_or(0, |run| run.job) + 1;
        self.run = Some(Run::new(job, recipe, cell));
    }

    /// The grid's next cell, or what was asked of the form.
    fn next_cell(&mut self) {
        let next = self.grid.as_ref().filter(|grid| grid.is_drawing).and_then(Grid::next);
        if let Some((cell, recipe)) = next {
            self.begin(recipe, Some(cell));
        } else if let Some(grid) = &mut self.grid {
            grid.is_drawing = false;
        }
    }

    fn hear_of_run(&mut self, event: Event) {
        let Some(run) = &mut self.run else { return };
        let is_end = matches!(event, Event::Done { .. });
        let Some(status) = run.hear(event) else { return };
        self.status = status;
        if let (true, Some(picture)) = (is_end, run.pictures.first()) {
            self.phase = Phase::Done;
            self.trouble = None;
            if let (Some(grid), Some(cell), false) = (&mut self.grid, run.cell, run.was_stopped) {
                grid.cells[cell] = Some(picture.clone());
                self.next_cell();
            }
        }
    }

    fn draw(&mut self) {
        if let Some(grid) = &mut self.grid {
            grid.is_drawing = false;
        }
        if !self.seed_is_locked {
            self.form.seed = dice();
        }
        if self.can_draw() {
            self.begin(self.form.clone(), None);
        } else if !self.worker_is_dead {
            self.waiting = Some(self.form.clone());
            self.status = "This is drawn as soon as the model is loaded.".into();
        }
    }
}

impl Reducible for State {
    type Action = Action;

    fn reduce(self: Rc<Self>, action: Action) -> Rc<Self> {
        let mut state = (*self).clone();
        match action {
            Action::Worker(event) => state.hear(event),
            Action::Edit(edit) => edit(&mut state.form),
            Action::LockSeed(locked) => state.seed_is_locked = locked,
            Action::Choose(choice) => {
                state.choice = choice;
                state.trouble = None;
                state.status = "Loading the model.".into();
                state.restart();
            }
            Action::Models(models) => state.models = models,
            Action::ChooseModel(folder) => {
                state.folder = folder;
                state.status = "Loading the model.".into();
                state.restart();
            }
            Action::Restart => {
                state.status = "Loading the model.".into();
                state.restart();
            }
            Action::Draw => state.draw(),
            Action::DrawGrid(grid) => {
                state.grid = Some(grid);
                state.next_cell();
            }
            Action::CloseGrid => state.grid = None,
            Action::Stop => state.stop(),
            Action::Look(step) => state.run.iter_mut().for_each(|run| run.looking = step),
            Action::ShowNoisy(noisy) => state.noisy = noisy,
            Action::Say(status) => state.status = status,
            Action::Remember(entries) => {
                state.history.extend(entries);
                state.history.sort_by_key(|entry| std::cmp::Reverse(entry.key));
            }
            Action::Forget(key) => state.history.retain(|entry| entry.key != key),
            Action::Clear => state.history.clear(),
            Action::Open(recipe, picture) => {
                let job = state.run.as_ref().map_or(0, |run| run.job);
                state.status = format!("“{}”, from the history.", recipe.prompt);
                state.run = Some(Run::opened(job, recipe, picture));
            }
        }
        Rc::new(state)
    }
}
