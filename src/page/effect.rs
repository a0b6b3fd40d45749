//! The effects: everything that the page asks of the browser.

use std::rc::Rc;

use super::history::HistoryEntry;
use super::protocol::{Archive, DeviceChoice, Request};
use crate::image::finish::Finish;
use crate::recipe::Recipe;

/// A picture for an archive: its file name and its bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The file name.
    pub name: String,
    /// The bytes, or the picture's key in the store.
    pub png: Result<Rc<[u8]>, u32>,
}

/// Something to be done outside the state. Its outcome returns as an [`Action`](super::Action).
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Starts a worker that loads a model, beside the running ones.
    StartWorker {
        /// Its number, which comes with each of its events.
        number: u32,
        /// The model's folder.
        model: String,
        /// The device that it uses.
        device: DeviceChoice,
    },
    /// Sends requests to this worker from now on, and ends all older ones.
    UseWorker(u32),
    /// Ends a worker.
    EndWorker(u32),
    /// Sends a request to the current worker.
    Send(Request),
    /// Asks the server for its list of models.
    ListModels,
    /// Asks the browser whether it has the weights of a model's folder.
    AskCached(String),
    /// Asks the server which concepts the model of a folder can draw.
    ListConcepts(String),
    /// Puts a recipe into the address bar.
    ShowAddress(Recipe),
    /// Stores a text under a name, for this tab or for the next visit too.
    Remember {
        /// The name.
        name: &'static str,
        /// The text.
        text: String,
        /// Whether it is stored for this tab alone.
        is_of_tab: bool,
    },
    /// Asks for a random seed.
    RollSeed {
        /// Whether a picture is drawn with it.
        draws: bool,
    },
    /// Reads the store's keys, and the entries of all keys but these.
    Recall(Vec<u32>),
    /// Adds pictures to the store, each with its recipe: PNGs that also hold their recipes.
    Keep(Vec<(Recipe, Rc<[u8]>)>),
    /// Stores the upscaled version of a stored picture, which the history then shows.
    KeepLarge {
        /// The picture's key.
        key: u32,
        /// A PNG.
        large: Rc<[u8]>,
    },
    /// Reads a picture from the store.
    Fetch {
        /// Its entry.
        entry: Rc<HistoryEntry>,
        /// Whether the page scrolls to the stage.
        scrolls: bool,
    },
    /// Stores the keys of deleted pictures, so that a page that is opened later removes them too.
    RememberTrash(Vec<u32>),
    /// Makes the deletion of this number final after a while, unless it was undone.
    PurgeLater(u32),
    /// Removes pictures from the store.
    Purge(Vec<u32>),
    /// Saves a file among the visitor's downloads.
    Save {
        /// Its name.
        name: String,
        /// Its MIME type.
        mime: &'static str,
        /// Its bytes.
        bytes: Rc<[u8]>,
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
    /// Asks the browser to promise to keep what it stores.
    AskToPersist,
    /// Moves the keyboard focus to the element of a CSS selector, because the pressed element is
    /// gone or far away.
    Focus(&'static str),
    /// Scrolls to the stage if it is out of sight, as it may be on a phone.
    ShowStage,
    /// Reloads the page, with a recipe in its address.
    Reload(Recipe),
}
