//! The history: pictures in this browser, to be opened, used again, exported or removed.

use std::rc::Rc;

use yew::{
    Callback, Html, MouseEvent, Properties, function_component, hook, html, use_effect_with,
    use_state_eq,
};

use crate::page::gallery::entry::HistoryEntry;
use crate::page::protocol::Archive;
use crate::page::{GalleryAction, StageAction};
use crate::tools::words::counted;
use crate::ui::bring::open_button;
use crate::ui::handle::{PageHandle, act};
use crate::ui::history_page::HistoryPage;
use crate::ui::use_keys::listen;

/// How many pictures are added to the document, or removed from it, at once.
const PAGE: usize = 24;

/// Reads the store again when this tab gets the focus or another tab has changed the store.
#[hook]
pub(super) fn use_recall(state: &PageHandle) {
    let dispatcher = state.dispatcher();
    use_effect_with((), move |()| {
        let stops = ["focus", "storage"].map(|kind| {
            let dispatcher = dispatcher.clone();
            listen(kind, move |_| dispatcher.dispatch(GalleryAction::Recall))
        });
        move || stops.into_iter().for_each(|stop| stop())
    });
}

#[derive(PartialEq, Properties)]
pub(super) struct HistoryProps {
    pub(super) state: PageHandle,
}

/// Renders the history.
#[function_component]
pub(super) fn History(HistoryProps { state }: &HistoryProps) -> Html {
    let entries: Vec<Rc<HistoryEntry>> = state.gallery.kept().cloned().collect();
    let facts = match entries.len() {
        0 if state.gallery.is_closed => {
            "Nothing yet. What you draw is here until the page is closed.".into()
        }
        0 => "Nothing yet. What you draw is kept here, in this browser only.".into(),
        n => {
            let kept = match state.gallery.is_closed {
                true => "until the page is closed",
                false => "kept in this browser only",
            };
            format!("{}, {kept}.", counted(n, "picture"))
        }
    };
    let page = |(at, entries): (usize, &[Rc<HistoryEntry>])| {
        html! {
            <HistoryPage key={at} dispatcher={state.dispatcher()} entries={entries.to_vec()}
                is_first={at == 0} />
        }
    };
    html! {
        <section class="patch history" aria-label="History">
            <h2 tabindex="-1">{"Drawn so far"}</h2>
            <p translate="no"><small>{facts}</small></p>
            {undo(state)}
            <div class="pages">{for entries.chunks(PAGE).enumerate().map(page)}</div>
            <div class="actions">
                {open_button(state)}
                if !entries.is_empty() {
                    {export(state, "Export ZIP", Archive::Zip)}
                    {export(state, "Contact sheet", Archive::Sheet)}
                    <Clear state={state.clone()} count={entries.len()} />
                }
            </div>
        </section>
    }
}

/// Renders the button that undoes the last deletion.
fn undo(state: &PageHandle) -> Html {
    if state.gallery.trash.keys.is_empty() {
        return html! {};
    }
    html! {
        <div class="actions">
            <button type="button" class="undo" translate="no"
                onclick={act(state, || GalleryAction::Undo)}>
                {format!("Undo: bring back {}", counted(state.gallery.trash.keys.len(), "picture"))}
            </button>
        </div>
    }
}

fn export(state: &PageHandle, text: &'static str, archive: Archive) -> Html {
    let onclick = act(state, move || StageAction::SaveAll { archive, is_history: true });
    html! { <button type="button" {onclick}>{text}</button> }
}

#[derive(PartialEq, Properties)]
struct ClearProps {
    state: PageHandle,
    count: usize,
}

/// Renders the button that deletes everything after a question. The answer is not in the place of
/// the first button, so that a double press does not confirm it.
#[function_component]
fn Clear(ClearProps { state, count }: &ClearProps) -> Html {
    let asks = use_state_eq(|| false);
    let set = |value: bool| {
        let asks = asks.clone();
        Callback::from(move |_: MouseEvent| asks.set(value))
    };
    let keep = {
        let (asks, dispatcher) = (asks.clone(), state.dispatcher());
        Callback::from(move |_: MouseEvent| {
            asks.set(false);
            dispatcher.dispatch(GalleryAction::KeepAll);
        })
    };
    let clear = {
        let (clear, done) = (act(state, || GalleryAction::Remove(None)), set(false));
        Callback::from(move |event: MouseEvent| {
            clear.emit(event.clone());
            done.emit(event);
        })
    };
    html! {
        <>
            <button type="button" class="clear" aria-expanded={asks.to_string()} onclick={set(!*asks)}>
                {"Clear"}
            </button>
            if *asks {
                <span class="question" translate="no">
                    <button type="button" onclick={keep}>{"Keep them"}</button>
                    <button type="button" class="danger" onclick={clear}>
                        {format!("Delete all {count}")}
                    </button>
                </span>
            }
        </>
    }
}
