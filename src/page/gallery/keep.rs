//! Keeping pictures after they are drawn, and showing them again.

use std::rc::Rc;

use super::entry::HistoryEntry;
use super::{Gallery, GalleryAction, GalleryAnswer, GalleryEffect, GalleryWish};
use crate::page::picture::Member;
use crate::recipe::Recipe;

/// The message, given once, if the browser keeps no history.
const CLOSED: &str = "This browser keeps no history here, perhaps because this is a private window: \
                      download what you want to keep. It is here until the page is closed.";
/// The message if the store has no room.
const FULL: &str = "This browser has no room to keep the picture: download it, or delete some of the \
                    history. It is here until the page is closed.";

impl Gallery {
    /// Asks for what the store holds, and removes what an earlier page deleted.
    pub(in crate::page) fn start(&self, answer: &mut GalleryAnswer) {
        answer.effect(GalleryEffect::Recall(Vec::new()));
        if !self.trash.purging.is_empty() {
            answer.effect(GalleryEffect::Purge(self.trash.purging.clone()));
        }
    }

    /// Handles an action.
    pub(in crate::page) fn handle(&mut self, action: GalleryAction, answer: &mut GalleryAnswer) {
        match action {
            GalleryAction::Kept { key, recipe, png } => {
                if key.is_none() && !self.is_closed {
                    answer.warn(FULL);
                }
                if key.is_some_and(|key| self.entries.iter().any(|entry| entry.key == key)) {
                    // It was read from the store in the meantime.
                    return;
                }
                let key = key.unwrap_or_else(|| HistoryEntry::unstored_key(&self.entries));
                let (recipe, png) = (Some(*recipe), Some(png));
                let entry = HistoryEntry { key, recipe, unknown: Vec::new(), png, large: None };
                self.entries.insert(0, Rc::new(entry));
            }
            GalleryAction::Recall => {
                let known = self.entries.iter().map(|entry| entry.key).collect();
                answer.effect(GalleryEffect::Recall(known));
            }
            GalleryAction::Recalled { known, keys, new } => {
                self.recalled(&known, &keys, new);
                answer.wish(GalleryWish::Land);
            }
            GalleryAction::Closed => {
                let is_news = !std::mem::replace(&mut self.is_closed, true);
                if is_news {
                    answer.say(CLOSED);
                }
                answer.wish(GalleryWish::Land);
            }
            GalleryAction::Show(entry) => Self::show(&entry, true, answer),
            GalleryAction::Fetched { entry, png, scrolls } => match (png, &entry.recipe) {
                (Some(png), Some(recipe)) => {
                    let recipe = Box::new(recipe.clone());
                    answer.wish(GalleryWish::Open { recipe, png, scrolls });
                }
                _ => answer.warn(
                    "That picture is not in this browser any more: another tab may have deleted it.",
                ),
            },
            GalleryAction::Promised(promised) => self.promised = Some(promised),
            other => self.handle_trash(other, answer),
        }
    }

    fn recalled(&mut self, known: &[u32], keys: &[u32], new: Vec<Rc<HistoryEntry>>) {
        self.is_closed = false;
        // Pictures that were stored after this request are not in `known`, so they are not dropped.
        let is_missed = |key: u32| {
            HistoryEntry::is_stored_key(key) && known.contains(&key) && !keys.contains(&key)
        };
        self.entries.retain(|entry| !is_missed(entry.key));
        self.trash.keys.retain(|key| !is_missed(*key));
        for entry in new {
            if !self.entries.iter().any(|own| own.key == entry.key) {
                self.entries.push(entry);
            }
        }
        self.entries.sort_by_key(|entry| std::cmp::Reverse(entry.key));
    }

    /// Keeps those of the drawn pictures that the history does not have yet.
    pub(in crate::page) fn keep(
        &self,
        mut drawn: Vec<(Recipe, Rc<[u8]>)>,
        answer: &mut GalleryAnswer,
    ) {
        drawn.retain(|(recipe, _)| self.find(recipe).is_none());
        if !drawn.is_empty() {
            answer.effect(GalleryEffect::Keep(drawn));
        }
    }

    /// Has the history show the upscaled version of a recipe's picture.
    pub(in crate::page) fn keep_large(
        &mut self,
        recipe: &Recipe,
        large: Rc<[u8]>,
        answer: &mut GalleryAnswer,
    ) {
        let Some(entry) = self.entry_of(recipe) else { return };
        if entry.large.is_some() || self.trash.hides(entry.key) {
            return;
        }
        let key = entry.key;
        let entry = Rc::new(HistoryEntry { large: Some(large.clone()), ..entry.clone() });
        let entries = self.entries.iter_mut();
        entries.filter(|own| own.key == key).for_each(|own| *own = entry.clone());
        if HistoryEntry::is_stored_key(key) {
            answer.effect(GalleryEffect::KeepLarge { key, large });
        }
    }

    /// Returns the pictures for an archive of the whole history.
    pub(in crate::page) fn members(&self) -> Vec<Member> {
        self.kept().map(|entry| entry.member()).collect()
    }

    /// Has an entry's picture opened on stage, at once or when it is read.
    pub(in crate::page) fn show(
        entry: &Rc<HistoryEntry>,
        scrolls: bool,
        answer: &mut GalleryAnswer,
    ) {
        match (&entry.png, &entry.recipe) {
            (Some(png), Some(recipe)) => {
                let (recipe, png) = (Box::new(recipe.clone()), png.clone());
                answer.wish(GalleryWish::Open { recipe, png, scrolls });
            }
            _ => answer.effect(GalleryEffect::Fetch { entry: entry.clone(), scrolls }),
        }
    }
}
