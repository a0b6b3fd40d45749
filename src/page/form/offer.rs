//! Fitting a recipe to the form: what this page and its model can draw.

use crate::page::facts::ModelFacts;
use crate::recipe::Recipe;
use crate::recipe::limits::{COUNT, GUIDANCE, Limits, SHIFT, STEPS};
use crate::tools::words::{meant, short};

/// A recipe that was brought, and its origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Brought {
    /// The beginning of a sentence: “The recipe of a.png is in the form”.
    pub what: String,
    /// Whether it comes from a picture, so that it should name its model.
    pub is_of_picture: bool,
    /// The recipe.
    pub recipe: Recipe,
    /// What it holds that this page does not know, in words.
    pub unknown: Vec<String>,
}

impl Brought {
    /// Returns the recipe of a brought file, which may have fields that this version does not know.
    pub(in crate::page) fn of_file(name: &str, recipe: Recipe, unknown: &[String]) -> Self {
        let what = format!("The recipe of {name} is in the form");
        Self { what, is_of_picture: true, recipe, unknown: fields(unknown) }
    }
}

/// Returns the fields of a recipe that this version does not know, in words.
pub fn fields(names: &[String]) -> Vec<String> {
    names.iter().map(|name| format!("the field “{}”", short(name, 40))).collect()
}

/// Returns the recipe as far as the form has controls for it, within their bounds, and what it
/// cannot take over, in words. Names are spelled as this page spells them, or as `model` does if it
/// is loaded.
pub fn offered(mut recipe: Recipe, model: Option<&ModelFacts>) -> (Recipe, Vec<String>) {
    let mut lost = Vec::new();
    if let (true, Some(model)) = (recipe.sampler.trim().is_empty(), model) {
        recipe.sampler.clone_from(&model.defaults.sampler);
    }
    if let Some(model) = model {
        match model.sampler(&recipe.sampler) {
            Some(name) => recipe.sampler = name.to_owned(),
            None => {
                lost.push(format!("the sampler “{}”", short(&recipe.sampler, 40)));
                recipe.sampler.clone_from(&model.defaults.sampler);
            }
        }
    }
    recipe.style = recipe.style.trim().to_owned();
    match model.map(|model| meant(&recipe.style, &model.styles)) {
        Some(Some(style)) => recipe.style.clone_from(style),
        // The style stays, so that no other style is drawn instead.
        Some(None) if !recipe.style.is_empty() => {
            lost.push(format!("the style “{}”", short(&recipe.style, 40)));
        }
        _ => {}
    }
    let mut bounded = |what: &str, value: f64, limits: Limits| {
        let limits = limits.of_page();
        let bound = limits.nearest(value);
        if bound != value {
            lost.push(format!("{what} ({} to {})", limits.least, limits.most));
        }
        bound
    };
    let Recipe { steps, count, guidance, shift, .. } = recipe;
    recipe.steps = bounded(&format!("{steps} steps"), steps as f64, STEPS) as usize;
    recipe.count = bounded(&format!("{count} images"), count as f64, COUNT) as usize;
    recipe.guidance = bounded(&format!("guidance {guidance}"), guidance, GUIDANCE);
    recipe.shift = shift.map(|shift| bounded(&format!("shift {shift}"), shift, SHIFT));
    if let Some(class) = recipe.class.take() {
        lost.push(format!("the class {class}"));
    }
    if recipe.eta != 0.0 {
        lost.push(format!("eta {}", recipe.eta));
        recipe.eta = 0.0;
    }
    recipe = recipe.unsaved();
    // The page's models have such noise levels in any case.
    recipe.even_sigmas = false;
    if recipe.karras {
        lost.push("Karras levels".into());
        recipe.karras = false;
    }
    if let Some(channels) = recipe.guidance_channels.take() {
        lost.push(format!("guidance of {channels} channels alone"));
    }
    (recipe, lost)
}
