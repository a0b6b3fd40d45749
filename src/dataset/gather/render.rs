//! Renders vector and raster pictures as they are in their packages.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg;

use super::canvas::{SIDE, to_image};
use crate::image::Image;
use crate::image::file::read;

/// The side at which pictures are rendered before they are downsampled, in pixels.
pub(super) const LARGE: usize = 2 * SIDE;

/// The source of a picture before rendering.
#[derive(Debug)]
pub(super) enum IconSource {
    /// A vector drawing.
    Svg(String),
    /// The bytes of a WebP file.
    WebP(Vec<u8>),
}

impl IconSource {
    /// Renders the picture with at least `side` pixels on its longer side; `None` if that is impossible.
    pub(super) fn draw(&self, side: usize) -> Option<Image> {
        match self {
            Self::Svg(source) => svg(source, side),
            Self::WebP(bytes) => {
                read(bytes).ok().filter(|image| image.width.max(image.height) >= side)
            }
        }
    }
}

/// Renders an SVG as large as fits, centred in a square of `side` pixels. Returns `None` if that fails,
/// because picture sets hold a few files that no renderer accepts.
pub(super) fn svg(source: &str, side: usize) -> Option<Image> {
    // A renderer's panic on one icon must not end the whole run.
    std::panic::catch_unwind(|| {
        let tree = usvg::Tree::from_str(source, &usvg::Options::default()).ok()?;
        let size = tree.size();
        let scale = side as f32 / size.width().max(size.height());
        let centre = |part: f32| (side as f32 - part * scale) / 2.0;
        let transform = Transform::from_scale(scale, scale)
            .post_translate(centre(size.width()), centre(size.height()));
        let mut pixmap = Pixmap::new(side as u32, side as u32)?;
        resvg::render(&tree, transform, &mut pixmap.as_mut());
        Some(to_image(&pixmap))
    })
    .ok()
    .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixel(image: &Image, x: usize, y: usize) -> [u8; 4] {
        let at = 4 * (y * image.width + x);
        image.pixels[at..at + 4].try_into().unwrap()
    }

    #[test]
    fn an_svg_fits_the_square_and_keeps_its_aspect_ratio() {
        let wide = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10">
            <rect width="20" height="10" fill="red"/></svg>"#;
        let image = svg(wide, SIDE).unwrap();
        assert_eq!((image.width, image.height), (SIDE, SIDE));
        assert_eq!(pixel(&image, 64, 64), [255, 0, 0, 255]);
        assert_eq!(pixel(&image, 64, 10), [0; 4]);
        assert!(svg("no svg", SIDE).is_none());
    }
}
