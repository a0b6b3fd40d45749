//! All that the page knows, and the one place where it changes.

use std::rc::Rc;

use yew::Reducible;

use crate::image::Image;
use crate::protocol::{DeviceChoice, DeviceFacts, Event, ModelFacts};
use crate::recipe::Recipe;
use crate::ui::grid::Grid;
use crate::ui::models::ModelChoice;
use crate::ui::run::Run;
use crate::ui::store::Entry;

/// What the page is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Loading,
    Ready,
    Running,
    Done,
    Error,
}

impl Phase {
    /// The value of `data-state`.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Ready => "ready",
            Self::Running => "running",
            Self::Done => "done",
            Self::Error => "error",
        }
    }
}

/// How far the weights have come, in bytes and bytes a second.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Loading {
    pub(super) loaded: f64,
    pub(super) total: f64,
    pub(super) rate: f64,
}

/// A model on a device, ready to draw.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Loaded {
    pub(super) model: ModelFacts,
    pub(super) device: DeviceFacts,
    pub(super) seconds: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    pub(super) phase: Phase,
    pub(super) form: Recipe,
    /// Whether the next picture keeps the seed of the last.
    pub(super) seed_is_locked: bool,
    pub(super) choice: DeviceChoice,
    pub(super) models: Vec<ModelChoice>,
    /// The chosen model's folder.
    pub(super) folder: String,
    /// Numbers the workers: a new number starts a new one.
    pub(super) worker: u32,
    pub(super) worker_is_dead: bool,
    pub(super) loading: Loading,
    pub(super) loaded: Option<Loaded>,
    pub(super) tokens: usize,
    pub(super) cut: Option<String>,
    /// Whether previews show the latent as it is, noise and all.
    pub(super) noisy: bool,
    /// What is on stage; a new job in it is sent to the worker.
    pub(super) run: Option<Run>,
    /// What is drawn as soon as the model is there.
    pub(super) waiting: Option<Recipe>,
    pub(super) grid: Option<Grid>,
    /// What was drawn before, newest first.
    pub(super) history: Vec<Rc<Entry>>,
    /// What the visitor should hear last.
    pub(super) status: String,
    /// Why the worker was lost, until a picture is drawn again.
    pub(super) trouble: Option<String>,
}

/// What can happen.
pub(super) enum Action {
    Worker(Event),
    Edit(Box<dyn FnOnce(&mut Recipe)>),
    LockSeed(bool),
    Choose(DeviceChoice),
    Models(Vec<ModelChoice>),
    ChooseModel(String),
    Restart,
    Draw,
    DrawGrid(Grid),
    CloseGrid,
    /// Stops what is drawn and what waits.
    Stop,
    Look(Option<usize>),
    ShowNoisy(bool),
    Say(String),
    /// Pictures that were kept, or will be.
    Remember(Vec<Rc<Entry>>),
    Forget(u32),
    Clear,
    /// A kept picture goes on stage.
    Open(Recipe, Image),
}

impl State {
    pub(super) fn new(form: Recipe) -> Self {
        Self {
            phase: Phase::Loading,
            form,
            seed_is_locked: true,
            choice: DeviceChoice::Auto,
            models: Vec::new(),
            folder: "./models/stickers".into(),
            worker: 1,
            worker_is_dead: false,
            loading: Loading::default(),
            loaded: None,
            tokens: 0,
            cut: None,
            noisy: false,
            run: None,
            waiting: None,
            grid: None,
            history: Vec::new(),
            status: "Loading the model.".into(),
            trouble: None,
        }
    }

    /// Whether the worker draws when it is asked to.
    pub(super) fn can_draw(&self) -> bool {
        !self.worker_is_dead && self.phase != Phase::Loading && self.loaded.is_some()
    }

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
            self.form.seed = super::form::dice();
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
