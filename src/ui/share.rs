//! Taking pictures and recipes away.

use gloo_file::{Blob, ObjectUrl};
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ClipboardItem, HtmlAnchorElement, window};

use crate::image::Image;
use crate::recipe::Recipe;
use crate::ui::address::show_in_address;

/// Returns a file's name for a recipe, without its ending.
pub(super) fn file_name(recipe: &Recipe) -> String {
    let letter = |c: char| if c.is_alphanumeric() { c } else { '-' };
    let words: String = recipe.prompt.chars().map(letter).take(40).collect();
    match words.trim_matches('-') {
        "" => format!("patchwork-{}", recipe.seed),
        words => format!("{words}-{}", recipe.seed),
    }
}

/// Saves bytes as a file among the visitor's downloads; a sentence about it.
pub(super) fn save(name: &str, kind: &str, bytes: Option<Vec<u8>>) -> String {
    let Some(bytes) = bytes else {
        return format!("{name} could not be made: reload the page, and try again.");
    };
    match hand_over(name, kind, &bytes) {
        Some(()) => format!("Saved {name}."),
        None => "This browser did not let the file be saved.".into(),
    }
}

fn hand_over(name: &str, kind: &str, bytes: &[u8]) -> Option<()> {
    let url = ObjectUrl::from(Blob::new_with_options(bytes, Some(kind)));
    let anchor = window()?.document()?.create_element("a").ok()?;
    let anchor: HtmlAnchorElement = anchor.dyn_into().ok()?;
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    // The browser reads it after this turn; then it may go.
    gloo_timers::callback::Timeout::new(60_000, move || drop(url)).forget();
    Some(())
}

/// Puts a picture into the clipboard; a sentence about it.
pub(super) async fn copy_picture(picture: &Image) -> String {
    let copy = async || {
        let blob = Blob::new_with_options(picture.to_png(None).ok()?.as_slice(), Some("image/png"));
        let (parts, blob): (Object, web_sys::Blob) = (Object::new(), blob.into());
        Reflect::set(&parts, &"image/png".into(), &blob).ok()?;
        let item = ClipboardItem::new_with_record_from_str_to_blob_promise(&parts).ok()?;
        let clipboard = clipboard()?;
        JsFuture::from(clipboard.write(&Array::of1(&item))).await.ok()
    };
    match copy().await {
        Some(_) => "The picture is in the clipboard.".into(),
        None => "This browser did not let the picture be copied: download it instead.".into(),
    }
}

/// Puts the page's address with `recipe` in it into the address bar and the clipboard.
pub(super) async fn copy_link(recipe: &Recipe) -> String {
    show_in_address(recipe);
    let copy = async || {
        let href = window()?.location().href().ok()?;
        JsFuture::from(clipboard()?.write_text(&href)).await.ok()
    };
    match copy().await {
        Some(_) => "The link is in the clipboard.".into(),
        None => "The link is in the address bar; this browser did not let it be copied.".into(),
    }
}

/// `None` on pages without a secure origin.
fn clipboard() -> Option<web_sys::Clipboard> {
    let navigator: JsValue = window()?.navigator().into();
    let clipboard = Reflect::get(&navigator, &"clipboard".into()).ok()?;
    clipboard.is_object().then(|| clipboard.unchecked_into())
}
