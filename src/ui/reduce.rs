//! The one place where the page's state changes.

use std::rc::Rc;

use yew::Reducible;

use crate::page::protocol::Event;
use crate::recipe::Recipe;
use crate::tools::words::meant;
use crate::ui::bring::offered;
use crate::ui::form::dice;
use crate::ui::grid::Grid;
use crate::ui::run::Run;
use crate::ui::share;
use crate::ui::state::{Action, Loaded, Loading, Phase, State};
use crate::ui::store::Entry;

/// Said once where the browser keeps no history.
const CLOSED: &str = "This browser keeps no history here, perhaps because this is a private window: \
                      download what you want to keep. It is here until the page is closed.";

impl State {
    fn hear(&mut self, event: Event) {
        match event {
            Event::Loading { loaded, total, rate } => {
                self.loading = Loading { loaded, total, rate };
            }
            Event::Ready { model, device, seconds } => {
                self.phase = Phase::Ready;
                self.status = format!("Ready on the {}. {}", device.name, device.reason);
                self.loaded = Some(Loaded { model: *model, device, seconds });
                // A reload brings the model's own settings back in the address.
                let own =
                    State { follows_model: true, ..self.clone() }.as_the_model(self.form.clone());
                self.follows_model |= share::sampling(&own) == share::sampling(&self.form);
                self.form = self.as_the_model(self.form.clone());
                let differs = self.bring_again();
                if self.phase == Phase::Loading {
                    // What was brought is another model's, which is loading now.
                    return;
                }
                match self.waiting.take() {
                    Some(recipe) => self.begin(self.as_the_model(recipe), None),
                    None => self.next_cell(),
                }
                if self.phase == Phase::Ready && self.run.is_none() && !self.form.prompt.is_empty()
                {
                    self.status += " Press Generate to draw what the form says.";
                }
                if let (Phase::Ready, Some(differs)) = (self.phase, differs) {
                    self.status += &format!(" {differs}");
                }
            }
            Event::Read { prompt, negative } => {
                (self.read, self.read_negative) = (prompt, negative);
            }
            Event::Forgotten { message } => {
                if let Some(loaded) = &mut self.loaded {
                    loaded.model.kept.clone_from(&message);
                }
                self.status = message;
            }
            Event::Failed { job, message } => {
                if job.is_none_or(|job| self.run.as_ref().is_some_and(|run| run.job == job)) {
                    self.phase = Phase::Error;
                    self.stop();
                    self.status = message;
                }
            }
            Event::Crashed { message } => self.crash(message),
            Event::Outdated => {
                self.stop();
                self.phase = Phase::Error;
                self.status = "This page was updated on its server: reload it to go on.".into();
                (self.worker_is_dead, self.is_outdated) = (true, true);
            }
            other => self.hear_of_run(other),
        }
    }

    /// A worker that had been ready is started anew; one that never was would only fail again.
    fn crash(&mut self, message: String) {
        self.stop();
        if self.loaded.is_some() {
            self.restart("The model is being started again; your settings are kept.");
            self.waiting = None;
            self.trouble = Some(message);
        } else {
            self.phase = Phase::Error;
            self.status = message;
            self.worker_is_dead = true;
        }
    }

    /// Starts a worker anew. What it was drawing is drawn when it is ready.
    pub(super) fn restart(&mut self, status: &str) {
        if let Some(run) = &mut self.run {
            run.can_decode = false;
            if self.phase == Phase::Running && run.cell.is_none() {
                self.waiting = Some(run.recipe.clone());
            }
        }
        self.phase = Phase::Loading;
        self.status = status.into();
        self.worker += 1;
        (self.worker_is_dead, self.is_outdated) = (false, false);
        self.loading = Loading::default();
        self.loaded = None;
    }

    fn stop(&mut self) {
        if self.waiting.take().is_some() {
            self.status = "Nothing waits any more.".into();
        }
        if let Some(grid) = &mut self.grid {
            grid.is_drawing = false;
        }
    }

    /// `recipe` as the model draws best, unless the visitor chose otherwise; of a link, what it leaves
    /// open.
    pub(super) fn as_the_model(&self, recipe: Recipe) -> Recipe {
        let Some(Loaded { model, .. }) = &self.loaded else { return recipe };
        let own = model.defaults.over(recipe.clone());
        let own = offered(Recipe { shift: model.shift, ..own }, None).0;
        if self.follows_model {
            return own;
        }
        let mut recipe = recipe;
        for name in &self.unset {
            match *name {
                "sampler" => recipe.sampler.clone_from(&own.sampler),
                "steps" => recipe.steps = own.steps,
                "guidance" => recipe.guidance = own.guidance,
                "shift" => recipe.shift = own.shift,
                _ => recipe.guidance_interval = own.guidance_interval,
            }
        }
        recipe
    }

