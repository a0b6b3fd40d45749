//! Saving the pictures on stage, and many pictures in one file.

use std::rc::Rc;

use super::effect::{Effect, Member};
use super::history::HistoryEntry;
use super::protocol::{Archive, File, most_on_sheet};
use super::run::View;
use super::shown::Shown;
use super::turn::Turn;
use crate::image::finish::FileFormat;
use crate::recipe::file_name::file_name;

/// The message if a picture's file is not made yet.
pub const MAKING: &str = "It is being made: a moment, please.";
/// The message if that picture is to be saved.
const SAVED_SOON: &str = "It is being made, and is saved as soon as it is.";

impl Member {
    fn of_history(entry: &Rc<HistoryEntry>, ending: &str) -> Self {
        let name = entry.recipe.as_ref().map_or("damaged".into(), file_name);
        Self {
            name: format!("{:04}-{name}.{ending}", entry.key),
            png: entry.png.clone().ok_or(entry.key),
        }
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

impl Turn {
    /// Saves a picture on stage as it is shown. Without an index, saves the only picture, or all of
    /// them as a sheet.
    pub(super) fn save(&mut self, i: Option<usize>) {
        let (shown, view) = self.state.on_stage();
        let (ending, mime) = self.state.file_type();
        let one = match i {
            None if shown.len() > 1 => return self.save_all(Archive::Sheet, false),
            None => shown.first(),
            Some(i) => shown.get(i),
        };
        let Some(shown) = one else { return };
        let Some(bytes) = shown.file.clone() else {
            self.state.finishing.is_wanted = Some(shown.png.clone());
            return self.say(SAVED_SOON);
        };
        let step = match (&self.state.run, view) {
            (Some(run), View::Preview | View::Decoded) => format!("-step-{}", run.stop()),
            _ => String::new(),
        };
        let name = format!("{}{step}.{ending}", file_name(&shown.recipe));
        self.say(format!("Saved {name}."));
        self.effects.push(Effect::Save { name, mime, bytes });
    }

    /// Has the worker put many pictures into one file.
    pub(super) fn save_all(&mut self, archive: Archive, is_history: bool) {
        let (shown, view) = self.state.on_stage();
        let view = if is_history { View::Result } else { view };
        let mut finish = self.state.finish_of(view);
        if is_history || archive == Archive::Sheet {
            // These files must be PNGs: those of the history keep their recipes.
            finish.format = FileFormat::Png;
        }
        let ending = finish.format.extension();
        // The original pictures are sent, and the worker finishes each of them.
        let member = |Shown { recipe, png, .. }: Shown| Member {
            name: format!("{}.{ending}", file_name(&recipe)),
            png: Ok(png),
        };
        let members: Vec<Member> = match is_history {
            true => self.state.kept().map(|entry| Member::of_history(entry, ending)).collect(),
            false => shown.into_iter().map(member).collect(),
        };
        if !self.has_engine("Files are put together by the engine") {
            return;
        }
        let ticket = self.ticket();
        self.state.archives.push((ticket, archive));
        let most = most_on_sheet(members.len());
        match archive == Archive::Sheet && finish.size > most {
            true => self.say(format!(
                "The file is being made. On a sheet of {} pictures each has room for {most} pixels; a ZIP \
                 has them at {}.",
                members.len(),
                finish.size
            )),
            false => self.say("The file is being made."),
        }
        self.effects.push(Effect::Gather { ticket, archive, finish, members });
    }

    /// Reports the progress of an archive.
    pub(super) fn gathering(&mut self, ticket: u32, done: usize, total: usize) {
        let is_asked = self.state.archives.iter().any(|(asked, _)| *asked == ticket);
        if is_asked {
            self.say(format!("The file is being made: {done} of {total} pictures."));
        }
    }

    /// Saves the archive.
    pub(super) fn archived(&mut self, ticket: u32, outcome: Result<File, String>) {
        let archives = &mut self.state.archives;
        let Some(at) = archives.iter().position(|(number, _)| *number == ticket) else { return };
        let (_, archive) = archives.remove(at);
        match outcome {
            Ok(File(bytes)) => {
                let name = archive.name().to_owned();
                self.say(format!("Saved {name}."));
                self.effects.push(Effect::Save { name, mime: archive.mime(), bytes: bytes.into() });
            }
            Err(problem) => self.warn(problem),
        }
    }
}
