//! Taking a picture or its recipe away, and bringing a recipe back.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsCast;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url, UrlSearchParams, window};

use crate::image::Image;
use crate::recipe::Recipe;

/// Saves a picture as PNG with its recipe in it; a sentence where that fails.
pub(super) fn download(picture: &Image, recipe: &Recipe) -> String {
    match save(picture, recipe) {
        Some(name) => format!("Saved {name}."),
        None => "This browser did not let the picture be saved.".into(),
    }
}

fn save(picture: &Image, recipe: &Recipe) -> Option<String> {
    let json = serde_json::to_string(recipe).ok()?;
    let png = picture.to_png(Some(&json)).ok()?;
    let parts = Array::of1(&Uint8Array::from(png.as_slice()));
    let options = BlobPropertyBag::new();
    options.set_type("image/png");
    let blob = Blob::new_with_u8_array_sequence_and_options(&parts, &options).ok()?;
    let url = Url::create_object_url_with_blob(&blob).ok()?;
    let words: String =
        recipe.prompt.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).take(40).collect();
    let name = format!("{}-{}.png", words.trim_matches('-'), recipe.seed);
    let anchor = window()?.document()?.create_element("a").ok()?;
    let anchor: HtmlAnchorElement = anchor.dyn_into().ok()?;
    anchor.set_href(&url);
    anchor.set_download(&name);
    anchor.click();
    Url::revoke_object_url(&url).ok()?;
    Some(name)
}

/// The part of a link after `#` that brings `recipe` back.
pub(super) fn to_hash(recipe: &Recipe) -> Option<String> {
    let parameters = UrlSearchParams::new().ok()?;
    let default = Recipe::default();
    parameters.append("prompt", &recipe.prompt);
    if recipe.negative != default.negative {
        parameters.append("negative", &recipe.negative);
    }
    parameters.append("seed", &recipe.seed.to_string());
    parameters.append("steps", &recipe.steps.to_string());
    parameters.append("guidance", &recipe.guidance.to_string());
    parameters.append("style", &recipe.style);
    parameters.append("sampler", &recipe.sampler);
    if recipe.count != default.count {
        parameters.append("count", &recipe.count.to_string());
    }
    parameters.to_string().as_string()
}

/// The recipe of a link's part after `#`; what is not in it, or is no number, stays as it is.
pub(super) fn from_hash(hash: &str, mut recipe: Recipe) -> Recipe {
    let Ok(parameters) = UrlSearchParams::new_with_str(hash.trim_start_matches('#')) else {
        return recipe;
    };
    let text = |key: &str, field: &mut String| {
        if let Some(value) = parameters.get(key) {
            *field = value;
        }
    };
    text("prompt", &mut recipe.prompt);
    text("negative", &mut recipe.negative);
    text("style", &mut recipe.style);
    text("sampler", &mut recipe.sampler);
    let number = |key: &str| parameters.get(key);
    recipe.seed = number("seed").and_then(|s| s.parse().ok()).unwrap_or(recipe.seed);
    recipe.steps = number("steps").and_then(|s| s.parse().ok()).unwrap_or(recipe.steps);
    recipe.guidance = number("guidance").and_then(|s| s.parse().ok()).unwrap_or(recipe.guidance);
    recipe.count = number("count").and_then(|s| s.parse().ok()).unwrap_or(recipe.count);
    recipe
}

/// The page's address with `recipe` in it, into the address bar and the clipboard.
pub(super) fn copy_link(recipe: &Recipe) -> String {
    let copied = || {
        let window = window()?;
        window.location().set_hash(&to_hash(recipe)?).ok()?;
        let href = window.location().href().ok()?;
        drop(window.navigator().clipboard().write_text(&href));
        Some(())
    };
    match copied() {
        Some(()) => "The link is in the address bar and in the clipboard.".into(),
        None => "This browser did not let the link be copied.".into(),
    }
}
