//! A copy of the status at the foot of the window, shown for a moment if the status itself is out
//! of sight.

use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, window};
use yew::{Html, Properties, function_component, html, use_effect_with, use_mut_ref, use_state_eq};

#[derive(PartialEq, Properties)]
pub(super) struct ToastProps {
    /// The text of the status.
    pub(super) text: String,
    /// Whether the text changes with each step, so that it is not copied.
    pub(super) is_moving: bool,
}

/// Renders the copy. It is hidden from screen readers, because they read the status itself.
#[function_component]
pub(super) fn Toast(ToastProps { text, is_moving }: &ToastProps) -> Html {
    let said = use_state_eq(String::new);
    let was_moving = use_mut_ref(|| false);
    {
        let (said, was_moving) = (said.clone(), was_moving.clone());
        use_effect_with((text.clone(), *is_moving), move |(text, is_moving)| {
            // The end of a run or of playback is visible on stage.
            let moved = was_moving.replace(*is_moving) || *is_moving;
            said.set(if moved || is_in_sight() { String::new() } else { text.clone() });
        });
    }
    html! {
        if !said.is_empty() {
            // The key makes each text a new element, so that its animation starts anew. The style
            // sheet shows the text from an attribute, because the document has it already.
            <p key={(*said).clone()} class="toast" aria-hidden="true" data-text={(*said).clone()} />
        }
    }
}

fn is_in_sight() -> bool {
    let sight = || {
        let window = window()?;
        let status = window.document()?.query_selector(".status").ok()??;
        let status: HtmlElement = status.dyn_into().ok()?;
        let (from, height) = (window.scroll_y().ok()?, window.inner_height().ok()?.as_f64()?);
        let (top, own) = (f64::from(status.offset_top()), f64::from(status.offset_height()));
        Some(top + own > from && top < from + height)
    };
    sight().unwrap_or(true)
}
