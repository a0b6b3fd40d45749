//! Saving the pictures on stage, and many pictures in one file.

use super::run::View;
use super::shown::{Shown, Sides};
use super::{Stage, StageAnswer, StageEffect, StageWish};
use crate::image::finish::{FileFormat, Finish};
use crate::page::picture::Member;
use crate::page::protocol::{Archive, File, Request, most_on_sheet};
use crate::recipe::file_name::file_name;

/// The message if a picture's file is not made yet.
pub const MAKING: &str = "It is being made: a moment, please.";
/// The message if that picture is to be saved.
const SAVED_SOON: &str = "It is being made, and is saved as soon as it is.";

/// Work that an engine does for the stage.
pub(in crate::page) enum Work {
    /// Finishes pictures another way.
    Finish(Finish),
    /// Reads the recipe in a file.
    Read { name: String, bytes: Vec<u8> },
    /// Puts the pictures on stage into one file, or those of the whole history.
    Gather { archive: Archive, is_history: bool },
}

impl Work {
    /// Returns the beginning of a sentence that says what to do if there is no engine.
    pub(in crate::page) fn needs(&self) -> &'static str {
        match self {
            Self::Finish(_) => "Sizes, outlines and formats are made by the engine",
            Self::Read { .. } => "Files are read by the engine",
            Self::Gather { .. } => "Files are put together by the engine",
        }
    }

    /// Returns whether it is work on the pictures of the history.
    pub(in crate::page) fn of_history(&self) -> bool {
        matches!(self, Self::Gather { is_history: true, .. })
    }
}

impl Archive {
    fn name(self) -> &'static str {
        match self {
            Self::Zip => "patchwork.zip",
            Self::Sheet => "patchwork-sheet.png",
        }
    }

    fn mime(self) -> &'static str {
        match self {
            Self::Zip => "application/zip",
            Self::Sheet => "image/png",
        }
    }
}

impl Stage {
    /// Saves a picture on stage as it is shown. Without an index, saves the only picture, or all of
    /// them as a sheet.
    pub(super) fn save(&mut self, i: Option<usize>, sides: Sides, answer: &mut StageAnswer) {
        let (shown, view) = self.on_stage(sides);
        let (ending, mime) = self.file_type(sides);
        let one = match i {
            None if shown.len() > 1 => {
                let (archive, is_history) = (Archive::Sheet, false);
                return answer.wish(StageWish::Work(Work::Gather { archive, is_history }));
            }
            None => shown.first(),
            Some(i) => shown.get(i),
        };
        let Some(shown) = one else { return };
        let Some(bytes) = shown.file.clone() else {
            self.finishing.is_wanted = Some(shown.png.clone());
            return answer.say(SAVED_SOON);
        };
        let step = match (&self.run, view) {
            (Some(run), View::Preview | View::Decoded) => format!("-step-{}", run.stop()),
            _ => String::new(),
        };
        let name = format!("{}{step}.{ending}", file_name(&shown.recipe));
        answer.say(format!("Saved {name}."));
        answer.effect(StageEffect::Save { name, mime, bytes });
    }

    /// Has the engine work. `kept` are the pictures of the history, if it works on them.
    pub(in crate::page) fn work(
        &mut self,
        work: Work,
        kept: Vec<Member>,
        sides: Sides,
        answer: &mut StageAnswer,
    ) {
        match work {
            Work::Finish(finish) => self.finishing.choose(finish),
            Work::Read { name, bytes } => {
                self.brought = Some(bytes.as_slice().into());
                self.bringings += 1;
                answer.send(Request::Open { ticket: self.bringings, name, file: File(bytes) });
            }
            Work::Gather { archive, is_history: true } => {
                // The files of the history are PNGs, so that they keep their recipes.
                let finish = self.finish_of(View::Result, sides);
                self.gather(archive, Finish { format: FileFormat::Png, ..finish }, kept, answer);
            }
            Work::Gather { archive, is_history: false } => {
                let (shown, view) = self.on_stage(sides);
                let mut finish = self.finish_of(view, sides);
                if archive == Archive::Sheet {
                    finish.format = FileFormat::Png;
                }
                let ending = finish.format.extension();
                // The original pictures are sent, and the worker finishes each of them.
                let member = |Shown { recipe, png, .. }: Shown| Member {
                    name: format!("{}.{ending}", file_name(&recipe)),
                    png: Ok(png),
                };
                self.gather(archive, finish, shown.into_iter().map(member).collect(), answer);
            }
        }
    }

    /// Has the worker put many pictures into one file.
    fn gather(
        &mut self,
        archive: Archive,
        finish: Finish,
        members: Vec<Member>,
        answer: &mut StageAnswer,
    ) {
        let ticket = self.finishing.ticket();
        self.archives.push((ticket, archive));
        let most = most_on_sheet(members.len());
        answer.say(match archive == Archive::Sheet && finish.size > most {
            true => format!(
                "The file is being made. On a sheet of {} pictures each has room for {most} pixels; a ZIP \
                 has them at {}.",
                members.len(),
                finish.size
            ),
            false => "The file is being made.".into(),
        });
        answer.effect(StageEffect::Gather { ticket, archive, finish, members });
    }

    /// Reports the progress of an archive.
    pub(super) fn gathering(
        &self,
        ticket: u32,
        (done, total): (usize, usize),
        answer: &mut StageAnswer,
    ) {
        if self.archives.iter().any(|(asked, _)| *asked == ticket) {
            answer.say(format!("The file is being made: {done} of {total} pictures."));
        }
    }

    /// Takes in a file that the worker has made, of a picture on stage or of many.
    pub(super) fn hear_file(
        &mut self,
        (ticket, is_upscaled): (u32, bool),
        outcome: Result<File, String>,
        sides: Sides,
        answer: &mut StageAnswer,
    ) {
        if self.finished((ticket, is_upscaled), &outcome, sides, answer) {
            return;
        }
        let Some(at) = self.archives.iter().position(|(number, _)| *number == ticket) else {
            return;
        };
        let (_, archive) = self.archives.remove(at);
        match outcome {
            Ok(File(bytes)) => {
                let name = archive.name().to_owned();
                answer.say(format!("Saved {name}."));
                let (mime, bytes) = (archive.mime(), bytes.into());
                answer.effect(StageEffect::Save { name, mime, bytes });
            }
            Err(problem) => answer.warn(problem),
        }
    }
}
