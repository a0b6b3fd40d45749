//! The tools that make something of the picture on stage.

mod compare;
mod enlarge;
mod morph;
mod player;
pub(super) mod progress;
mod spread;
mod trace;

use web_sys::HtmlInputElement;
use yew::{Html, InputEvent, TargetCast, html};

use self::enlarge::enlarge;
use self::morph::morph;
pub(super) use self::spread::spread;
use self::trace::trace;
use crate::page::derive::choices::DIFFERENCE;
use crate::page::derive::{Choices, Panel, Subject};
use crate::page::{DeriveAction, State};
use crate::ui::handle::{Dispatcher, PageHandle, act};

/// The id of the unfolded panel.
const PANEL: &str = "tool";

/// Renders the tools for the picture on stage, if there is one.
pub(super) fn tools(state: &PageHandle) -> Html {
    let (Some(subject), dispatcher) = (state.staged(), &state.dispatcher) else { return html! {} };
    let State { derive, .. } = &**state;
    html! {
        <>
            <div class="tools" role="toolbar" aria-label="Tools">
                {for Panel::ALL.map(|panel| unfold(state, panel, false))}
                <button type="button" onclick={act(dispatcher, || DeriveAction::Vary)}>{"Variations"}</button>
                {difference(derive.choices, dispatcher)}
                <button type="button" onclick={act(dispatcher, || DeriveAction::DrawStyles)}>{"All styles"}</button>
            </div>
            {unfolded(state, &subject, false)}
        </>
    }
}

/// Renders the tools for the picture in the editor, which no words describe.
pub(super) fn tools_in_editor(state: &PageHandle) -> Html {
    let Some(subject) = state.edited() else { return html! {} };
    html! {
        <>
            <div class="tools" role="toolbar" aria-label="Tools for the picture to change">
                {for [Panel::Enlarge, Panel::Trace].map(|panel| unfold(state, panel, true))}
            </div>
            {unfolded(state, &subject, true)}
        </>
    }
}

/// Renders the button that unfolds a panel.
fn unfold(state: &PageHandle, panel: Panel, is_in_editor: bool) -> Html {
    let State { derive, .. } = &**state;
    let is_unfolded = derive.unfolded == Some(panel) && derive.is_in_editor == is_in_editor;
    let action = match is_in_editor {
        true => DeriveAction::UnfoldInEditor(panel),
        false => DeriveAction::Unfold(panel),
    };
    html! {
        <button type="button" aria-expanded={is_unfolded.to_string()}
            aria-controls={is_unfolded.then_some(PANEL)}
            onclick={act(&state.dispatcher, move || action)}>{panel.name()}</button>
    }
}

/// Renders the unfolded panel, if it is unfolded here.
fn unfolded(state: &PageHandle, subject: &Subject, is_in_editor: bool) -> Html {
    let State { derive, .. } = &**state;
    let here = derive.unfolded.filter(|_| derive.is_in_editor == is_in_editor);
    let Some(unfolded) = here else { return html! {} };
    html! {
        <section id={PANEL} class="tool" aria-label={unfolded.name()} translate="no">
            {match unfolded {
                Panel::Enlarge => enlarge(derive, &state.dispatcher),
                Panel::Trace => trace(derive, &subject.recipe, &state.dispatcher),
                Panel::Morph => morph(state),
            }}
        </section>
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
