//! What the editor asks of its tools, and what it makes of their answers.

use std::rc::Rc;

use super::asked::{Aim, Asked};
use super::painting::{Change, Mark};
use super::{Edit, EditAnswer, EditWish, FIRST_TICKET};
use crate::page::protocol::{File, Kept, Made, Request, Tool};
use crate::recipe::Recipe;

impl Edit {
    /// Returns whether a tool is at work for this.
    pub(super) fn is_asked(&self, aim: Aim) -> bool {
        self.asked.iter().any(|asked| asked.aim == aim)
    }

    /// Returns whether a ticket is one of this room's.
    pub(in crate::page) fn owns(&self, ticket: u32) -> bool {
        (FIRST_TICKET..=FIRST_TICKET + self.tickets).contains(&ticket)
    }

    /// Has a tool used on a picture. What was asked for the same aim before is not waited for.
    pub(super) fn use_tool(
        &mut self,
        aim: Aim,
        tool: Tool,
        picture: &Rc<[u8]>,
        answer: &mut EditAnswer,
    ) {
        self.stop_tools(|asked| asked.aim == aim, answer);
        self.tickets += 1;
        let ticket = FIRST_TICKET + self.tickets;
        self.asked.push(Asked::new(ticket, aim));
        answer.wish(EditWish::Use { ticket, tool, file: File(picture.to_vec()) });
    }

    /// Stops some tools. Their answers are not waited for.
    pub(super) fn stop_tools(
        &mut self,
        is_meant: impl Fn(&Asked) -> bool,
        answer: &mut EditAnswer,
    ) {
        for Asked { ticket, .. } in self.asked.extract_if(.., |asked| is_meant(asked)) {
            answer.send(Request::StopUsing { ticket });
        }
    }

    /// Has the picture fitted into its frame.
    pub(super) fn fit(&mut self, answer: &mut EditAnswer) {
        let Some(source) = &mut self.source else { return };
        source.hash = None;
        let (picture, frame) = (source.picture.clone(), source.frame);
        self.use_tool(Aim::Fit, Tool::Fit(frame), &picture, answer);
    }

    /// Has all made anew after the picture was moved.
    pub(super) fn settle(&mut self, answer: &mut EditAnswer) {
        self.fit(answer);
        self.make_mask(answer);
        let mask = self.source.as_mut().map(|source| &mut source.mask);
        if mask.is_some_and(|mask| std::mem::take(&mut mask.refills)) {
            self.fill_around(answer);
        }
    }

    /// Has what is empty around the picture put under the mask.
    pub(super) fn fill_around(&mut self, answer: &mut EditAnswer) {
        let Some(source) = &self.source else { return };
        let (picture, frame) = (source.picture.clone(), source.frame);
        self.use_tool(Aim::Around, Tool::Around(frame), &picture, answer);
    }

    /// Has the mask made of its painting, once that is there.
    pub(super) fn make_mask(&mut self, answer: &mut EditAnswer) {
        let Some(source) = &self.source else { return };
        if let (Some(png), None) = (source.mask.png.clone(), &source.mask.hash) {
            self.use_tool(Aim::Mask, Tool::Mask, &png, answer);
        }
    }

    /// Keeps pictures that a file carries.
    pub(in crate::page) fn keep_carried(&mut self, carried: Vec<Kept>) {
        carried.into_iter().for_each(|kept| self.keep(kept));
    }

    /// Keeps a picture. What is being changed is dropped last.
    fn keep(&mut self, kept: Kept) {
        self.album.keep(kept);
        let own = self.source.iter().flat_map(|source| [&source.hash, &source.mask.hash]);
        own.flatten().for_each(|hash| self.album.touch(hash));
    }

    /// Searches the PNG on stage for the picture that it began with, once, if that is not here.
    pub(in crate::page) fn search(
        &mut self,
        recipe: &Recipe,
        png: &Rc<[u8]>,
        answer: &mut EditAnswer,
    ) {
        let is_searched = self.searched.as_ref().is_some_and(|old| Rc::ptr_eq(old, png));
        if is_searched || recipe.picture.is_empty() || self.album.has_all_of(recipe) {
            return;
        }
        self.searched = Some(png.clone());
        self.use_tool(Aim::Carried, Tool::Carried, png, answer);
    }

