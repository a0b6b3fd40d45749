//! All that the page knows.

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
    /// Nothing is loaded before the visitor asks for it: a link was followed, and the download is
    /// large.
    Asleep,
    /// A worker starts, or weights come in.
    Loading {
        /// How far they are.
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
    /// There is no worker that could draw: it did not start, or is of another version than the page.
    Stopped,
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

/// Another engine that is being started while the old one works on.
#[derive(Debug, Clone, PartialEq)]
pub struct Next {
    /// Its worker's number.
    pub worker: u32,
    /// How far its files are.
    pub loading: Loading,
    /// The device and the model's folder of the old one, if this fails.
    pub before: (DeviceChoice, String),
    /// What it is, once it is ready and waits for the old one's picture.
    pub ready: Option<Box<Loaded>>,
}

/// What the visitor should hear last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Status {
    /// Sentences.
    pub text: String,
    /// Whether something went wrong.
    pub is_bad: bool,
}

/// All that the page knows.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The worker and what it does.
    pub engine: Engine,
    /// The current worker's number.
    pub worker: u32,
    /// Another engine on its way.
    pub next: Option<Next>,
    /// How many workers there were: the last one's number.
    pub workers: u32,
    /// The device that the visitor chose.
    pub device: DeviceChoice,
    /// Why the CPU is taken though nobody chose it.
    pub avoids_gpu: Option<String>,
    /// The models of this server; `None` until it has said which there are.
    pub models: Option<Vec<ModelChoice>>,
    /// The chosen model's folder.
    pub folder: String,
    /// What the form says.
    pub form: Recipe,
    /// Whether nobody has chosen sampler, steps, guidance or shift: then they are the model's own.
    pub follows_model: bool,
    /// Whether nobody has chosen the style: then it is the model's own.
    pub follows_style: bool,
    /// Whether nobody has chosen how many pictures: then it is the device's.
    pub follows_device: bool,
    /// Sampling fields that the link did not set, and that stay the model's: see
    /// [`Address::unset`](crate::recipe::address::Address::unset).
    pub unset: Vec<&'static str>,
    /// Whether the next picture keeps the seed of the last.
    pub keeps_seed: bool,
    /// Whether the visitor chose the seed since the last picture: then it holds, kept or not.
    pub seed_is_fresh: bool,
    /// What is wrong with the form, so that it is not drawn.
    pub refused: Option<String>,
    /// How the prompt is read.
    pub prompt_reading: Reading,
    /// How the negative prompt is read.
    pub negative_reading: Reading,
    /// Which of the earlier prompts stands in the form, and what stood there before.
    pub earlier: Option<(usize, String)>,
    /// What was brought before the model was there.
    pub brought: Option<Brought>,
    /// What the page shall show first, until that is clear.
    pub landing: Option<Landing>,
    /// Whether this browser has the weights; `None` until it was asked.
    pub is_cached: Option<bool>,
    /// The last run.
    pub run: Option<StageRun>,
    /// A picture in front of it.
    pub opened: Option<Opened>,
    /// The file that was brought last and is being read.
    pub opening: Option<Rc<[u8]>>,
    /// What is made of pictures before they are saved.
    pub finishing: Finishing,
    /// Files that are being put together of many pictures, by their tickets.
    pub archives: Vec<(u32, Archive)>,
    /// How many jobs there were: the last one's number.
    pub jobs: u32,
    /// Whether previews show the latent as it is, noise and all.
    pub noisy: bool,
    /// Whether the timeline is played.
    pub is_playing: bool,
    /// Two settings against each other.
    pub grid: Option<Grid>,
    /// What was drawn before, newest first.
    pub history: Vec<Rc<HistoryEntry>>,
    /// What of it is deleted.
    pub trash: Trash,
    /// Whether this browser keeps no history: it is in memory only.
    pub history_is_closed: bool,
    /// Whether the browser promises to keep what it keeps; `None` until it was asked, and
    /// `Some(None)` if it has no such promise.
    pub promised: Option<Option<bool>>,
    /// Whether the server has newer programs than this page.
    pub is_outdated: bool,
    /// What the visitor should hear last.
    pub status: Status,
    /// Why the worker was lost, until a picture is drawn again.
    pub trouble: Option<String>,
    /// Whether the settings are open.
    pub shows_settings: bool,
    /// What the model can draw, once the visitor has asked.
    pub concepts: Concepts,
}

impl State {
    /// Returns the model, if it is there.
    pub fn loaded(&self) -> Option<&Loaded> {
        match &self.engine {
            Engine::Ready { loaded, .. } => Some(loaded),
            _ => None,
        }
    }

    /// Returns how far the files are, if any are coming.
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

    /// Returns whether the worker draws.
    pub fn is_drawing(&self) -> bool {
        matches!(self.engine, Engine::Ready { job: Job::Drawing, .. })
    }

    /// Returns whether something is drawn, or waits to be.
    pub fn is_busy(&self) -> bool {
        self.is_drawing() || matches!(self.engine, Engine::Loading { waiting: Some(_), .. })
    }

    /// Returns the value of `data-state`.
    pub fn phase(&self) -> &'static str {
        match &self.engine {
            Engine::Loading { .. } => "loading",
            Engine::Ready { job: Job::Drawing, .. } => "running",
            _ if self.loading().is_some() => "loading",
            // One press draws.
            Engine::Asleep | Engine::Ready { job: Job::Idle, .. } => "ready",
            Engine::Ready { job: Job::Done, .. } => "done",
            Engine::Ready { job: Job::Failed, .. } | Engine::Stopped => "error",
        }
    }

    /// Returns the document's title, which tells how far things are in another tab too.
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

    /// Returns the chosen model as the server lists it, if it does.
    pub fn chosen(&self) -> Option<&ModelChoice> {
        self.models.iter().flatten().find(|model| model.folder == self.folder)
    }

    /// Returns whether the worker still has the steps of the run on stage.
    pub fn can_decode(&self) -> bool {
        let run = self.run.as_ref().filter(|_| self.opened.is_none());
        run.is_some_and(|run| run.worker == self.worker && self.loaded().is_some())
    }

    /// Returns whether this browser keeps anything for this page.
    pub fn keeps_something(&self) -> bool {
        let keeps_weights = self.loaded().is_some_and(|loaded| loaded.model.is_kept);
        keeps_weights || !self.history.is_empty() && !self.history_is_closed
    }
}
