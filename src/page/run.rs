//! A run on stage: its steps as stops on a timeline, from pure noise to the finished picture.

use std::rc::Rc;

use super::protocol::{Event, File};
use crate::recipe::Recipe;

/// The file of a picture. It is shared: the state is copied on every change, its pictures need not
/// be.
pub type Picture = Rc<[u8]>;
/// Files of pictures.
pub type Pictures = Vec<Picture>;

fn share(files: Vec<File>) -> Pictures {
    files.into_iter().map(|File(bytes)| bytes.into()).collect()
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

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    /// The pictures in full.
    pub pictures: Pictures,
    /// Whether it was stopped before its last step.
    pub was_stopped: bool,
    /// How long it took in all.
    pub milliseconds: f64,
}

/// What is seen of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// A glance: one pixel a latent cell.
    Preview,
    /// A step, decoded in full.
    Decoded,
    /// The end.
    Result,
}

/// A run, and where the visitor looks.
#[derive(Debug, Clone, PartialEq)]
pub struct StageRun {
    /// The number of the worker that draws it.
    pub worker: u32,
    /// Its number.
    pub job: u32,
    /// The cell of the grid that it is drawn for.
    pub cell: Option<usize>,
    /// What it is drawn from.
    pub recipe: Recipe,
    /// How many steps it has.
    pub steps: usize,
    /// What the visitor should hear of how it is drawn.
    pub notes: Vec<String>,
    /// The noise levels where it begins, and where each step ends.
    pub levels: Vec<f64>,
    /// The noise that it begins with.
    pub noise: Pictures,
    /// The steps so far.
    pub frames: Vec<Rc<Frame>>,
    /// The stop that is looked at: 0 is pure noise, `steps` the last step, one more the end; `None`
    /// follows the newest.
    pub looking: Option<usize>,
    /// A stop in full, if one was asked for.
    pub decoded: Option<(usize, Pictures)>,
    /// How it ended; `None` while it is drawn, and if it failed.
    pub ending: Option<Ending>,
}

impl StageRun {
    /// Returns a run that begins.
    pub fn new(worker: u32, job: u32, cell: Option<usize>, recipe: Recipe) -> Self {
        Self {
            worker,
            job,
            cell,
            steps: recipe.steps,
            recipe,
            notes: Vec::new(),
            levels: Vec::new(),
            noise: Vec::new(),
            frames: Vec::new(),
            looking: None,
            decoded: None,
            ending: None,
        }
    }

    /// Returns the finished pictures; none while it is drawn.
    pub fn pictures(&self) -> &[Rc<[u8]>] {
        self.ending.as_ref().map_or(&[], |ending| &ending.pictures)
    }

    /// Returns whether it was stopped before its last step.
    pub fn was_stopped(&self) -> bool {
        self.ending.as_ref().is_some_and(|ending| ending.was_stopped)
    }

    /// Returns what picture `i` is drawn from. Each has its own seed; after the largest comes 0.
    pub fn recipe_of(&self, i: usize) -> Recipe {
        let seed = self.recipe.seed.wrapping_add(i as u64);
        Recipe { seed, count: 1, ..self.recipe.clone() }
    }

    /// Returns the median time of a step, in milliseconds; `None` before the first.
    pub fn step_milliseconds(&self) -> Option<f64> {
        let mut times: Vec<f64> = self.frames.iter().map(|frame| frame.milliseconds).collect();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied()
    }

    /// Returns the stop that is the finished picture.
    pub fn end(&self) -> usize {
        self.steps + 1
    }

    /// Returns the newest stop.
    pub fn newest(&self) -> usize {
        if self.ending.is_some() { self.end() } else { self.frames.len() }
    }

    /// Returns the stop that is looked at. What is not drawn yet, or never was, is the newest.
    pub fn stop(&self) -> usize {
        let is_there = |stop: &usize| *stop <= self.frames.len() || *stop == self.newest();
        self.looking.filter(is_there).unwrap_or_else(|| self.newest())
    }

    /// Returns the pictures to look at, and what they are.
    pub fn on_view(&self, noisy: bool) -> (&[Rc<[u8]>], View) {
        let stop = self.stop();
        match (&self.ending, &self.decoded) {
            (Some(ending), _) if stop == self.end() => (&ending.pictures, View::Result),
            (_, Some((decoded, pictures))) if *decoded == stop && !noisy => {
                (pictures, View::Decoded)
            }
            _ => match stop.checked_sub(1).and_then(|step| self.frames.get(step)) {
                Some(frame) if noisy => (&frame.noisy, View::Preview),
                Some(frame) => (&frame.denoised, View::Preview),
                None => (&self.noise, View::Preview),
            },
        }
    }

    /// Returns what stands at a stop, in a few words: “Step 3 of 12, noise 0.62”.
    pub fn name_of(&self, stop: usize) -> String {
        let level = |stop: usize| {
            self.levels.get(stop).map_or(String::new(), |level| format!(", noise {level:.2}"))
        };
        match stop {
            0 => format!("Pure noise{}", level(0)),
            stop if stop == self.end() && self.was_stopped() => "Stopped".into(),
            stop if stop == self.end() => "Finished".into(),
            stop => format!("Step {stop} of {}{}", self.steps, level(stop)),
        }
    }

    /// Returns a sentence about what is looked at.
    pub fn describe(&self, noisy: bool) -> String {
        let (stop, view) = (self.stop(), self.on_view(noisy).1);
        let name = self.name_of(stop);
        match view {
            View::Result => match &self.ending {
                Some(ending) if ending.was_stopped => {
                    let (done, steps) = (self.frames.len(), self.steps);
                    format!(
                        "Stopped after {done} of {steps} steps; this is how far it came. It is not \
                         in the history: download it to keep it."
                    )
                }
                Some(ending) => format!("Done in {:.1} s.", ending.milliseconds / 1e3),
                None => String::new(),
            },
            View::Decoded => format!("{name}: the estimate, decoded in full."),
            View::Preview if stop == 0 => format!("{name}: where it begins."),
            View::Preview if noisy => format!("{name}: the latent as it is."),
            View::Preview => format!("{name}: what the network expects of the picture."),
        }
    }

    /// Takes in what the worker says of this run, and returns the visitor's next status. What it
    /// says of other runs, which are not on stage any more, changes nothing.
    pub fn hear(&mut self, event: Event) -> Option<String> {
        match event {
            Event::Started { job, steps, notes, levels, noise } if self.job == job => {
                (self.steps, self.notes, self.levels) = (steps, notes, levels);
                self.noise = share(noise);
                Some(self.with_notes("Denoising.".into()))
            }
            Event::Step { job, milliseconds, denoised, noisy, .. } if self.job == job => {
                let (denoised, noisy) = (share(denoised), share(noisy));
                self.frames.push(Rc::new(Frame { denoised, noisy, milliseconds }));
                None
            }
            Event::Decoded { job, step, pictures } if self.job == job => {
                self.decoded = Some((step, share(pictures)));
                Some(self.describe(false))
            }
            Event::Done { job, stopped: was_stopped, pictures, milliseconds }
                if self.job == job =>
            {
                self.ending = Some(Ending { pictures: share(pictures), was_stopped, milliseconds });
                self.looking = None;
                Some(self.with_notes(self.describe(false)))
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
}
