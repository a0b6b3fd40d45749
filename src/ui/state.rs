//! All that the page knows, and the one place where it changes.

use std::rc::Rc;

use yew::Reducible;

use crate::image::Image;
use crate::protocol::{DeviceChoice, DeviceFacts, Event};
use crate::recipe::Recipe;

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

/// One step of the run on stage.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame {
    pub(super) denoised: Vec<Image>,
    pub(super) noisy: Vec<Image>,
    pub(super) milliseconds: f64,
}

/// The run on stage.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    pub(super) job: u32,
    pub(super) recipe: Recipe,
    pub(super) steps: usize,
    /// Shared: the state is copied on every change, its pictures need not be.
    pub(super) frames: Vec<Rc<Frame>>,
    /// The step that is looked at; `None` follows the newest.
    pub(super) looking: Option<usize>,
    /// A step in full, where one was asked for.
    pub(super) decoded: Option<(usize, Vec<Image>)>,
    pub(super) pictures: Vec<Image>,
}

/// A finished picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) recipe: Recipe,
    pub(super) picture: Image,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct State {
    pub(super) phase: Phase,
    pub(super) form: Recipe,
    pub(super) choice: DeviceChoice,
    pub(super) loaded: f64,
    pub(super) total: f64,
    pub(super) styles: Vec<String>,
    pub(super) device: Option<DeviceFacts>,
    pub(super) load_seconds: f64,
    pub(super) places: usize,
    pub(super) tokens: usize,
    pub(super) cut: Option<String>,
    pub(super) noisy: bool,
    pub(super) run: Option<Run>,
    pub(super) history: Vec<Rc<Entry>>,
    /// What the visitor should hear last.
    pub(super) status: String,
    pub(super) worker_is_dead: bool,
}

/// What can happen.
pub(super) enum Action {
    Worker(Event),
    Edit(Box<dyn FnOnce(&mut Recipe)>),
    Choose(DeviceChoice),
    /// A worker was started.
    Restarted,
    /// The form goes to the worker as this job.
    Begun(u32),
    Look(Option<usize>),
    ShowNoisy(bool),
    Say(String),
    Forget(usize),
    Clear,
}

impl State {
    pub(super) fn new(form: Recipe) -> Self {
        Self {
            phase: Phase::Loading,
            form,
            choice: DeviceChoice::Auto,
            loaded: 0.0,
            total: 0.0,
            styles: Vec::new(),
            device: None,
            load_seconds: 0.0,
            places: 0,
            tokens: 0,
            cut: None,
            noisy: false,
            run: None,
            history: Vec::new(),
            status: "Loading the model.".into(),
            worker_is_dead: false,
        }
    }

    fn hear(&mut self, event: Event) {
        match event {
            Event::Loading { loaded, total, .. } => (self.loaded, self.total) = (loaded, total),
            Event::Ready { styles, device, seconds, tokens } => {
                self.phase = Phase::Ready;
                self.status = format!("Ready on the {}. {}", device.name, device.reason);
                (self.styles, self.device) = (styles, Some(device));
                (self.load_seconds, self.places) = (seconds, tokens);
            }
            Event::Counted { tokens, cut } => (self.tokens, self.cut) = (tokens, cut),
            Event::Failed { message } => {
                self.phase = Phase::Error;
                self.status = message;
            }
            Event::Crashed { message } => {
                self.phase = Phase::Error;
                self.status = message;
                self.worker_is_dead = true;
            }
            other => self.hear_of_run(other),
        }
    }

    /// Events of jobs that are not on stage any more are left out.
    fn hear_of_run(&mut self, event: Event) {
        let Some(run) = &mut self.run else { return };
        match event {
            Event::Started { job, steps, notes } if job == run.job => {
                run.steps = steps;
                self.status = match notes.is_empty() {
                    true => "Denoising.".into(),
                    false => notes.join(" "),
                };
            }
            Event::Step { job, milliseconds, denoised, noisy, .. } if job == run.job => {
                run.frames.push(Rc::new(Frame { denoised, noisy, milliseconds }));
            }
            Event::Decoded { job, step, pictures } if job == run.job => {
                run.decoded = Some((step, pictures));
            }
            Event::Done { job, stopped, pictures, milliseconds } if job == run.job => {
                let seconds = milliseconds / 1e3;
                self.phase = Phase::Done;
                self.status = if stopped {
                    format!("Stopped after {} of {} steps.", run.frames.len(), run.steps)
                } else {
                    format!("Done in {seconds:.1} s.")
                };
                let entries = pictures.iter().zip(0..).map(|(picture, i)| {
                    let seed = run.recipe.seed + i;
                    let recipe = Recipe { seed, count: 1, ..run.recipe.clone() };
                    Rc::new(Entry { recipe, picture: picture.clone() })
                });
                self.history.splice(0..0, entries);
                run.pictures = pictures;
            }
            _ => {}
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
            Action::Choose(choice) => state.choice = choice,
            Action::Restarted => {
                state.phase = Phase::Loading;
                state.status = "Loading the model.".into();
                state.worker_is_dead = false;
                state.loaded = 0.0;
            }
            Action::Begun(job) => {
                state.phase = Phase::Running;
                state.status = "Starting.".into();
                state.run = Some(Run {
                    job,
                    recipe: state.form.clone(),
                    steps: state.form.steps,
                    frames: Vec::new(),
                    looking: None,
                    decoded: None,
                    pictures: Vec::new(),
                });
            }
            Action::Look(step) => {
                if let Some(run) = &mut state.run {
                    run.looking = step;
                }
            }
            Action::ShowNoisy(noisy) => state.noisy = noisy,
            Action::Say(status) => state.status = status,
            Action::Forget(index) => drop(state.history.remove(index)),
            Action::Clear => state.history.clear(),
        }
        Rc::new(state)
    }
}
