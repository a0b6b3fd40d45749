//! The editor: the picture that runs begin with, and what is done to it. It is brought, taken from the
//! stage or drawn by hand.

pub mod action;
pub mod asked;
mod hear;
pub mod painting;
pub mod source;

use std::rc::Rc;

pub use action::{EditAction, EditEffect};
pub(super) use action::{EditAnswer, EditWish};
use asked::{Aim, Asked};
use painting::Painting;
use source::Source;

use super::album::Album;
use super::beginning::Beginning;
use super::picture::name;
use super::protocol::{File, Tool};
use crate::tools::words::short;

/// The first ticket of this room. Other rooms count from 0 and do not get this far.
const FIRST_TICKET: u32 = 1 << 24;

/// The message if a run waits for its picture.
const WAITS: &str = "This is drawn as soon as the picture is ready.";

/// The editor.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Edit {
    /// The picture that is changed.
    pub source: Option<Source>,
    /// What is drawn by hand, while its canvas is unfolded.
    pub drawing: Option<Painting>,
    /// What was drawn by hand before its canvas was folded.
    folded: Painting,
    /// The pictures and masks that runs can begin with.
    pub album: Album,
    /// The tools at work.
    asked: Vec<Asked>,
    /// How many tickets were given.
    tickets: u32,
    /// Whether a run waits until its picture is ready.
    waits: bool,
    /// The last picture on stage whose PNG was searched for the picture that it began with.
    searched: Option<Rc<[u8]>>,
}

impl Edit {
    /// Handles an action. `prompt` is the form's.
    pub(super) fn handle(&mut self, action: EditAction, prompt: &str, answer: &mut EditAnswer) {
        match action {
            EditAction::Take { png, recipe } => {
                answer.wish(EditWish::OfferPrompt(recipe.prompt.clone()));
                self.open(Source::new(name(&recipe), png, Some(&recipe), prompt), answer);
            }
            EditAction::GoBack(made) => {
                let Some(png) = self.album.find(&made.picture).cloned() else {
                    return answer.warn(super::album::NOT_HERE);
                };
                let what = "The picture it was made from".into();
                let mut source = Source::new(what, png, None, prompt);
                (source.shows, source.style) = (made.source_prompt, made.source_style);
                self.open(source, answer);
            }
            EditAction::UnfoldDrawing(unfolds) => {
                match unfolds {
                    true => self.drawing = Some(std::mem::take(&mut self.folded)),
                    false => self.folded = self.drawing.take().unwrap_or_default(),
                }
                answer.focus(if unfolds { ".drawing canvas" } else { ".start-row button" });
            }
            EditAction::DrawByHand(change) => {
                if let Some(drawing) = &mut self.drawing {
                    drawing.change(change);
                }
            }
            EditAction::UseDrawing(png) => {
                self.drawing = None;
                self.open(Source::new("Your drawing".into(), png.into(), None, prompt), answer);
            }
            EditAction::Draw => self.draw(prompt, answer),
            EditAction::DrawStyles => self.draw_styles(prompt, answer),
            EditAction::Stop if !self.asked.iter().any(Asked::is_pressed) => {}
            EditAction::Stop => {
                self.stop_tools(Asked::is_pressed, answer);
                self.waits = false;
                answer.say("Stopped.");
                answer.focus(".edit h2");
            }
            EditAction::Close => {
                self.close(answer);
                answer.say("Generate draws from words alone again.");
                answer.focus("#prompt");
            }
            other => self.handle_source(other, answer),
        }
    }

