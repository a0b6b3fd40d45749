//! Controls that the parts of the editor share.

use web_sys::HtmlInputElement;
use yew::{Callback, Html, InputEvent, MouseEvent, TargetCast, html};

/// The ends and the step of a range.
pub(super) type Ends = (f64, f64, f64);

/// Renders a range. `text` says its value in words.
pub(super) fn range(
    label: &'static str,
    (min, max, step): Ends,
    value: f64,
    text: String,
    change: Callback<f64>,
) -> Html {
    let oninput = Callback::from(move |event: InputEvent| {
        let input: Option<HtmlInputElement> = event.target_dyn_into();
        if let Some(value) = input.and_then(|input| input.value().parse().ok()) {
            change.emit(value);
        }
    });
    html! {
        <label class="field range">
            <span>{label}</span>
            <input type="range" aria-label={label} aria-valuetext={text} min={min.to_string()}
                max={max.to_string()} step={step.to_string()} value={value.to_string()} {oninput} />
        </label>
    }
}

/// Renders the range of a brush's width, a share of the picture's side.
pub(super) fn brush_size(width: f64, change: Callback<f64>) -> Html {
    range("Brush size", (0.01, 0.4, 0.01), width, format!("{:.0} %", 100.0 * width), change)
}

/// Renders a button that is pressed or not.
pub(super) fn toggle(text: &'static str, is_pressed: bool, onclick: Callback<MouseEvent>) -> Html {
    html! {
        <button type="button" aria-pressed={is_pressed.to_string()} {onclick}>{text}</button>
    }
}
