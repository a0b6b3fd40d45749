//! What can happen to the page.

use std::rc::Rc;

use super::grid::Grid;
use super::history::HistoryEntry;
use super::offer::Brought;
use super::protocol::{DeviceChoice, Event};
use super::state::ModelChoice;
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
    /// A sentence for the visitor.
    Say(String),
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
    /// All that the store holds, perhaps changed by another tab.
    Recalled(Vec<Rc<HistoryEntry>>),
    /// The store does not open.
    Closed,
    /// One picture is to be removed, or all of them.
    Remove(Option<u32>),
    /// One picture was removed, or all of them.
    Removed(Option<u32>),
    /// A kept picture goes on stage.
    Open(Rc<HistoryEntry>),
}
