//! Bringing in a recipe or a picture: from a file that is dropped, pasted or chosen, or from a link.

use gloo_file::File;
use gloo_file::futures::read_as_bytes;
use js_sys::{Array, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DragEvent, Element, FileList, HtmlInputElement, window};
use yew::{Callback, Event, Html, TargetCast, hook, html, use_effect_with};

use crate::page::{Action, FormAction, StageAction};
use crate::ui::address::from_address;
use crate::ui::handle::Dispatcher;
use crate::ui::remember::remember_address;
use crate::ui::use_keys::listen;

/// Takes in pictures that are dropped anywhere on the page or pasted, and links that are followed while
/// it is open.
#[hook]
pub(super) fn use_files_and_links(dispatcher: &Dispatcher) {
    let dispatcher = dispatcher.clone();
    use_effect_with((), move |()| {
        let to = dispatcher.clone();
        let stop_over = listen("dragover", |event| {
            if has_files(&event) {
                event.prevent_default();
                show_dropping(true);
            } else if !is_over_text(&event) {
                // Otherwise Firefox would leave the page for a picture of it, or a link, that is
                // dropped.
                event.prevent_default();
                let data = event.dyn_ref::<DragEvent>().and_then(DragEvent::data_transfer);
                data.iter().for_each(|data| data.set_drop_effect("none"));
            }
        });
        let stop_leave = listen("dragleave", |event| {
            // Moving between parts of the page is not leaving it.
            if event.dyn_ref::<DragEvent>().is_none_or(|event| event.related_target().is_none()) {
                show_dropping(false);
            }
        });
        let stop_drop = listen("drop", move |event| {
            show_dropping(false);
            if has_files(&event) {
                event.prevent_default();
                let event = event.unchecked_into::<DragEvent>();
                read_first(event.data_transfer().and_then(|data| data.files()), to.clone());
            } else if !is_over_text(&event) {
                event.prevent_default();
            }
        });
        let to = dispatcher.clone();
        let stop_paste = listen("paste", move |event| {
            // Some programs copy text together with a picture of it.
            let files =
                pasted_files(&event).filter(|_| !(is_over_text(&event) && has_text(&event)));
            if files.as_ref().is_some_and(|files| files.length() > 0) {
                event.prevent_default();
                read_first(files, to.clone());
            }
        });
        let stop_hash = listen("hashchange", move |_| {
            remember_address();
            dispatcher.dispatch(FormAction::Follow(from_address().into()));
        });
        move || {
            stop_over();
            stop_leave();
            stop_drop();
            stop_paste();
            stop_hash();
        }
    });
}

/// Shows whether a file is being dragged over the page.
fn show_dropping(is_over: bool) {
    let body = window().and_then(|window| window.document()).and_then(|document| document.body());
    if let Some(body) = body {
        drop(body.class_list().toggle_with_force("dropping", is_over));
    }
}

fn has_files(event: &Event) -> bool {
    let data = event.dyn_ref::<DragEvent>().and_then(DragEvent::data_transfer);
    data.is_some_and(|data| data.types().includes(&"Files".into(), 0))
}

/// Returns whether text may be dropped on the event's target.
fn is_over_text(event: &Event) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| target.matches(TEXTS).unwrap_or(false))
}

/// The selector of elements that text may be dropped on.
const TEXTS: &str = "textarea, input[type=text], input[type=search], input:not([type])";

/// Returns whether the clipboard holds text.
fn has_text(event: &Event) -> bool {
    let types = Reflect::get(event, &"clipboardData".into())
        .and_then(|data| Reflect::get(&data, &"types".into()));
    types.is_ok_and(|types| Array::from(&types).includes(&"text/plain".into(), 0))
}

/// Returns the files in the clipboard.
fn pasted_files(event: &Event) -> Option<FileList> {
    let data = Reflect::get(event, &"clipboardData".into()).ok()?;
    Reflect::get(&data, &"files".into()).ok()?.dyn_into().ok()
}

/// Renders a button that chooses a file of some MIME types, for visitors who cannot drop one.
pub(super) fn bring_button(
    label: &'static str,
    accept: &'static str,
    dispatcher: &Dispatcher,
) -> Html {
    let dispatcher = dispatcher.clone();
    let onchange = Callback::from(move |event: Event| {
        if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
            read_first(input.files(), dispatcher.clone());
            input.set_value("");
        }
    });
    html! {
        <label class="button">
            {label}
            <input type="file" {accept} aria-label={label} {onchange} />
        </label>
    }
}

/// How many bytes a file has at most, because it is read into memory as a whole.
const MOST_BYTES: u64 = 128 << 20;

/// Reads the first file and dispatches it.
fn read_first(files: Option<FileList>, dispatcher: Dispatcher) {
    let Some(file) = files.and_then(|files| files.get(0)) else { return };
    let file = File::from(file);
    spawn_local(async move {
        let name = file.name();
        if file.size() > MOST_BYTES {
            let most = MOST_BYTES >> 20;
            dispatcher.dispatch(Action::Warn(format!(
                "{name} is larger than {most} MB, which is too much for this page: save it smaller, and bring that."
            )));
            return;
        }
        dispatcher.dispatch(match read_as_bytes(&file).await {
            Err(_) => Action::Warn(format!("{name} cannot be read: try again, or copy it here.")),
            Ok(bytes) => StageAction::BringFile { name, bytes }.into(),
        });
    });
}
