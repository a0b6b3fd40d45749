//! The resolution of a recipe: what nobody chose is the model's.

use super::Pipeline;
use crate::recipe::{PartialRecipe, Recipe};
use crate::tools::words::meant;
use crate::{Result, samplers};

impl Pipeline {
    /// Returns the recipe that this model draws if `asked` is asked of it. Open fields get the model's
    /// defaults, names are spelled as the model spells them, and the recipe names the model.
    ///
    /// # Errors
    /// Returns an error if the model has no class of the name that is asked for, or if a number is out of
    /// range.
    pub fn resolve(&self, asked: &PartialRecipe) -> Result<Recipe> {
        let mut recipe = asked.onto(self.defaults.recipe());
        recipe.class = asked.class.as_deref().map(|class| self.class(class)).transpose()?;
        if recipe.class.is_some() && asked.style.is_none() {
            // A class is a label by itself, so the default style is not used.
            recipe.style = String::new();
        }
        if recipe.sampler.is_empty() && self.not_drawn.is_none() {
            recipe.sampler = self.sampler.into();
        } else if let Ok(sampler) = samplers::named(&recipe.sampler) {
            recipe.sampler = sampler.name().into();
        }
        recipe.style = recipe.style.trim().to_owned();
        if let Some(style) = meant(&recipe.style, &self.styles) {
            recipe.style.clone_from(style);
        }
        recipe.shift = recipe.shift.or(self.shift());
        (recipe.model, recipe.model_hash) = (self.name.clone(), self.hash.clone());
        recipe.check().map(|()| recipe)
    }
}
