//! The pictures on stage, and how they are finished before they are saved. The file that is shown
//! is the file that is saved.

use std::rc::Rc;

use super::history::name;
use super::protocol::{File, Request};
use super::run::{Picture, View};
use super::state::{Engine, State};
use super::turn::Turn;
use crate::image::finish::Finish;
use crate::recipe::Recipe;

/// The origin of a picture that the visitor brought.
pub const OF_FILE: &str = "from a file";

/// A picture that is shown in front of the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The recipe that it was drawn from.
    pub recipe: Recipe,
    /// The picture.
    pub png: Rc<[u8]>,
    /// Its origin, as the end of a sentence: “from the history”.
    pub from: &'static str,
}

/// A picture as it is shown, with its recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The recipe that it was drawn from.
    pub recipe: Recipe,
    /// The picture as it was drawn.
    pub png: Rc<[u8]>,
    /// The file that is shown and saved; `None` while it is being made.
    pub file: Option<Rc<[u8]>>,
    /// Whether the file was made from the upscaler's output.
    pub is_upscaled: bool,
}

/// A picture, and the file that was made of it.
#[derive(Debug, Clone, PartialEq)]
struct Made {
    of: Picture,
    file: Picture,
    is_upscaled: bool,
}

/// How pictures are finished before they are saved.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Finishing {
    /// The size, outline and format.
    pub finish: Finish,
    /// Whether the visitor chose the size. Otherwise it is the size of the model's upscaler.
    pub is_chosen: bool,
    /// The files that were made.
    made: Vec<Made>,
    /// The pictures whose files are being made, with the tickets of the requests.
    asked: Vec<(Picture, u32)>,
    /// The last ticket.
    pub(super) tickets: u32,
    /// A picture that is saved as soon as its file is made.
    pub(super) is_wanted: Option<Picture>,
}

impl State {
    /// Returns the pictures on stage, and their kind.
    pub fn on_stage(&self) -> (Vec<Shown>, View) {
        if let Some(Opened { recipe, png, .. }) = &self.opened {
            return (vec![self.as_shown(recipe.clone(), png, View::Result)], View::Result);
        }
        let Some(run) = &self.run else { return (Vec::new(), View::Preview) };
        let (pictures, view) = run.on_view(self.noisy);
        let shown = |(i, png)| self.as_shown(run.recipe_of(i), png, view);
        (pictures.iter().enumerate().map(shown).collect(), view)
    }

    /// Returns how pictures of a view are finished.
    pub fn finish_of(&self, view: View) -> Finish {
        let finish = self.finishing.finish;
        match view {
            // A preview is saved as it is.
            View::Preview => Finish::default(),
            // Only finished pictures are upscaled: a decoded step is shown as the decoder returns it.
            View::Decoded if self.upscaled_side().is_some() => Finish { size: 0, ..finish },
            // A brought picture may have been enlarged already, so it keeps its size.
            View::Result if self.is_brought() && !self.finishing.is_chosen => {
                Finish { size: 0, ..finish }
            }
            View::Decoded | View::Result => finish,
        }
    }

    /// Returns whether a finished picture on stage was enlarged without the upscaler, because that
    /// could not be loaded.
    pub fn is_soft(&self, shown: &Shown, view: View) -> bool {
        let size = self.finish_of(view).size as usize;
        let is_larger = self.loaded().is_some_and(|loaded| size > loaded.model.side);
        let is_due = view == View::Result && self.upscaled_side().is_some() && !self.is_brought();
        is_due && is_larger && shown.file.is_some() && !shown.is_upscaled
    }

    /// Returns whether the picture on stage is one that the visitor brought.
    pub fn is_brought(&self) -> bool {
        self.opened.as_ref().is_some_and(|opened| opened.from == OF_FILE)
    }

    /// Returns the default finish of a model with an upscaler.
    fn upscaled_finish(&self) -> Option<Finish> {
        Some(Finish { size: self.upscaled_side()?, ..Finish::default() })
    }

    /// Returns the side of the model's upscaled pictures in pixels, if it has an upscaler.
    pub fn upscaled_side(&self) -> Option<u32> {
        let side = self.loaded()?.model.upscaled_side;
        u32::try_from(side).ok().filter(|side| *side > 0)
    }

    fn as_shown(&self, recipe: Recipe, png: &Rc<[u8]>, view: View) -> Shown {
        let made = self.finishing.made.iter().find(|made| Rc::ptr_eq(&made.of, png));
        let (file, is_upscaled) = match (self.finish_of(view).is_plain(), made) {
            (true, _) => (Some(png.clone()), false),
            (false, Some(made)) => (Some(made.file.clone()), made.is_upscaled),
            (false, None) => (None, false),
        };
        Shown { recipe, png: png.clone(), file, is_upscaled }
    }

    /// Returns the file extension and the MIME type in which the pictures on stage are saved.
    pub fn file_type(&self) -> (&'static str, &'static str) {
        let format = self.finish_of(self.on_stage().1).format;
        (format.extension(), format.mime())
    }

