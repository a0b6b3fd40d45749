//! The editor: bringing a picture, drawing one by hand, and changing it.

mod canvas;
mod controls;
mod drawing;
mod frame;
mod ground;
mod mask;
mod paint;
mod panel;
mod restyle;
mod tools;

use yew::{Html, Properties, function_component, html};

use crate::page::stage::run::View;
use crate::page::stage::shown::Shown;
use crate::page::{EditAction, FormAction};
use crate::recipe::PartialRecipe;
use crate::ui::bring::bring_button;
use crate::ui::edit::drawing::Drawing;
use crate::ui::edit::panel::Panel;
use crate::ui::handle::{PageHandle, act};

#[derive(PartialEq, Properties)]
pub(super) struct EditorProps {
    pub(super) state: PageHandle,
}

/// Renders the editor if there is a picture, otherwise the ways to bring one.
#[function_component]
pub(super) fn Editor(EditorProps { state }: &EditorProps) -> Html {
    if let Some(source) = &state.edit.source {
        return html! { <Panel state={state.clone()} source={source.clone()} /> };
    }
    let (drawing, dispatcher) = (&state.edit.drawing, &state.dispatcher);
    let unfolds = drawing.is_none();
    html! {
        <>
            <div class="start-row" role="group" aria-label="Start from a picture">
                <span>{"Start from a picture"}</span>
                <button type="button" aria-expanded={(!unfolds).to_string()}
                    onclick={act(dispatcher, move || EditAction::UnfoldDrawing(unfolds))}>
                    {"Draw by hand"}
                </button>
                {bring_button("Choose a picture", "image/*", dispatcher)}
            </div>
            if let Some(painting) = drawing {
                <Drawing painting={painting.clone()} dispatcher={dispatcher.clone()} />
            }
        </>
    }
}

/// Renders what Generate begins with, if it is a picture.
pub(super) fn note(state: &PageHandle) -> Html {
    if state.edit.source.is_some() {
        return html! { <p class="note">{"Generate changes the picture below."}</p> };
    }
    if !state.form.recipe.begins_with_picture() {
        return html! {};
    }
    html! {
        <p class="note">
            {"Generate begins with the picture that this recipe names. "}
            <button type="button"
                onclick={act(&state.dispatcher, move || FormAction::Edit(Box::new(PartialRecipe::leave_picture_out)))}>
                {"Draw from words alone"}
            </button>
        </p>
    }
}

/// Renders the buttons that take a picture on stage, or the one before it, into the editor.
pub(super) fn take(state: &PageHandle, shown: &[Shown], view: View) -> Html {
    let ([Shown { recipe, png, .. }], View::Result) = (shown, view) else { return html! {} };
    let dispatcher = &state.dispatcher;
    let has_origin = !recipe.picture.is_empty() && state.edit.album.find(&recipe.picture).is_some();
    let back = recipe.clone();
    let (recipe, png) = (recipe.clone(), png.clone());
    let take = act(dispatcher, move || EditAction::Take {
        png: png.clone(),
        recipe: recipe.clone().into(),
    });
    html! {
        <div class="actions take">
            <button type="button" onclick={take}>{"Edit this picture"}</button>
            if has_origin {
                <button type="button"
                    onclick={act(dispatcher, move || EditAction::GoBack(back.clone().into()))}>
                    {"Back to the picture it was made from"}
                </button>
            }
        </div>
    }
}
