//! Pictures at 32×32, for comparing whole drawings by shape and colour without a network.

use crate::image::Image;

/// The side, in pixels.
const SIDE: usize = 32;

/// The root mean square difference, for values in 0..1, below which pictures are near duplicates.
pub const NEAR: f32 = 0.06;

/// A picture to compare: premultiplied RGBA in 0..1, the means of equal cells, in row-major order.
pub type Small = Vec<f32>;

/// Returns the picture at 32×32. Its sides must be multiples of 32.
pub fn small(image: &Image) -> Small {
    let (across, down) = (image.width / SIDE, image.height / SIDE);
    let mut small = vec![0f32; SIDE * SIDE * 4];
    for (at, pixel) in image.pixels.as_chunks::<4>().0.iter().enumerate() {
        let (row, column) = (at / image.width / down, at % image.width / across);
        let cell = &mut small[(row * SIDE + column) * 4..][..4];
        let alpha = f32::from(pixel[3]) / 255.0;
        for (c, sum) in cell.iter_mut().enumerate() {
            *sum += if c == 3 { alpha } else { f32::from(pixel[c]) / 255.0 * alpha };
        }
    }
    let each = (across * down) as f32;
    small.iter_mut().for_each(|value| *value /= each);
    small
}

/// Returns the sum of squared differences.
pub fn distance(a: &Small, b: &Small) -> f32 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum()
}

/// Returns whether two pictures are near duplicates: their root mean square difference is below
/// [`NEAR`], in premultiplied RGBA or on white.
pub fn are_near(a: &[f32], b: &[f32]) -> bool {
    let (mut clear, mut white) = (0.0, 0.0);
    for (a, b) in a.as_chunks::<4>().0.iter().zip(b.as_chunks::<4>().0) {
        let alpha = a[3] - b[3];
        clear += alpha * alpha;
        for (a, b) in a[..3].iter().zip(&b[..3]) {
            let colour = a - b;
            clear += colour * colour;
            // On white, a pixel has the value c·α + 1 − α.
            white += (colour - alpha) * (colour - alpha);
        }
    }
    let cells = (a.len() / 4) as f32;
    let most = NEAR * NEAR;
    clear < most * cells * 4.0 || white < most * cells * 3.0
}

/// Returns the means of `side`×`side` cells. Their root mean square difference is a lower bound of that
/// of the full pictures.
pub fn coarse(small: &Small, side: usize) -> Small {
    let each = SIDE / side;
    let mut coarse = vec![0f32; side * side * 4];
    for (at, pixel) in small.as_chunks::<4>().0.iter().enumerate() {
        let cell = (at / SIDE / each * side + at % SIDE / each) * 4;
        for (sum, value) in coarse[cell..cell + 4].iter_mut().zip(pixel) {
            *sum += value / (each * each) as f32;
        }
    }
    coarse
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_premultiplied_pixels() {
        let pixels = [[255, 0, 0, 255], [0, 255, 0, 0]].concat().repeat(64 * 64 / 2);
        let small = small(&Image { width: 64, height: 64, pixels });
        assert_eq!(small[..4], [0.5, 0.0, 0.0, 0.5]);
        assert_eq!(coarse(&small, 4)[..4], [0.5, 0.0, 0.0, 0.5]);
    }

    #[test]
    fn near_duplicates_have_similar_colours() {
        let plain =
            |pixel: [u8; 4]| small(&Image { width: 32, height: 32, pixels: pixel.repeat(1024) });
        let red = plain([200, 0, 0, 255]);
        assert!(are_near(&red, &plain([210, 5, 5, 255])));
        assert!(!are_near(&red, &plain([200, 60, 0, 255])));
        // White on a white background looks like a transparent picture.
        assert!(are_near(&plain([255; 4]), &plain([0; 4])));
    }
}