    /// Takes in that a tool could not be used.
    pub(in crate::page) fn forget(&mut self, ticket: u32) {
        self.asked.retain(|asked| asked.ticket != ticket);
        self.waits = false;
    }

    /// Forgets what the last worker was asked, and what it made.
    pub(in crate::page) fn forget_worker(&mut self, answer: &mut EditAnswer) {
        self.forget_asked(answer);
        self.searched = None;
        if let Some(source) = &mut self.source {
            (source.hash, source.mask.hash) = (None, None);
        }
    }

    /// Forgets what was asked, because nobody answers any more.
    pub(in crate::page) fn forget_asked(&mut self, answer: &mut EditAnswer) {
        if std::mem::take(&mut self.asked).iter().any(Asked::is_pressed) {
            answer.add("What the editor was waiting for is lost: press once more.");
        }
        self.waits = false;
    }

    /// Takes in that a model is loaded: the picture and its mask are made at its size.
    pub(in crate::page) fn hear_model(&mut self, answer: &mut EditAnswer) {
        if self.source.as_ref().is_some_and(|source| source.hash.is_none()) {
            self.fit(answer);
        }
        self.make_mask(answer);
    }

    /// Takes in how far a tool is.
    pub(in crate::page) fn hear_using(&mut self, ticket: u32, done: usize, total: usize) {
        let asked = self.asked.iter_mut().find(|asked| asked.ticket == ticket);
        asked.into_iter().for_each(|asked| (asked.done, asked.total) = (done, total));
    }

    /// Takes in the answer of a tool. Answers that nobody waits for any more are ignored.
    pub(in crate::page) fn hear_used(
        &mut self,
        ticket: u32,
        outcome: Result<Made, String>,
        prompt: &str,
        answer: &mut EditAnswer,
    ) {
        let Some(at) = self.asked.iter().position(|asked| asked.ticket == ticket) else { return };
        let Asked { aim, .. } = self.asked.remove(at);
        match (aim, outcome) {
            // Nobody asked for this search, so nobody misses what it does not find.
            (Aim::Carried, Err(_)) => {}
            (_, Err(problem)) => {
                self.waits = false;
                answer.warn(problem);
            }
            (Aim::Carried, Ok(Made::Carried(carried))) => {
                self.keep_carried(carried);
                answer.wish(EditWish::HearPictures);
            }
            (Aim::CutOut, Ok(Made::File(File(png)))) => {
                answer.say(
                    "The background is removed. Erase and Restore correct it, Undo takes it back.",
                );
                self.replace(png.into(), answer);
            }
            (aim, Ok(made)) => self.hear_made(aim, made, answer),
        }
        if self.waits && self.is_ready() {
            self.draw(prompt, answer);
        }
    }

    fn hear_made(&mut self, aim: Aim, made: Made, answer: &mut EditAnswer) {
        let Some(source) = &mut self.source else { return };
        match (aim, made) {
            (Aim::Fit, Made::Picture(kept)) => {
                source.hash = Some(kept.hash.clone());
                self.keep(kept);
            }
            (Aim::Mask, Made::Picture(kept)) => {
                source.mask.hash = Some(kept.hash.clone());
                self.keep(kept);
            }
            (Aim::Around, Made::Picture(Kept { png: File(png), .. })) => {
                source.mask.paint(Change::Add(Mark::Shape(png.into())));
                answer.say("What is empty around the picture is under the mask.");
            }
            (Aim::Describe, Made::Captions(captions)) => {
                answer.say(match captions.is_empty() {
                    true => "The model finds no words for this picture: say what it shows.",
                    false => "Choose the words that fit best.",
                });
                source.captions = captions;
            }
            _ => answer.warn("The picture could not be read: try again, or bring it again."),
        }
    }
}