    /// Handles an action on the picture that is changed.
    fn handle_source(&mut self, action: EditAction, answer: &mut EditAnswer) {
        let is_filling = self.is_asked(Aim::Around);
        let Some(source) = &mut self.source else { return };
        match action {
            EditAction::Move(frame) => {
                source.shift(frame);
                answer.effect(EditEffect::Rest(source.moves));
                // What is being made was for the frame before.
                source.mask.refills |= is_filling;
                let is_old =
                    |asked: &Asked| matches!(asked.aim, Aim::Fit | Aim::Around | Aim::Mask);
                self.stop_tools(is_old, answer);
            }
            EditAction::Rested(moves) if moves == source.moves => self.settle(answer),
            EditAction::CutOut(ground) => {
                let picture = source.picture.clone();
                answer.say("The background is being removed.");
                self.use_tool(Aim::CutOut, Tool::CutOut(ground), &picture, answer);
            }
            EditAction::Correct(png) => self.replace(png.into(), answer),
            EditAction::Undo => {
                let Some(earlier) = source.earlier.pop() else { return };
                source.picture = earlier;
                answer.say("The last change of the picture is taken back.");
                self.forget_picture(answer);
                self.fit(answer);
            }
            EditAction::Choose(way) => {
                source.way = way;
                // What waits was asked for in the way before.
                self.waits = false;
            }
            EditAction::SetStrength(strength) => source.set_strength(strength),
            EditAction::Paint(change) => {
                source.mask.paint(change);
                self.stop_tools(|asked| asked.aim == Aim::Mask, answer);
            }
            EditAction::Painted { change, png } if change == source.mask.change => {
                source.mask.png = Some(png.into());
                // While the picture is being moved, each place would make a mask.
                if source.hash.is_some() || self.is_asked(Aim::Fit) {
                    self.make_mask(answer);
                }
            }
            EditAction::FillAround => self.fill_around(answer),
            EditAction::Describe => {
                let picture = source.picture.clone();
                self.use_tool(Aim::Describe, Tool::Describe, &picture, answer);
            }
            EditAction::SetShows(text) => source.shows = text,
            EditAction::SetStyle(style) => source.style = style,
            _ => {}
        }
    }

    /// Takes in the picture of a brought file, or a sentence about why there is none.
    pub(super) fn bring(
        &mut self,
        name: String,
        outcome: Result<File, String>,
        prompt: &str,
        answer: &mut EditAnswer,
    ) {
        match outcome {
            Ok(File(png)) => self.open(Source::new(name, png.into(), None, prompt), answer),
            Err(problem) => answer.warn(problem),
        }
    }

    /// Puts a picture into the editor.
    fn open(&mut self, source: Source, answer: &mut EditAnswer) {
        answer.say(format!("{}: choose below how it changes.", short(&source.name, 80)));
        self.close(answer);
        self.source = Some(source);
        self.fit(answer);
        answer.focus(".edit h2");
    }

    /// Takes the picture out of the editor.
    pub(super) fn close(&mut self, answer: &mut EditAnswer) {
        self.source = None;
        self.stop_tools(|asked| asked.aim != Aim::Carried, answer);
        self.waits = false;
    }

    /// Puts another picture in the place of the one that is changed.
    fn replace(&mut self, picture: Rc<[u8]>, answer: &mut EditAnswer) {
        let Some(source) = &mut self.source else { return };
        source.replace(picture);
        self.forget_picture(answer);
        self.fit(answer);
    }

    /// Forgets what was asked about the picture before.
    fn forget_picture(&mut self, answer: &mut EditAnswer) {
        self.stop_tools(|asked| !matches!(asked.aim, Aim::Carried | Aim::Mask), answer);
        self.waits = false;
        if let Some(source) = &mut self.source {
            source.hash = None;
        }
    }

    /// Draws what is chosen, or says what is missing. What is not ready yet is waited for.
    fn draw(&mut self, prompt: &str, answer: &mut EditAnswer) {
        let is_ready = self.is_ready();
        let Some(source) = &mut self.source else { return };
        if let Some(lack) = source.lack() {
            self.waits = false;
            return answer.warn(lack);
        }
        if is_ready {
            self.waits = false;
            return answer.wish(EditWish::Draw { prompt: source.prompt_for(prompt) });
        }
        self.waits = true;
        answer.say(WAITS);
        // What is lost, as with a worker, is made again.
        if source.hash.is_none() && !self.is_asked(Aim::Fit) {
            self.settle(answer);
        } else if !self.is_asked(Aim::Mask) {
            self.make_mask(answer);
        }
    }

    fn draw_styles(&mut self, prompt: &str, answer: &mut EditAnswer) {
        let Some(source) = &mut self.source else { return };
        match source.lack() {
            Some(lack) => answer.warn(lack),
            None if !source.is_made() => {
                answer.warn("The picture is not ready yet: press once more.");
            }
            None => answer.wish(EditWish::DrawStyles { prompt: source.prompt_for(prompt) }),
        }
    }

    /// Returns whether all is made that the next run begins with.
    fn is_ready(&self) -> bool {
        !self.is_asked(Aim::Around) && self.source.as_ref().is_some_and(Source::is_made)
    }

    /// Returns what the next run begins with.
    pub(super) fn beginning(&self) -> Option<Beginning> {
        self.source.as_ref()?.beginning()
    }

    /// Returns a tool at work that is shown: first what the visitor asked for.
    pub fn activity(&self) -> Option<&Asked> {
        let shown = self.asked.iter().filter(|asked| !asked.progress().is_empty());
        shown.max_by_key(|asked| asked.is_pressed())
    }
}
