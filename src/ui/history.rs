//! The history: pictures in this browser, to be shown, used again, exported or removed.

use std::rc::Rc;

use yew::{
    Callback, Html, MouseEvent, Properties, function_component, hook, html, use_effect_with,
    use_state_eq,
};

use crate::page::gallery::entry::HistoryEntry;
use crate::page::protocol::Archive;
use crate::page::{Gallery, GalleryAction, StageAction};
use crate::tools::words::counted;
use crate::ui::bring::bring_button;
use crate::ui::handle::{Dispatcher, act};
use crate::ui::history_page::HistoryPage;
use crate::ui::use_keys::listen;

/// How many pictures are added to the document, or removed from it, at once.
const PAGE: usize = 24;

/// Reads the store again when this tab gets the focus or another tab has changed the store.
#[hook]
pub(super) fn use_recall(dispatcher: &Dispatcher) {
    let dispatcher = dispatcher.clone();
    use_effect_with((), move |()| {
        let stops = ["focus", "storage"].map(|kind| {
            let dispatcher = dispatcher.clone();
            listen(kind, move |_| dispatcher.dispatch(GalleryAction::Recall))
        });
        move || stops.into_iter().for_each(|stop| stop())
    });
}

/// Renders the history.
pub(super) fn history(gallery: &Gallery, dispatcher: &Dispatcher) -> Html {
    let entries: Vec<Rc<HistoryEntry>> = gallery.kept().cloned().collect();
    let facts = match entries.len() {
        0 if gallery.is_closed => {
            "Nothing yet. What you draw is here until the page is closed.".into()
        }
        0 => "Nothing yet. What you draw is kept here, in this browser only.".into(),
        n => {
            let kept = match gallery.is_closed {
                true => "until the page is closed",
                false => "kept in this browser only",
            };
            format!("{}, {kept}.", counted(n, "picture"))
        }
    };
    let page = |(at, entries): (usize, &[Rc<HistoryEntry>])| {
        html! {
            <HistoryPage key={at} dispatcher={dispatcher.clone()} entries={entries.to_vec()}
                is_first={at == 0} />
        }
    };
    html! {
        <section class="patch history" aria-label="History">
            <h2 tabindex="-1">{"Drawn so far"}</h2>
            <p translate="no"><small>{facts}</small></p>
            {undo(gallery.trash.keys.len(), dispatcher)}
            <div class="pages">{for entries.chunks(PAGE).enumerate().map(page)}</div>
            <div class="actions">
                {bring_button("Open a PNG", "image/png", dispatcher)}
                if !entries.is_empty() {
                    {export(dispatcher, "Export ZIP", Archive::Zip)}
                    {export(dispatcher, "Contact sheet", Archive::Sheet)}
                    <Clear dispatcher={dispatcher.clone()} count={entries.len()} />
                }
            </div>
        </section>
    }
}

/// Renders the button that undoes the last deletion.
fn undo(count: usize, dispatcher: &Dispatcher) -> Html {
    if count == 0 {
        return html! {};
    }
    html! {
        <div class="actions">
            <button type="button" class="undo" translate="no"
                onclick={act(dispatcher, || GalleryAction::Undo)}>
                {format!("Undo: bring back {}", counted(count, "picture"))}
            </button>
        </div>
    }
}

fn export(dispatcher: &Dispatcher, text: &'static str, archive: Archive) -> Html {
    let onclick = act(dispatcher, move || StageAction::SaveAll { archive, is_history: true });
    html! { <button type="button" {onclick}>{text}</button> }
}

#[derive(PartialEq, Properties)]
struct ClearProps {
    dispatcher: Dispatcher,
    count: usize,
}

/// Renders the button that deletes everything after a question. The answer is not in the place of
/// the first button, so that a double press does not confirm it.
#[function_component]
fn Clear(ClearProps { dispatcher, count }: &ClearProps) -> Html {
    let asks = use_state_eq(|| false);
    let set = |value: bool| {
        let asks = asks.clone();
        Callback::from(move |_: MouseEvent| asks.set(value))
    };
    let keep = {
        let (asks, dispatcher) = (asks.clone(), dispatcher.clone());
        Callback::from(move |_: MouseEvent| {
            asks.set(false);
            dispatcher.dispatch(GalleryAction::KeepAll);
        })
    };
    let clear = {
        let (clear, done) = (act(dispatcher, || GalleryAction::Remove(None)), set(false));
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
