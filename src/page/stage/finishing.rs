//! How pictures are finished before they are saved, and the files that the worker makes of them.

use std::rc::Rc;

use super::run::{Picture, StageRun, View};
use super::shown::{Origin, Shown, Sides};
use super::{Stage, StageAnswer, StageWish};
use crate::image::finish::Finish;
use crate::page::protocol::{File, Request};

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
    tickets: u32,
    /// A picture that is saved as soon as its file is made.
    pub(super) is_wanted: Option<Picture>,
}

impl Finishing {
    /// Returns the file that was made of a picture, and whether the upscaler made it.
    pub(super) fn made_of(&self, png: &Picture) -> Option<(&Picture, bool)> {
        let made = self.made.iter().find(|made| Rc::ptr_eq(&made.of, png));
        made.map(|made| (&made.file, made.is_upscaled))
    }

    /// Returns the next ticket.
    pub(super) fn ticket(&mut self) -> u32 {
        self.tickets += 1;
        self.tickets
    }

    /// Changes how pictures are finished. All files are made again.
    fn change(&mut self, finish: Finish, is_chosen: bool) {
        *self = Self { finish, is_chosen, tickets: self.tickets, ..Self::default() };
    }

    /// Takes in the visitor's choice.
    pub(super) fn choose(&mut self, finish: Finish) {
        self.change(finish, self.is_chosen || finish.size != self.finish.size);
    }

    /// Has all files made again, because another model or engine makes them from now on. They have
    /// the size of its upscaler unless the visitor chose one.
    pub(in crate::page) fn hear_model(&mut self, sides: Sides) {
        let own = sides.upscaled.unwrap_or(0);
        let size = if self.is_chosen { self.finish.size } else { own };
        self.change(Finish { size, ..self.finish }, self.is_chosen);
    }

    /// Forgets the files that were made without the upscaler, so that they are made again.
    pub(super) fn forget_soft(&mut self) {
        self.made.retain(|made| made.is_upscaled);
    }

    /// Forgets the pending requests, so that another worker is asked again.
    pub(super) fn forget_asked(&mut self) {
        self.asked.clear();
    }

    /// Shows pictures as they were drawn, because no worker can make a file.
    pub(in crate::page) fn rest(&mut self) {
        self.forget_asked();
        if !self.finish.is_plain() {
            self.change(Finish::default(), false);
        }
    }
}

impl Stage {
    /// Asks the worker for the missing files of the pictures on stage, and forgets those of
    /// pictures that are not on stage any more.
    pub(in crate::page) fn finish(&mut self, sides: Sides, answer: &mut StageAnswer) {
        let (shown, view) = self.on_stage(sides);
        let finish = self.finish_of(view, sides);
        if view == View::Result && Some(finish) == sides.finish() && self.is_drawn_here() {
            for Shown { recipe, file, .. } in shown.iter().filter(|shown| shown.is_upscaled) {
                let large = file.iter().cloned();
                large.for_each(|large| answer.wish(StageWish::KeepLarge(recipe.clone(), large)));
            }
        }
        let is_shown = |png: &Picture| shown.iter().any(|shown| Rc::ptr_eq(&shown.png, png));
        // The files of the run's finished pictures are kept, for a visitor who returns from its
        // steps.
        let ends = self.run.as_ref().map_or(&[][..], |run| run.pictures());
        let is_end = |png: &Picture| ends.iter().any(|end| Rc::ptr_eq(end, png));
        let Finishing { made, asked, .. } = &mut self.finishing;
        made.retain(|Made { of, .. }| is_shown(of) || is_end(of));
        asked.retain(|(png, _)| is_shown(png));
        // Only one file is requested at a time, so that other requests come in between.
        let next = shown.iter().find(|shown| shown.file.is_none());
        if let (true, Some(shown)) = (asked.is_empty(), next) {
            let ticket = self.finishing.ticket();
            self.finishing.asked.push((shown.png.clone(), ticket));
            answer.send(Request::Finish { ticket, png: File(shown.png.to_vec()), finish });
        }
    }

    /// Returns whether what is on stage was drawn on this page and is finished, so that the history
    /// shows its upscaled version.
    fn is_drawn_here(&self) -> bool {
        let was_stopped = self.run.as_ref().is_some_and(StageRun::was_stopped);
        match self.opened.as_ref().map(|opened| opened.from) {
            Some(Origin::History) => true,
            Some(Origin::Several) | None => !was_stopped,
            Some(Origin::File | Origin::Grid) => false,
        }
    }

    /// Takes in that a file was made of a picture, or could not be. Returns whether the ticket
    /// belongs to a picture on stage.
    pub(super) fn finished(
        &mut self,
        (ticket, is_upscaled): (u32, bool),
        outcome: &Result<File, String>,
        sides: Sides,
        answer: &mut StageAnswer,
    ) -> bool {
        let asked = &mut self.finishing.asked;
        let Some(at) = asked.iter().position(|(_, number)| *number == ticket) else { return false };
        let (of, _) = asked.remove(at);
        match outcome {
            Ok(File(bytes)) => {
                let file = bytes.as_slice().into();
                let is_wanted = &mut self.finishing.is_wanted;
                let is_wanted = is_wanted.take_if(|png| Rc::ptr_eq(png, &of)).is_some();
                self.finishing.made.push(Made { of: of.clone(), file, is_upscaled });
                let shown = self.on_stage(sides).0;
                let at = shown.iter().position(|shown| Rc::ptr_eq(&shown.png, &of));
                if let (true, Some(i)) = (is_wanted, at) {
                    self.save(Some(i), sides, answer);
                }
            }
            Err(problem) => {
                // A finish that failed is not tried again.
                let usual = sides.finish().unwrap_or_default();
                let failed = self.finishing.finish;
                let (next, said) = match failed == usual || usual.is_plain() {
                    true => (Finish::default(), "It is shown as it was drawn."),
                    false => (usual, "It is shown as it was before."),
                };
                self.finishing.change(next, false);
                answer.warn(format!("{problem} {said}"));
            }
        }
        true
    }
}
