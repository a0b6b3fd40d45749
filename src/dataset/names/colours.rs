//! Named colours: recolouring a picture, and measuring how colourful a picture is.

use crate::image::Image;

/// A colour that prompts may name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Colour {
    /// The name.
    pub name: &'static str,
    /// The hue in degrees; `None` for black, white and gray.
    pub hue: Option<f32>,
    /// The exponent applied to lightness; values below 1 make the colour lighter.
    lightness: f32,
}

const fn hue(name: &'static str, hue: f32, lightness: f32) -> Colour {
    Colour { name, hue: Some(hue), lightness }
}

/// All colours for recolouring.
pub const COLOURS: [Colour; 11] = [
    hue("red", 2.0, 1.1),
    hue("orange", 28.0, 0.8),
    hue("yellow", 50.0, 0.65),
    hue("green", 125.0, 1.2),
    hue("blue", 215.0, 1.0),
    hue("purple", 275.0, 1.0),
    hue("pink", 335.0, 0.6),
    hue("brown", 24.0, 2.0),
    Colour { name: "gray", hue: None, lightness: 1.0 },
    Colour { name: "black", hue: None, lightness: 3.0 },
    Colour { name: "white", hue: None, lightness: 0.2 },
];

/// The saturation below which a pixel is black, white or gray, and is not recoloured.
pub(super) const SATURATED: f32 = 0.18;

/// Returns the colour with this name.
pub fn named(name: &str) -> Option<Colour> {
    COLOURS.into_iter().find(|colour| colour.name == name)
}

/// Returns whether a word names a colour.
pub fn is_colour(word: &str) -> bool {
    word == "grey" || named(word).is_some()
}

/// Returns whether a name contains the name of a colour.
pub fn has_colour(words: &str) -> bool {
    words.split(' ').any(is_colour)
}

/// The width of the outline of pictures recoloured white, in pixels. Without it they are invisible on
/// white paper.
const OUTLINE: usize = 2;
/// The colour of the outline.
const INK: [u8; 4] = [70, 70, 70, 255];

/// Returns the picture with all pixels that have a hue recoloured in one colour.
pub fn painted(image: &Image, colour: Colour) -> Image {
    let mut image = image.clone();
    if colour.name == "white" {
        outline(&mut image);
    }
    for pixel in image.pixels.as_chunks_mut::<4>().0 {
        let [_, saturation, lightness] = to_hsl(*pixel);
        if saturation < SATURATED || pixel[3] == 0 {
            continue;
        }
        let lightness = lightness.powf(colour.lightness);
        let [r, g, b] = match colour.hue {
            Some(hue) => to_rgb([hue, saturation.max(0.55), lightness]),
            None => to_rgb([0.0, 0.0, lightness]),
        };
        *pixel = [r, g, b, pixel[3]];
    }
    image
}

/// Draws an outline along the inside of a picture's edge.
fn outline(image: &mut Image) {
    let (width, height) = (image.width, image.height);
    let clear: Vec<bool> = image.pixels.as_chunks::<4>().0.iter().map(|p| p[3] < 128).collect();
    let is_clear = |x: isize, y: isize| {
        let inside = (0..width as isize).contains(&x) && (0..height as isize).contains(&y);
        !inside || clear[y as usize * width + x as usize]
    };
    let reach = OUTLINE as isize;
    for (at, pixel) in image.pixels.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        let (x, y) = ((at % width) as isize, (at / width) as isize);
        let near = |dy: isize| (-reach..=reach).any(|dx| is_clear(x + dx, y + dy));
        if !clear[at] && (-reach..=reach).any(near) {
            *pixel = INK;
        }
    }
}

/// Returns the share of a picture's opaque area that has a hue, 0..1.
pub fn colourfulness(image: &Image) -> f64 {
    let opaque = image.pixels.as_chunks::<4>().0.iter().filter(|pixel| pixel[3] > 127);
    let (mut all, mut colourful) = (0usize, 0usize);
    for &pixel in opaque {
        all += 1;
        colourful += usize::from(to_hsl(pixel)[1] >= SATURATED);
    }
    colourful as f64 / all.max(1) as f64
}

/// Returns the hue in degrees, and the saturation and lightness in 0..1. The saturation is that of HSV,
/// because HSL's is high for near-white colours; the lightness is that of HSL.
pub(super) fn to_hsl([r, g, b, _]: [u8; 4]) -> [f32; 3] {
    let [r, g, b] = [r, g, b].map(|value| f32::from(value) / 255.0);
    let (max, min) = (r.max(g).max(b), r.min(g).min(b));
    let chroma = max - min;
    if chroma == 0.0 {
        return [0.0, 0.0, max];
    }
    let hue = if max == r {
        (g - b) / chroma
    } else if max == g {
        (b - r) / chroma + 2.0
    } else {
        (r - g) / chroma + 4.0
    };
    // The darkest pixels have a hue only because of rounding.
    let saturation = if max < 0.12 { 0.0 } else { chroma / max };
    [(hue * 60.0).rem_euclid(360.0), saturation, (max + min) / 2.0]
}

/// Converts a hue in degrees and HSL's saturation and lightness to RGB.
fn to_rgb([hue, saturation, lightness]: [f32; 3]) -> [u8; 3] {
    let reach = saturation * lightness.min(1.0 - lightness);
    [0.0, 8.0, 4.0].map(|n| {
        let k = (n + hue / 30.0) % 12.0;
        let value = lightness - reach * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0);
        (value * 255.0).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(pixel: [u8; 4]) -> Image {
        Image { width: 8, height: 8, pixels: pixel.repeat(64) }
    }

    #[test]
    fn recolouring_keeps_black_and_white() {
        for plain in [[255, 255, 255, 255], [10, 10, 12, 255], [90, 90, 90, 255]] {
            assert_eq!(painted(&square(plain), COLOURS[4]), square(plain));
        }
    }

    /// Checks that a white picture stays visible on white paper.
    #[test]
    fn outlines_a_white_picture() {
        let pixels = (0..64 * 64).flat_map(|i| match (i % 64, i / 64) {
            (20..40, 20..40) => [200, 30, 30, 255],
            _ => [0; 4],
        });
        let image = Image { width: 64, height: 64, pixels: pixels.collect() };
        let white = painted(&image, named("white").unwrap());
        let at = |x: usize, y: usize| white.pixels.as_chunks::<4>().0[y * 64 + x];
        assert_eq!((at(20, 30), at(21, 30)), (INK, INK));
        assert!(at(30, 30)[0] > 200 && at(19, 30)[3] == 0);
    }

    #[test]
    fn conversion_to_hues_can_be_inverted() {
        for rgb in [[255, 0, 0], [12, 200, 99], [40, 80, 250], [230, 220, 10]] {
            let [r, g, b] = rgb;
            let [hue, _, _] = to_hsl([r, g, b, 255]);
            let [r, g, b] = to_rgb([hue, 1.0, 0.5]);
            let [again, _, _] = to_hsl([r, g, b, 255]);
            assert!((hue - again).abs() < 1.0, "{rgb:?}");
        }
    }
}
