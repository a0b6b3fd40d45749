//! All that the page knows, and what can happen to it.

use std::rc::Rc;

use crate::image::Image;
use crate::page::protocol::{DeviceChoice, DeviceFacts, Event, ModelFacts, Reading};
use crate::recipe::Recipe;
use crate::recipe::address::{Address, SAMPLING, standard};
use crate::ui::bring::Brought;
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
    /// What a link left to the model, besides all: see [`Address::unset`].
    pub(super) unset: Vec<&'static str>,
    /// Whether the next picture keeps the seed of the last.
    pub(super) seed_is_locked: bool,
    /// Whether the visitor chose the seed since the last picture: then it holds, locked or not.
    pub(super) seed_is_fresh: bool,
    pub(super) choice: DeviceChoice,
    pub(super) models: Vec<ModelChoice>,
    /// Whether the server has said which there are.
    pub(super) models_are_known: bool,
    /// The chosen model's folder.
    pub(super) folder: String,
    /// Numbers the workers: a new number starts a new one.
    pub(super) worker: u32,
    pub(super) worker_is_dead: bool,
    /// Whether another version of the page was uploaded while it was open.
    pub(super) is_outdated: bool,
    pub(super) loading: Loading,
    pub(super) loaded: Option<Loaded>,
    /// How the prompts are read.
    pub(super) read: Reading,
    pub(super) read_negative: Reading,
    /// What was brought before the model was there.
    pub(super) brought: Option<Brought>,
    /// Whether previews show the latent as it is, noise and all.
    pub(super) noisy: bool,
    /// What is on stage; a new job in it is sent to the worker.
    pub(super) run: Option<Run>,
    /// What is drawn as soon as the model is there.
    pub(super) waiting: Option<Recipe>,
    pub(super) grid: Option<Grid>,
    /// What was drawn before, newest first.
    pub(super) history: Vec<Rc<Entry>>,
    /// Whether this browser keeps no history: it is in memory only.
    pub(super) history_is_closed: bool,
    /// Whether the browser promises to keep what it keeps; `None` until it was asked, and `Some(None)`
    /// where it has no such promise.
    pub(super) promised: Option<Option<bool>>,
    /// Counts requests to cancel, each of which the worker hears.
    pub(super) cancels: u32,
    /// What is wrong with the form, so that it is not drawn.
    pub(super) refused: Option<String>,
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
    /// An address was followed.
    Follow(Address),
    /// A recipe goes into the form.
    Bring(Brought),
    /// What is wrong with the form now, in a sentence.
    Refuse(Option<String>),
    LockSeed(bool),
    Choose(DeviceChoice),
    Models(Vec<ModelChoice>),
    ChooseModel(String),
    Restart,
    Draw,
    DrawGrid(Grid),
    CloseGrid,
    /// Nothing more is drawn than what is drawn now.
    Stop,
    /// Stops what is drawn and what waits.
    Cancel,
    Look(Option<usize>),
    ShowNoisy(bool),
    Say(String),
    /// A new picture for the history.
    Remember(Rc<Entry>),
    /// All that the store holds, perhaps changed by another tab.
    Recall(Vec<Rc<Entry>>),
    /// The store does not open.
    CloseHistory,
    Forget(u32),
    Clear,
    /// What the browser promises of what it keeps.
    Promised(Option<bool>),
    /// A kept picture goes on stage.
    Open(Recipe, Image),
}

impl State {
    pub(super) fn new(address: Address) -> Self {
        let mut state = Self {
            phase: Phase::Loading,
            form: address.recipe.clone(),
            follows_model: false,
            unset: Vec::new(),
            seed_is_locked: true,
            seed_is_fresh: true,
            choice: DeviceChoice::Auto,
            models: Vec::new(),
            models_are_known: false,
            folder: "./models/stickers".into(),
            worker: 1,
            worker_is_dead: false,
            is_outdated: false,
            loading: Loading::default(),
            loaded: None,
            read: Reading::default(),
            read_negative: Reading::default(),
            brought: None,
            noisy: false,
            run: None,
            waiting: None,
            grid: None,
            cancels: 0,
            refused: None,
            history: Vec::new(),
            history_is_closed: false,
            promised: None,
            status: "Loading the model.".into(),
            trouble: None,
        };
        state.follow(address);
        state
    }

    /// Takes an address into the form. What it cannot mean is told when the model is there.
    pub(super) fn follow(&mut self, address: Address) {
        let Address { recipe, unset, unknown } = address;
        let status = self.status.clone();
        let what = "The link's recipe is in the form".into();
        let is_asked = recipe != standard();
        self.bring(Brought { what, is_of_picture: false, recipe, unknown });
        (self.follows_model, self.unset) = (unset.len() == SAMPLING.len(), unset);
        if self.loaded.is_none() && self.phase == Phase::Loading {
            self.status = status;
        }
        if !is_asked && self.brought.as_ref().is_some_and(|brought| brought.unknown.is_empty()) {
            self.brought = None;
        }
        self.form = self.as_the_model(self.form.clone());
    }

    /// Whether the worker draws when it is asked to.
    pub(super) fn can_draw(&self) -> bool {
        !self.worker_is_dead && self.phase != Phase::Loading && self.loaded.is_some()
    }
}
