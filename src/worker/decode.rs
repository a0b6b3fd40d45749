//! Pictures of any format that the browser reads, decoded in the worker so that the page goes on.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, ImageBitmap, OffscreenCanvas, OffscreenCanvasRenderingContext2d, WorkerGlobalScope,
};

use crate::image::Image;

/// The most pixels on the longer side of a brought picture; larger ones are made smaller.
const MOST_ACROSS: f64 = 1024.0;

/// Decodes a file, turned as its camera recorded it.
///
/// # Errors
/// Returns a sentence that says what the file is, as far as that is known, and what to do.
pub(super) async fn decoded(name: &str, bytes: &[u8]) -> Result<Image, String> {
    if bytes.is_empty() {
        return Err(format!("{name} is empty (0 bytes): choose another file."));
    }
    let bitmap = bitmap(bytes).await.ok_or_else(|| refused(name, bytes))?;
    let image = small(&bitmap);
    bitmap.close();
    image.ok_or_else(|| {
        format!("{name} cannot be read in this browser's worker: bring a smaller PNG or JPEG.")
    })
}

async fn bitmap(bytes: &[u8]) -> Option<ImageBitmap> {
    let parts = Array::of1(&Uint8Array::from(bytes));
    let blob = Blob::new_with_u8_array_sequence(&parts).ok()?;
    let scope: WorkerGlobalScope = js_sys::global().unchecked_into();
    let asked = scope.create_image_bitmap_with_blob(&blob).ok()?;
    JsFuture::from(asked).await.ok()?.dyn_into().ok()
}

/// Returns the pixels of a bitmap, at most [`MOST_ACROSS`] of them on the longer side.
fn small(bitmap: &ImageBitmap) -> Option<Image> {
    let (width, height) = (f64::from(bitmap.width()), f64::from(bitmap.height()));
    let scale = (MOST_ACROSS / width.max(height)).min(1.0);
    let [width, height] = [width, height].map(|side| (side * scale).round().max(1.0));
    let canvas = OffscreenCanvas::new(width as u32, height as u32).ok()?;
    let context = canvas.get_context("2d").ok()??;
    let context: OffscreenCanvasRenderingContext2d = context.dyn_into().ok()?;
    context.set_image_smoothing_enabled(true);
    let quality = JsValue::from("high");
    js_sys::Reflect::set(&context, &"imageSmoothingQuality".into(), &quality).ok()?;
    context.draw_image_with_image_bitmap_and_dw_and_dh(bitmap, 0.0, 0.0, width, height).ok()?;
    let data = context.get_image_data(0.0, 0.0, width, height).ok()?;
    Some(Image { width: width as usize, height: height as usize, pixels: data.data().0 })
}

/// Returns a sentence about a file that the browser cannot decode.
fn refused(name: &str, bytes: &[u8]) -> String {
    let is_at = |at: usize, what: &[u8]| bytes.get(at..).is_some_and(|rest| rest.starts_with(what));
    let is_text = bytes.iter().take(512).all(|byte| *byte >= 9);
    if is_at(4, b"ftyp")
        && [&b"heic"[..], b"heix", b"mif1", b"heif"].iter().any(|kind| is_at(8, kind))
    {
        format!(
            "{name} is a HEIC photo, which this browser cannot read: save it as JPEG or PNG first."
        )
    } else if is_text && bytes.windows(4).any(|word| word == b"<svg") {
        format!("{name} is an SVG, which is no picture of pixels: save it as PNG first.")
    } else if [&b"\x89PNG"[..], b"\xff\xd8\xff", b"RIFF", b"GIF8"].iter().any(|kind| is_at(0, kind))
    {
        format!("{name} is damaged and cannot be read: copy or download it again.")
    } else {
        format!("{name} is no picture that this browser can read: bring a PNG, a JPEG or a WebP.")
    }
}
