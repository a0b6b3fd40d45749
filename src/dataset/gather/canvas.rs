//! Draws pictures onto a canvas.

use resvg::tiny_skia::{ColorU8, FilterQuality, Pixmap, PixmapPaint, Transform};

use crate::image::Image;

/// The side of every picture, in pixels.
pub const SIDE: usize = 128;

/// Returns an empty sticker.
pub(in crate::dataset) fn blank() -> Option<Pixmap> {
    Pixmap::new(SIDE as u32, SIDE as u32)
}

/// Draws `image`, scaled by `scale`, with its upper left corner at `place`.
pub(in crate::dataset) fn paste(
    canvas: &mut Pixmap,
    image: &Image,
    scale: f32,
    place: [f32; 2],
) -> Option<()> {
    let mut source = Pixmap::new(image.width as u32, image.height as u32)?;
    for (to, from) in source.pixels_mut().iter_mut().zip(image.pixels.as_chunks::<4>().0) {
        let [r, g, b, a] = *from;
        *to = ColorU8::from_rgba(r, g, b, a).premultiply();
    }
    let paint = PixmapPaint { quality: FilterQuality::Bicubic, ..PixmapPaint::default() };
    let transform = Transform::from_scale(scale, scale).post_translate(place[0], place[1]);
    canvas.draw_pixmap(0, 0, source.as_ref(), &paint, transform, None);
    Some(())
}

/// Returns what is on a canvas.
pub(in crate::dataset) fn to_image(pixmap: &Pixmap) -> Image {
    let pixels = pixmap.pixels().iter().flat_map(|pixel| {
        let colour = pixel.demultiply();
        [colour.red(), colour.green(), colour.blue(), colour.alpha()]
    });
    let (width, height) = (pixmap.width() as usize, pixmap.height() as usize);
    Image { width, height, pixels: pixels.collect() }
}
