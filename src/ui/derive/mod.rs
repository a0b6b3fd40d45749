//! The tools that make something of the picture on stage.

mod compare;
mod enlarge;
mod morph;
mod player;
mod progress;
mod spread;
mod trace;

use web_sys::HtmlInputElement;
use yew::{Html, InputEvent, TargetCast, html};

use self::enlarge::enlarge;
use self::morph::morph;
pub(super) use self::spread::spread;
use self::trace::trace;
use crate::page::derive::choices::DIFFERENCE;
use crate::page::derive::{Choices, Panel};
use crate::page::{DeriveAction, State};
use crate::ui::handle::{Dispatcher, PageHandle, act};

/// The id of the unfolded panel.
const PANEL: &str = "tool";

/// Renders the tools, if they have a picture to work on.
pub(super) fn tools(state: &PageHandle) -> Html {
    let State { derive, .. } = &**state;
    let (Some(subject), dispatcher) = (state.subject(), &state.dispatcher) else { return html! {} };
    let unfold = |panel: Panel| {
        let is_unfolded = derive.unfolded == Some(panel);
        html! {
            <button type="button" aria-expanded={is_unfolded.to_string()}
                aria-controls={is_unfolded.then_some(PANEL)}
                onclick={act(dispatcher, move || DeriveAction::Unfold(panel))}>{panel.name()}</button>
        }
    };
    let panel = |panel: Panel| match panel {
        Panel::Enlarge => enlarge(derive, dispatcher),
        Panel::Trace => trace(derive, &subject.recipe, dispatcher),
        Panel::Morph => morph(state),
    };
    html! {
        <>
            <div class="tools" role="toolbar" aria-label="Tools">
                {for Panel::ALL.map(unfold)}
                <button type="button" onclick={act(dispatcher, || DeriveAction::Vary)}>{"Variations"}</button>
                {difference(derive.choices, dispatcher)}
                <button type="button" onclick={act(dispatcher, || DeriveAction::DrawStyles)}>{"All styles"}</button>
            </div>
            if let Some(unfolded) = derive.unfolded {
                <section id={PANEL} class="tool" aria-label={unfolded.name()} translate="no">
                    {panel(unfolded)}
                </section>
            }
        </>
    }
}

/// Renders how far variations are from the picture.
fn difference(now: Choices, dispatcher: &Dispatcher) -> Html {
    let to = dispatcher.clone();
    let oninput = move |event: InputEvent| {
        let input: Option<HtmlInputElement> = event.target_dyn_into();
        let difference = input.and_then(|input| input.value().parse().ok());
        let difference = difference.unwrap_or(now.difference);
        to.dispatch(DeriveAction::Choose(Choices { difference, ..now }));
    };
    let (least, most) = DIFFERENCE;
    html! {
        <label class="difference">
            <span>{"How different"}</span>
            <input type="range" aria-label="How different" min={least.to_string()} max={most.to_string()}
                step="0.05" value={now.difference.to_string()} {oninput} />
        </label>
    }
}
