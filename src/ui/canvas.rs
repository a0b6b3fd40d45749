//! Pictures on canvases.

use std::rc::Rc;

use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData, window};
use yew::{Html, Properties, function_component, html, use_effect_with, use_node_ref};

use crate::image::Image;

#[derive(PartialEq, Properties)]
pub(super) struct CanvasProps {
    pub(super) picture: Rc<Image>,
    /// What assistive technology calls it.
    pub(super) label: String,
    /// Shown pixel by pixel, not smoothed.
    #[prop_or_default]
    pub(super) pixelated: bool,
}

/// One picture.
#[function_component]
pub(super) fn Canvas(props: &CanvasProps) -> Html {
    let node = use_node_ref();
    {
        let node = node.clone();
        use_effect_with(props.picture.clone(), move |picture| {
            if let Some(canvas) = node.cast::<HtmlCanvasElement>() {
                paint(&canvas, picture);
            }
        });
    }
    let class = props.pixelated.then_some("pixelated");
    html! { <canvas ref={node} {class} role="img" aria-label={props.label.clone()} /> }
}

fn paint(canvas: &HtmlCanvasElement, picture: &Image) -> Option<()> {
    canvas.set_width(picture.width as u32);
    canvas.set_height(picture.height as u32);
    let data = ImageData::new_with_u8_clamped_array(Clamped(&picture.pixels), picture.width as u32);
    context(canvas)?.put_image_data(&data.ok()?, 0.0, 0.0).ok()
}

fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    canvas.get_context("2d").ok()??.dyn_into().ok()
}

fn canvas() -> Option<HtmlCanvasElement> {
    window()?.document()?.create_element("canvas").ok()?.dyn_into().ok()
}

/// Returns pictures of one size in rows, on white, with a line above each column and one above each
/// row.
pub(super) fn labelled_sheet(
    pictures: &[Image],
    across: &[String],
    down: &[String],
) -> Option<Image> {
    const LINE: usize = 20;
    let first = pictures.first()?;
    let width = across.len() * first.width;
    let row = first.height + LINE;
    let height = LINE + down.len() * row;
    let (sheet, cell) = (canvas()?, canvas()?);
    sheet.set_width(width as u32);
    sheet.set_height(height as u32);
    let context = context(&sheet)?;
    context.set_fill_style_str("white");
    context.fill_rect(0.0, 0.0, width as f64, height as f64);
    context.set_fill_style_str("black");
    context.set_font("bold 12px system-ui, sans-serif");
    let most = first.width as f64 - 4.0;
    for (x, label) in across.iter().enumerate() {
        let left = (x * first.width + 2) as f64;
        context.fill_text_with_max_width(label, left, 14.0, most).ok()?;
    }
    for (y, label) in down.iter().enumerate() {
        let top = LINE + y * row;
        context.fill_text_with_max_width(label, 2.0, (top + 14) as f64, most).ok()?;
        for x in 0..across.len() {
            paint(&cell, pictures.get(y * across.len() + x)?)?;
            let (left, top) = ((x * first.width) as f64, (top + LINE) as f64);
            context.draw_image_with_html_canvas_element(&cell, left, top).ok()?;
        }
    }
    let data = context.get_image_data(0.0, 0.0, width as f64, height as f64).ok()?;
    Some(Image { width, height, pixels: data.data().to_vec() })
}
