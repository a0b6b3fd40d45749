//! What happens to the engine, and what it asks for.

use crate::page::answer::Answer;
use crate::page::facts::ModelChoice;
use crate::page::protocol::{DeviceChoice, Event};
use crate::recipe::PartialRecipe;

/// Something that happened to the engine.
pub enum EngineAction {
    /// A worker has sent an event.
    Worker(u32, Event),
    /// The visitor chooses a device.
    ChooseDevice(DeviceChoice),
    /// The visitor chooses a model, by its folder.
    ChooseModel(String),
    /// The server has listed its models.
    Models(Vec<ModelChoice>),
    /// The browser has said whether it has the weights.
    Cached(bool),
    /// The visitor starts the worker again.
    Restart,
    /// The visitor stops the queue: the current run is still finished.
    Stop,
    /// The visitor stops the current run and the queue.
    Cancel,
    /// The visitor removes the downloaded weights.
    ForgetWeights,
}

/// What the engine asks of the browser.
#[derive(Debug, Clone, PartialEq)]
pub enum EngineEffect {
    /// Starts a worker that loads a model, beside the running ones.
    StartWorker {
        /// Its number, which comes with each of its events.
        number: u32,
        /// The model's folder.
        model: String,
        /// The device that it uses.
        device: DeviceChoice,
    },
    /// Sends requests to this worker from now on, and ends all older ones.
    UseWorker(u32),
    /// Ends a worker.
    EndWorker(u32),
    /// Asks the server for its list of models.
    ListModels,
    /// Asks the browser whether it has the weights of a model's folder.
    AskCached(String),
}

/// What the engine wishes of other rooms.
pub(in crate::page) enum EngineWish {
    /// The models are listed.
    HearModels,
    /// A model is loaded, and a recipe may wait for it.
    HearModel { waiting: Option<Box<PartialRecipe>> },
    /// The current worker has sent an event that is not about the engine.
    Hear(Event),
    /// A job failed, or something that belongs to none.
    HearFailure { job: Option<u32>, message: String },
    /// Another worker receives requests from now on, and the last one answers no more.
    ForgetWorker {
        /// Whether the visitor is told of what is lost.
        tells: bool,
    },
    /// The rest of the grid is not drawn.
    StopGrid,
    /// The brought recipe has no say any more about which model is loaded.
    ForgetBrought,
    /// A press is offered on an empty stage, because the download is large.
    OfferPress,
}

pub(in crate::page) type EngineAnswer = Answer<EngineEffect, EngineWish>;
