//! Tracing of pictures to SVG: shapes with smooth edges, at any size.

use std::fmt::Write;

use super::Image;
use super::contour::{Point, contours};
use super::fit_curve::{self, Curve};
use super::regions::Regions;
use super::resize::resized;
use crate::{Error, Result};

/// The longer side, at most, of a picture that is enlarged before it is traced. Enlarged edges are smooth,
/// and pixels are not seen in them. A larger picture is traced as it is.
const LONGER: usize = 1024;
/// The most that a picture is enlarged. A sticker of 128 pixels in 16 colours has a PSNR of 32.2 dB if it
/// is traced as it is, and of 33.9, 34.8, 34.1 and 31.8 dB if it is enlarged 2, 3, 4 and 8 times.
const LARGEST: usize = 3;
/// The numbers of colours that can be asked for.
const COLOURS: std::ops::RangeInclusive<u8> = 2..=64;
/// The parts of a pixel in which the curves are written.
const PARTS: f64 = 100.0;
/// How far a curve may be from the edge that it follows, in pixels.
const NEAR: f64 = 0.15;
/// Over how many pixels edges are made smooth.
const SOFTNESS: usize = 2;

/// Traces a picture with at most `colours` colours (2 to 64; others count as the nearest of these).
/// Returns an SVG whose view box is in the picture's pixels. It has no ground: pixels whose alpha is
/// below one half are left out, and the others are opaque. Each shape reaches a pixel under those that
/// lie on it, so that no gaps show between them.
///
/// # Errors
/// Returns a sentence if nothing in the picture is visible.
pub fn to_svg(picture: &Image, colours: u8) -> Result<String> {
    let (width, height) = (picture.width, picture.height);
    let empty = || Error::Picture("The picture is empty: there is nothing to trace".into());
    if picture.pixels.iter().skip(3).step_by(4).all(|alpha| *alpha < 128) {
        return Err(empty());
    }
    let scale = (LONGER / width.max(height)).clamp(1, LARGEST);
    let large = resized(picture, scale * width, scale * height)?;
    let colours = colours.clamp(*COLOURS.start(), *COLOURS.end());
    let regions = Regions::of(picture, &large, colours, scale);
    let paths = paths(&regions, large.width, scale);
    if paths.is_empty() {
        return Err(empty());
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\">{paths}</svg>\n"
    ))
}

/// Returns the paths of all colours, the one with the largest area first.
fn paths(regions: &Regions, width: usize, scale: usize) -> String {
    let mut areas = vec![0; regions.colours.len()];
    regions.labels.iter().flatten().for_each(|label| areas[usize::from(*label)] += 1);
    let mut order: Vec<u8> = (0..=u8::MAX).take(areas.len()).collect();
    order.sort_by_key(|label| std::cmp::Reverse(areas[usize::from(*label)]));
    let mut rank = vec![0; areas.len()];
    order.iter().enumerate().for_each(|(place, label)| rank[usize::from(*label)] = place);
    let mut paths = String::new();
    for label in order.iter().copied() {
        let here = rank[usize::from(label)];
        let is_above = |other: u8| rank[usize::from(other)] > here;
        let curves = outlines(&regions.layer(label, is_above, scale), width, scale);
        if !curves.is_empty() {
            let [r, g, b] = regions.colours[usize::from(label)];
            let written = write!(paths, "<path fill=\"#{r:02x}{g:02x}{b:02x}\" d=\"{curves}\"/>");
            written.expect("a string can be written to");
        }
    }
    paths
}

/// Returns the curves around the shapes of a layer, as SVG writes them.
fn outlines(layer: &[bool], width: usize, scale: usize) -> String {
    let mut text = String::new();
    for contour in contours(layer, width, SOFTNESS * scale) {
        let curves = fit_curve::curves(&contour, NEAR * scale as f64);
        push_curves(&mut text, &curves, PARTS / scale as f64);
    }
    text
}

/// Writes a closed line of curves, each relative to where it begins.
fn push_curves(text: &mut String, curves: &[Curve], scale: f64) {
    let Some(first) = curves.first() else { return };
    // Whole parts of a pixel, so that rounding does not add up along the line.
    let part = |point: Point| point.map(|value| (value * scale).round() as i64);
    let start = part(first[0]);
    text.push('M');
    push_number(text, start[0], true);
    push_number(text, start[1], false);
    text.push('c');
    for (i, curve) in curves.iter().enumerate() {
        let start = part(curve[0]);
        for (j, point) in curve[1..].iter().enumerate() {
            let to = part(*point);
            push_number(text, to[0] - start[0], i + j == 0);
            push_number(text, to[1] - start[1], false);
        }
    }
    text.push('z');
}

/// Writes a number of hundredths as short as SVG allows.
fn push_number(text: &mut String, hundredths: i64, is_first: bool) {
    let sign = if hundredths < 0 { "-" } else { "" };
    let (whole, part) = (hundredths.abs() / 100, hundredths.abs() % 100);
    if !is_first && sign.is_empty() {
        text.push(' ');
    }
    let whole = if whole == 0 && part > 0 { String::new() } else { whole.to_string() };
    let part = if part == 0 { String::new() } else { format!(".{part:02}") };
    text.push_str(sign);
    text.push_str(&whole);
    text.push_str(part.strip_suffix('0').unwrap_or(&part));
}

#[cfg(test)]
mod tests {
    use resvg::{tiny_skia, usvg};

