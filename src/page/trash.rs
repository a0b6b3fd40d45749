//! Pictures that were deleted: for a while they can come back, and then they are removed from the store.

use super::action::HistoryAction;
use super::effect::Effect;
use super::history::HistoryEntry;
use super::turn::Turn;
use crate::tools::words::counted;

/// What was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trash {
    /// Keys of what comes back if the visitor says so.
    pub keys: Vec<u32>,
    /// Keys of what is being removed from the store.
    purging: Vec<u32>,
    /// Keys of what was removed: a list that was asked for before that may still name them.
    gone: Vec<u32>,
    /// How many deletions there were: the last one's number.
    deletions: u32,
}

impl Trash {
    /// What an earlier page deleted, and had no time to remove.
    pub fn left_over(purging: Vec<u32>) -> Self {
        Self { purging, ..Self::default() }
    }

    /// Returns whether a picture is not to be shown.
    pub fn hides(&self, key: u32) -> bool {
        [&self.keys, &self.purging, &self.gone].into_iter().any(|keys| keys.contains(&key))
    }
}

impl Turn {
    pub(super) fn handle_trash(&mut self, action: HistoryAction) {
        let state = &mut self.state;
        match action {
            HistoryAction::Remove(key) => {
                // What is deleted already is not deleted twice.
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
            // What came back, or went with something later, is not meant.
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

    /// Takes pictures away. They come back if the visitor says so soon.
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

    /// What is in the trash does not come back any more.
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

    /// The browser remembers what is deleted, in case that the page is closed before it is removed.
    fn remember_trash(&mut self) {
        let Trash { keys, purging, .. } = &self.state.trash;
        let stored = keys.iter().chain(purging).copied();
        let stored = stored.filter(|key| HistoryEntry::is_stored_key(*key)).collect();
        self.effects.push(Effect::RememberTrash(stored));
    }
}
