//! Fits pictures of any size to stickers of one size.

use resvg::tiny_skia::Pixmap;

use super::canvas::SIDE;
use super::canvas::{paste, to_image};
use crate::image::Image;

/// The greatest share of a sticker's side that pictures fill.
pub(super) const SAFE: f32 = 0.9;

/// Returns a picture scaled to fit and centred. Returns `None` if it has no pixels.
pub(super) fn resized(image: &Image) -> Option<Image> {
    if image.width == 0 || image.height == 0 {
        return None;
    }
    let whole = Bounds { left: 0, top: 0, right: image.width, bottom: image.height };
    let scale = SIDE as f32 / whole.extent() as f32;
    if image.width == SIDE && image.height == SIDE {
        return Some(image.clone());
    }
    placed(image, whole, scale, SIDE)
}

/// The bounding box of a picture's opaque pixels: `left` and `top` are inclusive, `right` and `bottom`
/// are exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    left: usize,
    top: usize,
    right: usize,
    bottom: usize,
}

impl Bounds {
    /// Returns the bounds of a picture, or `None` if no pixel is opaque.
    pub(super) fn of(image: &Image) -> Option<Self> {
        let mut bounds: Option<Self> = None;
        for (at, pixel) in image.pixels.as_chunks::<4>().0.iter().enumerate() {
            if pixel[3] < 128 {
                continue;
            }
            let (x, y) = (at % image.width, at / image.width);
            let found = bounds.get_or_insert(Self { left: x, top: y, right: x + 1, bottom: y + 1 });
            found.left = found.left.min(x);
            found.right = found.right.max(x + 1);
            found.bottom = y + 1;
        }
        bounds
    }

    /// Returns the longer side, in pixels.
    pub(super) fn extent(&self) -> usize {
        (self.right - self.left).max(self.bottom - self.top)
    }
}

/// Returns a sticker of `side` pixels with a picture scaled by `scale`, so that the centre of its bounds
/// is at the centre of the sticker.
pub(super) fn placed(image: &Image, bounds: Bounds, scale: f32, side: usize) -> Option<Image> {
    let centre =
        [(bounds.left + bounds.right) as f32 / 2.0, (bounds.top + bounds.bottom) as f32 / 2.0];
    let (mut image, mut centre, mut scale) = (std::borrow::Cow::Borrowed(image), centre, scale);
    // Bicubic sampling reads sixteen pixels, so it would skip most of a large picture. Halving comes
    // first, and an exact half is the mean of four pixels.
    while scale < 0.4 || scale == 0.5 {
        // An odd last row or column is dropped, so the centre is halved exactly.
        image = std::borrow::Cow::Owned(halved(&image));
        centre = centre.map(|at| at / 2.0);
        scale *= 2.0;
    }
    let place = centre.map(|at| side as f32 / 2.0 - at * scale);
    if scale == 1.0 && place == [0.0; 2] && [image.width, image.height] == [side; 2] {
        return Some(image.into_owned());
    }
    let mut canvas = Pixmap::new(side as u32, side as u32)?;
    paste(&mut canvas, &image, scale, place)?;
    Some(to_image(&canvas))
}

/// Returns a picture of half the size. Each pixel is the mean of four in premultiplied alpha; a single
/// row or column stays.
pub(super) fn halved(image: &Image) -> Image {
    let (width, height) = ((image.width / 2).max(1), (image.height / 2).max(1));
    let mut pixels = Vec::with_capacity(4 * width * height);
    for y in 0..height {
        for x in 0..width {
            let mut sum = [0u32; 4];
            for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                let (x, y) =
                    ((2 * x + dx).min(image.width - 1), (2 * y + dy).min(image.height - 1));
                let at = 4 * (y * image.width + x);
                let alpha = u32::from(image.pixels[at + 3]);
                for (sum, value) in sum.iter_mut().zip(&image.pixels[at..at + 3]) {
                    *sum += u32::from(*value) * alpha;
                }
                sum[3] += alpha;
            }
            let alpha = sum[3].max(1);
            pixels.extend(sum[..3].iter().map(|sum| ((sum + alpha / 2) / alpha) as u8));
            pixels.push(((sum[3] + 2) / 4) as u8);
        }
    }
    Image { width, height, pixels }
}

/// Returns a picture at a quarter of its sides, the size at which the model draws before upscaling.
pub fn quartered(image: &Image) -> Image {
    halved(&halved(image))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixel(image: &Image, x: usize, y: usize) -> [u8; 4] {
        let at = 4 * (y * image.width + x);
        image.pixels[at..at + 4].try_into().unwrap()
    }

    #[test]
    fn averages_large_pictures() {
        let pixels = (0..256 * 256).flat_map(|i| [200, 0, 0, if i % 2 == 0 { 255 } else { 0 }]);
        let image = Image { width: 256, height: 256, pixels: pixels.collect() };
        let small = resized(&image).unwrap();
        assert_eq!((small.width, small.height), (SIDE, SIDE));
        assert_eq!(pixel(&small, 5, 5), [200, 0, 0, 128]);
    }

    #[test]
    fn centres_a_picture_by_its_opaque_pixels() {
        let pixels = (0..256 * 256).flat_map(|i| match (i % 256, i / 256) {
            (0..100, 40..90) => [0, 0, 200, 255],
            (0..250, _) => [0, 0, 200, 60],
            _ => [0; 4],
        });
        let image = Image { width: 256, height: 256, pixels: pixels.collect() };
        let bounds = Bounds::of(&image).unwrap();
        assert_eq!(
            (bounds, bounds.extent()),
            (Bounds { left: 0, top: 40, right: 100, bottom: 90 }, 100)
        );
        let small = placed(&image, bounds, 0.8, SIDE).unwrap();
        let found = Bounds::of(&small).unwrap();
        assert_eq!(found, Bounds { left: 24, top: 44, right: 104, bottom: 84 });
        assert!(Bounds::of(&Image { width: 2, height: 1, pixels: vec![0; 8] }).is_none());
    }

    #[test]
    fn resizes_thin_pictures_and_refuses_empty_ones() {
        let thin = |height: usize| Image {
            width: 1000,
            height,
            pixels: [0, 90, 0, 255].repeat(1000 * height),
        };
        let small = resized(&thin(40)).unwrap();
        assert_eq!((small.width, small.height), (SIDE, SIDE));
        assert_eq!(pixel(&small, 64, 64), [0, 90, 0, 255]);
        assert!(resized(&thin(1)).is_some());
        assert!(resized(&thin(0)).is_none());
    }
}
