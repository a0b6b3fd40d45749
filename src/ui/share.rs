//! Taking pictures and recipes away, and bringing a recipe back.

use gloo_file::{Blob, ObjectUrl};
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ClipboardItem, HtmlAnchorElement, UrlSearchParams, window};

use crate::image::Image;
use crate::recipe::{MAX_SHIFT, Recipe};
use crate::ui::form::{MAX_GUIDANCE, MAX_IMAGES, MAX_STEPS, SAMPLERS};

/// A picture as PNG with its recipe in it.
pub(super) fn png(picture: &Image, recipe: &Recipe) -> Option<Vec<u8>> {
    picture.to_png(Some(&serde_json::to_string(recipe).ok()?)).ok()
}

/// A file's name for a recipe, without its ending.
pub(super) fn file_name(recipe: &Recipe) -> String {
    let letter = |c: char| if c.is_alphanumeric() { c } else { '-' };
    let words: String = recipe.prompt.chars().map(letter).take(40).collect();
    match words.trim_matches('-') {
        "" => format!("patchwork-{}", recipe.seed),
        words => format!("{words}-{}", recipe.seed),
    }
}

/// Saves bytes as a file among the visitor's downloads; a sentence about it.
pub(super) fn save(name: &str, kind: &str, bytes: Option<Vec<u8>>) -> String {
    let Some(bytes) = bytes else {
        return format!("{name} could not be made: reload the page, and try again.");
    };
    match hand_over(name, kind, &bytes) {
        Some(()) => format!("Saved {name}."),
        None => "This browser did not let the file be saved.".into(),
    }
}

fn hand_over(name: &str, kind: &str, bytes: &[u8]) -> Option<()> {
    let url = ObjectUrl::from(Blob::new_with_options(bytes, Some(kind)));
    let anchor = window()?.document()?.create_element("a").ok()?;
    let anchor: HtmlAnchorElement = anchor.dyn_into().ok()?;
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    // The browser reads it after this turn; then it may go.
    gloo_timers::callback::Timeout::new(60_000, move || drop(url)).forget();
    Some(())
}

/// Puts a picture into the clipboard; a sentence about it.
pub(super) async fn copy_picture(picture: &Image) -> String {
    let copy = async || {
        let blob = Blob::new_with_options(picture.to_png(None).ok()?.as_slice(), Some("image/png"));
        let (parts, blob): (Object, web_sys::Blob) = (Object::new(), blob.into());
        Reflect::set(&parts, &"image/png".into(), &blob).ok()?;
        let item = ClipboardItem::new_with_record_from_str_to_blob_promise(&parts).ok()?;
        let clipboard = clipboard()?;
        JsFuture::from(clipboard.write(&Array::of1(&item))).await.ok()
    };
    match copy().await {
        Some(_) => "The picture is in the clipboard.".into(),
        None => "This browser did not let the picture be copied: download it instead.".into(),
    }
}

/// Puts the page's address with `recipe` in it into the address bar and the clipboard.
pub(super) async fn copy_link(recipe: &Recipe) -> String {
    show_in_address(recipe);
    let copy = async || {
        let href = window()?.location().href().ok()?;
        JsFuture::from(clipboard()?.write_text(&href)).await.ok()
    };
    match copy().await {
        Some(_) => "The link is in the clipboard.".into(),
        None => "The link is in the address bar; this browser did not let it be copied.".into(),
    }
}

/// `None` on pages without a secure origin.
fn clipboard() -> Option<web_sys::Clipboard> {
    let navigator: JsValue = window()?.navigator().into();
    let clipboard = Reflect::get(&navigator, &"clipboard".into()).ok()?;
    clipboard.is_object().then(|| clipboard.unchecked_into())
}

/// Puts a recipe into the address bar, so that a reload or a bookmark brings it back.
pub(super) fn show_in_address(recipe: &Recipe) {
    if let (Some(hash), Some(history)) = (to_hash(recipe), window().and_then(|w| w.history().ok()))
    {
        drop(history.replace_state_with_url(&JsValue::NULL, "", Some(&format!("#{hash}"))));
    }
}

