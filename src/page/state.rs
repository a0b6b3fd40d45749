//! The whole state of the page.

use std::rc::Rc;

use super::concepts::Concepts;
use super::facts::{DeviceFacts, ModelChoice, ModelFacts, Reading};
use super::grid::Grid;
use super::history::HistoryEntry;
use super::landing::Landing;
use super::loading::Loading;
use super::offer::Brought;
use super::protocol::{Archive, DeviceChoice};
use super::run::StageRun;
use super::shown::{Finishing, Opened};
use super::trash::Trash;
use crate::recipe::Recipe;

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

/// The worker with its model, and what it is doing.
#[derive(Debug, Clone, PartialEq)]
pub enum Engine {
    /// Nothing is loaded until the visitor asks for it, because a link was followed and the
    /// download is large.
    Asleep,
    /// A worker is starting, or weights are being loaded.
    Loading {
        /// The progress.
        loading: Loading,
        /// The recipe that is drawn as soon as the model is ready.
        waiting: Option<Box<Recipe>>,
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

/// The next engine, which is being started while the current one goes on.
#[derive(Debug, Clone, PartialEq)]
pub struct Next {
    /// Its worker's number.
    pub worker: u32,
    /// The progress of its files.
    pub loading: Loading,
    /// The device and the model's folder of the current engine, which are restored if this one fails.
    pub before: (DeviceChoice, String),
    /// Its model, once it is ready and waits for the current run to end.
    pub ready: Option<Box<Loaded>>,
}

/// The last message for the visitor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// The message, in sentences.
    pub text: String,
    /// Whether something went wrong.
    pub is_bad: bool,
}

/// The whole state of the page.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The worker and what it is doing.
    pub engine: Engine,
    /// The current worker's number.
    pub worker: u32,
    /// The next engine.
    pub next: Option<Next>,
    /// The number of the last worker that was started.
    pub workers: u32,
    /// The device that the visitor chose.
    pub device: DeviceChoice,
    /// Why the CPU is used though the visitor did not choose it.
    pub avoids_gpu: Option<String>,
    /// The models of this server; `None` until it has listed them.
    pub models: Option<Vec<ModelChoice>>,
    /// The chosen model's folder.
    pub folder: String,
    /// The recipe in the form.
    pub form: Recipe,
    /// Whether sampler, steps, guidance and shift follow the model, because the visitor chose none
    /// of them.
    pub follows_model: bool,
    /// Whether the style follows the model, because the visitor chose none.
    pub follows_style: bool,
    /// Whether the number of pictures follows the device, because the visitor chose none.
    pub follows_device: bool,
    /// The sampling fields that the link did not set, and that follow the model: see
    /// [`Address::unset`](crate::recipe::address::Address::unset).
    pub unset: Vec<&'static str>,
    /// Whether the next picture keeps the seed of the last one.
    pub keeps_seed: bool,
    /// Whether the visitor chose the seed since the last picture. Then the next picture uses it,
    /// even if it is not kept.
    pub seed_is_fresh: bool,
    /// The problem with the form, which prevents drawing.
    pub refused: Option<String>,
    /// How the model reads the prompt.
    pub prompt_reading: Reading,
    /// How the model reads the negative prompt.
    pub negative_reading: Reading,
    /// The index of the earlier prompt in the form, and the prompt that it replaced.
    pub earlier: Option<(usize, String)>,
    /// The recipe that was brought before the models were known.
    pub brought: Option<Brought>,
    /// The picture that the page shows first, until it is shown or given up.
    pub landing: Option<Landing>,
    /// Whether this browser has the weights; `None` until it has answered.
    pub is_cached: Option<bool>,
    /// The last run.
    pub run: Option<StageRun>,
    /// A picture that is shown in front of it.
    pub opened: Option<Opened>,
    /// The file that was brought last, while it is being read.
    pub opening: Option<Rc<[u8]>>,
    /// How pictures are finished before they are saved.
    pub finishing: Finishing,
    /// The archives that are being put together, with their tickets.
    pub archives: Vec<(u32, Archive)>,
    /// The number of the last job.
    pub jobs: u32,
    /// Whether previews show the noisy latent.
    pub noisy: bool,
    /// Whether playback of the timeline is on.
    pub is_playing: bool,
    /// The grid of two settings.
    pub grid: Option<Grid>,
    /// The history, newest first.
    pub history: Vec<Rc<HistoryEntry>>,
    /// The deleted entries of the history.
    pub trash: Trash,
    /// Whether this browser keeps no history, so that it is in memory only.
    pub history_is_closed: bool,
    /// Whether the browser promises to keep what it stores; `None` until it has answered, and
    /// `Some(None)` if it knows no such promise.
    pub promised: Option<Option<bool>>,
    /// Whether the server has newer programs than this page.
    pub is_outdated: bool,
    /// The last message for the visitor.
    pub status: Status,
    /// Why the worker crashed, until a picture is drawn again.
    pub trouble: Option<String>,
    /// Whether the settings are open.
    pub shows_settings: bool,
    /// The concepts that the model can draw, once the visitor has asked for them.
    pub concepts: Concepts,
}

