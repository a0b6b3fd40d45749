//! Turns with the editor: what it makes is what the form's runs begin with.

use super::Turn;
use crate::page::album::NOT_HERE;
use crate::page::answer::Answer;
use crate::page::edit::{Edit, EditAnswer, EditWish};
use crate::page::form::Form;
use crate::page::protocol::{Request, Tool};
use crate::page::stage::grid::Grid;
use crate::page::{Effect, State};
use crate::recipe::{PartialRecipe, Recipe};

impl Turn {
    /// `act` is also given the form's prompt. The form's runs begin with what the editor makes.
    pub(in crate::page) fn edit<T>(
        &mut self,
        act: impl FnOnce(&mut Edit, &str, &mut EditAnswer) -> T,
    ) -> T {
        let (mut answer, before) = (Answer::new(), self.state.edit.beginning());
        let State { form, edit, .. } = &mut self.state;
        let result = act(edit, &form.recipe.prompt, &mut answer);
        let now = self.state.edit.beginning();
        if now != before {
            self.form(|form, known, _| form.begin_with(now.as_ref(), known));
        }
        self.take(answer, Effect::Edit, Self::grant_edit);
        result
    }

    /// Searches an opened picture for the one that it began with, if there is an engine.
    pub(in crate::page) fn search_stage(&mut self) {
        if self.state.engine.is_awake()
            && let Some(opened) = self.state.stage.opened.clone()
        {
            self.edit(|edit, _, to| edit.search(&opened.recipe, &opened.png, to));
        }
    }

    fn grant_edit(&mut self, wish: EditWish) {
        match wish {
            EditWish::Use { ticket, tool, file } => {
                if self.can_use(&tool) {
                    let request = Request::Use { ticket, tool, files: vec![file] };
                    self.effects.push(Effect::Send(request));
                } else if !self.is_made_later(&tool) {
                    self.state.edit.forget(ticket);
                }
            }
            EditWish::Draw { prompt } => {
                let beginning = self.state.edit.beginning();
                self.form(|form, known, to| {
                    form.draw_from(beginning.as_ref(), prompt, known, to);
                });
            }
            EditWish::DrawStyles { prompt } => {
                let beginning = self.state.edit.beginning();
                self.form(|form, known, _| form.fill_from(beginning.as_ref(), prompt, known));
                let picture = self.state.edited();
                let recipe = self.state.form.recipe.clone();
                if let Some(subject) = picture.filter(|_| self.has_engine()) {
                    self.spread(|model| Grid::of_styles(&recipe, &subject.png, model));
                }
            }
            EditWish::HearPictures => self.form(Form::hear_pictures),
            EditWish::OfferPrompt(prompt) => {
                self.form(|form, known, _| form.offer_prompt(prompt, known));
            }
        }
    }

    /// Returns whether the worker can use a tool now. If not, tells the visitor what to do.
    fn can_use(&mut self, tool: &Tool) -> bool {
        const NEEDS: &str = "Pictures are changed by the engine";
        match tool {
            Tool::Fit(_) | Tool::Mask => {
                let is_there = self.engine(|engine, _, to| engine.is_there(NEEDS, to));
                is_there && self.state.engine.loaded().is_some()
            }
            // What a file carries is found without a model.
            Tool::Carried => self.engine(|engine, _, to| engine.is_there(NEEDS, to)),
            _ => self.has_engine(),
        }
    }

    /// Returns whether the editor asks for this again as soon as the model is loaded.
    fn is_made_later(&self, tool: &Tool) -> bool {
        matches!(tool, Tool::Fit(_) | Tool::Mask) && self.state.engine.is_awake()
    }

    /// Warns if a recipe names a picture that is not here, so that it cannot be drawn.
    pub(super) fn lacks_picture(&mut self, recipe: &PartialRecipe) -> bool {
        let lacks = !self.state.edit.album.has_all_of(&recipe.onto(Recipe::default()));
        if lacks {
            self.state.status.warn(NOT_HERE.into());
        }
        lacks
    }
}
