//! What the browser remembers in a few words: for this tab, or for the next visit too.

use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Storage, window};

use crate::page::open::Remembered;
use crate::page::update::{SESSION, SETTINGS, TRASH};

/// `None` where the browser keeps nothing; some throw if they are asked at all.
fn storage(is_of_tab: bool) -> Option<Storage> {
    let name = if is_of_tab { "sessionStorage" } else { "localStorage" };
    let storage = Reflect::get(&JsValue::from(window()?), &name.into()).ok()?;
    storage.is_object().then(|| storage.unchecked_into())
}

/// Remembers a text, or forgets it if it is empty.
pub(super) fn remember(name: &str, text: &str, is_of_tab: bool) {
    let Some(storage) = storage(is_of_tab) else { return };
    drop(match text {
        "" => storage.remove_item(name),
        text => storage.set_item(name, text),
    });
}

/// Returns what was remembered.
pub(super) fn remembered() -> Remembered {
    let get = |name, is_of_tab| storage(is_of_tab)?.get_item(name).ok().flatten();
    let json = |text: String| serde_json::from_str(&text).ok();
    Remembered {
        session: get(SESSION, true).and_then(|text| serde_json::from_str(&text).ok()),
        shows_settings: get(SETTINGS, false).is_some(),
        trash: get(TRASH, false).and_then(json).unwrap_or_default(),
    }
}
