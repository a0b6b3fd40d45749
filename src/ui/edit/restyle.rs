//! What a picture shows and its style, and the style that it gets.

use yew::{AttrValue, Callback, Html, html};

use crate::page::edit::source::Source;
use crate::page::{EditAction, FormAction};
use crate::ui::controls::{Choice, Text};
use crate::ui::handle::{Dispatcher, PageHandle, act};

/// Renders the words and the styles of a picture that is restyled.
pub(super) fn restyle(state: &PageHandle, source: &Source) -> Html {
    let dispatcher = &state.dispatcher;
    let to = dispatcher.clone();
    let set_shows = Callback::from(move |text| to.dispatch(EditAction::SetShows(text)));
    let to = dispatcher.clone();
    let set_style = Callback::from(move |style| to.dispatch(EditAction::SetStyle(style)));
    let to = dispatcher.clone();
    let set_new = Callback::from(move |style: String| {
        to.dispatch(FormAction::Edit(Box::new(move |recipe| recipe.style = Some(style))));
    });
    let styles = |none: &'static str| {
        let own = state.engine.model().into_iter().flat_map(|model| &model.styles);
        let own = own.map(|style| (style.clone().into(), style.clone().into(), false));
        let none = (AttrValue::from(""), AttrValue::from(none), false);
        [none].into_iter().chain(own).collect::<Vec<_>>()
    };
    html! {
        <fieldset>
            <legend>{"Restyle it"}</legend>
            <Text label="What the picture shows" help="The words that would draw the picture as it is."
                value={source.shows.clone()} change={set_shows} />
            <div class="actions">
                <button type="button" onclick={act(dispatcher, || EditAction::Describe)}>
                    {"Propose words"}
                </button>
            </div>
            {captions(source, dispatcher)}
            <div class="row">
                <Choice label="Style now" help="The style that is nearest to the picture's."
                    options={styles("Any")} value={source.style.clone()} change={set_style} />
                <Choice label="New style" help="The style that it gets." options={styles("Any")}
                    value={state.form.recipe.style.clone()} change={set_new} />
            </div>
        </fieldset>
    }
}

/// Renders proposed words as buttons.
fn captions(source: &Source, dispatcher: &Dispatcher) -> Html {
    if source.captions.is_empty() {
        return html! {};
    }
    let button = |caption: &String| {
        let taken = caption.clone();
        html! {
            <button type="button" class="chip"
                onclick={act(dispatcher, move || EditAction::SetShows(taken.clone()))}>
                {caption.clone()}
            </button>
        }
    };
    html! {
        <div class="chips" translate="no" role="group" aria-label="Proposed words">
            {for source.captions.iter().map(button)}
        </div>
    }
}
