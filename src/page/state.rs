//! All that the page knows.

use std::rc::Rc;

use serde::Deserialize;

use super::grid::Grid;
use super::history::HistoryEntry;
use super::offer::Brought;
use super::protocol::{DeviceChoice, DeviceFacts, ModelFacts, Reading};
use super::run::StageRun;
use crate::recipe::Recipe;

/// How far the weights have come, in bytes and bytes a second.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Loading {
    /// Bytes so far.
    pub loaded: f64,
    /// Bytes in all; 0 until that is known.
    pub total: f64,
    /// Bytes a second over the network.
    pub rate: f64,
}

/// A model on a device, ready to draw.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// What it is.
    pub model: ModelFacts,
    /// Where it runs.
    pub device: DeviceFacts,
    /// How long loading took.
    pub seconds: f64,
}

/// The worker, its model, and what it draws.
#[derive(Debug, Clone, PartialEq)]
pub enum Engine {
    /// A worker starts, or weights come in.
    Loading {
        /// How far the weights are.
        loading: Loading,
        /// What is drawn as soon as the model is there.
        waiting: Option<Box<Recipe>>,
    },
    /// The model is there.
    Ready {
        /// What it is, and where.
        loaded: Box<Loaded>,
        /// What it does.
        job: Job,
    },
    /// There is no worker that could draw.
    Stopped(StopReason),
}

/// What a ready engine does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Nothing was asked for yet.
    Idle,
    /// The run on stage is drawn.
    Drawing,
    /// The last run was finished, or stopped.
    Done,
    /// The last run failed.
    Failed,
}

/// Why there is no worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopReason {
    /// It did not start; it may be tried again.
    Failed,
    /// The page and its worker are of two versions: the page must be loaded anew.
    Outdated,
}

/// A model to choose, as `cargo xtask build` lists it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ModelChoice {
    /// Relative to the page.
    pub folder: String,
    /// Its name.
    pub name: String,
    /// What tells it from others of its name.
    #[serde(default)]
    pub hash: String,
    /// What a first visit downloads.
    pub bytes: f64,
}

/// All that the page knows.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The worker and what it does.
    pub engine: Engine,
    /// The current worker's number; events of earlier ones are ignored.
    pub worker: u32,
    /// The device that the visitor chose.
    pub device: DeviceChoice,
    /// The models of this server; `None` until it has said which there are.
    pub models: Option<Vec<ModelChoice>>,
    /// The chosen model's folder.
    pub folder: String,
    /// What the form says.
    pub form: Recipe,
    /// Whether nobody has chosen sampler, steps, guidance or shift: then they are the model's own.
    pub follows_model: bool,
    /// Sampling fields that the link did not set, and that stay the model's: see
    /// [`Address::unset`](crate::recipe::address::Address::unset).
    pub unset: Vec<&'static str>,
    /// Whether the next picture keeps the seed of the last.
    pub seed_is_locked: bool,
    /// Whether the visitor chose the seed since the last picture: then it holds, locked or not.
    pub seed_is_fresh: bool,
    /// What is wrong with the form, so that it is not drawn.
    pub refused: Option<String>,
    /// How the prompt is read.
    pub prompt_reading: Reading,
    /// How the negative prompt is read.
    pub negative_reading: Reading,
    /// What was brought before the model was there.
    pub brought: Option<Brought>,
    /// What is on stage.
    pub run: Option<StageRun>,
    /// How many jobs there were: the last one's number.
    pub jobs: u32,
    /// Whether previews show the latent as it is, noise and all.
    pub noisy: bool,
    /// Two settings against each other.
    pub grid: Option<Grid>,
    /// What was drawn before, newest first.
    pub history: Vec<Rc<HistoryEntry>>,
    /// Whether this browser keeps no history: it is in memory only.
    pub history_is_closed: bool,
    /// Whether the browser promises to keep what it keeps; `None` until it was asked, and
    /// `Some(None)` if it has no such promise.
    pub promised: Option<Option<bool>>,
    /// What the visitor should hear last.
    pub status: String,
    /// Why the worker was lost, until a picture is drawn again.
    pub trouble: Option<String>,
}

impl State {
    /// Returns the model, if it is there.
    pub fn loaded(&self) -> Option<&Loaded> {
        match &self.engine {
            Engine::Ready { loaded, .. } => Some(loaded),
            _ => None,
        }
    }

    /// Returns how far the weights are, if they are coming.
    pub fn loading(&self) -> Option<Loading> {
        match &self.engine {
            Engine::Loading { loading, .. } => Some(*loading),
            _ => None,
        }
    }

    /// Returns the form's prompt and negative prompt.
    pub(super) fn prompts(&self) -> (String, String) {
        (self.form.prompt.clone(), self.form.negative.clone())
    }

    /// Returns whether the worker draws.
    pub fn is_drawing(&self) -> bool {
        matches!(self.engine, Engine::Ready { job: Job::Drawing, .. })
    }

    /// Returns whether something is drawn, or waits to be.
    pub fn is_busy(&self) -> bool {
        self.is_drawing() || matches!(self.engine, Engine::Loading { waiting: Some(_), .. })
    }

    /// Returns whether something went wrong last.
    pub fn has_failed(&self) -> bool {
        matches!(self.engine, Engine::Stopped(_) | Engine::Ready { job: Job::Failed, .. })
    }

    /// Returns the value of `data-state`.
    pub fn phase(&self) -> &'static str {
        match &self.engine {
            Engine::Loading { .. } => "loading",
            Engine::Ready { job: Job::Idle, .. } => "ready",
            Engine::Ready { job: Job::Drawing, .. } => "running",
            Engine::Ready { job: Job::Done, .. } => "done",
            Engine::Ready { job: Job::Failed, .. } | Engine::Stopped(_) => "error",
        }
    }

    /// Returns the chosen model as the server lists it, if it does.
    pub fn chosen(&self) -> Option<&ModelChoice> {
        self.models.iter().flatten().find(|model| model.folder == self.folder)
    }

    /// Returns whether the worker still has the steps of the run on stage.
    pub fn can_decode(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.worker() == Some(self.worker))
    }

    /// Returns whether this browser keeps anything for this page.
    pub fn keeps_something(&self) -> bool {
        let keeps_weights = self.loaded().is_some_and(|loaded| loaded.model.is_kept);
        keeps_weights || !self.history.is_empty() && !self.history_is_closed
    }
}