    fn begin(&mut self, mut recipe: Recipe, cell: Option<usize>) {
        // A picture's recipe says all that it was drawn with.
        if let Some(Loaded { model, .. }) = &self.loaded {
            recipe.shift = recipe.shift.or(model.shift);
            (recipe.model, recipe.model_hash) = (model.name.clone(), model.hash.clone());
            if let Some(style) = meant(&recipe.style, &model.styles) {
                recipe.style.clone_from(style);
            }
        }
        self.phase = Phase::Running;
        self.status = "Starting.".into();
        self.run = Some(Run::new(self.last_job() + 1, recipe, cell));
    }

    fn last_job(&self) -> u32 {
        self.run.as_ref().map_or(0, |run| run.job)
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
                grid.recipes[cell] = run.recipe.clone();
                self.next_cell();
            }
        }
    }

    fn draw(&mut self) {
        if let Some(problem) = &self.refused {
            self.status.clone_from(problem);
            return;
        }
        if let Some(grid) = &mut self.grid {
            grid.is_drawing = false;
        }
        if !self.seed_is_locked && !self.seed_is_fresh {
            self.form.seed = dice();
        }
        self.seed_is_fresh = false;
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
            Action::Worker(worker, event) => {
                if worker == state.worker && !state.worker_is_dead {
                    state.hear(event);
                }
            }
            Action::Edit(edit) => {
                let (seed, before) = (state.form.seed, share::sampling(&state.form));
                edit(&mut state.form);
                state.seed_is_fresh |= state.form.seed != seed;
                if share::sampling(&state.form) != before {
                    (state.follows_model, state.unset) = (false, Vec::new());
                }
            }
            Action::Follow(address) => state.follow(address),
            Action::Bring(brought) => {
                (state.follows_model, state.unset) = (false, Vec::new());
                state.bring(brought);
            }
            Action::Refuse(problem) => state.refused = problem,
            Action::LockSeed(locked) => state.seed_is_locked = locked,
            Action::Choose(choice) => {
                state.choice = choice;
                state.trouble = None;
                state.restart("Loading the model.");
            }
            Action::Models(models) => {
                (state.models, state.models_are_known) = (models, true);
                if let Some(differs) = state.bring_again() {
                    state.status += &format!(" {differs}");
                }
            }
            Action::ChooseModel(folder) => {
                // Whatever was brought, the visitor's choice holds.
                (state.folder, state.brought) = (folder, None);
                state.restart("Loading the model.");
            }
            Action::Restart => state.restart("Loading the model."),
            Action::Draw => state.draw(),
            Action::DrawGrid(grid) => {
                state.grid = Some(grid);
                state.next_cell();
            }
            Action::CloseGrid => state.grid = None,
            Action::Stop => state.stop(),
            Action::Cancel => {
                state.stop();
                state.cancels += 1;
            }
            Action::Look(step) => state.run.iter_mut().for_each(|run| run.looking = step),
            Action::ShowNoisy(noisy) => state.noisy = noisy,
            Action::Say(status) => state.status = status,
            Action::Remember(entry) => state.history.insert(0, entry),
            Action::Recall(entries) => {
                state.history_is_closed = false;
                let old = |key| state.history.iter().find(|entry| entry.key == key).cloned();
                let kept = entries.into_iter().map(|entry| old(entry.key).unwrap_or(entry));
                let unstored = state.history.iter().filter(|entry| !Entry::is_stored(entry.key));
                let mut all: Vec<_> = kept.chain(unstored.cloned()).collect();
                all.sort_by_key(|entry| std::cmp::Reverse(entry.key));
                state.history = all;
            }
            Action::CloseHistory => {
                if !state.history_is_closed {
                    state.status = CLOSED.into();
                }
                state.history_is_closed = true;
            }
            Action::Promised(promised) => state.promised = Some(promised),
            Action::Forget(key) => state.history.retain(|entry| entry.key != key),
            Action::Clear => state.history.clear(),
            Action::Open(recipe, picture) => {
                state.status = format!("“{}”, from the history.", recipe.prompt);
                state.run = Some(Run::opened(state.last_job(), recipe, picture));
            }
        }
        Rc::new(state)
    }
}
