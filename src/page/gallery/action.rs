//! What happens to the gallery, and what it asks for.

use std::rc::Rc;

use super::entry::HistoryEntry;
use crate::page::answer::Answer;
use crate::recipe::Recipe;

/// Something that happened to the gallery.
pub enum GalleryAction {
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
    /// There is no store.
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
    /// The visitor has an entry shown on stage, as soon as its picture is read.
    Show(Rc<HistoryEntry>),
    /// A picture has been read from the store.
    Fetched {
        /// Its entry.
        entry: Rc<HistoryEntry>,
        /// The picture; `None` if it is not in the store any more.
        png: Option<Rc<[u8]>>,
        /// Whether the page scrolls to the stage.
        scrolls: bool,
    },
    /// The browser has said whether it promises to keep what it stores; `None` if it knows no such
    /// promise.
    Promised(Option<bool>),
}

/// What the gallery asks of the browser.
#[derive(Debug, Clone, PartialEq)]
pub enum GalleryEffect {
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
    /// Stores the keys of deleted pictures, so that a later page removes them too.
    RememberTrash(Vec<u32>),
    /// Makes the deletion of this number final after a while, unless it was undone.
    PurgeLater(u32),
    /// Removes pictures from the store.
    Purge(Vec<u32>),
}

/// What the gallery wishes of other rooms.
pub(in crate::page) enum GalleryWish {
    /// A picture is opened on stage.
    Open { recipe: Box<Recipe>, png: Rc<[u8]>, scrolls: bool },
    /// The first picture is searched, because the history has been read or there is none.
    Land,
}

pub(in crate::page) type GalleryAnswer = Answer<GalleryEffect, GalleryWish>;
