//! The picture that tools work on.

use super::derive::Subject;
use super::derive::morph::Ends;
use super::stage::run::{StageRun, View};
use super::stage::shown::Shown;
use super::{Form, State};
use crate::recipe::Recipe;

/// The message if another model drew the picture on stage.
pub(super) const OTHER_MODEL: &str =
    "Another model drew this picture: choose that model in the settings first.";

impl State {
    /// Returns the picture that tools work on: that in the editor if a tool was unfolded there, otherwise
    /// that on stage.
    pub fn subject(&self) -> Option<Subject> {
        let in_editor = self.edited().filter(|_| self.derive.is_in_editor);
        in_editor.or_else(|| self.staged())
    }

    /// Returns the picture in the editor, with its name as the prompt.
    pub fn edited(&self) -> Option<Subject> {
        let source = self.edit.source.as_ref()?;
        let name = source.name.rsplit_once('.').map_or(&*source.name, |(stem, _)| stem);
        let recipe = Recipe { prompt: name.to_owned(), ..Recipe::default() };
        Some(Subject { png: source.picture.clone(), recipe })
    }

    /// Returns the only picture on stage, if it is finished.
    pub fn staged(&self) -> Option<Subject> {
        let was_stopped = self.stage.run.as_ref().is_some_and(StageRun::was_stopped);
        let (mut shown, view) = self.on_stage();
        let is_whole = view == View::Result && (self.stage.opened.is_some() || !was_stopped);
        let Shown { recipe, png, .. } = shown.pop().filter(|_| is_whole && shown.is_empty())?;
        Some(Subject { png, recipe })
    }

    /// Returns whether another model than the loaded one drew a picture, so that this one cannot draw it.
    pub(super) fn is_of_other_model(&self, Subject { recipe, .. }: &Subject) -> bool {
        let hash = &recipe.model_hash;
        !hash.is_empty() && self.engine.model().is_some_and(|model| model.hash != *hash)
    }

    /// Returns the ends of a morph from the picture on stage to what the form describes.
    ///
    /// # Errors
    /// Returns a sentence if there is no picture, if another model drew it, if an end begins with a
    /// picture, or if both ends draw the same one.
    pub fn morph_ends(&self) -> Result<Ends, &'static str> {
        const NONE: &str = "There is no finished picture on stage: draw one first.";
        let Form { recipe, keeps_seed, seed_is_fresh, .. } = &self.form;
        let subject = self.staged().ok_or(NONE)?;
        if self.is_of_other_model(&subject) {
            return Err(OTHER_MODEL);
        }
        Ends::new(&subject.recipe, recipe, *keeps_seed || *seed_is_fresh)
    }
}
