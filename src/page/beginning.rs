//! What runs begin with while a picture is being changed.

use crate::recipe::PartialRecipe;

/// The picture that a run begins with, and how it changes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Beginning {
    /// The picture's hash.
    pub(super) picture: String,
    /// How much of it changes, from 0 to 1.
    pub(super) strength: f64,
    /// The hash of the mask, which says where; `None` for everywhere.
    pub(super) mask: Option<String>,
    /// The prompt and the style of the picture, if it is inverted.
    pub(super) inverted: Option<(String, String)>,
}

impl Beginning {
    /// Puts it into the fields of a recipe.
    pub(super) fn put_into(&self, recipe: &mut PartialRecipe) {
        let Self { picture, strength, mask, inverted } = self.clone();
        let (prompt, style) = inverted.unzip();
        recipe.inversion = prompt.is_some().then_some(true);
        (recipe.source_prompt, recipe.source_style) = (prompt, style);
        (recipe.picture, recipe.strength, recipe.mask) = (Some(picture), Some(strength), mask);
    }
}
