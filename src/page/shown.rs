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
}

/// What is made of pictures before they are saved.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Finishing {
    /// What the visitor wants made.
    pub finish: Finish,
    /// Pictures, and the files that were made of them.
    made: Vec<(Picture, Picture)>,
    /// Pictures, and under which ticket a file of each is being made.
    asked: Vec<(Picture, u32)>,
    /// The last ticket.
    pub(super) tickets: u32,
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

    fn as_shown(&self, recipe: Recipe, png: &Rc<[u8]>, view: View) -> Shown {
        let Finishing { finish, made, .. } = &self.finishing;
        let file = match view {
            // A glance is saved as it is.
            View::Preview => Some(png.clone()),
            _ if finish.is_plain() => Some(png.clone()),
            _ => made.iter().find(|(of, _)| Rc::ptr_eq(of, png)).map(|(_, file)| file.clone()),
        };
        Shown { recipe, png: png.clone(), file }
    }

    /// Returns the ending of files that are saved of what is on stage, and their type.
    pub fn file_type(&self) -> (&'static str, &'static str) {
        match self.on_stage().1 {
            View::Preview => ("png", "image/png"),
            _ => (self.finishing.finish.format.extension(), self.finishing.finish.format.mime()),
        }
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

impl Turn {
    /// Asks the worker for the files of what is on stage that are not there yet, and forgets those
    /// of what is not on stage any more.
    pub(super) fn finish_stage(&mut self) {
        if matches!(self.state.engine, Engine::Asleep | Engine::Stopped) {
            // Nobody makes anything.
            self.state.finishing.asked.clear();
            if !self.state.finishing.finish.is_plain() {
                self.finish_as(Finish::default());
            }
            return;
        }
        let (shown, _) = self.state.on_stage();
        let is_shown = |png: &Rc<[u8]>| shown.iter().any(|shown| Rc::ptr_eq(&shown.png, png));
        let Finishing { finish, made, asked, .. } = &mut self.state.finishing;
        made.retain(|(png, _)| is_shown(png));
        asked.retain(|(png, _)| is_shown(png));
        let (finish, asked) = (*finish, asked.clone());
        for shown in shown.iter().filter(|shown| shown.file.is_none()) {
            if asked.iter().any(|(png, _)| Rc::ptr_eq(png, &shown.png)) {
                continue;
            }
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
            self.finish_as(finish);
        }
    }

    fn finish_as(&mut self, finish: Finish) {
        let Finishing { tickets, .. } = self.state.finishing;
        self.state.finishing = Finishing { finish, tickets, ..Finishing::default() };
    }

    /// A file was made of a picture, or could not be. Returns whether anybody asked for it here.
    pub(super) fn finished(&mut self, ticket: u32, outcome: &Result<File, String>) -> bool {
        let asked = &mut self.state.finishing.asked;
        let Some(at) = asked.iter().position(|(_, number)| *number == ticket) else { return false };
        let (png, _) = asked.remove(at);
        match outcome {
            Ok(File(bytes)) => self.state.finishing.made.push((png, bytes.as_slice().into())),
            Err(problem) => {
                let problem = format!("{problem} It is shown as it was drawn.");
                self.finish_as(Finish::default());
                self.warn(problem);
            }
        }
        true
    }

    /// Asks again, of another worker.
    pub(super) fn forget_asked(&mut self) {
        self.state.finishing.asked.clear();
    }
}
