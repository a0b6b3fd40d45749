//! Asks the browser not to remove what it keeps for this page: without a promise it may do so when
//! room is short, and some do after a week.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::window;
use yew::{UseReducerHandle, hook, use_effect_with};

use crate::ui::state::{Action, State};

/// Asks once, when something is kept for the first time.
#[hook]
pub(super) fn use_storage(state: &UseReducerHandle<State>) {
    let keeps_weights = state.loaded.as_ref().is_some_and(|loaded| loaded.model.is_kept);
    let keeps = keeps_weights || !state.history.is_empty() && !state.history_is_closed;
    let dispatcher = state.dispatcher();
    use_effect_with(keeps, move |&keeps| {
        if keeps {
            spawn_local(async move { dispatcher.dispatch(Action::Promised(ask().await)) });
        }
    });
}

/// Whether the browser promises to keep; `None` where it has no such promise to give.
async fn ask() -> Option<bool> {
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
