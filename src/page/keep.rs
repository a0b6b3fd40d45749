//! Storing pictures after they are drawn, and opening them.

use std::rc::Rc;

use super::action::HistoryAction;
use super::effect::Effect;
use super::history::HistoryEntry;
use super::landing::is_same;
use super::run::{StageRun, View};
use super::shown::{Opened, Shown};
use super::state::State;
use super::turn::Turn;
use crate::recipe::Recipe;

/// The message, given once, if the browser keeps no history.
const CLOSED: &str = "This browser keeps no history here, perhaps because this is a private window: \
                      download what you want to keep. It is here until the page is closed.";
/// The message if the store has no room.
const FULL: &str = "This browser has no room to keep the picture: download it, or delete some of the \
                    history. It is here until the page is closed.";

/// Where a picture on stage comes from.
const OF_HISTORY: &str = "from the history";
const OF_SEVERAL: &str = "one of several";

impl State {
    /// Returns the pictures of the history that are not deleted, newest first.
    pub fn kept(&self) -> impl Iterator<Item = &Rc<HistoryEntry>> {
        self.history.iter().filter(|entry| !self.trash.hides(entry.key))
    }

    pub(super) fn entry_of(&self, recipe: &Recipe) -> Option<&HistoryEntry> {
        let is_it = |entry: &&Rc<HistoryEntry>| {
            entry.recipe.as_ref().is_some_and(|own| is_same(own, recipe))
        };
        self.history.iter().find(is_it).map(|entry| &**entry)
    }

    /// Returns whether the history has the picture of a recipe, deleted or not.
    pub fn is_kept(&self, recipe: &Recipe) -> bool {
        self.entry_of(recipe).is_some()
    }

    /// Returns whether the picture of a recipe is deleted.
    pub fn is_deleted(&self, recipe: &Recipe) -> bool {
        self.entry_of(recipe).is_some_and(|entry| self.trash.hides(entry.key))
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
                    // It was read from the store in the meantime.
                    return;
                }
                let key = key.unwrap_or_else(|| HistoryEntry::unstored_key(&state.history));
                let (recipe, png) = (Some(*recipe), Some(png));
                let entry = HistoryEntry { key, recipe, unknown: Vec::new(), png, large: None };
                state.history.insert(0, Rc::new(entry));
            }
            HistoryAction::Recall => {
                let known = state.history.iter().map(|entry| entry.key).collect();
                self.effects.push(Effect::Recall(known));
            }
            HistoryAction::Recalled { known, keys, new } => self.recalled(&known, &keys, new),
            HistoryAction::Closed => {
                let is_news = !std::mem::replace(&mut state.history_is_closed, true);
                if is_news {
                    self.say(CLOSED);
                }
                self.land_on_history();
            }
            HistoryAction::Open(entry) => self.open_entry(&entry, true),
            HistoryAction::Fetched { entry, png, scrolls } => match (png, &entry.recipe) {
                (Some(png), Some(recipe)) => {
                    let recipe = recipe.clone();
                    self.open(Opened { recipe, png, from: OF_HISTORY }, scrolls);
                }
                _ => self.warn(
                    "That picture is not in this browser any more: another tab may have deleted it.",
                ),
            },
            other => self.handle_trash(other),
        }
    }

    fn recalled(&mut self, known: &[u32], keys: &[u32], new: Vec<Rc<HistoryEntry>>) {
        let state = &mut self.state;
        state.history_is_closed = false;
        // Pictures that were stored after this request are not in `known`, so they are not dropped.
        let is_missed = |key: u32| {
            HistoryEntry::is_stored_key(key) && known.contains(&key) && !keys.contains(&key)
        };
        state.history.retain(|entry| !is_missed(entry.key));
        state.trash.keys.retain(|key| !is_missed(*key));
        for entry in new {
            if !state.history.iter().any(|own| own.key == entry.key) {
                state.history.push(entry);
            }
        }
        state.history.sort_by_key(|entry| std::cmp::Reverse(entry.key));
        self.land_on_history();
    }

    /// Puts a picture of the history on stage, at once or when it is read.
    pub(super) fn open_entry(&mut self, entry: &Rc<HistoryEntry>, scrolls: bool) {
        match (&entry.png, &entry.recipe) {
            (Some(png), Some(recipe)) => {
                let (recipe, png) = (recipe.clone(), png.clone());
                self.open(Opened { recipe, png, from: OF_HISTORY }, scrolls);
            }
            _ => self.effects.push(Effect::Fetch { entry: entry.clone(), scrolls }),
        }
    }

    /// Puts a picture on stage, in front of the run.
    pub(super) fn open(&mut self, opened: Opened, scrolls: bool) {
        (self.state.opened, self.state.is_playing) = (Some(opened), false);
        self.tell_stage();
        if scrolls {
            self.effects.push(Effect::ShowStage);
        }
    }

    /// Has the history show the upscaled versions of the pictures on stage, if they are finished
    /// and were drawn on this page.
    pub(super) fn keep_large(&mut self, shown: &[Shown]) {
        let was_stopped = self.state.run.as_ref().is_some_and(StageRun::was_stopped);
        let is_drawn_here = match &self.state.opened {
            Some(opened) if opened.from == OF_HISTORY => true,
            Some(opened) => opened.from == OF_SEVERAL && !was_stopped,
            None => !was_stopped,
        };
        if !is_drawn_here {
            return;
        }
        for Shown { recipe, file, .. } in shown.iter().filter(|shown| shown.is_upscaled) {
            let Some(large) = file else { continue };
            let Some(entry) = self.state.entry_of(recipe) else { continue };
            if entry.large.is_some() || self.state.trash.hides(entry.key) {
                continue;
            }
            let (key, large) = (entry.key, large.clone());
            let entry = HistoryEntry { large: Some(large.clone()), ..entry.clone() };
            let entries = self.state.history.iter_mut();
            entries.filter(|own| own.key == key).for_each(|own| *own = Rc::new(entry.clone()));
            if HistoryEntry::is_stored_key(key) {
                self.effects.push(Effect::KeepLarge { key, large });
            }
        }
    }

    /// Puts one of the run's pictures on stage alone.
    pub(super) fn open_one(&mut self, i: usize) {
        let Some(run) = &self.state.run else { return };
        let (pictures, View::Result) = run.on_view(self.state.noisy) else { return };
        let Some(png) = pictures.get(i).cloned() else { return };
        let (recipe, from) = (run.recipe_of(i), OF_SEVERAL);
        self.open(Opened { recipe, png, from }, false);
        self.effects.push(Effect::Focus(".stage"));
    }

    /// Takes a recipe into the form and draws it unchanged. The focus moves to the stage, because
    /// the pressed button is gone.
    pub(super) fn draw_again(&mut self, recipe: Recipe) {
        let form = Recipe { model: String::new(), model_hash: String::new(), ..recipe };
        let state = &mut self.state;
        let count = state.form.count;
        (state.follows_model, state.follows_style) = (false, false);
        // The form keeps its own number of pictures.
        state.form = Recipe { count, ..form.clone() };
        self.state.seed_is_fresh = false;
        self.draw_recipe(form);
        self.effects.push(Effect::Focus(".stage"));
    }
}
