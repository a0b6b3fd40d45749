//! The page's address, which holds the recipe, so that a link, a reload or a bookmark restores it.

use js_sys::Array;
use wasm_bindgen::JsValue;
use web_sys::{UrlSearchParams, window};

use crate::recipe::Recipe;
use crate::recipe::address::{Address, pairs, read};
use crate::ui::remember::remember_address;

/// Puts a recipe into the address bar.
pub(super) fn show_in_address(recipe: &Recipe) {
    let history = window().and_then(|window| window.history().ok());
    if let (Some(hash), Some(history)) = (to_hash(recipe), history) {
        drop(history.replace_state_with_url(&JsValue::NULL, "", Some(&format!("#{hash}"))));
        remember_address();
    }
}

/// Returns the part of a link after `#` that restores `recipe`.
fn to_hash(recipe: &Recipe) -> Option<String> {
    let parameters = UrlSearchParams::new().ok()?;
    for (name, value) in pairs(recipe) {
        parameters.append(name, &value);
    }
    parameters.to_string().as_string()
}

/// Returns what the page's address holds now.
pub(super) fn from_address() -> Address {
    let hash = window().and_then(|window| window.location().hash().ok()).unwrap_or_default();
    let pairs = UrlSearchParams::new_with_str(hash.trim_start_matches('#')).map(|parameters| {
        let pairs = Array::from(&parameters);
        let text = |pair: &Array, i| pair.get(i).as_string().unwrap_or_default();
        pairs
            .iter()
            .map(|pair| Array::from(&pair))
            .map(|pair| (text(&pair, 0), text(&pair, 1)))
            .collect()
    });
    read(&pairs.unwrap_or_else(|_| Vec::new()))
}
