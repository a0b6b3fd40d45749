//! The tools of the mask, which says where the picture changes.

use yew::{Callback, Html, MouseEvent, Properties, function_component, html, use_state_eq};

use crate::page::EditAction;
use crate::page::edit::painting::{Change, Ink, Mark};
use crate::recipe::limits::PERCENT;
use crate::ui::controls::Number;
use crate::ui::edit::controls::{brush_size, toggle};
use crate::ui::edit::paint::MASK;
use crate::ui::handle::{Dispatcher, act};

#[derive(PartialEq, Properties)]
pub(super) struct MaskToolsProps {
    pub(super) erases: bool,
    pub(super) set_erases: Callback<bool>,
    pub(super) width: f64,
    pub(super) set_width: Callback<f64>,
    pub(super) dispatcher: Dispatcher,
}

/// Renders the tools of the mask.
#[function_component]
pub(super) fn MaskTools(props: &MaskToolsProps) -> Html {
    let MaskToolsProps { erases, set_erases, width, set_width, dispatcher } = props;
    // Left, top, width and height in percent.
    let area = use_state_eq(|| [25.0, 25.0, 50.0, 50.0]);
    let wield = |eraser: bool| {
        let set_erases = set_erases.clone();
        Callback::from(move |_: MouseEvent| set_erases.emit(eraser))
    };
    let change = |change: Change| act(dispatcher, move || EditAction::Paint(change.clone()));
    let number = |(i, label): (usize, &'static str)| {
        let (area, now) = (area.clone(), area[i]);
        let set = Callback::from(move |text: String| {
            let mut sides = *area;
            sides[i] = PERCENT.read(&text).unwrap_or(sides[i]);
            area.set(sides);
        });
        html! {
            <Number {label} help="" value={now.to_string()} min="0" max="100" step="any" change={set} />
        }
    };
    let [left, top, across, down] = area.map(|percent| percent / 100.0);
    let (from, size, ink) = ((left, top), (across, down), Ink::Colour(MASK));
    html! {
        <fieldset>
            <legend>{"Where it changes"}</legend>
            <div class="actions">
                {toggle("Brush", !erases, wield(false))}
                {toggle("Eraser", *erases, wield(true))}
                // The picture has an Undo of its own.
                <button type="button" aria-label="Undo the last mark" onclick={change(Change::Undo)}>{"Undo"}</button>
                <button type="button" onclick={change(Change::Clear)}>{"Clear"}</button>
                <button type="button" onclick={act(dispatcher, || EditAction::FillAround)}>
                    {"Fill around it"}
                </button>
            </div>
            {brush_size(*width, set_width.clone())}
            <details open=true>
                <summary>{"By numbers, in percent"}</summary>
                <div class="row four">
                    {for ["Left", "Top", "Width", "Height"].into_iter().enumerate().map(number)}
                </div>
                <div class="actions">
                    <button type="button" onclick={change(Change::Add(Mark::Rectangle { ink, from, size }))}>
                        {"Add rectangle"}
                    </button>
                    <button type="button" onclick={change(Change::Add(Mark::Ellipse { ink, from, size }))}>
                        {"Add ellipse"}
                    </button>
                </div>
            </details>
        </fieldset>
    }
}
