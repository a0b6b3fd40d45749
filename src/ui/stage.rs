//! The stage, where the picture is shown step by step.

use yew::{Html, Properties, function_component, html};

use crate::page::picture::{name, origin};
use crate::page::stage::run::View;
use crate::page::stage::shown::Shown;
use crate::page::{FormAction, GalleryAction, StageAction, State};
use crate::recipe::Recipe;
use crate::tools::words::counted;
use crate::ui::derive::tools;
use crate::ui::edit;
use crate::ui::handle::{PageHandle, act};
use crate::ui::picture::{Picture, Shared};
use crate::ui::quilt::quilt;
use crate::ui::share;
use crate::ui::take_away::take_away;
use crate::ui::timeline::Timeline;

#[derive(PartialEq, Properties)]
pub(super) struct StageProps {
    pub(super) state: PageHandle,
}

/// Renders the stage.
#[function_component]
pub(super) fn Stage(StageProps { state }: &StageProps) -> Html {
    let State { form, engine, stage, .. } = &**state;
    let (shown, view) = state.on_stage();
    let mime = state.file_type().1;
    html! {
        <section class="patch stage" aria-label="Picture" tabindex="-1" translate="no">
            if stage.is_empty() {
                {quilt(engine, state.press().filter(|_| form.seed_is_fresh), &state.dispatcher)}
            } else {
                if let [one] = &shown[..] {
                    {single(mime, one, view)}
                } else if shown.is_empty() {
                    <div class="blank" />
                } else {
                    {several(state, &shown, view)}
                }
                if let (Some(run), None) = (&stage.run, &stage.opened) {
                    <Timeline state={state.clone()} run={run.clone()} />
                }
                {take_away(state, &shown, view)}
                {tools(state)}
                {edit::take(state, &shown, view)}
            }
        </section>
    }
}

fn label(view: View) -> &'static str {
    if view == View::Preview { "Preview" } else { "Result" }
}

/// Returns a description of a picture, from its recipe.
fn describe(recipe: &Recipe) -> String {
    let (name, steps) = (name(recipe), counted(recipe.steps, "step"));
    let made = origin(recipe).map_or(String::new(), |made| format!(", {made}"));
    format!("{name}{made}, {steps}, guidance {}", recipe.guidance)
}

fn picture(mime: &'static str, shown: &Shown, view: View, label: String, caption: String) -> Html {
    // Until its file is made, the picture is shown as it was drawn.
    let (file, mime) = match &shown.file {
        Some(file) => (file, mime),
        None => (&shown.png, "image/png"),
    };
    html! {
        <Picture file={Shared(file.clone())} {mime} label={label} described_by={caption}
            pixelated={view == View::Preview} />
    }
}

fn single(mime: &'static str, shown: &Shown, view: View) -> Html {
    html! {
        <figure class="single">
            {picture(mime, shown, view, label(view).into(), "caption".into())}
            <figcaption id="caption">{describe(&shown.recipe)}</figcaption>
        </figure>
    }
}

fn several(state: &PageHandle, all: &[Shown], view: View) -> Html {
    let mime = state.file_type().1;
    let one = |(i, shown): (usize, &Shown)| {
        let (number, caption) = (i + 1, format!("caption-{i}"));
        html! {
            <li key={i}>
                <figure>
                    {picture(mime, shown, view, format!("{} {number}", label(view)), caption.clone())}
                    <figcaption id={caption}>{format!("Seed {}", shown.recipe.seed)}</figcaption>
                </figure>
                if view == View::Result && state.gallery.is_deleted(&shown.recipe) {
                    <div class="actions">
                        <small>{"Deleted."}</small>
                        <button type="button" aria-label={format!("Bring back picture {number}")}
                            onclick={act(&state.dispatcher, || GalleryAction::Undo)}>{"Bring back"}</button>
                    </div>
                } else if view == View::Result {
                    {own_actions(state, i, shown)}
                }
            </li>
        }
    };
    html! { <ul class="several">{for all.iter().enumerate().map(one)}</ul> }
}

/// Renders the buttons of one of several pictures.
fn own_actions(state: &PageHandle, i: usize, shown: &Shown) -> Html {
    let (file_type, dispatcher) = (state.file_type(), &state.dispatcher);
    let (seed, number) = (shown.recipe.seed, i + 1);
    let gone = shown.recipe.clone();
    let remove = act(dispatcher, move || GalleryAction::RemoveOf(gone.clone().into()));
    let button = |text: &'static str, name: String, onclick| {
        html! { <button type="button" aria-label={name} {onclick}>{text}</button> }
    };
    html! {
        <div class="actions">
            {button("Open", format!("Open picture {number}"), act(dispatcher, move || StageAction::OpenOne(i)))}
            {button("Keep seed", format!("Keep seed {seed}"),
                act(dispatcher, move || FormAction::KeepSeed { keeps: true, seed: Some(seed) }))}
            {button("Download", format!("Download picture {number}"),
                act(dispatcher, move || StageAction::Save(Some(i))))}
            {button("Copy", format!("Copy picture {number}"), share::copying(shown, file_type, dispatcher))}
            if share::can_share() {
                {button("Share", format!("Share picture {number}"), share::sharing(shown, file_type, dispatcher))}
            }
            if state.gallery.is_kept(&shown.recipe) {
                {button("Delete", format!("Delete picture {number}"), remove)}
            }
        </div>
    }
}
