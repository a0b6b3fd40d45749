//! Colours by name: painting a picture in one, and telling how much of a picture is of one.

use crate::image::Image;

/// A colour that prompts may ask for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Colour {
    /// Its name.
    pub name: &'static str,
    /// Its hue in degrees; `None` for those that have none.
    pub hue: Option<f32>,
    /// The exponent that lightness is raised to: below 1 is lighter.
    lightness: f32,
}

const fn hue(name: &'static str, hue: f32, lightness: f32) -> Colour {
    Colour { name, hue: Some(hue), lightness }
}

/// Every colour that pictures are painted in.
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

/// Below this saturation a pixel is black, white or gray, and stays so.
const SATURATED: f32 = 0.18;

/// Returns the colour of this name.
pub fn named(name: &str) -> Option<Colour> {
    COLOURS.into_iter().find(|colour| colour.name == name)
}

/// Returns whether a word is a colour's.
pub fn is_colour(word: &str) -> bool {
    named(word).is_some()
}

/// Returns whether a name has a colour's word in it.
pub fn has_colour(words: &str) -> bool {
    words.split(' ').any(is_colour)
}

/// Pixels of the line around what is painted white, which is lost on white paper without one.
const OUTLINE: usize = 2;
/// The line's colour.
const INK: [u8; 4] = [70, 70, 70, 255];

/// Returns the picture with everything colourful in it painted in one colour.
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

/// Draws a line along the inside of a picture's edge.
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

/// Of a picture's area without black lines, this part is of one colour if it is called so.
const MOSTLY: f64 = 0.5;

/// Returns the colour that a picture has for the most part, if it has one.
pub fn seen(image: &Image) -> Option<&'static str> {
    let mut counts = [0usize; COLOURS.len()];
    for &pixel in image.pixels.as_chunks::<4>().0.iter().filter(|pixel| pixel[3] > 127) {
        let name = called(pixel);
        let place = COLOURS.iter().position(|colour| colour.name == name);
        counts[place.expect("a colour's name")] += 1;
    }
    let all: usize = counts.iter().sum();
    let black = COLOURS.iter().position(|colour| colour.name == "black").expect("it is there");
    // Lines are black in many styles; a thing is black only if it is so all over.
    let is_black = counts[black] as f64 > MOSTLY * all as f64;
    let rest = if is_black { all } else { all - counts[black] };
    let best = (0..COLOURS.len()).filter(|i| is_black || *i != black).max_by_key(|i| counts[*i])?;
    (counts[best] as f64 > MOSTLY * rest as f64).then_some(COLOURS[best].name)
}

/// Returns what one calls a pixel's colour. Of 380 pictures whose labels name a colour, 332 are called
/// so by the colour [`seen`] in them.
fn called(pixel: [u8; 4]) -> &'static str {
    let [hue, saturation, lightness] = to_hsl(pixel);
    let is_warm = (8.0..50.0).contains(&hue);
    if !is_warm && lightness < 0.32 && saturation < 0.5 {
        return "black";
    }
    if saturation < SATURATED || lightness < 0.1 {
        return match lightness {
            ..0.3 => "black",
            0.8.. => "white",
            _ => "gray",
        };
    }
    match hue {
        8.0..50.0 if lightness < 0.36 => "brown",
        5.0..50.0 if saturation < 0.66 && lightness < 0.6 => "brown",
        12.0..38.0 => "orange",
        38.0..66.0 => "yellow",
        66.0..170.0 => "green",
        170.0..252.0 => "blue",
        252.0..295.0 => "purple",
        295.0..338.0 => "pink",
        _ if lightness > 0.7 => "pink",
        _ => "red",
    }
}

/// The least part of a picture's area that has a hue if its colour is told.
const LEAST: f64 = 0.1;

