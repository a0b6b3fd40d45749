//! What the status says, at the foot of the window for a moment, if the status itself is out of sight.

use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, window};
use yew::{Html, Properties, function_component, html, use_effect_with, use_mut_ref, use_state_eq};

#[derive(PartialEq, Properties)]
pub(super) struct ToastProps {
    /// What the status says.
    pub(super) text: String,
    /// Whether that changes with each step: then it is not repeated.
    pub(super) is_moving: bool,
}

/// The repetition, for eyes alone: the status itself is what is read out.
#[function_component]
pub(super) fn Toast(ToastProps { text, is_moving }: &ToastProps) -> Html {
    let said = use_state_eq(String::new);
    let was_moving = use_mut_ref(|| false);
    {
        let (said, was_moving) = (said.clone(), was_moving.clone());
        use_effect_with((text.clone(), *is_moving), move |(text, is_moving)| {
            // The end of what moved is seen on stage.
            let moved = was_moving.replace(*is_moving) || *is_moving;
            said.set(if moved || is_in_sight() { String::new() } else { text.clone() });
        });
    }
    html! {
        if !said.is_empty() {
            // By its key each text is a new element, which goes by itself. Its words are the style's, since
            // in the document they stand already.
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
