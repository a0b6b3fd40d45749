//! What was drawn before: kept in this browser, opened, used again, exported, removed.

use std::rc::Rc;

use gloo_file::{Blob, ObjectUrl};
use yew::{
    Callback, Html, MouseEvent, Properties, function_component, hook, html, use_effect_with,
    use_memo, use_state_eq,
};

use crate::page::history::HistoryEntry;
use crate::page::offer::{Brought, fields};
use crate::page::{Action, HistoryAction};
use crate::tools::words::counted;
use crate::ui::form::act;
use crate::ui::handle::{PageHandle, tell};
use crate::ui::open::open_button;
use crate::ui::use_keys::listen;
use crate::ui::{archive, share};

/// How many pictures are shown before one asks for the rest.
const SHOWN: usize = 24;

/// Another tab may have drawn or deleted while this one was away.
#[hook]
pub(super) fn use_recall(state: &PageHandle) {
    let dispatcher = state.dispatcher();
    use_effect_with((), move |()| {
        listen("focus", move |_| dispatcher.dispatch(Action::History(HistoryAction::Recall)))
    });
}

#[derive(PartialEq, Properties)]
pub(super) struct HistoryProps {
    pub(super) state: PageHandle,
}

/// The history.
#[function_component]
pub(super) fn History(HistoryProps { state }: &HistoryProps) -> Html {
    let shows_all = use_state_eq(|| false);
    let clears = use_state_eq(|| false);
    let entries = &state.history;
    let bytes: usize = entries.iter().map(|entry| entry.png.len()).sum();
    let facts = match entries.len() {
        0 if state.history_is_closed => {
            "Nothing yet. What you draw is here until the page is closed.".into()
        }
        0 => "Nothing yet. What you draw is kept here, in this browser only.".into(),
        n => {
            let (pictures, size) = (counted(n, "picture"), bytes as f64 / 1e3);
            let kept = match state.history_is_closed {
                true => "until the page is closed",
                false => "kept in this browser only",
            };
            format!("{pictures}, {size:.0} KB, {kept}.")
        }
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
        let (clear, done) =
            (act(state, || Action::History(HistoryAction::Remove(None))), ask(false));
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
fn exports(state: &PageHandle) -> Html {
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

fn item(state: &PageHandle, entry: &Rc<HistoryEntry>) -> Html {
    let recipe = &entry.recipe;
    let style = if recipe.style.is_empty() { "any style" } else { &recipe.style };
    let prompt: String = recipe.prompt.chars().take(80).collect();
    let prompt = if prompt.trim().is_empty() { "no words" } else { &prompt };
    let name = format!("{prompt}, {style}, seed {}", recipe.seed);
    let opened = entry.clone();
    let open = act(state, move || Action::History(HistoryAction::Open(opened.clone())));
    let used = entry.clone();
    let again = act(state, move || {
        Action::Bring(Brought {
            what: "The settings are in the form".into(),
            is_of_picture: true,
            recipe: used.recipe.clone(),
            unknown: fields(&used.unknown),
        })
    });
    let key = entry.key;
    let remove = act(state, move || Action::History(HistoryAction::Remove(Some(key))));
    html! {
        <li key={entry.key}>
            <button type="button" class="thumbnail" aria-label={format!("Open {name}")}
                disabled={state.is_drawing()} onclick={open}>
                <Thumbnail entry={entry.clone()} />
            </button>
            <small>{&name}</small>
            <div class="actions">
                <button type="button" aria-label={format!("Use settings of {name}")}
                    onclick={again}>{"Use settings"}</button>
                <button type="button" aria-label={format!("Delete {name}")}
                    onclick={remove}>{"Delete"}</button>
            </div>
        </li>
    }
}

#[derive(PartialEq, Properties)]
struct ThumbnailProps {
    entry: Rc<HistoryEntry>,
}

/// A kept picture, small.
#[function_component]
fn Thumbnail(ThumbnailProps { entry }: &ThumbnailProps) -> Html {
    let url = use_memo(entry.key, |_| {
        ObjectUrl::from(Blob::new_with_options(&entry.png[..], Some("image/png")))
    });
    html! { <img src={url.to_string()} alt="" loading="lazy" /> }
}
