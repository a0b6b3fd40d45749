//! Saving, copying and sharing pictures and links.

use gloo_file::{Blob, ObjectUrl};
use js_sys::{Array, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{ClipboardItem, HtmlAnchorElement, window};
use yew::{Callback, MouseEvent};

use crate::page::stage::save::MAKING;
use crate::page::stage::shown::Shown;
use crate::recipe::Recipe;
use crate::recipe::file_name::file_name;
use crate::ui::address::show_in_address;
use crate::ui::handle::{Dispatcher, tell};

/// The extension and the MIME type of a file.
pub(super) type FileType = (&'static str, &'static str);

/// Saves bytes as a file among the visitor's downloads; `None` if the browser does not allow it.
pub(super) fn save(name: &str, kind: &str, bytes: &[u8]) -> Option<()> {
    let url = ObjectUrl::from(Blob::new_with_options(bytes, Some(kind)));
    let anchor = window()?.document()?.create_element("a").ok()?;
    let anchor: HtmlAnchorElement = anchor.dyn_into().ok()?;
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    // The browser reads the file after this turn, so its URL is revoked later.
    gloo_timers::callback::Timeout::new(60_000, move || drop(url)).forget();
    Some(())
}

/// Returns a callback that copies a picture as it is shown. For WebP it copies the picture as
/// drawn, because clipboards accept no WebP.
pub(super) fn copying(
    shown: &Shown,
    (_, mime): FileType,
    dispatcher: &Dispatcher,
) -> Callback<MouseEvent> {
    let is_png = mime == "image/png";
    let png = if is_png { shown.file.clone() } else { Some(shown.png.clone()) };
    tell(dispatcher, move |_| {
        let png = png.clone();
        async move {
            match copy_picture(png.as_deref()).await {
                Ok(said) if !is_png => format!(
                    "{said} Clipboards take no WebP: it is a PNG of the picture as drawn. Choose PNG to \
                     copy it in this size."
                ),
                Ok(said) | Err(said) => said.to_owned(),
            }
        }
    })
}

/// Returns a callback that shares a picture as it is shown with another program.
pub(super) fn sharing(
    shown: &Shown,
    (ending, mime): FileType,
    dispatcher: &Dispatcher,
) -> Callback<MouseEvent> {
    let Shown { file, recipe, .. } = shown.clone();
    tell(dispatcher, move |_| {
        let (file, recipe) = (file.clone(), recipe.clone());
        async move { share(file.as_deref(), &recipe, ending, mime).await }
    })
}

/// Copies a PNG to the clipboard, and returns a sentence about it.
async fn copy_picture(png: Option<&[u8]>) -> Result<&'static str, &'static str> {
    let png = png.ok_or(MAKING)?;
    let copy = async || {
        let blob = Blob::new_with_options(png, Some("image/png"));
        let (parts, blob): (Object, web_sys::Blob) = (Object::new(), blob.into());
        Reflect::set(&parts, &"image/png".into(), &blob).ok()?;
        let item = ClipboardItem::new_with_record_from_str_to_blob_promise(&parts).ok()?;
        JsFuture::from(clipboard()?.write(&Array::of1(&item))).await.ok()
    };
    match copy().await {
        Some(_) => {
            Ok("The picture is in the clipboard, without its recipe: download it to keep that.")
        }
        None => Err("This browser did not let the picture be copied: download it instead."),
    }
}

/// Puts the page's address with `recipe` in it into the address bar and the clipboard.
pub(super) async fn copy_link(recipe: &Recipe) -> String {
    show_in_address(recipe);
    let copy = async || {
        let href = window()?.location().href().ok()?;
        JsFuture::from(clipboard()?.write_text(&href)).await.ok()
    };
    let said = match copy().await {
        Some(_) => "The link is in the clipboard.",
        None => "The link is in the address bar; this browser did not let it be copied.",
    };
    match recipe.begins_with_picture() {
        false => said.into(),
        true => format!(
            "{said} The link alone does not carry the picture that this one began with: send the PNG too."
        ),
    }
}

/// Returns the clipboard; `None` on pages without a secure origin.
fn clipboard() -> Option<web_sys::Clipboard> {
    let clipboard = Reflect::get(&navigator()?, &"clipboard".into()).ok()?;
    clipboard.is_object().then(|| clipboard.unchecked_into())
}

fn navigator() -> Option<JsValue> {
    Some(window()?.navigator().into())
}

fn method(name: &str) -> Option<Function> {
    Reflect::get(&navigator()?, &name.into()).ok()?.dyn_into().ok()
}

/// Returns whether this browser can share files with other programs.
pub(super) fn can_share() -> bool {
    let can = || {
        let file = file_data(&[], "a.png", "image/png")?;
        method("share")?;
        method("canShare")?.call1(&navigator()?, &file).ok()
    };
    can().is_some_and(|can| can.is_truthy())
}

/// Shares a picture with another program, and returns a sentence about it.
async fn share(file: Option<&[u8]>, recipe: &Recipe, ending: &str, kind: &str) -> String {
    let Some(bytes) = file else { return MAKING.into() };
    let name = format!("{}.{ending}", file_name(recipe));
    let hand = async || {
        let data = file_data(bytes, &name, kind)?;
        let promise: Promise =
            method("share")?.call1(&navigator()?, &data).ok()?.dyn_into().ok()?;
        JsFuture::from(promise).await.ok()
    };
    match hand().await {
        Some(_) => format!("{name} was shared."),
        None => "It was not shared: download it instead.".into(),
    }
}

/// Returns the argument of `navigator.share`: `{ files: [file] }`.
fn file_data(bytes: &[u8], name: &str, kind: &str) -> Option<JsValue> {
    let options = Object::new();
    Reflect::set(&options, &"type".into(), &kind.into()).ok()?;
    let file: Function = Reflect::get(&js_sys::global(), &"File".into()).ok()?.dyn_into().ok()?;
    let parts = Array::of1(&Uint8Array::from(bytes));
    let file = Reflect::construct(&file, &Array::of3(&parts, &name.into(), &options)).ok()?;
    let data = Object::new();
    Reflect::set(&data, &"files".into(), &Array::of1(&file)).ok()?;
    Some(data.into())
}
