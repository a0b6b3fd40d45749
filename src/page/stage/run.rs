//! A run on stage. Its steps are stops on a timeline, from pure noise to the finished picture.

use std::rc::Rc;

use crate::page::protocol::{Event, File};
use crate::recipe::{PartialRecipe, Recipe};

/// The file of a picture. It is shared, because the state is copied on every change.
pub type Picture = Rc<[u8]>;
/// The files of several pictures.
pub type Pictures = Vec<Picture>;

fn share(files: Vec<File>) -> Pictures {
    files.into_iter().map(|File(bytes)| bytes.into()).collect()
}

/// A denoising step of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// The previews of the prediction of the clean latent (x₀).
    pub denoised: Pictures,
    /// The previews of the noisy latent.
    pub noisy: Pictures,
    /// How many milliseconds the step took.
    pub milliseconds: f64,
}

/// The end of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    /// The decoded pictures.
    pub pictures: Pictures,
    /// Whether it was stopped before its last step.
    pub was_stopped: bool,
    /// How many milliseconds the run took in all.
    pub milliseconds: f64,
}

/// The kind of pictures that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Previews, with one pixel for each latent cell.
    Preview,
    /// The decoded pictures of a step.
    Decoded,
    /// The finished pictures.
    Result,
}

/// A run, and the stop that the visitor looks at.
#[derive(Debug, Clone, PartialEq)]
pub struct StageRun {
    /// The number of the worker that draws it.
    pub worker: u32,
    /// The number of its job.
    pub job: u32,
    /// The cell of the grid that it is drawn for.
    pub cell: Option<usize>,
    /// What was asked of the engine.
    pub asked: PartialRecipe,
    /// The recipe that it is drawn from; until the engine has begun, the one that is expected.
    pub recipe: Recipe,
    /// How many denoising steps it has.
    pub steps: usize,
    /// Notes for the visitor about how it is drawn.
    pub notes: Vec<String>,
    /// The noise levels at the start and after each step.
    pub levels: Vec<f64>,
    /// How many steps back to noise are done, and how many there are, if the run begins with them.
    pub inverting: Option<(usize, usize)>,
    /// The previews of the initial noise.
    pub noise: Pictures,
    /// The steps so far.
    pub frames: Vec<Rc<Frame>>,
    /// The stop that is shown: 0 is pure noise, `steps` is the last step, and `steps + 1` is the
    /// end; `None` follows the newest.
    pub looking: Option<usize>,
    /// The stop that was decoded last, and its pictures.
    pub decoded: Option<(usize, Pictures)>,
    /// The end; `None` while it is drawn, or if it failed.
    pub ending: Option<Ending>,
}

impl StageRun {
    /// Returns a new run.
    pub fn new(
        (worker, job): (u32, u32),
        cell: Option<usize>,
        asked: PartialRecipe,
        recipe: Recipe,
    ) -> Self {
        Self {
            worker,
            job,
            cell,
            asked,
            steps: recipe.steps,
            recipe,
            notes: Vec::new(),
            levels: Vec::new(),
            inverting: None,
            noise: Vec::new(),
            frames: Vec::new(),
            looking: None,
            decoded: None,
            ending: None,
        }
    }

    /// Returns the finished pictures; none before the end.
    pub fn pictures(&self) -> &[Rc<[u8]>] {
        self.ending.as_ref().map_or(&[], |ending| &ending.pictures)
    }

    /// Returns whether it was stopped before its last step.
    pub fn was_stopped(&self) -> bool {
        self.ending.as_ref().is_some_and(|ending| ending.was_stopped)
    }

    /// Returns the recipe of picture `i`. Each has its own seed; the largest seed is followed by 0.
    pub fn recipe_of(&self, i: usize) -> Recipe {
        let seed = self.recipe.seed.wrapping_add(i as u64);
        Recipe { seed, count: 1, ..self.recipe.clone() }
    }

    /// Returns the finished pictures and their recipes; none if it was stopped.
    pub(super) fn finished(&self) -> Vec<(Recipe, Picture)> {
        let pictures = if self.was_stopped() { &[] } else { self.pictures() };
        pictures.iter().enumerate().map(|(i, png)| (self.recipe_of(i), png.clone())).collect()
    }

    /// Returns the median time of a step in milliseconds; `None` before the first.
    pub fn step_milliseconds(&self) -> Option<f64> {
        let mut times: Vec<f64> = self.frames.iter().map(|frame| frame.milliseconds).collect();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied()
    }

    /// Returns the stop of the finished picture.
    pub fn end(&self) -> usize {
        self.steps + 1
    }

    /// Returns the newest stop.
    pub fn newest(&self) -> usize {
        if self.ending.is_some() { self.end() } else { self.frames.len() }
    }

    /// Returns the stop that is shown: the newest if the chosen one is not drawn.
    pub fn stop(&self) -> usize {
        let is_there = |stop: &usize| *stop <= self.frames.len() || *stop == self.newest();
        self.looking.filter(is_there).unwrap_or_else(|| self.newest())
    }

    /// Returns the pictures that are shown, and their kind.
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

    /// Returns a stop's name: “Step 3 of 12, noise 0.62”.
    pub fn name_of(&self, stop: usize) -> String {
        let level = |stop: usize| {
            self.levels.get(stop).map_or(String::new(), |level| format!(", noise {level:.2}"))
        };
        match stop {
            0 => match self.inverting.filter(|_| self.levels.is_empty()) {
                Some((done, total)) => format!("Back to noise, step {done} of {total}"),
                None if self.recipe.begins_with_picture() => {
                    format!("Picture with noise{}", level(0))
                }
                None => format!("Pure noise{}", level(0)),
            },
            stop if stop == self.end() && self.was_stopped() => "Stopped".into(),
            stop if stop == self.end() => "Finished".into(),
            stop => format!("Step {stop} of {}{}", self.steps, level(stop)),
        }
    }

    /// Returns a sentence about what is shown.
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

    /// Takes in an event of this run, and returns the visitor's next status. Events of other runs,
    /// which are not on stage any more, are ignored.
    pub fn hear(&mut self, event: Event) -> Option<String> {
        match event {
            Event::Started { job, recipe, steps, notes, levels, noise } if self.job == job => {
                self.recipe = *recipe;
                (self.steps, self.notes, self.levels) = (steps, notes, levels);
                self.noise = share(noise);
                Some(self.with_notes("Denoising.".into()))
            }
            Event::Inverting { job, done, total, noise } if self.job == job => {
                (self.inverting, self.noise) = (Some((done, total)), share(noise));
                (done == 0).then(|| "Leading the picture back to noise.".into())
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

    /// Returns a status with the run's notes added.
    fn with_notes(&self, mut status: String) -> String {
        for note in &self.notes {
            status += &format!(" {note}");
        }
        status
    }
}
