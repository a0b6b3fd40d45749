//! Asks the browser not to remove what it stores for this page. Without such a promise it may do so
//! when room is short, and some browsers do after a week.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::window;

/// Returns whether the browser promises to keep what it stores; `None` if it knows no such promise.
pub(super) async fn ask() -> Option<bool> {
    let navigator: JsValue = window()?.navigator().into();
    let storage = Reflect::get(&navigator, &"storage".into()).ok().filter(JsValue::is_object)?;
    if call(&storage, "persisted").await == Some(true) {
        return Some(true);
    }
    call(&storage, "persist").await
}

async fn call(storage: &JsValue, method: &str) -> Option<bool> {
    let method: Function = Reflect::get(storage, &method.into()).ok()?.dyn_into().ok()?;
    let promise: Promise = method.call0(storage).ok()?.dyn_into().ok()?;
    JsFuture::from(promise).await.ok()?.as_bool()
}
