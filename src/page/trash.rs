//! Deleted pictures. For a while they can be restored, and then they are removed from the store.

use super::action::HistoryAction;
use super::effect::Effect;
use super::history::HistoryEntry;
use super::turn::Turn;
use crate::tools::words::counted;

/// The deleted pictures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trash {
    /// The keys of pictures that the visitor can restore.
    pub keys: Vec<u32>,
    /// The keys of pictures that are being removed from the store.
    purging: Vec<u32>,
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

impl Turn {
    pub(super) fn handle_trash(&mut self, action: HistoryAction) {
        let state = &mut self.state;
        match action {
            HistoryAction::Remove(key) => {
                // Pictures that are deleted already are not deleted twice.
                let all = state.kept().map(|entry| entry.key);
                let keys = all.filter(|own| key.is_none_or(|key| key == *own)).collect();
                self.remove(keys);
            }
            HistoryAction::RemoveOf(recipe) => {
                let keys = state.entry_of(&recipe).map(|entry| entry.key).into_iter().collect();
                self.remove(keys);
            }
            HistoryAction::KeepAll => self.effects.push(Effect::Focus(".clear")),
            HistoryAction::Undo => {
                let count = std::mem::take(&mut state.trash.keys).len();
                self.remember_trash();
                self.say(format!("{} back.", counted(count, "picture")));
                self.effects.push(Effect::Focus(".history h2"));
            }
            // An earlier deletion was purged by the next one, and an undone one has no keys left.
            HistoryAction::Purge(deletion) if deletion == state.trash.deletions => self.purge(),
            HistoryAction::Purged(keys) => {
                state.history.retain(|entry| !keys.contains(&entry.key));
                state.trash.purging.retain(|key| !keys.contains(key));
                state.trash.gone.extend(keys);
                self.remember_trash();
            }
            HistoryAction::NotPurged(keys) => {
                state.trash.purging.retain(|key| !keys.contains(key));
                self.remember_trash();
                self.warn("This browser did not let its store be changed: delete them again.");
            }
            _ => {}
        }
    }

    /// Deletes pictures. The visitor can undo this for a while.
    fn remove(&mut self, keys: Vec<u32>) {
        if keys.is_empty() {
            return;
        }
        self.purge();
        let count = keys.len();
        let trash = &mut self.state.trash;
        trash.keys = keys;
        trash.deletions += 1;
        let deletion = trash.deletions;
        self.remember_trash();
        self.effects.push(Effect::PurgeLater(deletion));
        self.say(format!(
            "{} deleted. Undo brings back what was there.",
            counted(count, "picture")
        ));
        self.effects.push(Effect::Focus(".undo"));
    }

    /// Makes the last deletion final.
    fn purge(&mut self) {
        let state = &mut self.state;
        let keys = std::mem::take(&mut state.trash.keys);
        let (stored, unstored): (Vec<u32>, Vec<u32>) =
            keys.into_iter().partition(|key| HistoryEntry::is_stored_key(*key));
        state.history.retain(|entry| !unstored.contains(&entry.key));
        if !stored.is_empty() {
            state.trash.purging.extend(&stored);
            self.effects.push(Effect::Purge(stored));
        }
    }

    /// Stores which pictures are deleted, in case the page is closed before they are removed.
    fn remember_trash(&mut self) {
        let Trash { keys, purging, .. } = &self.state.trash;
        let stored = keys.iter().chain(purging).copied();
        let stored = stored.filter(|key| HistoryEntry::is_stored_key(*key)).collect();
        self.effects.push(Effect::RememberTrash(stored));
    }
}