    /// Returns a sentence about what is on stage.
    pub fn describe_stage(&self) -> String {
        match (&self.opened, &self.run) {
            (Some(Opened { recipe, from, .. }), _) => format!("“{}”, {from}.", name(recipe)),
            (None, Some(run)) => run.describe(self.noisy),
            (None, None) => String::new(),
        }
    }
}

impl Finishing {
    /// Forgets the files that were made without the upscaler, so that they are made again.
    pub(super) fn forget_soft(&mut self) {
        self.made.retain(|made| made.is_upscaled);
    }
}

impl Turn {
    /// Asks the worker for the missing files of the pictures on stage, and forgets those of
    /// pictures that are not on stage any more.
    pub(super) fn finish_stage(&mut self) {
        if matches!(self.state.engine, Engine::Asleep | Engine::Stopped) {
            // No worker can make a file.
            self.state.finishing.asked.clear();
            if !self.state.finishing.finish.is_plain() {
                self.finish_as(Finish::default(), false);
            }
            return;
        }
        let (shown, view) = self.state.on_stage();
        let finish = self.state.finish_of(view);
        if view == View::Result && Some(finish) == self.state.upscaled_finish() {
            self.keep_large(&shown);
        }
        let is_shown = |png: &Rc<[u8]>| shown.iter().any(|shown| Rc::ptr_eq(&shown.png, png));
        // The files of the run's finished pictures are kept, for a visitor who returns from its steps.
        let ends = self.state.run.as_ref().map_or(&[][..], |run| run.pictures());
        let is_end = |png: &Rc<[u8]>| ends.iter().any(|end| Rc::ptr_eq(end, png));
        let Finishing { made, asked, .. } = &mut self.state.finishing;
        made.retain(|Made { of, .. }| is_shown(of) || is_end(of));
        asked.retain(|(png, _)| is_shown(png));
        // Only one file is requested at a time, so that other requests come in between.
        let next = shown.iter().find(|shown| shown.file.is_none());
        if let (true, Some(shown)) = (asked.is_empty(), next) {
            let ticket = self.ticket();
            self.state.finishing.asked.push((shown.png.clone(), ticket));
            self.send(Request::Finish { ticket, png: File(shown.png.to_vec()), finish });
        }
    }

    /// Returns the next ticket.
    pub(super) fn ticket(&mut self) -> u32 {
        self.state.finishing.tickets += 1;
        self.state.finishing.tickets
    }

    /// Changes how pictures are finished.
    pub(super) fn choose_finish(&mut self, finish: Finish) {
        if self.has_engine("Sizes, outlines and formats are made by the engine") {
            let Finishing { finish: before, is_chosen, .. } = self.state.finishing;
            self.finish_as(finish, is_chosen || finish.size != before.size);
        }
    }

    /// Has all files made again, because another model or engine makes them from now on. They have
    /// the size of its upscaler unless the visitor chose one.
    pub(super) fn finish_by_model(&mut self) {
        let Finishing { finish, is_chosen, .. } = self.state.finishing;
        let own = self.state.upscaled_side().unwrap_or(0);
        let size = if is_chosen { finish.size } else { own };
        self.finish_as(Finish { size, ..finish }, is_chosen);
    }

    fn finish_as(&mut self, finish: Finish, is_chosen: bool) {
        let Finishing { tickets, .. } = self.state.finishing;
        self.state.finishing = Finishing { finish, is_chosen, tickets, ..Finishing::default() };
    }

    /// Takes in that a file was made of a picture, or could not be. Returns whether the ticket
    /// belongs to a picture on stage.
    pub(super) fn finished(
        &mut self,
        ticket: u32,
        is_upscaled: bool,
        outcome: &Result<File, String>,
    ) -> bool {
        let asked = &mut self.state.finishing.asked;
        let Some(at) = asked.iter().position(|(_, number)| *number == ticket) else { return false };
        let (of, _) = asked.remove(at);
        match outcome {
            Ok(File(bytes)) => {
                let file = bytes.as_slice().into();
                let is_wanted = &mut self.state.finishing.is_wanted;
                let is_wanted = is_wanted.take_if(|png| Rc::ptr_eq(png, &of)).is_some();
                self.state.finishing.made.push(Made { of: of.clone(), file, is_upscaled });
                let shown = self.state.on_stage().0;
                if let (true, Some(i)) =
                    (is_wanted, shown.iter().position(|shown| Rc::ptr_eq(&shown.png, &of)))
                {
                    self.save(Some(i));
                }
            }
            Err(problem) => {
                // A finish that failed is not tried again.
                let usual = self.state.upscaled_finish().unwrap_or_default();
                let failed = self.state.finishing.finish;
                let (next, said) = match failed == usual || usual.is_plain() {
                    true => (Finish::default(), "It is shown as it was drawn."),
                    false => (usual, "It is shown as it was before."),
                };
                self.finish_as(next, false);
                self.warn(format!("{problem} {said}"));
            }
        }
        true
    }

    /// Forgets the pending requests, so that another worker is asked again.
    pub(super) fn forget_asked(&mut self) {
        self.state.finishing.asked.clear();
    }
}
