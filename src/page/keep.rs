//! What happens to pictures that were drawn: they are kept, opened, deleted and brought back.

use std::rc::Rc;

use super::action::HistoryAction;
use super::effect::Effect;
use super::history::HistoryEntry;
use super::landing::is_same;
use super::run::View;
use super::shown::Opened;
use super::state::State;
use super::turn::Turn;
use super::update::TRASH;
use crate::recipe::Recipe;
use crate::tools::words::counted;

/// Said once if the browser keeps no history.
const CLOSED: &str = "This browser keeps no history here, perhaps because this is a private window: \
                      download what you want to keep. It is here until the page is closed.";
/// Said if there is no room.
const FULL: &str = "This browser has no room to keep the picture: download it, or delete some of the \
                    history. It is here until the page is closed.";

impl State {
    /// Returns the pictures of the history that are not deleted, newest first.
    pub fn kept(&self) -> impl Iterator<Item = &Rc<HistoryEntry>> {
        self.history.iter().filter(|entry| !self.trash.contains(&entry.key))
    }

    fn entry_of(&self, recipe: &Recipe) -> Option<&HistoryEntry> {
        let is_it = |entry: &&Rc<HistoryEntry>| {
            entry.recipe.as_ref().is_some_and(|own| is_same(own, recipe))
        };
        self.history.iter().find(is_it).map(|entry| &**entry)
    }

    /// Returns whether the history has the picture of a recipe.
    pub fn is_kept(&self, recipe: &Recipe) -> bool {
        self.entry_of(recipe).is_some()
    }

    /// Returns whether the picture of a recipe was deleted, and can come back.
    pub fn is_deleted(&self, recipe: &Recipe) -> bool {
        self.entry_of(recipe).is_some_and(|entry| self.trash.contains(&entry.key))
    }
}

impl Turn {
    pub(super) fn handle_history(&mut self, action: HistoryAction) {
        let state = &mut self.state;
        match action {
            HistoryAction::Kept { key, recipe, png } => {
                if key.is_none() && !state.history_is_closed {
                    self.warn(FULL);
                }
                let state = &mut self.state;
                if key.is_some_and(|key| state.history.iter().any(|entry| entry.key == key)) {
                    // It was recalled in the meantime.
                    return;
                }
                let key = key.unwrap_or_else(|| HistoryEntry::unstored_key(&state.history));
                let (recipe, png) = (Some(*recipe), Some(png));
                let entry = HistoryEntry { key, recipe, unknown: Vec::new(), png };
                state.history.insert(0, Rc::new(entry));
            }
            HistoryAction::Recall => {
                let known = state.history.iter().map(|entry| entry.key).collect();
                self.effects.push(Effect::Recall(known));
            }
            HistoryAction::Recalled { keys, new } => self.recalled(&keys, new),
            HistoryAction::Closed => {
                let is_news = !std::mem::replace(&mut state.history_is_closed, true);
                if is_news {
                    self.say(CLOSED);
                }
                self.land_on_history();
            }
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
            HistoryAction::Undo => {
                let count = state.trash.len();
                self.throw(Vec::new());
                self.say(format!("{} back.", counted(count, "picture")));
                self.effects.push(Effect::Focus(".history h2"));
            }
            HistoryAction::Purge(keys) => {
                // What came back, or went with something later, is not meant.
                if keys == state.trash && !keys.is_empty() {
                    self.purge(&keys);
                }
            }
            HistoryAction::Purged(keys) => {
                state.trash.retain(|key| !keys.contains(key));
                state.history.retain(|entry| !keys.contains(&entry.key));
                let trash = self.state.trash.clone();
                self.throw(trash);
            }
            HistoryAction::Open(entry) => self.open_entry(&entry, true),
            HistoryAction::Fetched { entry, png, scrolls } => match (png, &entry.recipe) {
                (Some(png), Some(recipe)) => {
                    let recipe = recipe.clone();
                    self.open(Opened { recipe, png, from: "from the history" }, scrolls);
                }
                _ => self.warn(
                    "That picture is not in this browser any more: another tab may have deleted it.",
                ),
            },
        }
    }

