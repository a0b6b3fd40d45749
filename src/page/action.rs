//! What can happen to the page.

use std::rc::Rc;

use super::bring::Brought;
use super::grid::Grid;
use super::history::HistoryEntry;
use super::protocol::{DeviceChoice, Event};
use super::state::ModelChoice;
use crate::recipe::Recipe;
use crate::recipe::address::Address;

/// A change of the form.
pub type Edit = Box<dyn FnOnce(&mut Recipe)>;

/// What can happen.
pub enum Action {
    /// A worker says something.
    Worker(u32, Event),
    /// The visitor changes the form.
    Edit(Edit),
    /// An address was followed.
    Follow(Address),
    /// A recipe goes into the form.
    Bring(Brought),
    /// What is wrong with the form now, in a sentence.
    Refuse(Option<String>),
    /// The visitor asks for a random seed.
    RollSeed,
    /// Chance has given a seed.
    Rolled {
        /// The seed.
        seed: u64,
        /// Whether a picture is drawn with it.
        draws: bool,
    },
    /// The next pictures keep the seed, or each gets its own.
    LockSeed(bool),
    /// A device is chosen.
    ChooseDevice(DeviceChoice),
    /// The server has said which models there are.
    Models(Vec<ModelChoice>),
    /// A model is chosen.
    ChooseModel(String),
    /// The worker is started again.
    Restart,
    /// The page is loaded anew, and keeps its form.
    Reload,
    /// The form is drawn.
    Draw,
    /// A grid is drawn.
    DrawGrid(Grid),
    /// The grid goes away.
    CloseGrid,
    /// Nothing more is drawn than what is drawn now.
    Stop,
    /// What is drawn and what waits is stopped.
    Cancel,
    /// A step is looked at; `None` is the newest.
    Look(Option<usize>),
    /// A step is decoded in full.
    Decode(usize),
    /// Previews show the latent as it is, or what is expected of it.
    ShowNoisy(bool),
    /// Something is told.
    Say(String),
    /// A picture was kept, under its number; `None` if the store had no room.
    Kept {
        /// Its number in the store.
        key: Option<u32>,
        /// What it was drawn from.
        recipe: Recipe,
        /// The picture.
        png: Rc<[u8]>,
    },
    /// All that the store holds, perhaps changed by another tab.
    Recall(Vec<Rc<HistoryEntry>>),
    /// The store may hold something new.
    RecallAgain,
    /// The store does not open.
    CloseHistory,
    /// One picture is to be removed, or all of them.
    Remove(Option<u32>),
    /// They were.
    Removed(Option<u32>),
    /// The downloaded weights are to be removed.
    ForgetWeights,
    /// What the browser promises of what it keeps.
    Promised(Option<bool>),
    /// A kept picture goes on stage.
    Open(Rc<HistoryEntry>),
}
