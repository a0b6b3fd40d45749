//! What can happen to the page.

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

/// What can happen.
pub enum Action {
    /// A message of a worker has arrived.
    Worker(u32, Event),
    /// The visitor changes the form.
    Edit(Edit),
    /// An earlier prompt goes into the form, or a later one.
    Earlier {
        /// Whether it is an earlier one.
        back: bool,
    },
    /// A name that the model knows goes into the prompt.
    TakeChip(Chip),
    /// The address has changed.
    Follow(Address),
    /// A recipe goes into the form.
    Bring(Brought),
    /// A sentence that says what is wrong with the form; `None` if nothing is.
    Refuse(Option<String>),
    /// The visitor asks for a random seed.
    RollSeed,
    /// A random seed is there.
    Rolled {
        /// The seed.
        seed: u64,
        /// Whether a picture is drawn with it.
        draws: bool,
    },
    /// The next pictures keep this seed, or the form's; or each gets its own.
    KeepSeed {
        /// Whether they keep it.
        keeps: bool,
        /// The seed; `None` for the form's.
        seed: Option<u64>,
    },
    /// The next picture has this seed.
    UseSeed(u64),
    /// The settings are opened or shut.
    ShowSettings(bool),
    /// A device is chosen.
    ChooseDevice(DeviceChoice),
    /// The server has said which models there are.
    Models(Vec<ModelChoice>),
    /// The browser has said whether it has the weights.
    Cached(bool),
    /// A model is chosen.
    ChooseModel(String),
    /// The worker is started again.
    Restart,
    /// The page is loaded anew, and keeps its form.
    Reload,
    /// The form is drawn.
    Draw,
    /// A recipe is drawn as it is, and goes into the form: one of the quilt, or of an old picture
    /// whose steps are wanted.
    DrawAgain(Box<Recipe>),
    /// A grid is drawn.
    DrawGrid(Grid),
    /// A picture of the grid goes on stage.
    OpenCell(usize),
    /// The grid goes away.
    CloseGrid,
    /// Nothing more is drawn than what is drawn now.
    Stop,
    /// What is drawn and what waits is stopped.
    Cancel,
    /// A stop of the timeline is looked at; `None` is the newest.
    Look(Option<usize>),
    /// The timeline is played, or not any more.
    Play(bool),
    /// A stop is decoded in full.
    Decode(usize),
    /// Previews show the latent as it is, or what is expected of it.
    ShowNoisy(bool),
    /// One of several pictures goes on stage alone.
    OpenOne(usize),
    /// The run comes back on stage.
    BackToRun,
    /// Something else is to be made of pictures before they are saved.
    ChooseFinish(Finish),
    /// A picture on stage is saved; `None` saves all of them as one sheet.
    Save(Option<usize>),
    /// Several pictures are saved in one file: those on stage, or the whole history.
    SaveAll {
        /// Which kind of file.
        archive: Archive,
        /// Whether it is the history.
        is_history: bool,
    },
    /// A sentence for the visitor.
    Say(String),
    /// A sentence about what went wrong.
    Warn(String),
    /// A file that may carry a recipe was brought.
    OpenFile {
        /// Its name.
        name: String,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// The visitor wants to see what the model can draw.
    ListConcepts,
    /// What the model of a folder can draw, as the folder tells it; `None` if it does not.
    Concepts {
        /// The folder.
        folder: String,
        /// Its `concepts.tsv`.
        text: Option<String>,
    },
    /// The downloaded weights are to be removed.
    ForgetWeights,
    /// Whether the browser promises to keep what it stores; `None` if it has no such promise.
    Promised(Option<bool>),
    /// Something happens to the pictures that were drawn before.
    History(HistoryAction),
}

/// What can happen to the pictures that were drawn before.
pub enum HistoryAction {
    /// A picture was kept.
    Kept {
        /// Its number in the store; `None` if the store had no room.
        key: Option<u32>,
        /// What it was drawn from.
        recipe: Box<Recipe>,
        /// The picture.
        png: Rc<[u8]>,
    },
    /// The store may hold something new.
    Recall,
    /// The keys of all that the store holds, perhaps changed by another tab, and what is new in it.
    Recalled {
        /// What this page knew when it asked.
        known: Vec<u32>,
        /// All keys.
        keys: Vec<u32>,
        /// What this page did not know yet.
        new: Vec<Rc<HistoryEntry>>,
    },
    /// The store does not open.
    Closed,
    /// One picture is to be removed, or all of them. It can be taken back.
    Remove(Option<u32>),
    /// The picture of a recipe is to be removed.
    RemoveOf(Box<Recipe>),
    /// All stay, after it was asked whether they are to be removed.
    KeepAll,
    /// What was removed last comes back.
    Undo,
    /// What was removed by the deletion of this number cannot come back any more.
    Purge(u32),
    /// Pictures are gone from the store.
    Purged(Vec<u32>),
    /// The store did not let pictures go.
    NotPurged(Vec<u32>),
    /// A picture goes on stage as soon as it is read.
    Open(Rc<HistoryEntry>),
    /// A picture was read; `None` if it is not there any more.
    Fetched {
        /// Its entry.
        entry: Rc<HistoryEntry>,
        /// The picture.
        png: Option<Rc<[u8]>>,
        /// Whether the stage is scrolled to.
        scrolls: bool,
    },
}
