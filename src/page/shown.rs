//! What is on stage, and what is made of it before it is saved: the file that is shown is the file
//! that is saved.

use std::rc::Rc;

use super::history::name;
use super::protocol::{File, Request};
use super::run::{Picture, View};
use super::state::{Engine, State};
use super::turn::Turn;
use crate::image::finish::Finish;
use crate::recipe::Recipe;

/// Where a picture comes from that somebody brought.
pub const OF_FILE: &str = "from a file";

/// A picture that stands in front of the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// What it was drawn from.
    pub recipe: Recipe,
    /// The picture.
    pub png: Rc<[u8]>,
    /// Where it comes from, as the end of a sentence: “from the history”.
    pub from: &'static str,
}

/// A picture as it is shown, with what it was drawn from.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// What it was drawn from.
    pub recipe: Recipe,
    /// The picture as it was drawn.
    pub png: Rc<[u8]>,
    /// The file that is shown and saved; `None` while it is being made.
    pub file: Option<Rc<[u8]>>,
    /// Whether the upscaler had a part in it.
    pub is_upscaled: bool,
}

/// A file that was made of a picture.
#[derive(Debug, Clone, PartialEq)]
struct Made {
    of: Picture,
    file: Picture,
    is_upscaled: bool,
}

/// What is made of pictures before they are saved.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Finishing {
    /// What is made of them.
    pub finish: Finish,
    /// Whether the visitor chose its size: else it is as large as the model's upscaler makes it.
    pub is_chosen: bool,
    /// Pictures, and the files that were made of them.
    made: Vec<Made>,
    /// Pictures, and under which ticket a file of each is being made.
    asked: Vec<(Picture, u32)>,
    /// The last ticket.
    pub(super) tickets: u32,
    /// A picture that is saved as soon as its file is made.
    pub(super) is_wanted: Option<Picture>,
}

impl State {
    /// Returns what is on stage: pictures, and what they are.
    pub fn on_stage(&self) -> (Vec<Shown>, View) {
        if let Some(Opened { recipe, png, .. }) = &self.opened {
            return (vec![self.as_shown(recipe.clone(), png, View::Result)], View::Result);
        }
        let Some(run) = &self.run else { return (Vec::new(), View::Preview) };
        let (pictures, view) = run.on_view(self.noisy);
        let shown = |(i, png)| self.as_shown(run.recipe_of(i), png, view);
        (pictures.iter().enumerate().map(shown).collect(), view)
    }

    /// Returns what is made of pictures in a view.
    pub fn finish_of(&self, view: View) -> Finish {
        let finish = self.finishing.finish;
        match view {
            // A glance is saved as it is.
            View::Preview => Finish::default(),
            // Only finished pictures are upscaled: a step is looked at as the decoder leaves it.
            View::Decoded if self.upscaled_side().is_some() => Finish { size: 0, ..finish },
            // What somebody brought may have been made larger already: it stays as it is.
            View::Result if self.is_brought() && !self.finishing.is_chosen => {
                Finish { size: 0, ..finish }
            }
            View::Decoded | View::Result => finish,
        }
    }

    /// Returns whether a finished picture on stage lacks its upscaler's part, which could not be had.
    pub fn is_soft(&self, shown: &Shown, view: View) -> bool {
        let size = self.finish_of(view).size as usize;
        let is_larger = self.loaded().is_some_and(|loaded| size > loaded.model.side);
        let is_due = view == View::Result && self.upscaled_side().is_some() && !self.is_brought();
        is_due && is_larger && shown.file.is_some() && !shown.is_upscaled
    }

    /// Returns whether the picture on stage is one that somebody brought.
    pub fn is_brought(&self) -> bool {
        self.opened.as_ref().is_some_and(|opened| opened.from == OF_FILE)
    }

    /// Returns what is made of pictures if nobody chose otherwise and the model has an upscaler.
    fn upscaled_finish(&self) -> Option<Finish> {
        Some(Finish { size: self.upscaled_side()?, ..Finish::default() })
    }

    /// Returns pixels a side that the model's upscaler makes, if it has one.
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

    /// Returns the ending of files that are saved of what is on stage, and their type.
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
    /// Forgets files that were made without the upscaler: they are made anew.
    pub(super) fn forget_soft(&mut self) {
        self.made.retain(|made| made.is_upscaled);
    }
}

impl Turn {
    /// Asks the worker for the files of what is on stage that are not there yet, and forgets those
    /// of what is not on stage any more.
    pub(super) fn finish_stage(&mut self) {
        if matches!(self.state.engine, Engine::Asleep | Engine::Stopped) {
            // Nobody makes anything.
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
        // Whoever looks back at the steps, and then at the end, finds it made.
        let ends = self.state.run.as_ref().map_or(&[][..], |run| run.pictures());
        let is_end = |png: &Rc<[u8]>| ends.iter().any(|end| Rc::ptr_eq(end, png));
        let Finishing { made, asked, .. } = &mut self.state.finishing;
        made.retain(|Made { of, .. }| is_shown(of) || is_end(of));
        asked.retain(|(png, _)| is_shown(png));
        // One at a time: what else is asked of the worker comes in between.
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

    /// Something else is to be made of the pictures.
    pub(super) fn choose_finish(&mut self, finish: Finish) {
        if self.has_engine("Sizes, outlines and formats are made by the engine") {
            let Finishing { finish: before, is_chosen, .. } = self.state.finishing;
            self.finish_as(finish, is_chosen || finish.size != before.size);
        }
    }

    /// Another model, or another engine, makes the files from now on: all of them anew, and as large as its
    /// upscaler makes them unless the visitor chose.
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

    /// A file was made of a picture, or could not be. Returns whether anybody asked for it here.
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
                // What failed is not tried again.
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

    /// Asks again, of another worker.
    pub(super) fn forget_asked(&mut self) {
        self.state.finishing.asked.clear();
    }
}