/// Returns how much of a picture's colourful area is called by the name of `colour`, 0..1; `None` if
/// little of it is colourful, or the colour has no hue.
pub fn share(image: &Image, colour: Colour) -> Option<f64> {
    colour.hue?;
    let (mut colourful, mut own) = (0.0, 0.0);
    for &pixel in image.pixels.as_chunks::<4>().0 {
        let name = called(pixel);
        if named(name).is_none_or(|colour| colour.hue.is_none()) {
            continue;
        }
        let alpha = f64::from(pixel[3]) / 255.0;
        colourful += alpha;
        own += if name == colour.name { alpha } else { 0.0 };
    }
    let least = LEAST * (image.width * image.height) as f64;
    (colourful > least).then(|| own / colourful)
}

/// Returns how colourful a picture is: the share of its opaque area that has a hue, 0..1.
pub fn colourfulness(image: &Image) -> f64 {
    let opaque = image.pixels.as_chunks::<4>().0.iter().filter(|pixel| pixel[3] > 127);
    let (mut all, mut colourful) = (0usize, 0usize);
    for &pixel in opaque {
        all += 1;
        colourful += usize::from(to_hsl(pixel)[1] >= SATURATED);
    }
    colourful as f64 / all.max(1) as f64
}

/// Hue in degrees; saturation (of HSV, since HSL's is high for near-white) and HSL's lightness in
/// 0..1.
fn to_hsl([r, g, b, _]: [u8; 4]) -> [f32; 3] {
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
    // The darkest pixels have a hue only by rounding.
    let saturation = if max < 0.12 { 0.0 } else { chroma / max };
    [(hue * 60.0).rem_euclid(360.0), saturation, (max + min) / 2.0]
}

/// From hue in degrees and HSL's saturation and lightness.
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
    fn what_is_painted_is_of_that_colour() {
        for colour in COLOURS {
            let square =
                Image { width: 128, height: 128, pixels: [200, 90, 40, 255].repeat(128 * 128) };
            let painted = painted(&square, colour);
            assert_eq!(seen(&painted), Some(colour.name));
            if colour.hue.is_some() {
                assert_eq!(share(&painted, colour), Some(1.0), "{}", colour.name);
            } else {
                assert!(colourfulness(&painted) < 0.01, "{}", colour.name);
            }
        }
    }

    #[test]
    fn black_and_white_stay() {
        for plain in [[255, 255, 255, 255], [10, 10, 12, 255], [90, 90, 90, 255]] {
            assert_eq!(painted(&square(plain), COLOURS[4]), square(plain));
            assert_eq!(share(&square(plain), COLOURS[4]), None);
        }
    }

    /// What is white stays visible on white paper.
    #[test]
    fn white_has_a_line_around_it() {
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
    fn the_colour_of_most_of_it_is_seen() {
        let halves = |left: [u8; 4], right: [u8; 4]| {
            let row = [left.repeat(5), right.repeat(3)].concat();
            Image { width: 8, height: 8, pixels: row.repeat(8) }
        };
        assert_eq!(seen(&halves([220, 30, 30, 255], [0; 4])), Some("red"));
        assert_eq!(seen(&halves([220, 30, 30, 255], [10, 10, 10, 255])), Some("red"));
        assert_eq!(seen(&halves([130, 80, 40, 255], [10, 10, 10, 255])), Some("brown"));
        assert_eq!(seen(&halves([20, 20, 20, 255], [240, 240, 240, 255])), Some("black"));
        let striped = [[220, 30, 30, 255], [30, 30, 220, 255]].concat().repeat(32);
        assert_eq!(seen(&Image { width: 8, height: 8, pixels: striped }), None);
    }

    #[test]
    fn hues_survive_the_way_there_and_back() {
        for rgb in [[255, 0, 0], [12, 200, 99], [40, 80, 250], [230, 220, 10]] {
            let [r, g, b] = rgb;
            let [hue, _, _] = to_hsl([r, g, b, 255]);
            let [r, g, b] = to_rgb([hue, 1.0, 0.5]);
            let [again, _, _] = to_hsl([r, g, b, 255]);
            assert!((hue - again).abs() < 1.0, "{rgb:?}");
        }
    }
}
