//! What is on stage: a run with its steps, or a picture from the history.

use std::rc::Rc;

use super::protocol::Event;
use crate::image::Image;
use crate::recipe::Recipe;

/// Pictures are shared: the state is copied on every change, its pixels need not be.
pub type Pictures = Vec<Rc<Image>>;

fn share(pictures: Vec<Image>) -> Pictures {
    pictures.into_iter().map(Rc::new).collect()
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// The estimate of the finished picture.
    pub denoised: Pictures,
    /// The latent as it is.
    pub noisy: Pictures,
    /// How long the step took.
    pub milliseconds: f64,
}

/// Where what is on stage comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A worker draws it, or has.
    Worker {
        /// The worker's number.
        worker: u32,
        /// The job's number.
        job: u32,
        /// The cell of the grid that it is drawn for.
        cell: Option<usize>,
    },
    /// It was drawn before.
    History,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    /// The pictures in full.
    pub pictures: Pictures,
    /// Whether it was stopped before its last step.
    pub was_stopped: bool,
}

/// What is on stage.
#[derive(Debug, Clone, PartialEq)]
pub struct StageRun {
    /// Where it comes from.
    pub origin: Origin,
    /// What it is drawn from.
    pub recipe: Recipe,
    /// How many steps it has.
    pub steps: usize,
    /// What the visitor should hear of how it is drawn.
    pub notes: Vec<String>,
    /// The steps so far.
    pub frames: Vec<Rc<Frame>>,
    /// The step that is looked at; `None` follows the newest.
    pub looking: Option<usize>,
    /// A step in full, if one was asked for.
    pub decoded: Option<(usize, Pictures)>,
    /// How it ended; `None` while it is drawn, and if it failed.
    pub ending: Option<Ending>,
}

impl StageRun {
    /// Returns a run that begins.
    pub fn new(origin: Origin, recipe: Recipe) -> Self {
        Self {
            origin,
            steps: recipe.steps,
            recipe,
            notes: Vec::new(),
            frames: Vec::new(),
            looking: None,
            decoded: None,
            ending: None,
        }
    }

    /// Returns a picture that was drawn before.
    pub fn opened(recipe: Recipe, picture: Image) -> Self {
        let ending = Ending { pictures: share(vec![picture]), was_stopped: false };
        Self { ending: Some(ending), ..Self::new(Origin::History, recipe) }
    }

    /// Returns the number of the job that draws it, if one does.
    pub fn job(&self) -> Option<u32> {
        match self.origin {
            Origin::Worker { job, .. } => Some(job),
            Origin::History => None,
        }
    }

    /// Returns the number of the worker that draws it, if one does.
    pub fn worker(&self) -> Option<u32> {
        match self.origin {
            Origin::Worker { worker, .. } => Some(worker),
            Origin::History => None,
        }
    }

    /// Returns the cell of the grid that it is drawn for, if it is for one.
    pub fn cell(&self) -> Option<usize> {
        match self.origin {
            Origin::Worker { cell, .. } => cell,
            Origin::History => None,
        }
    }

    /// Returns the finished pictures; none while it is drawn.
    pub fn pictures(&self) -> &[Rc<Image>] {
        self.ending.as_ref().map_or(&[], |ending| &ending.pictures)
    }

    /// Returns whether it was stopped before its last step.
    pub fn was_stopped(&self) -> bool {
        self.ending.as_ref().is_some_and(|ending| ending.was_stopped)
    }

    /// Returns the median time of a step, in milliseconds; `None` before the first.
    pub fn step_milliseconds(&self) -> Option<f64> {
        let mut times: Vec<f64> = self.frames.iter().map(|frame| frame.milliseconds).collect();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied()
    }

    /// Takes in what the worker says of this run, and returns the visitor's next status. What it
    /// says of other runs, which are not on stage any more, changes nothing.
    pub fn hear(&mut self, event: Event) -> Option<String> {
        match event {
            Event::Started { job, steps, notes } if self.job() == Some(job) => {
                self.steps = steps;
                self.notes = notes;
                Some(self.with_notes("Denoising.".into()))
            }
            Event::Step { job, milliseconds, denoised, noisy, .. } if self.job() == Some(job) => {
                let (denoised, noisy) = (share(denoised), share(noisy));
                self.frames.push(Rc::new(Frame { denoised, noisy, milliseconds }));
                None
            }
            Event::Decoded { job, step, pictures } if self.job() == Some(job) => {
                self.decoded = Some((step, share(pictures)));
                Some(format!("Step {}, decoded in full.", step + 1))
            }
            Event::Done { job, stopped, pictures, milliseconds } if self.job() == Some(job) => {
                self.ending = Some(Ending { pictures: share(pictures), was_stopped: stopped });
                self.looking = None;
                let (done, steps) = (self.frames.len(), self.steps);
                Some(self.with_notes(if stopped {
                    format!("Stopped after {done} of {steps} steps; this is how far it came.")
                } else {
                    format!("Done in {:.1} s.", milliseconds / 1e3)
                }))
            }
            _ => None,
        }
    }

    /// Returns a status, and the notes that stay beside it.
    fn with_notes(&self, mut status: String) -> String {
        for note in &self.notes {
            status += &format!(" {note}");
        }
        status
    }

    /// Returns the pictures to look at, and whether they are previews.
    pub fn on_view(&self, noisy: bool) -> (Pictures, bool) {
        let newest = self.frames.len().checked_sub(1);
        match (self.looking, &self.decoded) {
            (None, _) if !self.pictures().is_empty() && (!noisy || newest.is_none()) => {
                (self.pictures().to_vec(), false)
            }
            (Some(step), Some((decoded, pictures))) if step == *decoded && !noisy => {
                (pictures.clone(), false)
            }
            (looking, _) => match looking.or(newest).and_then(|step| self.frames.get(step)) {
                Some(frame) if noisy => (frame.noisy.clone(), true),
                Some(frame) => (frame.denoised.clone(), true),
                None => (Vec::new(), true),
            },
        }
    }
}
