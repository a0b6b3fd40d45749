//! A grid's pictures as one picture with their values. The browser draws it, because it has the fonts.

use std::rc::Rc;

use gloo_file::{Blob, ObjectUrl};
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement, window};

use crate::page::stage::grid::{Axis, Grid};

/// The height of a line of text, in pixels.
const LINE: u32 = 20;

/// Returns the grid as a PNG on white, with a line of text above each column and each row; `None`
/// if the browser cannot draw it.
pub(super) async fn labelled_sheet(grid: &Grid) -> Option<Vec<u8>> {
    let (across, down) = (label(&grid.across), label(&grid.down));
    let first = picture(grid.cells.iter().flatten().next()?).await?;
    let side = (first.natural_width(), first.natural_height());
    let canvas = window()?.document()?.create_element("canvas").ok()?;
    let canvas: HtmlCanvasElement = canvas.dyn_into().ok()?;
    let (width, row) = (across.len() as u32 * side.0, side.1 + LINE);
    let height = LINE + down.len() as u32 * row;
    canvas.set_width(width);
    canvas.set_height(height);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    context.set_fill_style_str("white");
    context.fill_rect(0.0, 0.0, f64::from(width), f64::from(height));
    context.set_fill_style_str("black");
    context.set_font("bold 12px system-ui, sans-serif");
    let most = f64::from(side.0) - 4.0;
    for (x, text) in (0..).zip(&across) {
        let left = f64::from(x * side.0 + 2);
        context.fill_text_with_max_width(text, left, 14.0, most).ok()?;
    }
    for (y, text) in (0..).zip(&down) {
        let top = LINE + y * row;
        context.fill_text_with_max_width(text, 2.0, f64::from(top + 14), most).ok()?;
        for x in 0..across.len() as u32 {
            let Some(Some(png)) = grid.cells.get((y * across.len() as u32 + x) as usize) else {
                continue;
            };
            let (left, top) = (f64::from(x * side.0), f64::from(top + LINE));
            let image = picture(png).await?;
            context.draw_image_with_html_image_element(&image, left, top).ok()?;
        }
    }
    png_of(&canvas).await
}

fn label(axis: &Axis) -> Vec<String> {
    let name = axis.setting.name().to_ascii_lowercase();
    axis.values.iter().map(|value| format!("{name} {value}")).collect()
}

/// Returns a PNG as an image that can be drawn.
pub(super) async fn picture(png: &Rc<[u8]>) -> Option<HtmlImageElement> {
    let url = ObjectUrl::from(Blob::new_with_options(&png[..], Some("image/png")));
    let image = HtmlImageElement::new().ok()?;
    image.set_src(&url);
    JsFuture::from(image.decode()).await.ok()?;
    Some(image)
}

/// Returns what is on a canvas as PNG.
pub(super) async fn png_of(canvas: &HtmlCanvasElement) -> Option<Vec<u8>> {
    let promise = Promise::new(&mut |done, _| {
        let given = Closure::once_into_js(move |blob: JsValue| {
            drop(done.call1(&JsValue::NULL, &blob));
        });
        drop(canvas.to_blob(given.unchecked_ref()));
    });
    let blob: web_sys::Blob = JsFuture::from(promise).await.ok()?.dyn_into().ok()?;
    let bytes = JsFuture::from(blob.array_buffer()).await.ok()?;
    Some(Uint8Array::new(&bytes).to_vec())
}
