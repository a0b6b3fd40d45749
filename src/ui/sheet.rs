//! Pictures that the browser draws, because it has the fonts: a grid's pictures with their values, and SVGs.

use std::rc::Rc;

use gloo_file::{Blob, ObjectUrl};
use js_sys::{Promise, Uint8Array};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement, window};

use crate::page::stage::grid::{Axis, Grid};
use crate::page::stage::plan::Plan;

/// The height of a line of text, in pixels.
const LINE: u32 = 20;

/// Returns the grid as a PNG on white, with a line of text above each column and each row, or above each
/// picture of a list; `None` if the browser cannot draw it.
pub(super) async fn labelled_sheet(grid: &Grid) -> Option<Vec<u8>> {
    let first = picture(grid.cells.iter().flatten().next()?, "image/png").await?;
    let side = (first.natural_width(), first.natural_height());
    let columns = grid.columns();
    let (above, row) = (if grid.is_table() { LINE } else { 0 }, side.1 + LINE);
    let height = above + grid.cells.len().div_ceil(columns) as u32 * row;
    let (canvas, context) = canvas((columns as u32 * side.0, height))?;
    context.set_fill_style_str("white");
    context.fill_rect(0.0, 0.0, f64::from(canvas.width()), f64::from(height));
    context.set_fill_style_str("black");
    context.set_font("bold 12px system-ui, sans-serif");
    let most = f64::from(side.0) - 4.0;
    for (column, line, text) in texts(grid) {
        let (left, top) = (column as u32 * side.0 + 2, above + line as u32 * row);
        context.fill_text_with_max_width(&text, f64::from(left), f64::from(top + 14), most).ok()?;
    }
    if let Plan::Table { across, .. } = &grid.plan {
        for (x, text) in (0..).zip(label(across)) {
            let left = f64::from(x * side.0 + 2);
            context.fill_text_with_max_width(&text, left, 14.0, most).ok()?;
        }
    }
    for (i, png) in grid.cells.iter().enumerate() {
        let Some(png) = png else { continue };
        let (x, y) = ((i % columns) as u32, (i / columns) as u32);
        let (left, top) = (f64::from(x * side.0), f64::from(above + y * row + LINE));
        let (width, height) = (f64::from(side.0), f64::from(side.1));
        let image = picture(png, "image/png").await?;
        let draw = CanvasRenderingContext2d::draw_image_with_html_image_element_and_dw_and_dh;
        draw(&context, &image, left, top, width, height).ok()?;
    }
    png_of(&canvas).await
}

/// Returns the texts above rows or pictures, each with its column and its row.
fn texts(grid: &Grid) -> Vec<(usize, usize, String)> {
    match &grid.plan {
        Plan::Table { down, .. } => {
            label(down).into_iter().enumerate().map(|(y, text)| (0, y, text)).collect()
        }
        Plan::List { names, columns, .. } => {
            let place = |(i, name): (usize, &String)| (i % columns, i / columns, name.clone());
            names.iter().enumerate().map(place).collect()
        }
    }
}

fn label(axis: &Axis) -> Vec<String> {
    let name = axis.setting.name().to_ascii_lowercase();
    axis.values.iter().map(|value| format!("{name} {value}")).collect()
}

/// Returns an SVG as a PNG whose longer side has `most` pixels; `None` if the browser cannot draw it.
pub(super) async fn png_of_svg(svg: &Rc<[u8]>, most: u32) -> Option<Vec<u8>> {
    let image = picture(svg, "image/svg+xml").await?;
    let (width, height) = (f64::from(image.natural_width()), f64::from(image.natural_height()));
    // An SVG without a size is drawn as a square.
    let longer = width.max(height);
    let scaled = |side: f64| match side > 0.0 {
        true => f64::from(most) * side / longer,
        false => f64::from(most),
    };
    let (width, height) = (scaled(width), scaled(height));
    let (canvas, context) = canvas((width.round() as u32, height.round() as u32))?;
    let draw = CanvasRenderingContext2d::draw_image_with_html_image_element_and_dw_and_dh;
    draw(&context, &image, 0.0, 0.0, width, height).ok()?;
    png_of(&canvas).await
}

/// Returns an empty canvas of this width and height, and what draws on it.
fn canvas((width, height): (u32, u32)) -> Option<(HtmlCanvasElement, CanvasRenderingContext2d)> {
    let canvas = window()?.document()?.create_element("canvas").ok()?;
    let canvas: HtmlCanvasElement = canvas.dyn_into().ok()?;
    canvas.set_width(width);
    canvas.set_height(height);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    Some((canvas, context))
}

/// Returns a file as an image that can be drawn.
pub(super) async fn picture(file: &Rc<[u8]>, mime: &str) -> Option<HtmlImageElement> {
    let url = ObjectUrl::from(Blob::new_with_options(&file[..], Some(mime)));
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
