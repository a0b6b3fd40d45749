//! Deleted pictures. For a while they can be restored, and then they are removed from the store.

use super::entry::HistoryEntry;
use super::{Gallery, GalleryAction, GalleryAnswer, GalleryEffect};
use crate::tools::words::counted;

/// The deleted pictures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trash {
    /// The keys of pictures that the visitor can restore.
    pub keys: Vec<u32>,
    /// The keys of pictures that are being removed from the store.
    pub(super) purging: Vec<u32>,
    /// The keys of removed pictures, which a list that was requested earlier may still name.
    gone: Vec<u32>,
    /// The number of the last deletion.
    deletions: u32,
}

impl Trash {
    /// Returns the pictures that an earlier page deleted but did not remove from the store.
    pub fn left_over(purging: Vec<u32>) -> Self {
        Self { purging, ..Self::default() }
    }

    /// Returns whether a picture is deleted and must not be shown.
    pub fn hides(&self, key: u32) -> bool {
        [&self.keys, &self.purging, &self.gone].into_iter().any(|keys| keys.contains(&key))
    }
}

impl Gallery {
    pub(super) fn handle_trash(&mut self, action: GalleryAction, answer: &mut GalleryAnswer) {
        match action {
            GalleryAction::Remove(key) => {
                // Pictures that are deleted already are not deleted twice.
                let all = self.kept().map(|entry| entry.key);
                let keys = all.filter(|own| key.is_none_or(|key| key == *own)).collect();
                self.remove(keys, answer);
            }
            GalleryAction::RemoveOf(recipe) => {
                let keys = self.entry_of(&recipe).map(|entry| entry.key).into_iter().collect();
                self.remove(keys, answer);
            }
            GalleryAction::KeepAll => answer.focus(".clear"),
            GalleryAction::Undo => {
                let count = std::mem::take(&mut self.trash.keys).len();
                self.remember_trash(answer);
                answer.say(format!("{} back.", counted(count, "picture")));
                answer.focus(".history h2");
            }
            // An earlier deletion was purged by the next one, and an undone one has no keys left.
            GalleryAction::Purge(deletion) if deletion == self.trash.deletions => {
                self.purge(answer);
            }
            GalleryAction::Purged(keys) => {
                self.entries.retain(|entry| !keys.contains(&entry.key));
                self.trash.purging.retain(|key| !keys.contains(key));
                self.trash.gone.extend(keys);
                self.remember_trash(answer);
            }
            GalleryAction::NotPurged(keys) => {
                self.trash.purging.retain(|key| !keys.contains(key));
                self.remember_trash(answer);
                answer.warn("This browser did not let its store be changed: delete them again.");
            }
            _ => {}
        }
    }

    /// Deletes pictures. The visitor can undo this for a while.
    fn remove(&mut self, keys: Vec<u32>, answer: &mut GalleryAnswer) {
        if keys.is_empty() {
            return;
        }
        self.purge(answer);
        let count = keys.len();
        self.trash.keys = keys;
        self.trash.deletions += 1;
        self.remember_trash(answer);
        answer.effect(GalleryEffect::PurgeLater(self.trash.deletions));
        let gone = counted(count, "picture");
        answer.say(format!("{gone} deleted. Undo brings back what was there."));
        answer.focus(".undo");
    }

    /// Makes the last deletion final.
    fn purge(&mut self, answer: &mut GalleryAnswer) {
        let keys = std::mem::take(&mut self.trash.keys);
        let (stored, unstored): (Vec<u32>, Vec<u32>) =
            keys.into_iter().partition(|key| HistoryEntry::is_stored_key(*key));
        self.entries.retain(|entry| !unstored.contains(&entry.key));
        if !stored.is_empty() {
            self.trash.purging.extend(&stored);
            answer.effect(GalleryEffect::Purge(stored));
        }
    }

    /// Stores which pictures are deleted, in case the page is closed before they are removed.
    fn remember_trash(&self, answer: &mut GalleryAnswer) {
        let Trash { keys, purging, .. } = &self.trash;
        let stored = keys.iter().chain(purging).copied();
        let stored = stored.filter(|key| HistoryEntry::is_stored_key(*key)).collect();
        answer.effect(GalleryEffect::RememberTrash(stored));
    }
}
