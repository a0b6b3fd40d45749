//! Grids around one picture: its variations, and the same in every style.

use std::ops::RangeInclusive;
use std::rc::Rc;

use super::grid::Grid;
use super::plan::Plan;
use crate::page::facts::ModelFacts;
use crate::recipe::Recipe;

/// How many styles stand side by side.
const STYLES_ACROSS: usize = 4;

/// Returns the recipe of one picture of the loaded model.
fn alone(recipe: &Recipe) -> Recipe {
    Recipe { count: 1, ..recipe.clone().unsaved().invertible() }
}

impl Grid {
    /// Builds a grid of variations, one for each seed, with the picture itself in the middle. `difference`
    /// is how far they are from it, 0 to 1.
    pub fn of_variations(
        recipe: &Recipe,
        png: Rc<[u8]>,
        seeds: RangeInclusive<u64>,
        difference: f64,
    ) -> Self {
        let base = alone(recipe);
        let vary = |variation_seed| Recipe {
            variation_seed,
            variation_strength: difference,
            ..base.clone()
        };
        let mut names: Vec<_> = seeds.clone().map(|seed| format!("Variation {seed}")).collect();
        let mut recipes: Vec<_> = seeds.map(vary).collect();
        let middle = recipes.len() / 2;
        names.insert(middle, "The picture".into());
        recipes.insert(middle, recipe.clone());
        let mut cells = vec![None; recipes.len()];
        cells[middle] = Some(png);
        let plan = Plan::List { title: "Variations", names, columns: 3 };
        Self { plan, recipes, cells, own: Some(middle), is_drawing: true, milliseconds: 0.0 }
    }

    /// Builds a grid of the same picture in every style of a model. If this model drew the picture, its own
    /// style is there already.
    ///
    /// # Errors
    /// Returns a sentence if the model has no styles.
    pub fn of_styles(recipe: &Recipe, png: &Rc<[u8]>, model: &ModelFacts) -> Result<Self, String> {
        if model.styles.is_empty() {
            return Err("This model has no styles: choose another model in the settings.".into());
        }
        let names = model.styles.clone();
        let is_own = |style: &String| *style == recipe.style && recipe.model_hash == model.hash;
        let cells: Vec<_> = names.iter().map(|style| is_own(style).then(|| png.clone())).collect();
        let in_style = |style: &String| match is_own(style) {
            true => recipe.clone(),
            false => Recipe { style: style.clone(), ..alone(recipe) },
        };
        let recipes = names.iter().map(in_style).collect();
        let plan = Plan::List { title: "All styles", names, columns: STYLES_ACROSS };
        let own = cells.iter().position(Option::is_some);
        Ok(Self { plan, recipes, cells, own, is_drawing: true, milliseconds: 0.0 })
    }
}
