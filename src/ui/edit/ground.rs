//! Removing the background, and correcting that by hand.

use yew::{Callback, Html, MouseEvent, Properties, function_component, html, use_state_eq};

use crate::page::EditAction;
use crate::page::edit::painting::Ink;
use crate::page::protocol::Ground;
use crate::ui::edit::controls::{brush_size, range, toggle};
use crate::ui::edit::paint::Pen;
use crate::ui::handle::{Dispatcher, act};

#[derive(PartialEq, Properties)]
pub(super) struct BackgroundProps {
    /// The pen that corrects the picture, if it is corrected by hand.
    pub(super) pen: Option<Pen>,
    pub(super) choose: Callback<Option<Pen>>,
    pub(super) width: f64,
    pub(super) set_width: Callback<f64>,
    pub(super) can_undo: bool,
    pub(super) dispatcher: Dispatcher,
}

/// Renders the ways to remove the background.
#[function_component]
pub(super) fn Background(props: &BackgroundProps) -> Html {
    let BackgroundProps { pen, choose, width, set_width, can_undo, dispatcher } = props;
    let tolerance = use_state_eq(|| 0.1);
    let plain = {
        let tolerance = *tolerance;
        act(dispatcher, move || EditAction::CutOut(Ground::Plain { tolerance }))
    };
    let any = act(dispatcher, || EditAction::CutOut(Ground::Any));
    let set_tolerance = {
        let tolerance = tolerance.clone();
        Callback::from(move |to| tolerance.set(to))
    };
    let wield = |own: Pen| {
        let (choose, next) = (choose.clone(), (*pen != Some(own)).then_some(own));
        Callback::from(move |_: MouseEvent| choose.emit(next))
    };
    let eraser = Pen::Ink(Ink::Eraser);
    html! {
        <fieldset>
            <legend>{"Remove the background"}</legend>
            <div class="actions">
                <button type="button" onclick={plain}>{"Plain background"}</button>
                <button type="button" onclick={any}>{"Any background"}</button>
                <button type="button" aria-disabled={(!can_undo).to_string()}
                    onclick={act(dispatcher, || EditAction::Undo)}>{"Undo"}</button>
            </div>
            {range("Tolerance", (0.0, 1.0, 0.01), *tolerance, format!("{:.0} %", 100.0 * *tolerance), set_tolerance)}
            <div class="actions">
                {toggle("Erase", *pen == Some(eraser), wield(eraser))}
                {toggle("Restore", *pen == Some(Pen::Restore), wield(Pen::Restore))}
            </div>
            if pen.is_some() {
                {brush_size(*width, set_width.clone())}
                <small>{"Paint on the picture. Press the same button again when it is right."}</small>
            }
        </fieldset>
    }
}
