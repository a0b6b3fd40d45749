//! Resizing of pictures.

use fast_image_resize::images::{Image as Pixels, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

use super::Image;
use super::white::on_white;
use crate::{Error, Result};

/// Resizes a picture with the cubic filter of Catmull and Rom. It is as sharp as such filters are, and
/// unlike Lanczos it makes no rings around an edge.
///
/// # Errors
/// Returns a sentence if a side does not fit in 32 bits.
pub fn resized(picture: &Image, width: usize, height: usize) -> Result<Image> {
    if [picture.width, picture.height] == [width, height] {
        return Ok(picture.clone());
    }
    // The library's own division by alpha is wrong in wasm compiled by Rust 1.95 and 1.96
    // (rust-lang/rust#157456), and has no headroom.
    let premultiplied: Vec<u8> =
        picture.pixels.as_chunks::<4>().0.iter().flat_map(|pixel| premultiplied(*pixel)).collect();
    let from = [picture.width, picture.height];
    let mut pixels = filtered(&premultiplied, from, [width, height], FilterType::CatmullRom)?;
    pixels.as_chunks_mut::<4>().0.iter_mut().for_each(|pixel| *pixel = straight(*pixel));
    Ok(Image { width, height, pixels })
}

/// Puts a picture on white, and resizes it with the filter of Lanczos, as Pillow does: networks that read
/// pictures have learnt from such ones.
///
/// # Errors
/// Returns a sentence if a side does not fit in 32 bits.
pub fn on_white_resized(picture: &Image, width: usize, height: usize) -> Result<Image> {
    let opaque: Vec<u8> = on_white(picture).flat_map(|[r, g, b]| [r, g, b, 255]).collect();
    let from = [picture.width, picture.height];
    let pixels = filtered(&opaque, from, [width, height], FilterType::Lanczos3)?;
    Ok(Image { width, height, pixels })
}

/// Resizes pixels of four bytes, each byte alone.
fn filtered(
    pixels: &[u8],
    from: [usize; 2],
    [width, height]: [usize; 2],
    filter: FilterType,
) -> Result<Vec<u8>> {
    let refuse = |problem: &dyn std::fmt::Display| {
        Error::Picture(format!("The picture cannot be made {width}×{height} pixels ({problem})"))
    };
    let side = |side: usize| u32::try_from(side).map_err(|problem| refuse(&problem));
    let source = ImageRef::new(side(from[0])?, side(from[1])?, pixels, PixelType::U8x4);
    let source = source.map_err(|problem| refuse(&problem))?;
    let mut target = Pixels::new(side(width)?, side(height)?, PixelType::U8x4);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(filter)).use_alpha(false);
    Resizer::new().resize(&source, &mut target, &options).map_err(|problem| refuse(&problem))?;
    Ok(target.into_vec())
}

/// The eighths of opacity that opaque pixels keep during resizing. A sharp filter overshoots both sides
/// of an edge by a fifteenth; if alpha alone were clipped at 255, the edge would become lighter.
const KEPT: u32 = 7;

/// Premultiplies colours by alpha, with headroom. Transparent pixels have no colour of their own; it is
/// often black.
fn premultiplied([r, g, b, a]: [u8; 4]) -> [u8; 4] {
    let alpha = u32::from(a) * KEPT;
    let by = |value: u8| ((u32::from(value) * alpha + 255 * 4) / (255 * 8)) as u8;
    [by(r), by(g), by(b), ((alpha + 4) / 8) as u8]
}

fn straight([r, g, b, a]: [u8; 4]) -> [u8; 4] {
    let alpha = u32::from(a);
    let by = |value: u8| ((u32::from(value) * 255 + alpha / 2) / alpha).min(255) as u8;
    let whole = ((alpha * 8 + KEPT / 2) / KEPT).min(255) as u8;
    if a == 0 { [0; 4] } else { [by(r), by(g), by(b), whole] }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a yellow disc with a soft edge, on invisible black.
    fn disc() -> Image {
        let pixel = |i: usize| {
            let far = ((i % 128) as f32 - 63.5).hypot((i / 128) as f32 - 63.5);
            let alpha = (255.0 * (50.5 - far).clamp(0.0, 1.0)).round() as u8;
            if alpha == 0 { [0; 4] } else { [240, 200, 40, alpha] }
        };
        Image { width: 128, height: 128, pixels: (0..128 * 128).flat_map(pixel).collect() }
    }

    #[test]
    fn enlarges_without_a_dark_fringe() {
        let large = resized(&disc(), 512, 512).unwrap();
        assert_eq!((large.width, large.height), (512, 512));
        let pixels = large.pixels.as_chunks::<4>().0;
        assert_eq!(pixels[256 * 512 + 256][3], 255);
        // The lower the opacity, the fewer levels of colour are left.
        for [r, g, b, alpha] in pixels.iter().filter(|pixel| pixel[3] > 0) {
            let off = [(r, 240), (g, 200), (b, 40)].map(|(is, was)| u32::from(is.abs_diff(was)));
            let most = 1 + 3 * 255 / u32::from(*alpha);
            assert!(off.iter().all(|off| *off <= most), "{off:?} at {alpha}");
        }
        let edge: Vec<u8> = (0..256).map(|x| pixels[256 * 512 + x][3]).collect();
        assert!(edge.is_sorted() && edge.iter().filter(|a| (1..255).contains(*a)).count() >= 4);
    }

    #[test]
    fn reduces_without_changing_opacity_or_colours() {
        let opaque = Image { width: 30, height: 20, pixels: [9, 250, 100, 255].repeat(600) };
        let small = resized(&opaque, 7, 5).unwrap();
        assert_eq!((small.width, small.height), (7, 5));
        for pixel in small.pixels.as_chunks::<4>().0 {
            let off =
                [9, 250, 100, 255].iter().zip(pixel).map(|(is, was): (&u8, _)| is.abs_diff(*was));
            assert!(off.max() <= Some(1), "{pixel:?}");
        }
        assert_eq!(resized(&opaque, 30, 20).unwrap(), opaque);
    }

    #[test]
    fn a_clear_picture_is_plain_white_on_white() {
        let clear = Image { width: 30, height: 20, pixels: [9, 250, 100, 0].repeat(600) };
        let small = on_white_resized(&clear, 7, 5).unwrap();
        assert_eq!(small, Image { width: 7, height: 5, pixels: vec![255; 4 * 7 * 5] });
    }
}
