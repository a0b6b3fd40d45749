//! The actions: everything that can happen to the page.

use std::rc::Rc;

use super::facts::{Chip, ModelChoice};
use super::grid::Grid;
use super::history::HistoryEntry;
use super::offer::Brought;
use super::protocol::{Archive, DeviceChoice, Event};
use crate::image::finish::Finish;
use crate::recipe::Recipe;
use crate::recipe::address::Address;

/// A change of the form.
pub type Edit = Box<dyn FnOnce(&mut Recipe)>;

/// Something that happened to the page.
pub enum Action {
    /// A worker has sent an event.
    Worker(u32, Event),
    /// The visitor edits the form.
    Edit(Edit),
    /// The visitor asks for an earlier prompt in the form, or for a later one.
    Earlier {
        /// Whether it is an earlier prompt.
        back: bool,
    },
    /// The visitor takes a name that the model knows into the prompt.
    TakeChip(Chip),
    /// The address has changed.
    Follow(Address),
    /// The visitor brings a recipe into the form.
    Bring(Brought),
    /// The form has a problem, described in a sentence; `None` if it has none.
    Refuse(Option<String>),
    /// The visitor asks for a random seed.
    RollSeed,
    /// A random seed has been drawn.
    Rolled {
        /// The seed.
        seed: u64,
        /// Whether a picture is drawn with it.
        draws: bool,
    },
    /// The visitor chooses whether the next pictures keep one seed, or each gets its own.
    KeepSeed {
        /// Whether they keep the seed.
        keeps: bool,
        /// The seed; `None` for the form's seed.
        seed: Option<u64>,
    },
    /// The visitor chooses this seed for the next picture.
    UseSeed(u64),
    /// The visitor opens the settings or closes them.
    ShowSettings(bool),
    /// The visitor chooses a device.
    ChooseDevice(DeviceChoice),
    /// The server has listed its models.
    Models(Vec<ModelChoice>),
    /// The browser has said whether it has the weights.
    Cached(bool),
    /// The visitor chooses a model, by its folder.
    ChooseModel(String),
    /// The visitor starts the worker again.
    Restart,
    /// The visitor reloads the page, which keeps its form.
    Reload,
    /// The visitor draws the form.
    Draw,
    /// The visitor draws a recipe unchanged, which also goes into the form: one of the quilt, or
    /// the recipe of an old picture, to see its steps.
    DrawAgain(Box<Recipe>),
    /// The visitor draws a grid.
    DrawGrid(Grid),
    /// The visitor puts a picture of the grid on stage.
    OpenCell(usize),
    /// The visitor closes the grid.
    CloseGrid,
    /// The visitor stops the queue: the current run is still finished.
    Stop,
    /// The visitor stops the current run and the queue.
    Cancel,
    /// The visitor looks at a stop of the timeline; `None` is the newest.
    Look(Option<usize>),
    /// The visitor starts playback of the timeline, or pauses it.
    Play(bool),
    /// The visitor has a stop decoded in full.
    Decode(usize),
    /// The visitor chooses whether previews show the noisy latent or the prediction of the clean
    /// latent (x₀).
    ShowNoisy(bool),
    /// The visitor puts one of several pictures on stage alone.
    OpenOne(usize),
    /// The visitor puts the run back on stage.
    BackToRun,
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
    /// There is a message for the visitor.
    Say(String),
    /// There is an error message for the visitor.
    Warn(String),
    /// The visitor brings a file that may carry a recipe.
    OpenFile {
        /// Its name.
        name: String,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// The visitor opens the list of what the model can draw.
    ListConcepts,
    /// The list of what a folder's model can draw has arrived.
    Concepts {
        /// The folder.
        folder: String,
        /// The text of its `concepts.tsv`; `None` if the folder has none or it cannot be fetched.
        text: Option<String>,
    },
    /// The visitor removes the downloaded weights.
    ForgetWeights,
    /// The browser has said whether it promises to keep what it stores; `None` if it knows no such
    /// promise.
    Promised(Option<bool>),
    /// Something happened to the history.
    History(HistoryAction),
}

/// Something that happened to the history.
pub enum HistoryAction {
    /// A picture was stored.
    Kept {
        /// Its key in the store; `None` if it could not be stored.
        key: Option<u32>,
        /// The recipe that it was drawn from.
        recipe: Box<Recipe>,
        /// The picture.
        png: Rc<[u8]>,
    },
    /// The store may have new pictures.
    Recall,
    /// The store has been read; another tab may have changed it.
    Recalled {
        /// The keys that this page knew when it asked.
        known: Vec<u32>,
        /// All keys of the store.
        keys: Vec<u32>,
        /// The entries that this page did not know yet.
        new: Vec<Rc<HistoryEntry>>,
    },
    /// The store cannot be opened.
    Closed,
    /// The visitor removes one picture, or all of them, and can undo it.
    Remove(Option<u32>),
    /// The visitor removes the picture of a recipe.
    RemoveOf(Box<Recipe>),
    /// The visitor keeps all pictures, when asked whether to remove them.
    KeepAll,
    /// The visitor undoes the last deletion.
    Undo,
    /// The deletion of this number becomes final.
    Purge(u32),
    /// Pictures have been removed from the store.
    Purged(Vec<u32>),
    /// The store failed to remove pictures.
    NotPurged(Vec<u32>),
    /// The visitor puts a picture on stage, as soon as it is read.
    Open(Rc<HistoryEntry>),
    /// A picture has been read from the store.
    Fetched {
        /// Its entry.
        entry: Rc<HistoryEntry>,
        /// The picture; `None` if it is not in the store any more.
        png: Option<Rc<[u8]>>,
        /// Whether the page scrolls to the stage.
        scrolls: bool,
    },
}
