//! The gallery: the history of pictures in this browser, and its deleted pictures.

pub mod action;
pub mod entry;
mod keep;
mod trash;

use std::rc::Rc;

pub use action::{GalleryAction, GalleryEffect};
pub(super) use action::{GalleryAnswer, GalleryWish};
use entry::HistoryEntry;
pub use trash::Trash;

use super::picture::is_same;
use crate::recipe::Recipe;

/// The gallery.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gallery {
    /// The history, newest first.
    pub entries: Vec<Rc<HistoryEntry>>,
    /// The deleted entries of the history.
    pub trash: Trash,
    /// Whether this browser keeps no history, so that it is in memory only.
    pub is_closed: bool,
    /// Whether the browser promises to keep what it stores; `None` until it has answered, and
    /// `Some(None)` if it knows no such promise.
    pub promised: Option<Option<bool>>,
}

impl Gallery {
    /// Returns the pictures of the history that are not deleted, newest first.
    pub fn kept(&self) -> impl Iterator<Item = &Rc<HistoryEntry>> {
        self.entries.iter().filter(|entry| !self.trash.hides(entry.key))
    }

    /// Returns the recipes of all pictures, deleted or not, newest first.
    pub(super) fn recipes(&self) -> impl Iterator<Item = &Recipe> {
        self.entries.iter().filter_map(|entry| entry.recipe.as_ref())
    }

    /// Returns the picture of a recipe, if it is not deleted.
    pub(super) fn find(&self, recipe: &Recipe) -> Option<&Rc<HistoryEntry>> {
        self.kept().find(|entry| is_of(entry, recipe))
    }

    fn entry_of(&self, recipe: &Recipe) -> Option<&HistoryEntry> {
        self.entries.iter().find(|entry| is_of(entry, recipe)).map(|entry| &**entry)
    }

    /// Returns whether the history has the picture of a recipe, deleted or not.
    pub fn is_kept(&self, recipe: &Recipe) -> bool {
        self.entry_of(recipe).is_some()
    }

    /// Returns whether the picture of a recipe is deleted.
    pub fn is_deleted(&self, recipe: &Recipe) -> bool {
        self.entry_of(recipe).is_some_and(|entry| self.trash.hides(entry.key))
    }

    /// Returns whether the browser stores pictures of this page.
    pub(super) fn keeps_something(&self) -> bool {
        !self.entries.is_empty() && !self.is_closed
    }
}

fn is_of(entry: &HistoryEntry, recipe: &Recipe) -> bool {
    entry.recipe.as_ref().is_some_and(|own| is_same(own, recipe))
}
