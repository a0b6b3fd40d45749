//! Short texts in the browser's storage, for this tab or for the next visit too.

use js_sys::{Date, Reflect};
use serde::de::DeserializeOwned;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Storage, window};

use crate::page::session::Remembered;
/// How many milliseconds a deletion can be undone.
pub(super) const UNDO: u32 = 10_000;

/// The name under which the session of this tab is stored.
const SESSION: &str = "patchwork-session";
/// The name under which the page stores whether the settings are unfolded.
const SETTINGS: &str = "patchwork-settings";
/// The name under which a tab stores the time of its last change to the history, so that other tabs
/// get a `storage` event.
const CHANGED: &str = "patchwork-changed";
/// The name under which the keys of deleted pictures are stored.
const TRASH: &str = "patchwork-trash";
/// The name under which the address of this tab is stored.
const ADDRESS: &str = "patchwork-address";

/// Returns the browser's storage; `None` if it has none. Some browsers throw when it is read.
fn storage(is_of_tab: bool) -> Option<Storage> {
    let name = if is_of_tab { "sessionStorage" } else { "localStorage" };
    let storage = Reflect::get(&JsValue::from(window()?), &name.into()).ok()?;
    storage.is_object().then(|| storage.unchecked_into())
}

/// Stores a text, or removes it if it is empty.
fn remember(name: &str, text: &str, is_of_tab: bool) {
    let Some(storage) = storage(is_of_tab) else { return };
    drop(match text {
        "" => storage.remove_item(name),
        text => storage.set_item(name, text),
    });
}

/// Stores the session of this tab, as JSON; an empty text removes it.
pub(super) fn remember_session(text: &str) {
    remember(SESSION, text, true);
}

/// Stores whether the settings are unfolded.
pub(super) fn remember_settings(unfolds: bool) {
    remember(SETTINGS, if unfolds { "open" } else { "" }, false);
}

/// Tells other tabs that the history has changed.
pub(super) fn tell_other_tabs() {
    remember(CHANGED, &Date::now().to_string(), false);
}

/// Stores the keys of deleted pictures: for this tab and, with the time, for a page that is opened
/// after the deletion can no longer be undone.
pub(super) fn remember_trash(keys: &[u32]) {
    let text = |value: Option<String>| value.filter(|_| !keys.is_empty()).unwrap_or_default();
    remember(TRASH, &text(serde_json::to_string(keys).ok()), true);
    remember(TRASH, &text(serde_json::to_string(&(Date::now(), keys)).ok()), false);
}

/// Stores the address of this tab, to tell a reload from a followed link.
pub(super) fn remember_address() {
    remember(ADDRESS, &href(), true);
}

fn href() -> String {
    window().and_then(|window| window.location().href().ok()).unwrap_or_default()
}

fn get<Value: DeserializeOwned>(name: &str, is_of_tab: bool) -> Option<Value> {
    serde_json::from_str(&text(name, is_of_tab)?).ok()
}

fn text(name: &str, is_of_tab: bool) -> Option<String> {
    storage(is_of_tab)?.get_item(name).ok().flatten()
}

/// Returns what was stored.
pub(super) fn remembered() -> Remembered {
    let is_same_address = text(ADDRESS, true).is_some_and(|address| address == href());
    remember_address();
    let of_closed_tab = || {
        let (then, keys): (f64, Vec<u32>) = get(TRASH, false)?;
        (Date::now() - then > f64::from(UNDO)).then_some(keys)
    };
    Remembered {
        session: get(SESSION, true),
        is_same_address,
        unfolds_settings: text(SETTINGS, false).is_some(),
        trash: get(TRASH, true).or_else(of_closed_tab).unwrap_or_default(),
    }
}
