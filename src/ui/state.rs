//! All that the page knows, and what can happen to it.

use std::rc::Rc;

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
    /// Whether nobody has chosen sampler, steps, guidance or shift: then they are the model's own.
    pub(super) follows_model: bool,
    /// Whether the next picture keeps the seed of the last.
    pub(super) seed_is_locked: bool,
    /// Whether the visitor chose the seed since the last picture: then it holds, locked or not.
    pub(super) seed_is_fresh: bool,
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
    /// A worker says something; those that were ended are not listened to.
    Worker(u32, Event),
    Edit(Box<dyn FnOnce(&mut Recipe)>),
    /// An address was followed; whether it left to the model how to draw.
    Follow(Recipe, bool),
    /// A recipe goes into the form, for a reason that the visitor hears.
    Use(Recipe, String),
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
    /// A new picture for the history.
    Remember(Rc<Entry>),
    /// All that the store holds, perhaps changed by another tab.
    Recall(Vec<Rc<Entry>>),
    Forget(u32),
    Clear,
    /// A kept picture goes on stage.
    Open(Recipe, Image),
}

impl State {
    pub(super) fn new((form, follows_model): (Recipe, bool)) -> Self {
        Self {
            phase: Phase::Loading,
            form,
            follows_model,
            seed_is_locked: true,
            seed_is_fresh: true,
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
}
