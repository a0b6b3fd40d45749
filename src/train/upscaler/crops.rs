//! Crops of pictures, with random orientation and order of colours.

use rand::RngExt;
use rand::rngs::StdRng;

use crate::image::Image;

/// Returns a square crop of a picture.
pub(super) fn cut(image: &Image, [left, top]: [usize; 2], side: usize) -> Image {
    let rows = (top..top + side).flat_map(|y| {
        let start = 4 * (y * image.width + left);
        image.pixels[start..start + 4 * side].iter().copied()
    });
    Image { width: side, height: side, pixels: rows.collect() }
}

/// A transposition, flips and a permutation of the colours, which are the same for a small picture and
/// its true one.
pub(super) struct Turn {
    is_transposed: bool,
    flips: [bool; 2],
    colours: [usize; 3],
}

impl Turn {
    pub(super) fn random(rng: &mut StdRng) -> Self {
        const ORDERS: [[usize; 3]; 6] =
            [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        Self {
            is_transposed: rng.random(),
            flips: rng.random(),
            colours: ORDERS[rng.random_range(0..ORDERS.len())],
        }
    }

    /// Applies it to a square picture.
    pub(super) fn of(&self, image: &Image) -> Image {
        let (side, pixels) = (image.width, image.pixels.as_chunks::<4>().0);
        let turned = (0..side * side).flat_map(|i| {
            let [x, y] = [i % side, i / side];
            let flipped = |at: usize, flips: bool| if flips { side - 1 - at } else { at };
            let [x, y] = [flipped(x, self.flips[0]), flipped(y, self.flips[1])];
            let from = if self.is_transposed { x * side + y } else { y * side + x };
            let pixel = pixels[from];
            let [r, g, b] = self.colours.map(|colour| pixel[colour]);
            [r, g, b, pixel[3]]
        });
        Image { width: side, height: side, pixels: turned.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_transposes_flips_and_swaps_colours() {
        let pixel = |i: usize| [i as u8, 10 + i as u8, 100 + i as u8, 255];
        let image = Image { width: 3, height: 3, pixels: (0..9).flat_map(pixel).collect() };
        let turn = Turn { is_transposed: true, flips: [true, false], colours: [2, 0, 1] };
        let turned = turn.of(&image);
        // The upper right pixel comes from column 0 and row 0.
        assert_eq!(turned.pixels[4 * 2..4 * 3], [100, 0, 10, 255]);
        assert_eq!(turned.pixels[..4], [106, 6, 16, 255]);
        assert_eq!(cut(&image, [1, 1], 2).pixels[..4], pixel(4));
    }
}
