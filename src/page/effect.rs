//! What the page asks of the browser.

use std::rc::Rc;

use super::history::HistoryEntry;
use super::protocol::{Archive, DeviceChoice, Request};
use crate::image::finish::Finish;
use crate::recipe::Recipe;

/// A picture for an archive: the name of its file, and where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The name.
    pub name: String,
    /// Its bytes, or its key in the store.
    pub png: Result<Rc<[u8]>, u32>,
}

/// Something to be done outside the state. What comes of it returns as an
/// [`Action`](super::Action).
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Starts a worker that loads a model, beside those that run.
    StartWorker {
        /// Its number; what it says comes with that.
        number: u32,
        /// The model's folder.
        model: String,
        /// The device to start.
        device: DeviceChoice,
    },
    /// From now on this worker is told things, and all others end.
    UseWorker(u32),
    /// Ends a worker.
    EndWorker(u32),
    /// Tells the worker something.
    Send(Request),
    /// Asks the server which models there are.
    ListModels,
    /// Asks the browser whether it has the weights of a model's folder.
    AskCached(String),
    /// Asks the server what the model in a folder can draw.
    ListConcepts(String),
    /// Puts a recipe into the address bar.
    ShowAddress(Recipe),
    /// Remembers a text under a name, for this tab, or for the next visit too.
    Remember {
        /// The name.
        name: &'static str,
        /// The text.
        text: String,
        /// Whether it is for this tab alone.
        is_of_tab: bool,
    },
    /// Asks for a random seed, and draws with it if `draws`.
    RollSeed {
        /// Whether a picture is drawn with it.
        draws: bool,
    },
    /// Reads what the store holds beside these keys.
    Recall(Vec<u32>),
    /// Keeps pictures in the store, each with what it was drawn from: PNGs with their recipes inside.
    Keep(Vec<(Recipe, Rc<[u8]>)>),
    /// Keeps what the upscaler made of a picture that is kept, for the history to show.
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
        /// Whether the stage is scrolled to.
        scrolls: bool,
    },
    /// Remembers keys of pictures that are deleted, for this tab; a page that is opened later removes
    /// them too.
    RememberTrash(Vec<u32>),
    /// After a while, makes the deletion of this number final unless it was taken back.
    PurgeLater(u32),
    /// Removes pictures from the store.
    Purge(Vec<u32>),
    /// Saves a file among the visitor's downloads.
    Save {
        /// Its name.
        name: String,
        /// Its type.
        mime: &'static str,
        /// Its bytes.
        bytes: Rc<[u8]>,
    },
    /// Has the worker put pictures into one file.
    Gather {
        /// Names the file in the worker's answer.
        ticket: u32,
        /// Which kind of file.
        archive: Archive,
        /// What is made of each picture.
        finish: Finish,
        /// The pictures.
        members: Vec<Member>,
    },
    /// Asks the browser to promise that it keeps what is stored.
    AskToPersist,
    /// Moves the keyboard to an element, since what was pressed is gone or stands far off: a CSS
    /// selector.
    Focus(&'static str),
    /// Scrolls to the stage if it is out of sight, as it may be on a phone.
    ShowStage,
    /// Loads the page anew, with a recipe in its address.
    Reload(Recipe),
}
