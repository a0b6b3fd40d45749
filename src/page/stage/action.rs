//! What happens on the stage, and what it asks for.

use super::grid::Grid;
use super::run::Picture;
use super::save::Work;
use crate::image::finish::Finish;
use crate::page::answer::Answer;
use crate::page::picture::Member;
use crate::page::protocol::Archive;
use crate::recipe::Recipe;

/// Something that happened on the stage.
pub enum StageAction {
    /// The visitor looks at a stop of the timeline; `None` is the newest.
    Look(Option<usize>),
    /// The visitor starts playback of the timeline, or pauses it.
    Play(bool),
    /// The visitor has a stop decoded in full.
    Decode(usize),
    /// The visitor chooses whether previews show the noisy latent or the prediction of the clean
    /// latent (x₀).
    ShowNoisy(bool),
    /// The visitor opens one of several pictures alone.
    OpenOne(usize),
    /// The visitor opens a picture of the grid.
    OpenCell(usize),
    /// The visitor puts the run back on stage.
    BackToRun,
    /// The visitor draws a grid.
    DrawGrid(Grid),
    /// The visitor closes the grid.
    CloseGrid,
    /// The visitor chooses how pictures are finished before they are saved.
    ChooseFinish(Finish),
    /// The visitor saves a picture on stage; `None` saves all of them as one sheet.
    Save(Option<usize>),
    /// The visitor saves several pictures in one file: those on stage, or the whole history.
    SaveAll {
        /// The kind of file.
        archive: Archive,
        /// Whether it is the whole history.
        is_history: bool,
    },
    /// The visitor brings a file that may carry a recipe.
    BringFile {
        /// Its name.
        name: String,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

/// What the stage asks of the browser.
#[derive(Debug, Clone, PartialEq)]
pub enum StageEffect {
    /// Puts a recipe into the address bar.
    ShowAddress(Box<Recipe>),
    /// Scrolls to the stage if it is out of sight, as it may be on a phone.
    Scroll,
    /// Saves a file among the visitor's downloads.
    Save {
        /// Its name.
        name: String,
        /// Its MIME type.
        mime: &'static str,
        /// Its bytes.
        bytes: Picture,
    },
    /// Has the worker put several pictures into one file.
    Gather {
        /// The number that names the file in the worker's answer.
        ticket: u32,
        /// The kind of file.
        archive: Archive,
        /// How each picture is finished.
        finish: Finish,
        /// The pictures.
        members: Vec<Member>,
    },
}

/// What the stage wishes of other rooms.
pub(in crate::page) enum StageWish {
    /// An engine does this work.
    Work(Work),
    /// A cell of the grid is drawn.
    DrawCell(usize, Recipe),
    /// The run is finished or stopped. Its finished pictures are kept, and the next one may begin.
    HearEnd(Vec<(Recipe, Picture)>),
    /// The history shows the upscaled version of a recipe's picture.
    KeepLarge(Recipe, Picture),
}

pub(in crate::page) type StageAnswer = Answer<StageEffect, StageWish>;
