//! What is on stage: a run with its steps, or a picture from the history.

use std::rc::Rc;

use crate::image::Image;
use crate::page::protocol::Event;
use crate::recipe::Recipe;

/// Pictures are shared: the state is copied on every change, its pixels need not be.
pub(super) type Pictures = Vec<Rc<Image>>;

fn share(pictures: Vec<Image>) -> Pictures {
    pictures.into_iter().map(Rc::new).collect()
}

/// One step of a run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame {
    pub(super) denoised: Pictures,
    pub(super) noisy: Pictures,
    pub(super) milliseconds: f64,
}

/// What is on stage.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    pub(super) job: u32,
    pub(super) recipe: Recipe,
    /// The cell of the grid that it is drawn for.
    pub(super) cell: Option<usize>,
    pub(super) is_from_history: bool,
    pub(super) was_stopped: bool,
    /// Whether the worker still has its steps.
    pub(super) can_decode: bool,
    pub(super) steps: usize,
    /// What the visitor should hear of how it is drawn.
    pub(super) notes: Vec<String>,
    pub(super) frames: Vec<Rc<Frame>>,
    /// The step that is looked at; `None` follows the newest.
    pub(super) looking: Option<usize>,
    /// A step in full, where one was asked for.
    pub(super) decoded: Option<(usize, Pictures)>,
    /// Empty until the run is done.
    pub(super) pictures: Pictures,
}

impl Run {
    pub(super) fn new(job: u32, recipe: Recipe, cell: Option<usize>) -> Self {
        Self {
            job,
            steps: recipe.steps,
            recipe,
            cell,
            is_from_history: false,
            was_stopped: false,
            can_decode: true,
            notes: Vec::new(),
            frames: Vec::new(),
            looking: None,
            decoded: None,
            pictures: Vec::new(),
        }
    }

    /// A picture that was drawn before; `job` is the last one's, so that none is drawn for it.
    pub(super) fn opened(job: u32, recipe: Recipe, picture: Image) -> Self {
        let pictures = share(vec![picture]);
        Self { is_from_history: true, pictures, ..Self::new(job, recipe, None) }
    }

    /// The median time of a step, in milliseconds; `None` before the first.
    pub(super) fn step_milliseconds(&self) -> Option<f64> {
        let mut times: Vec<f64> = self.frames.iter().map(|frame| frame.milliseconds).collect();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied()
    }

    /// Takes in what the worker says of this run, and tells the visitor's next status. What it says
    /// of others, which are not on stage any more, is left out.
    pub(super) fn hear(&mut self, event: Event) -> Option<String> {
        if self.is_from_history {
            return None;
        }
        match event {
            Event::Started { job, steps, notes } if job == self.job => {
                self.steps = steps;
                self.notes = notes;
                Some(self.with_notes("Denoising.".into()))
            }
            Event::Step { job, milliseconds, denoised, noisy, .. } if job == self.job => {
                let (denoised, noisy) = (share(denoised), share(noisy));
                self.frames.push(Rc::new(Frame { denoised, noisy, milliseconds }));
                None
            }
            Event::Decoded { job, step, pictures } if job == self.job => {
                self.decoded = Some((step, share(pictures)));
                Some(format!("Step {}, decoded in full.", step + 1))
            }
            Event::Done { job, stopped, pictures, milliseconds } if job == self.job => {
                self.pictures = share(pictures);
                self.was_stopped = stopped;
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

    /// A status, and the notes that stay beside it.
    fn with_notes(&self, mut status: String) -> String {
        for note in &self.notes {
            status += &format!(" {note}");
        }
        status
    }

    /// The pictures to look at, and whether they are previews.
    pub(super) fn on_view(&self, noisy: bool) -> (Pictures, bool) {
        let newest = self.frames.len().checked_sub(1);
        match (self.looking, &self.decoded) {
            (None, _) if !self.pictures.is_empty() && (!noisy || newest.is_none()) => {
                (self.pictures.clone(), false)
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
