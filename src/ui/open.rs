//! Bringing a recipe back: from a PNG that is dropped or chosen, or from a link.

use gloo_file::File;
use gloo_file::futures::read_as_bytes;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DragEvent, FileList, HtmlInputElement};
use yew::{Callback, Event, Html, TargetCast, hook, html, use_effect_with};

use crate::image::Image;
use crate::page::Action;
use crate::page::offer::{Brought, fields};
use crate::ui::address::from_address;
use crate::ui::handle::{Dispatcher, PageHandle};
use crate::ui::use_keys::listen;

/// Takes PNGs that are dropped anywhere on the page, and links that are followed while it is open.
#[hook]
pub(super) fn use_open(state: &PageHandle) {
    let dispatcher = state.dispatcher();
    use_effect_with((), move |()| {
        let to = dispatcher.clone();
        let stop_over = listen("dragover", |event| {
            // Text is dropped where it always is.
            if has_files(&event) {
                event.prevent_default();
            }
        });
        let stop_drop = listen("drop", move |event| {
            if has_files(&event) {
                event.prevent_default();
                let event = event.unchecked_into::<DragEvent>();
                read_first(event.data_transfer().and_then(|data| data.files()), to.clone());
            }
        });
        let stop_hash = listen("hashchange", move |_| {
            dispatcher.dispatch(Action::Follow(from_address()));
        });
        move || {
            stop_over();
            stop_drop();
            stop_hash();
        }
    });
}

fn has_files(event: &Event) -> bool {
    let data = event.dyn_ref::<DragEvent>().and_then(DragEvent::data_transfer);
    data.is_some_and(|data| data.types().includes(&"Files".into(), 0))
}

/// A button that chooses a PNG, for those who cannot drop one.
pub(super) fn open_button(state: &PageHandle) -> Html {
    let dispatcher = state.dispatcher();
    let onchange = Callback::from(move |event: Event| {
        if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
            read_first(input.files(), dispatcher.clone());
            input.set_value("");
        }
    });
    html! {
        <label class="button">
            {"Open a PNG"}
            <input type="file" accept="image/png" aria-label="Open a PNG" {onchange} />
        </label>
    }
}

/// The most bytes of a PNG that is read: it comes into memory as a whole.
const MOST_BYTES: u64 = 64 << 20;

/// Puts the recipe of the first file into the form.
fn read_first(files: Option<FileList>, dispatcher: Dispatcher) {
    let Some(file) = files.and_then(|files| files.get(0)) else { return };
    let file = File::from(file);
    spawn_local(async move {
        let name = file.name();
        if file.size() > MOST_BYTES {
            let most = MOST_BYTES >> 20;
            dispatcher.dispatch(Action::Say(format!(
                "{name} is larger than {most} MB: no picture of this page is. Open the PNG that it saved."
            )));
            return;
        }
        dispatcher.dispatch(match read_as_bytes(&file).await {
            Err(_) => Action::Say(format!("{name} cannot be read: try again, or copy it here.")),
            Ok(bytes) => read(&name, &bytes),
        });
    });
}

fn read(name: &str, png: &[u8]) -> Action {
    if png.starts_with(b"\xff\xd8\xff") || png.starts_with(b"RIFF") {
        return Action::Say(format!(
            "{name} is a JPEG or a WebP, and those carry no recipe: open the PNG of the picture."
        ));
    }
    match Image::recipe_of_png(png) {
        Err(error) => Action::Say(format!("{name}: {error}")),
        Ok(None) => Action::Say(format!(
            "{name} holds no recipe: open a picture that Patchwork saved, and that no other \
             program has changed. Sheets of a grid hold none."
        )),
        Ok(Some((recipe, unknown))) => Action::Bring(Brought {
            what: format!("The recipe of {name} is in the form"),
            is_of_picture: true,
            recipe,
            unknown: fields(&unknown),
        }),
    }
}
