//! What the page asks of the browser.

use std::rc::Rc;

use super::protocol::{DeviceChoice, Request};
use crate::recipe::Recipe;

/// Something to be done outside the state. What comes of it returns as an
/// [`Action`](super::Action).
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ends the worker that runs, and starts another that loads a model.
    StartWorker {
        /// Its number; what it says comes with that.
        number: u32,
        /// The model's folder.
        model: String,
        /// The device to start.
        device: DeviceChoice,
    },
    /// Tells the worker something.
    Send(Request),
    /// Asks the server which models there are.
    ListModels,
    /// Puts a recipe into the address bar.
    ShowAddress(Recipe),
    /// Asks for a random seed, and draws with it if `draws`.
    RollSeed {
        /// Whether a picture is drawn with it.
        draws: bool,
    },
    /// Reads the history from the store.
    Recall,
    /// Keeps pictures in the store, each with what it was drawn from: PNGs with their recipes inside.
    Keep(Vec<(Recipe, Rc<[u8]>)>),
    /// Removes one picture from the store, or all of them.
    Remove(Option<u32>),
    /// Asks the browser to promise that it keeps what is stored.
    AskToPersist,
    /// Moves the keyboard to the history's heading: the button that was pressed is gone.
    FocusHistory,
    /// Scrolls to the stage, which may be far above on a phone.
    ShowStage,
    /// Loads the page anew, with a recipe in its address.
    Reload(Recipe),
}
