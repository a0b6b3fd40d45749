//! The engine: the workers, each with a model on a device, and what the current one is doing.

pub mod action;
mod hear;
pub mod loading;
mod start;
mod work;

use loading::Loading;

pub use action::{EngineAction, EngineEffect};
pub(super) use action::{EngineAnswer, EngineWish};
pub(super) use work::Begun;

use super::facts::{DeviceFacts, ModelChoice, ModelFacts};
use super::protocol::{DeviceChoice, Request};
use crate::recipe::PartialRecipe;

/// A model on a device that is ready to draw.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The model.
    pub model: ModelFacts,
    /// The device that it runs on.
    pub device: DeviceFacts,
    /// How many seconds loading took.
    pub seconds: f64,
}

/// The current worker with its model, and what it is doing.
#[derive(Debug, Clone, PartialEq)]
pub enum Current {
    /// Nothing is loaded until the visitor asks for it, because a link was followed and the
    /// download is large.
    Asleep,
    /// A worker is starting, or weights are being loaded.
    Loading {
        /// The progress.
        loading: Loading,
        /// The recipe that is drawn as soon as the model is ready.
        waiting: Option<Box<PartialRecipe>>,
    },
    /// The model is ready.
    Ready {
        /// The model and its device.
        loaded: Box<Loaded>,
        /// What it is doing.
        job: Job,
    },
    /// There is no worker that could draw: it did not start, or its version is not the page's.
    Stopped,
}

/// What a ready engine is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    /// Nothing was requested yet.
    Idle,
    /// The run on stage is being drawn.
    Drawing,
    /// The last run was finished or stopped.
    Done,
    /// The last run failed.
    Failed,
}

/// The device and the model's folder that the visitor chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The device.
    pub device: DeviceChoice,
    /// The model's folder.
    pub folder: String,
}

/// The next engine, which is being started while the current one goes on.
#[derive(Debug, Clone, PartialEq)]
pub struct Next {
    /// Its worker's number.
    pub worker: u32,
    /// The progress of its files.
    loading: Loading,
    /// The choice of the current engine, which is restored if this one fails.
    before: Choice,
    /// Its model, once it is ready and waits for the current run to end.
    ready: Option<Box<Loaded>>,
}

/// The engine.
#[derive(Debug, Clone, PartialEq)]
pub struct Engine {
    /// The current worker with its model.
    pub current: Current,
    /// The current worker's number.
    pub worker: u32,
    /// The next engine.
    pub next: Option<Next>,
    /// The number of the last worker that was started.
    workers: u32,
    /// The number of the last job.
    pub jobs: u32,
    /// The device and the model that the visitor chose.
    pub choice: Choice,
    /// Why the CPU is used though the visitor did not choose it.
    avoids_gpu: Option<String>,
    /// The models of this server; `None` until it has listed them.
    pub models: Option<Vec<ModelChoice>>,
    /// Whether this browser has the weights; `None` until it has answered.
    is_cached: Option<bool>,
    /// Whether the server has newer programs than this page.
    pub is_outdated: bool,
    /// Why the worker crashed, until a picture is drawn again.
    pub trouble: Option<String>,
}

impl Default for Engine {
    fn default() -> Self {
        Self {
            current: Current::Asleep,
            worker: 0,
            next: None,
            workers: 0,
            jobs: 0,
            choice: Choice { device: DeviceChoice::Auto, folder: "./models/stickers".into() },
            avoids_gpu: None,
            models: None,
            is_cached: None,
            is_outdated: false,
            trouble: None,
        }
    }
}

impl Engine {
    /// Handles an action. `drawn` is what was asked of the run on stage, unless it is a cell of a grid.
    pub(super) fn handle(
        &mut self,
        action: EngineAction,
        drawn: Option<&PartialRecipe>,
        answer: &mut EngineAnswer,
    ) {
        match action {
            EngineAction::Worker(worker, event) => self.hear_of(worker, event, drawn, answer),
            EngineAction::ChooseDevice(device) => {
                let before = self.choice.clone();
                (self.choice.device, self.trouble, self.avoids_gpu) = (device, None, None);
                self.switch(before, drawn, answer);
            }
            EngineAction::ChooseModel(folder) => {
                let before = self.choice.clone();
                self.choice.folder = folder;
                // The visitor's choice takes precedence over a brought recipe.
                answer.wish(EngineWish::ForgetBrought);
                self.switch(before, drawn, answer);
            }
            EngineAction::Models(models) => {
                self.models = Some(models);
                answer.wish(EngineWish::HearModels);
            }
            EngineAction::Cached(is_cached) => {
                self.is_cached = Some(is_cached);
                self.wake(answer);
            }
            EngineAction::Restart => {
                self.restart_and_go_on("Loading the model.", drawn, answer);
                answer.focus(".stage");
            }
            EngineAction::Stop => self.stop(answer),
            EngineAction::Cancel => {
                let waits = matches!(self.current, Current::Loading { waiting: Some(_), .. });
                self.stop(answer);
                if self.is_drawing() {
                    answer.send(Request::Cancel);
                } else if waits {
                    answer.focus("#prompt");
                }
            }
            EngineAction::ForgetWeights => answer.send(Request::Forget),
        }
    }

    /// Returns the model and its device, if they are ready.
    pub fn loaded(&self) -> Option<&Loaded> {
        match &self.current {
            Current::Ready { loaded, .. } => Some(loaded),
            _ => None,
        }
    }

    /// Returns the model, if it is ready.
    pub fn model(&self) -> Option<&ModelFacts> {
        self.loaded().map(|loaded| &loaded.model)
    }

    /// Returns the progress of the download, if there is one.
    pub fn loading(&self) -> Option<&Loading> {
        match (&self.current, &self.next) {
            (Current::Loading { loading, .. }, _) => Some(loading),
            (_, Some(Next { loading, ready: None, .. })) => Some(loading),
            _ => None,
        }
    }

    /// Returns the chosen model as the server lists it, if it is listed.
    pub fn chosen(&self) -> Option<&ModelChoice> {
        self.models.iter().flatten().find(|model| model.folder == self.choice.folder)
    }

    /// Returns whether the worker is drawing.
    pub fn is_drawing(&self) -> bool {
        matches!(self.current, Current::Ready { job: Job::Drawing, .. })
    }

    /// Returns whether a picture is being drawn or is queued.
    pub fn is_busy(&self) -> bool {
        self.is_drawing() || matches!(self.current, Current::Loading { waiting: Some(_), .. })
    }

    /// Returns whether there is a worker, or one is starting.
    pub(super) fn is_awake(&self) -> bool {
        !matches!(self.current, Current::Asleep | Current::Stopped)
    }

    /// Returns the value of `data-state`.
    pub fn phase(&self) -> &'static str {
        match &self.current {
            Current::Loading { .. } => "loading",
            Current::Ready { job: Job::Drawing, .. } => "running",
            _ if self.loading().is_some() => "loading",
            // A press would draw.
            Current::Asleep | Current::Ready { job: Job::Idle, .. } => "ready",
            Current::Ready { job: Job::Done, .. } => "done",
            Current::Ready { job: Job::Failed, .. } | Current::Stopped => "error",
        }
    }
}
