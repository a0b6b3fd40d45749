//! Pictures on canvases.

use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};
use yew::{Html, Properties, function_component, html, use_effect_with, use_node_ref};

use crate::image::Image;

#[derive(PartialEq, Properties)]
pub(super) struct Props {
    pub(super) picture: Image,
    /// What assistive technology calls it.
    pub(super) label: String,
    /// Shown pixel by pixel, not smoothed.
    #[prop_or_default]
    pub(super) pixelated: bool,
}

/// One picture.
#[function_component]
pub(super) fn Canvas(props: &Props) -> Html {
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

fn paint(canvas: &HtmlCanvasElement, picture: &Image) {
    canvas.set_width(picture.width as u32);
    canvas.set_height(picture.height as u32);
    let context = canvas.get_context("2d").ok().flatten();
    let context = context.and_then(|context| context.dyn_into::<CanvasRenderingContext2d>().ok());
    let data = ImageData::new_with_u8_clamped_array(Clamped(&picture.pixels), picture.width as u32);
    if let (Some(context), Ok(data)) = (context, data) {
        drop(context.put_image_data(&data, 0.0, 0.0));
    }
}
