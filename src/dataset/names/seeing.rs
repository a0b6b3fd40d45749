//! Measures the colours of pictures: the dominant colour, and the share of a given colour.

use super::colours::{COLOURS, Colour, SATURATED, named, to_hsl};
use crate::image::Image;

/// The share of a picture's area, without black lines, above which a colour is dominant.
const MOSTLY: f64 = 0.5;

/// Returns the dominant colour of a picture, if it has one.
pub fn seen(image: &Image) -> Option<&'static str> {
    let mut counts = [0usize; COLOURS.len()];
    for &pixel in image.pixels.as_chunks::<4>().0.iter().filter(|pixel| pixel[3] > 127) {
        let name = called(pixel);
        let place = COLOURS.iter().position(|colour| colour.name == name);
        counts[place.expect("a colour's name")] += 1;
    }
    let all: usize = counts.iter().sum();
    let black = COLOURS.iter().position(|colour| colour.name == "black").expect("it is there");
    // Lines are black in many styles, so a picture is black only if most of its area is.
    let is_black = counts[black] as f64 > MOSTLY * all as f64;
    let rest = if is_black { all } else { all - counts[black] };
    let best = (0..COLOURS.len()).filter(|i| is_black || *i != black).max_by_key(|i| counts[*i])?;
    (counts[best] as f64 > MOSTLY * rest as f64).then_some(COLOURS[best].name)
}

/// Returns the name of a pixel's colour. Of 380 pictures whose labels name a colour, 332 have that
/// colour as the one [`seen`] in them.
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

/// The least share of a picture's area that must have a hue for [`share`] to be defined.
const LEAST: f64 = 0.1;

/// Returns the share of `colour` in the area of a picture that has a hue, 0..1. Returns `None` if little
/// of the picture has a hue, or if the colour has none.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::names::colours::{colourfulness, painted};

    #[test]
    fn sees_the_colour_of_most_pixels() {
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
    fn sees_the_colour_that_a_picture_was_painted_in() {
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
}
