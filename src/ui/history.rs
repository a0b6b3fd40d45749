//! What was drawn before: kept in this browser, opened, used again, exported, removed.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement, window};
use yew::{
    Callback, Html, MouseEvent, Properties, UseReducerDispatcher, UseReducerHandle,
    function_component, hook, html, use_effect_with, use_state_eq,
};

use crate::image::Image;
use crate::recipe::Recipe;
use crate::ui::app::tell;
use crate::ui::bring::{Brought, fields};
use crate::ui::form::act;
use crate::ui::open::open_button;
use crate::ui::state::{Action, Phase, State};
use crate::ui::store::{self, Entry, Lack};
use crate::ui::use_keys::listen;
use crate::ui::{archive, share};

/// How many pictures are shown before one asks for the rest.
const SHOWN: usize = 24;

/// Brings the kept pictures back when the page opens, and keeps each new one.
#[hook]
pub(super) fn use_history(state: &UseReducerHandle<State>) {
    let dispatcher = state.dispatcher();
    use_effect_with((), move |()| {
        recall(dispatcher.clone());
        // Another tab may have drawn or deleted meanwhile.
        listen("focus", move |_| recall(dispatcher.clone()))
    });
    let finished = state.run.clone().filter(|run| {
        let is_whole = !run.pictures.is_empty() && !run.was_stopped;
        is_whole && !run.is_from_history && run.cell.is_none()
    });
    let state = state.clone();
    use_effect_with(finished.as_ref().map(|run| run.job), move |_| {
        let Some(run) = finished else { return };
        spawn_local(async move {
            for (picture, i) in run.pictures.iter().zip(0..) {
                let recipe = Recipe { seed: run.recipe.seed + i, count: 1, ..run.recipe.clone() };
                keep(&state, picture, recipe).await;
            }
        });
    });
}

/// Brings in what the store holds.
fn recall(dispatcher: UseReducerDispatcher<State>) {
    spawn_local(async move {
        dispatcher.dispatch(match store::all().await {
            Ok(entries) => Action::Recall(entries),
            Err(_) => Action::CloseHistory,
        });
    });
}

/// Keeps a picture in the store, unless the very same is there; where that fails, in memory, and says so.
async fn keep(state: &UseReducerHandle<State>, picture: &Image, recipe: Recipe) {
    let Some(png) = share::png(picture, &recipe) else { return };
    if state.history.iter().any(|entry| *entry.png == *png) {
        return;
    }
    let key = match store::add(&png).await {
        Ok(key) => key,
        Err(Lack::Closed) => {
            state.dispatch(Action::CloseHistory);
            Entry::unstored_key()
        }
        Err(Lack::Full) => {
            state.dispatch(Action::Say(
                "This browser has no room to keep the picture: download it, or delete some of the \
                 history. It is here until the page is closed."
                    .into(),
            ));
            Entry::unstored_key()
        }
    };
    state.dispatch(Action::Remember(Rc::new(Entry::new(key, recipe, png))));
}

#[derive(PartialEq, Properties)]
pub(super) struct Props {
    pub(super) state: UseReducerHandle<State>,
}

/// The history.
#[function_component]
pub(super) fn History(Props { state }: &Props) -> Html {
    let shows_all = use_state_eq(|| false);
    let clears = use_state_eq(|| false);
    let entries = &state.history;
    let bytes: usize = entries.iter().map(|entry| entry.png.len()).sum();
    let facts = match entries.len() {
        0 if state.history_is_closed => {
            "Nothing yet. What you draw is here until the page is closed.".into()
        }
        n if state.history_is_closed => {
            let s = if n == 1 { "" } else { "s" };
            format!("{n} picture{s}, {:.0} KB, until the page is closed.", bytes as f64 / 1e3)
        }
        0 => "Nothing yet. What you draw is kept here, in this browser only.".into(),
        1 => format!("1 picture, {:.0} KB, kept in this browser only.", bytes as f64 / 1e3),
        n => format!("{n} pictures, {:.0} KB, kept in this browser only.", bytes as f64 / 1e3),
    };
    let shown = if *shows_all { entries.len() } else { SHOWN };
    let show = {
        let shows_all = shows_all.clone();
        Callback::from(move |_: MouseEvent| shows_all.set(true))
    };
    let ask = |asks: bool| {
        let clears = clears.clone();
        Callback::from(move |_: MouseEvent| clears.set(asks))
    };
    let clear = {
        let (clear, done) = (remove(state, None), ask(false));
        Callback::from(move |event: MouseEvent| {
            clear.emit(event.clone());
            done.emit(event);
        })
    };
    html! {
        <section class="patch history" aria-label="History">
            <h2 tabindex="-1">{"Drawn so far"}</h2>
            <p><small>{facts}</small></p>
            <ul>{for entries.iter().take(shown).map(|entry| item(state, entry))}</ul>
            <div class="actions">
                {open_button(state)}
                if shown < entries.len() {
                    <button type="button" onclick={show}>
                        {format!("Show all {}", entries.len())}
                    </button>
                }
                if !entries.is_empty() {
                    {exports(state)}
                    if *clears {
                        <button type="button" class="danger" onclick={clear}>
                            {format!("Delete all {}", entries.len())}
                        </button>
                        <button type="button" onclick={ask(false)}>{"Keep them"}</button>
                    } else {
                        <button type="button" onclick={ask(true)}>{"Clear"}</button>
                    }
                }
            </div>
        </section>
    }
}

