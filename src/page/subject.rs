//! The picture that tools work on.

use super::derive::Subject;
use super::derive::morph::Ends;
use super::stage::run::{StageRun, View};
use super::stage::shown::Shown;
use super::{Form, State};

impl State {
    /// Returns the picture that tools work on: the only picture on stage, if it is finished.
    pub fn subject(&self) -> Option<Subject> {
        let was_stopped = self.stage.run.as_ref().is_some_and(StageRun::was_stopped);
        let (mut shown, view) = self.on_stage();
        let is_whole = view == View::Result && (self.stage.opened.is_some() || !was_stopped);
        let Shown { recipe, png, .. } = shown.pop().filter(|_| is_whole && shown.is_empty())?;
        Some(Subject { png, recipe })
    }

    /// Returns the ends of a morph from the picture on stage to what the form describes.
    ///
    /// # Errors
    /// Returns a sentence if there is no picture, or both ends draw the same one.
    pub fn morph_ends(&self) -> Result<Ends, &'static str> {
        const NONE: &str = "There is no finished picture on stage: draw one first.";
        let Form { recipe, keeps_seed, seed_is_fresh, .. } = &self.form;
        let subject = self.subject().ok_or(NONE)?;
        Ends::new(&subject.recipe, recipe, *keeps_seed || *seed_is_fresh)
    }
}
