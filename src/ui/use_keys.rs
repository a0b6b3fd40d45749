//! Keyboard shortcuts: Ctrl+Enter draws, and Esc stops.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Event, KeyboardEvent, window};
use yew::{hook, use_effect_with};

use crate::page::{EngineAction, FormAction};
use crate::ui::handle::Dispatcher;

/// Returns whether a key belongs to an input method that is still composing: its Enter accepts a
/// word, and its Escape discards one. (Safari reports this only by the key code 229.)
pub(super) fn is_composing(event: &KeyboardEvent) -> bool {
    event.is_composing() || event.key_code() == 229
}

/// Listens to the keys of the whole page.
#[hook]
pub(super) fn use_keys(dispatcher: &Dispatcher) {
    let dispatcher = dispatcher.clone();
    use_effect_with((), move |()| {
        listen("keydown", move |event| {
            let Ok(event) = event.dyn_into::<KeyboardEvent>() else { return };
            if is_composing(&event) {
                return;
            }
            match event.key().as_str() {
                "Enter" if event.ctrl_key() || event.meta_key() => {
                    event.prevent_default();
                    // A key that is held down draws once.
                    if !event.repeat() {
                        dispatcher.dispatch(FormAction::Draw);
                    }
                }
                "Escape" => dispatcher.dispatch(EngineAction::Cancel),
                _ => {}
            }
        })
    });
}

/// Calls `hear` for each event of a kind on the window, until the returned function is called.
pub(super) fn listen(kind: &'static str, hear: impl FnMut(Event) + 'static) -> impl FnOnce() {
    let listener = Closure::<dyn FnMut(Event)>::new(hear);
    if let Some(window) = window() {
        let function = listener.as_ref().unchecked_ref();
        drop(window.add_event_listener_with_callback(kind, function));
    }
    move || {
        if let Some(window) = window() {
            let function = listener.as_ref().unchecked_ref();
            drop(window.remove_event_listener_with_callback(kind, function));
        }
    }
}
