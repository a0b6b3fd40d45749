//! Fitting a recipe to the form: what this page and its model can draw.

use crate::page::album::Album;
use crate::page::facts::ModelFacts;
use crate::recipe::limits::{self, Limits};
use crate::recipe::{PartialRecipe, Recipe};
use crate::tools::words::{meant, short};

/// What the form cannot take over if the picture that a recipe names is not here.
pub(super) const PICTURE: &str = "the picture that it began with";

/// A recipe that was brought, and its origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Brought {
    /// The beginning of a sentence: “The recipe of a.png is in the form”.
    pub what: String,
    /// Whether it comes from a picture, so that it should name its model.
    pub is_of_picture: bool,
    /// The recipe.
    pub recipe: PartialRecipe,
    /// What it holds that this page does not know, in words.
    pub unknown: Vec<String>,
}

impl Brought {
    /// Returns the recipe of a brought file, which may have fields that this version does not know.
    pub(in crate::page) fn of_file(name: &str, recipe: PartialRecipe, unknown: &[String]) -> Self {
        let what = format!("The recipe of {name} is in the form");
        Self { what, is_of_picture: true, recipe, unknown: fields(unknown) }
    }
}

/// Returns the fields of a recipe that this version does not know, in words.
pub fn fields(names: &[String]) -> Vec<String> {
    names.iter().map(|name| format!("the field “{}”", short(name, 40))).collect()
}

/// Returns the fields of a recipe for which the form has controls, within their bounds, and what it
/// cannot take over, in words. Names are spelled as `model` spells them if it is loaded. The picture
/// that it begins with must be in the `album`.
pub fn offered(
    mut recipe: PartialRecipe,
    model: Option<&ModelFacts>,
    album: &Album,
) -> (PartialRecipe, Vec<String>) {
    let mut lost = Vec::new();
    recipe.sampler = recipe.sampler.filter(|sampler| !sampler.trim().is_empty());
    if let (Some(model), Some(name)) = (model, &recipe.sampler) {
        let own = model.sampler(name).map(str::to_owned);
        if own.is_none() {
            lost.push(format!("the sampler “{}”", short(name, 40)));
        }
        recipe.sampler = own;
    }
    let style = recipe.style.as_deref().map(str::trim);
    let known = style.zip(model).map(|(style, model)| (style, meant(style, &model.styles)));
    recipe.style = match known {
        Some((_, Some(own))) => Some(own.clone()),
        // The style stays, so that no other style is drawn instead.
        Some((style, None)) if !style.is_empty() => {
            lost.push(format!("the style “{}”", short(style, 40)));
            Some(style.to_owned())
        }
        _ => style.map(str::to_owned),
    };
    let mut bounded = |what: String, value: f64, within: Limits| {
        let within = within.of_page();
        let bound = within.nearest(value);
        if bound != value {
            lost.push(format!("{what} ({} to {})", within.least, within.most));
        }
        bound
    };
    recipe.steps = recipe
        .steps
        .map(|steps| bounded(format!("{steps} steps"), steps as f64, limits::STEPS) as usize);
    recipe.count = recipe
        .count
        .map(|count| bounded(format!("{count} images"), count as f64, limits::COUNT) as usize);
    recipe.guidance =
        recipe.guidance.map(|scale| bounded(format!("guidance {scale}"), scale, limits::GUIDANCE));
    recipe.shift =
        recipe.shift.map(|shift| bounded(format!("shift {shift}"), shift, limits::SHIFT));
    if let Some(class) = recipe.class.take() {
        lost.push(format!("the class {class}"));
    }
    if let Some(eta) = recipe.eta.take().filter(|eta| *eta != 0.0) {
        lost.push(format!("eta {eta}"));
    }
    if recipe.picture.as_ref().is_none_or(|picture| picture.is_empty()) {
        recipe.leave_picture_out();
    } else if !album.has_all_of(&recipe.onto(Recipe::default())) {
        recipe.leave_picture_out();
        lost.push(PICTURE.into());
    }
    // The size and the outline are chosen where pictures are saved. The page's models have even noise
    // levels in any case.
    (recipe.size, recipe.outline, recipe.even_sigmas) = (None, None, None);
    if recipe.karras.take() == Some(true) {
        lost.push("Karras levels".into());
    }
    if let Some(channels) = recipe.guidance_channels.take() {
        lost.push(format!("guidance of {channels} channels alone"));
    }
    (recipe, lost)
}