/// What the form holds when nothing was asked for.
fn standard() -> Recipe {
    Recipe { sampler: "euler".into(), seed: 7, ..Recipe::default() }
}

/// What of a recipe is the model's choice unless the visitor chooses.
pub(super) fn sampling(recipe: &Recipe) -> (String, usize, f64, (f64, f64), Option<f64>) {
    let Recipe { sampler, steps, guidance, guidance_interval, shift, .. } = recipe;
    (sampler.clone(), *steps, *guidance, *guidance_interval, *shift)
}

/// The recipe as far as the form has controls for it, within their bounds.
pub(super) fn offered(recipe: Recipe) -> Recipe {
    let is_known = SAMPLERS.iter().any(|(name, _)| *name == recipe.sampler);
    let guidance = if recipe.guidance.is_finite() { recipe.guidance } else { standard().guidance };
    Recipe {
        sampler: if is_known { recipe.sampler } else { standard().sampler },
        steps: recipe.steps.clamp(1, MAX_STEPS),
        count: recipe.count.clamp(1, MAX_IMAGES),
        guidance: guidance.clamp(0.0, MAX_GUIDANCE),
        guidance_interval: sound_interval(recipe.guidance_interval).unwrap_or((0.0, 1.0)),
        shift: recipe.shift.map(|shift| shift.clamp(1.0 / MAX_SHIFT, MAX_SHIFT)),
        prompt: recipe.prompt,
        negative: recipe.negative,
        style: recipe.style,
        seed: recipe.seed,
        ..Recipe::default()
    }
}

/// The part of a link after `#` that brings `recipe` back.
fn to_hash(recipe: &Recipe) -> Option<String> {
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
    if let Some(shift) = recipe.shift {
        parameters.append("shift", &shift.to_string());
    }
    if recipe.guidance_interval != default.guidance_interval {
        let (from, to) = recipe.guidance_interval;
        parameters.append("guidance_interval", &format!("{from} {to}"));
    }
    if recipe.count != default.count {
        parameters.append("count", &recipe.count.to_string());
    }
    parameters.to_string().as_string()
}

/// The recipe of the address, and whether that leaves to the model how to draw. What is not in it, or
/// cannot be meant, is as the form begins.
pub(super) fn from_address() -> (Recipe, bool) {
    let mut recipe = standard();
    let hash = window().and_then(|window| window.location().hash().ok()).unwrap_or_default();
    let Ok(parameters) = UrlSearchParams::new_with_str(hash.trim_start_matches('#')) else {
        return (recipe, true);
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
    recipe.seed = number(&parameters, "seed").unwrap_or(recipe.seed);
    recipe.steps = number(&parameters, "steps").unwrap_or(recipe.steps);
    recipe.count = number(&parameters, "count").unwrap_or(recipe.count);
    recipe.guidance = number(&parameters, "guidance").unwrap_or(recipe.guidance);
    recipe.shift = number(&parameters, "shift").filter(|shift: &f64| shift.is_finite());
    recipe.guidance_interval = interval(&parameters).unwrap_or(recipe.guidance_interval);
    let chosen = ["sampler", "steps", "guidance", "shift", "guidance_interval"];
    (offered(recipe), !chosen.iter().any(|key| parameters.get(key).is_some()))
}

fn interval(parameters: &UrlSearchParams) -> Option<(f64, f64)> {
    let text = parameters.get("guidance_interval")?;
    let (from, to) = text.split_once(' ')?;
    sound_interval((from.parse().ok()?, to.parse().ok()?))
}

fn sound_interval(interval: (f64, f64)) -> Option<(f64, f64)> {
    let recipe = Recipe { guidance_interval: interval, ..Recipe::default() };
    recipe.check().is_ok().then_some(interval)
}

fn number<T: std::str::FromStr>(parameters: &UrlSearchParams, key: &str) -> Option<T> {
    parameters.get(key)?.parse().ok()
}
