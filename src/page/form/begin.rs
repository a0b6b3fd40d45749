//! The form while a picture is being changed: its runs begin with that picture.

use super::{Form, FormAnswer, Known};
use crate::page::beginning::Beginning;
use crate::recipe::{INVERTIBLE, PartialRecipe};

/// Returns a recipe with the sampler that can be inverted, if it inverts a picture. It draws one picture,
/// because the noise that is found is the same for all.
pub(super) fn as_inverted(recipe: PartialRecipe) -> PartialRecipe {
    match recipe.inversion {
        Some(true) => PartialRecipe { sampler: Some(INVERTIBLE.into()), count: Some(1), ..recipe },
        _ => recipe,
    }
}

impl Form {
    /// Lets runs begin with a picture; `None` lets them begin with noise.
    pub(in crate::page) fn begin_with(&mut self, beginning: Option<&Beginning>, known: Known<'_>) {
        self.chosen.leave_picture_out();
        beginning.iter().for_each(|beginning| beginning.put_into(&mut self.chosen));
        self.show(known);
    }

    /// Draws the form from a picture, with this prompt if there is one.
    pub(in crate::page) fn draw_from(
        &mut self,
        beginning: Option<&Beginning>,
        prompt: Option<String>,
        known: Known<'_>,
        answer: &mut FormAnswer,
    ) {
        self.fill_from(beginning, prompt, known);
        self.draw(answer);
    }

    /// Fills the form to draw from a picture, with this prompt if there is one.
    pub(in crate::page) fn fill_from(
        &mut self,
        beginning: Option<&Beginning>,
        prompt: Option<String>,
        known: Known<'_>,
    ) {
        self.chosen.prompt = prompt.or(self.chosen.prompt.take());
        self.begin_with(beginning, known);
    }

    /// Takes a picture's own prompt if there is none.
    pub(in crate::page) fn offer_prompt(&mut self, prompt: String, known: Known<'_>) {
        if self.recipe.prompt.trim().is_empty() {
            self.chosen.prompt = Some(prompt);
            self.show(known);
        }
    }
}
