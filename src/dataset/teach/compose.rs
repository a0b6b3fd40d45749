//! Compositions of pictures, so that the model learns compositional prompts: several copies of a thing,
//! a small one, one at a side, two things beside each other. Each composition comes with its caption.

use resvg::tiny_skia::Pixmap;

use crate::dataset::gather::SIDE;
use crate::dataset::gather::canvas::{blank, paste, to_image};
use crate::dataset::names::grammar::plural;
use crate::image::Image;

/// The position of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// At the left edge.
    Left,
    /// At the right edge.
    Right,
    /// At the upper edge.
    Top,
    /// At the lower edge.
    Bottom,
}

/// All positions.
pub(super) const SIDES: [Side; 4] = [Side::Left, Side::Right, Side::Top, Side::Bottom];

impl Side {
    fn corner(self) -> [f32; 2] {
        match self {
            Self::Left => [0.0, 0.25],
            Self::Right => [0.5, 0.25],
            Self::Top => [0.25, 0.0],
            Self::Bottom => [0.25, 0.5],
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Left => "on the left",
            Self::Right => "on the right",
            Self::Top => "at the top",
            Self::Bottom => "at the bottom",
        }
    }
}

/// The counts that compositions show.
pub(super) const COUNTS: [usize; 3] = [2, 3, 4];
const NUMBERS: [&str; 3] = ["two", "three", "four"];

/// Returns all words that captions of compositions contain besides names.
pub fn phrases() -> impl Iterator<Item = String> {
    let places = SIDES.map(Side::words);
    ["a", "and", "small"].into_iter().chain(NUMBERS).chain(places).map(str::to_owned)
}

/// Returns `count` copies (2 to 4), with a caption such as “two cats”.
pub(super) fn several(image: &Image, label: &str, count: usize) -> (Image, String) {
    let (corners, scale): (&[[f32; 2]], f32) = match count {
        2 => (&[[0.0, 0.25], [0.5, 0.25]], 0.5),
        3 => (&[[0.25, 0.0], [0.0, 0.5], [0.5, 0.5]], 0.5),
        _ => (&[[0.0, 0.0], [0.5, 0.0], [0.0, 0.5], [0.5, 0.5]], 0.5),
    };
    let word = NUMBERS[count.clamp(2, 4) - 2];
    let pictures: Vec<_> = corners.iter().map(|corner| (image, *corner)).collect();
    (lay(&pictures, scale), format!("{word} {}", plural(label)))
}

/// Returns the picture at half its size, with a caption such as “small cat”.
pub(super) fn small(image: &Image, label: &str) -> (Image, String) {
    (lay(&[(image, [0.25, 0.25])], 0.5), format!("small {label}"))
}

/// Returns the picture at half its size at one side, with a caption such as “cat on the left”.
pub(super) fn placed(image: &Image, label: &str, place: Side) -> (Image, String) {
    (lay(&[(image, place.corner())], 0.5), format!("{label} {}", place.words()))
}

/// Returns two things side by side, with a caption such as “cat and dog”.
pub(super) fn pair(left: (&Image, &str), right: (&Image, &str)) -> (Image, String) {
    let image = lay(&[(left.0, [0.0, 0.25]), (right.0, [0.5, 0.25])], 0.5);
    (image, format!("{} and {}", left.1, right.1))
}

/// Composes pictures at a scale. Their upper left corners are given as fractions of the side.
fn lay(pictures: &[(&Image, [f32; 2])], scale: f32) -> Image {
    let mut canvas: Pixmap = blank().expect("the side is not 0");
    for (image, corner) in pictures {
        let place = corner.map(|part| part * SIDE as f32);
        paste(&mut canvas, image, scale, place).expect("stickers have pixels");
    }
    to_image(&canvas)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> Image {
        Image { width: SIDE, height: SIDE, pixels: [0, 0, 255, 255].repeat(SIDE * SIDE) }
    }

    fn covered(image: &Image) -> usize {
        image.pixels.chunks(4).filter(|pixel| pixel[3] > 127).count()
    }

    #[test]
    fn each_copy_covers_a_quarter() {
        let quarter = SIDE * SIDE / 4;
        for count in COUNTS {
            let (image, words) = several(&full(), "cat", count);
            assert!(covered(&image).abs_diff(count * quarter) < quarter / 10, "{words}");
        }
        assert_eq!(several(&full(), "cat", 3).1, "three cats");
        let (image, words) = placed(&full(), "cat", Side::Left);
        assert_eq!(words, "cat on the left");
        assert_eq!(image.pixels[4 * (64 * SIDE + 20) + 3], 255);
        assert_eq!(image.pixels[4 * (64 * SIDE + 100) + 3], 0);
    }
}