/// The buttons that save the whole history.
fn exports(state: &UseReducerHandle<State>) -> Html {
    let entries = state.history.clone();
    let zip = tell(state, move |_: MouseEvent| {
        let status = share::save("patchwork.zip", "application/zip", archive::zip(&entries));
        async { status }
    });
    let entries = state.history.clone();
    let sheet = tell(state, move |_: MouseEvent| {
        let entries = entries.clone();
        async move {
            let sheet = archive::sheet(&entries).await;
            share::save("patchwork-sheet.png", "image/png", sheet)
        }
    });
    html! {
        <>
            <button type="button" onclick={zip}>{"Export ZIP"}</button>
            <button type="button" onclick={sheet}>{"Contact sheet"}</button>
        </>
    }
}

fn item(state: &UseReducerHandle<State>, entry: &Rc<Entry>) -> Html {
    let recipe = &entry.recipe;
    let style = if recipe.style.is_empty() { "any style" } else { &recipe.style };
    let prompt: String = recipe.prompt.chars().take(80).collect();
    let prompt = if prompt.trim().is_empty() { "no words" } else { &prompt };
    let name = format!("{prompt}, {style}, seed {}", recipe.seed);
    let dispatcher = state.dispatcher();
    let opened = entry.clone();
    let open = Callback::from(move |_: MouseEvent| {
        dispatcher.dispatch(match Image::from_png(&opened.png) {
            Ok(picture) => {
                show_stage();
                Action::Open(opened.recipe.clone(), picture)
            }
            Err(error) => Action::Say(error.to_string()),
        });
    });
    let used = entry.clone();
    let again = act(state, move || {
        Action::Bring(Brought {
            what: "The settings are in the form".into(),
            is_of_picture: true,
            recipe: used.recipe.clone(),
            unknown: fields(&used.unknown),
        })
    });
    html! {
        <li key={entry.key}>
            <button type="button" class="thumbnail" aria-label={format!("Open {name}")}
                disabled={state.phase == Phase::Running} onclick={open}>
                <img src={entry.url.to_string()} alt="" loading="lazy" />
            </button>
            <small>{&name}</small>
            <div class="actions">
                <button type="button" aria-label={format!("Use settings of {name}")}
                    onclick={again}>{"Use settings"}</button>
                <button type="button" aria-label={format!("Delete {name}")}
                    onclick={remove(state, Some(entry.key))}>{"Delete"}</button>
            </div>
        </li>
    }
}

/// The button that was pressed is gone: the keyboard goes on from the heading.
fn focus_heading() {
    let heading = window().and_then(|w| w.document()?.query_selector(".history h2").ok()?);
    if let Some(heading) = heading.and_then(|heading| heading.dyn_into::<HtmlElement>().ok()) {
        drop(heading.focus());
    }
}

/// On a phone the stage may be far above.
fn show_stage() {
    let stage = window().and_then(|window| window.document()?.query_selector(".stage").ok()?);
    stage.iter().for_each(Element::scroll_into_view);
}

/// Removes one picture, or all of them, and says so.
fn remove(state: &UseReducerHandle<State>, key: Option<u32>) -> Callback<MouseEvent> {
    let (dispatcher, is_closed) = (state.dispatcher(), state.history_is_closed);
    tell(state, move |_: MouseEvent| {
        let dispatcher = dispatcher.clone();
        async move {
            let removed = match key {
                Some(key) if !Entry::is_stored(key) => Ok(()),
                None if is_closed => Ok(()),
                key => store::remove(key).await,
            };
            if removed.is_err() {
                return "This browser did not let its store be changed: try again.".into();
            }
            dispatcher.dispatch(key.map_or(Action::Clear, Action::Forget));
            focus_heading();
            if key.is_some() { "Deleted." } else { "The history is empty." }.into()
        }
    })
}