    use super::*;

    const SIDE: usize = 128;

    /// Lays a colour with a coverage over another.
    fn over(below: [f32; 4], colour: [f32; 3], coverage: f32) -> [f32; 4] {
        let coverage = coverage.clamp(0.0, 1.0);
        let alpha = coverage + below[3] * (1.0 - coverage);
        let mix = |c: usize| {
            let sum = colour[c] * coverage + below[c] * below[3] * (1.0 - coverage);
            sum / alpha.max(1e-6)
        };
        [mix(0), mix(1), mix(2), alpha]
    }

    /// Returns a sticker with soft edges: a disc with a little shade, a dark ring, and a star.
    fn sticker() -> Image {
        let pixel = |i: usize| {
            let (x, y) = ((i % SIDE) as f32 - 63.5, (i / SIDE) as f32 - 63.5);
            let far = x.hypot(y);
            let shade = 20.0 * (x + y) / 64.0;
            let mut colour = over([0.0; 4], [240.0 - shade, 190.0 - shade, 40.0], 52.5 - far);
            colour = over(colour, [60.0, 30.0, 20.0], (far - 46.5).min(52.5 - far));
            let turn = y.atan2(x) * 2.5;
            let reach = 32.0 - 18.0 * (turn.sin().abs());
            colour = over(colour, [200.0, 30.0, 50.0], reach - far);
            colour = over(colour, [255.0; 3], 6.5 - (x - 5.0).hypot(y - 4.0));
            let [r, g, b, a] = colour;
            [r, g, b, 255.0 * a].map(|value| value.round().clamp(0.0, 255.0) as u8)
        };
        Image { width: SIDE, height: SIDE, pixels: (0..SIDE * SIDE).flat_map(pixel).collect() }
    }

    /// Returns an SVG as pixels.
    fn rendered(svg: &str, width: usize, height: usize) -> Image {
        let tree = usvg::Tree::from_str(svg, &usvg::Options::default()).unwrap();
        let mut pixmap = tiny_skia::Pixmap::new(width as u32, height as u32).unwrap();
        let scale = width as f32 / tree.size().width();
        let size = tiny_skia::Transform::from_scale(scale, scale);
        resvg::render(&tree, size, &mut pixmap.as_mut());
        let pixels = pixmap.pixels().iter().map(|pixel| pixel.demultiply());
        let pixels = pixels.flat_map(|p| [p.red(), p.green(), p.blue(), p.alpha()]).collect();
        Image { width, height, pixels }
    }

    /// Returns the PSNR of two pictures on white, in dB.
    fn psnr(one: &Image, other: &Image) -> f64 {
        let on_white = |image: &Image| -> Vec<f64> {
            let pixels = image.pixels.as_chunks::<4>().0.iter();
            let mix = |value: u8, alpha: u8| {
                255.0 - (255.0 - f64::from(value)) * f64::from(alpha) / 255.0
            };
            pixels.flat_map(|[r, g, b, a]| [*r, *g, *b].map(|value| mix(value, *a))).collect()
        };
        let (one, other) = (on_white(one), on_white(other));
        let error: f64 = one.iter().zip(&other).map(|(a, b)| (a - b) * (a - b)).sum();
        10.0 * (255.0 * 255.0 / (error / one.len() as f64)).log10()
    }

    #[test]
    fn a_traced_sticker_looks_like_the_sticker() {
        let sticker = sticker();
        let mut bytes = Vec::new();
        for (colours, least) in [(4, 29.0), (16, 32.0), (32, 32.0)] {
            let svg = to_svg(&sticker, colours).unwrap();
            let found = psnr(&rendered(&svg, SIDE, SIDE), &sticker);
            assert!(found > least, "{found} dB with {colours}");
            assert!(!svg.contains("NaN") && svg.contains("viewBox=\"0 0 128 128\""));
            bytes.push(svg.len());
        }
        assert!(bytes.is_sorted_by(|a, b| a < b), "{bytes:?}");
    }

    #[test]
    fn clear_ground_stays_clear_and_no_gaps_show_between_shapes() {
        let large = rendered(&to_svg(&sticker(), 16).unwrap(), 4 * SIDE, 4 * SIDE);
        for (i, pixel) in large.pixels.as_chunks::<4>().0.iter().enumerate() {
            let place = |place: usize| (place as f32 + 0.5) / 4.0 - 64.0;
            let far = place(i % (4 * SIDE)).hypot(place(i / (4 * SIDE)));
            assert!(far < 54.0 || pixel[3] == 0, "{pixel:?} at {far}");
            assert!(far > 51.0 || pixel[3] >= 254, "{pixel:?} at {far}");
        }
    }

    #[test]
    fn refuses_empty_pictures() {
        for pixels in [vec![0; 16], [9, 9, 9, 90].repeat(4)] {
            let empty = Image { width: 2, height: 2, pixels };
            assert!(to_svg(&empty, 8).unwrap_err().to_string().contains("empty"));
        }
        assert!(to_svg(&Image { width: 0, height: 0, pixels: Vec::new() }, 8).is_err());
    }

    #[test]
    fn numbers_are_as_short_as_they_can_be() {
        let mut text = String::new();
        for (i, number) in [0, 5, -50, 100, 1234, -1230].into_iter().enumerate() {
            push_number(&mut text, number, i == 0);
        }
        assert_eq!(text, "0 .05-.5 1 12.34-12.3");
    }
}