impl State {
    /// Returns the model and its device, if they are ready.
    pub fn loaded(&self) -> Option<&Loaded> {
        match &self.engine {
            Engine::Ready { loaded, .. } => Some(loaded),
            _ => None,
        }
    }

    /// Returns the progress of the download, if there is one.
    pub fn loading(&self) -> Option<&Loading> {
        match (&self.engine, &self.next) {
            (Engine::Loading { loading, .. }, _) => Some(loading),
            (_, Some(Next { loading, ready: None, .. })) => Some(loading),
            _ => None,
        }
    }

    /// Returns the form's prompt and negative prompt.
    pub(super) fn prompts(&self) -> (String, String) {
        (self.form.prompt.clone(), self.form.negative.clone())
    }

    /// Returns whether the worker is drawing.
    pub fn is_drawing(&self) -> bool {
        matches!(self.engine, Engine::Ready { job: Job::Drawing, .. })
    }

    /// Returns whether a picture is being drawn or is queued.
    pub fn is_busy(&self) -> bool {
        self.is_drawing() || matches!(self.engine, Engine::Loading { waiting: Some(_), .. })
    }

    /// Returns the value of `data-state`.
    pub fn phase(&self) -> &'static str {
        match &self.engine {
            Engine::Loading { .. } => "loading",
            Engine::Ready { job: Job::Drawing, .. } => "running",
            _ if self.loading().is_some() => "loading",
            // A press would draw.
            Engine::Asleep | Engine::Ready { job: Job::Idle, .. } => "ready",
            Engine::Ready { job: Job::Done, .. } => "done",
            Engine::Ready { job: Job::Failed, .. } | Engine::Stopped => "error",
        }
    }

    /// Returns the document's title, which shows the progress even in another tab.
    pub fn title(&self) -> String {
        const NAME: &str = "Patchwork";
        match (&self.engine, &self.run, self.loading()) {
            (Engine::Ready { job: Job::Drawing, .. }, Some(run), _) => {
                let what =
                    if run.recipe.prompt.is_empty() { "drawing" } else { &run.recipe.prompt };
                format!("({}/{}) {what} – {NAME}", run.frames.len(), run.steps)
            }
            (.., Some(loading)) => match loading.share() {
                Some(share) => format!("({:.0} %) {NAME}", 100.0 * share),
                None => NAME.into(),
            },
            _ => NAME.into(),
        }
    }

    /// Returns the chosen model as the server lists it, if it is listed.
    pub fn chosen(&self) -> Option<&ModelChoice> {
        self.models.iter().flatten().find(|model| model.folder == self.folder)
    }

    /// Returns whether the worker still has the steps of the run on stage, so that it can decode them.
    pub fn can_decode(&self) -> bool {
        let run = self.run.as_ref().filter(|_| self.opened.is_none());
        run.is_some_and(|run| run.worker == self.worker && self.loaded().is_some())
    }

    /// Returns whether this browser stores weights or pictures of this page.
    pub fn keeps_something(&self) -> bool {
        let keeps_weights = self.loaded().is_some_and(|loaded| loaded.model.is_kept);
        keeps_weights || !self.history.is_empty() && !self.history_is_closed
    }
}
