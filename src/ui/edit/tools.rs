//! How the picture changes, and by how much.

use yew::{Callback, Html, html};

use crate::page::edit::source::{Source, Way};
use crate::page::{EditAction, FormAction};
use crate::recipe::limits;
use crate::ui::controls::{Number, Text};
use crate::ui::edit::controls::range;
use crate::ui::handle::{Dispatcher, act};

/// Renders the ways to change a picture as radio buttons.
pub(super) fn ways(source: &Source, dispatcher: &Dispatcher) -> Html {
    let choice = |way: Way| {
        let dispatcher = dispatcher.clone();
        let onchange =
            Callback::from(move |_: yew::Event| dispatcher.dispatch(EditAction::Choose(way)));
        html! {
            <label class="way">
                <input type="radio" name="way" checked={source.way == way} {onchange} />
                {way.name()}
            </label>
        }
    };
    html! {
        <div class="ways" role="radiogroup" aria-label="Tool">{for Way::ALL.into_iter().map(choice)}</div>
    }
}

/// Renders the words that the picture is drawn by: the form's prompt, which is far above.
pub(super) fn words(source: &Source, prompt: &str, dispatcher: &Dispatcher) -> Html {
    let to = dispatcher.clone();
    let change = Callback::from(move |text: String| {
        to.dispatch(FormAction::Edit(Box::new(move |recipe| recipe.prompt = Some(text))));
    });
    html! {
        <Text label="New words" help="What it shall show. They are the prompt at the top, too."
            value={source.words(prompt).to_owned()} {change} />
    }
}

/// Renders how much of the picture changes.
pub(super) fn strength(source: &Source, dispatcher: &Dispatcher) -> Html {
    let help = match source.way {
        Way::Redraw => {
            "Low keeps the picture and changes details; high keeps little more than its colours."
        }
        Way::Mend => "Low keeps what is under the mask alike; high draws it anew.",
        Way::Restyle => "Low keeps more of the old style; 1 changes all of it.",
    };
    let now = source.strength();
    let to = dispatcher.clone();
    let set = Callback::from(move |strength| to.dispatch(EditAction::SetStrength(strength)));
    let to = set.clone();
    let typed = Callback::from(move |text: String| {
        limits::STRENGTH.read(&text).into_iter().for_each(|strength| to.emit(strength));
    });
    html! {
        <>
        <div class="strength">
            {range("Strength", (0.0, 1.0, 0.05), now, now.to_string(), set)}
            <Number label="Strength" help="" value={now.to_string()} min="0" max="1" step="0.05" change={typed} />
        </div>
        <small>{help}</small>
        </>
    }
}

/// Renders the buttons that draw and that close the editor.
pub(super) fn draw(source: &Source, is_stopped: bool, dispatcher: &Dispatcher) -> Html {
    let lack = source.lack();
    html! {
        <>
            if let Some(lack) = lack {
                <small id="edit-lack">{lack}</small>
            }
            <div class="actions">
                <button type="button" class="primary" disabled={is_stopped}
                    aria-disabled={lack.is_some().to_string()}
                    aria-describedby={lack.map(|_| "edit-lack")}
                    onclick={act(dispatcher, || EditAction::Draw)}>{source.way.name()}</button>
                if source.way == Way::Restyle {
                    <button type="button" disabled={is_stopped}
                        onclick={act(dispatcher, || EditAction::DrawStyles)}>{"In all styles"}</button>
                }
                <button type="button" onclick={act(dispatcher, || EditAction::Close)}>
                    {"Close the editor"}
                </button>
            </div>
        </>
    }
}