    fn recalled(&mut self, keys: &[u32], new: Vec<Rc<HistoryEntry>>) {
        let state = &mut self.state;
        state.history_is_closed = false;
        state.history.retain(|entry| !entry.is_stored() || keys.contains(&entry.key));
        for entry in new {
            if !state.history.iter().any(|own| own.key == entry.key) {
                state.history.push(entry);
            }
        }
        state.history.sort_by_key(|entry| std::cmp::Reverse(entry.key));
        self.land_on_history();
    }

    /// Takes pictures away. They come back if the visitor says so soon.
    fn remove(&mut self, keys: Vec<u32>) {
        if keys.is_empty() {
            return;
        }
        let before = std::mem::take(&mut self.state.trash);
        self.purge(&before);
        let count = keys.len();
        self.throw(keys.clone());
        self.effects.push(Effect::PurgeLater(keys));
        self.say(format!(
            "{} deleted. Undo brings back what was there.",
            counted(count, "picture")
        ));
        self.effects.push(Effect::Focus(".undo"));
    }

    fn purge(&mut self, keys: &[u32]) {
        let is_unstored = |key: &u32| {
            self.state.history.iter().any(|entry| entry.key == *key && !entry.is_stored())
        };
        let (unstored, stored): (Vec<u32>, Vec<u32>) =
            keys.iter().partition(|key| is_unstored(key));
        self.state.history.retain(|entry| !unstored.contains(&entry.key));
        self.state.trash.retain(|key| !unstored.contains(key));
        if !stored.is_empty() {
            self.effects.push(Effect::Purge(stored));
        }
    }

    /// Puts keys into the trash, and nothing else; the browser remembers it, in case that the page is
    /// closed.
    fn throw(&mut self, keys: Vec<u32>) {
        let text = match keys.is_empty() {
            true => String::new(),
            false => serde_json::to_string(&keys).unwrap_or_default(),
        };
        self.state.trash = keys;
        self.effects.push(Effect::Remember { name: TRASH, text, is_of_tab: false });
    }

    /// A picture of the history goes on stage, at once or when it is read.
    pub(super) fn open_entry(&mut self, entry: &Rc<HistoryEntry>, scrolls: bool) {
        match (&entry.png, &entry.recipe) {
            (Some(png), Some(recipe)) => {
                let (recipe, png) = (recipe.clone(), png.clone());
                self.open(Opened { recipe, png, from: "from the history" }, scrolls);
            }
            _ => self.effects.push(Effect::Fetch { entry: entry.clone(), scrolls }),
        }
    }

    /// A picture goes on stage, in front of the run.
    pub(super) fn open(&mut self, opened: Opened, scrolls: bool) {
        (self.state.opened, self.state.is_playing) = (Some(opened), false);
        self.tell_stage();
        if scrolls {
            self.effects.push(Effect::ShowStage);
        }
    }

    /// One of the run's pictures goes on stage alone.
    pub(super) fn open_one(&mut self, i: usize) {
        let Some(run) = &self.state.run else { return };
        let (pictures, View::Result) = run.on_view(self.state.noisy) else { return };
        let Some(png) = pictures.get(i).cloned() else { return };
        let (recipe, from) = (run.recipe_of(i), "one of several");
        self.open(Opened { recipe, png, from }, false);
    }

    /// A recipe goes into the form, and is drawn as it is.
    pub(super) fn draw_again(&mut self, recipe: Recipe) {
        let form = Recipe { model: String::new(), model_hash: String::new(), ..recipe };
        let state = &mut self.state;
        let count = state.form.count;
        state.follows_model = false;
        // How many pictures one wants is no part of it.
        state.form = Recipe { count, ..form.clone() };
        self.state.seed_is_fresh = false;
        self.draw_recipe(form);
    }
}
