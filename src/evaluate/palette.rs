//! The colour histogram of a picture. Styles differ in their colours as much as in their lines.

use crate::image::Image;

/// The number of bins of each of red, green and blue.
const STEPS: usize = 8;
/// The number of values of a palette.
pub const PALETTE: usize = STEPS * STEPS * STEPS;

/// Returns the square root of each colour's share of a picture's opaque area. Each pixel is distributed
/// over the eight bins around it by trilinear interpolation.
pub fn palette(image: &Image) -> Vec<f32> {
    let mut parts = vec![0f32; PALETTE];
    let mut count = 0;
    for pixel in image.pixels.as_chunks::<4>().0.iter().filter(|pixel| pixel[3] > 127) {
        count += 1;
        let steps = [pixel[0], pixel[1], pixel[2]].map(|value| {
            let place = f32::from(value) / 255.0 * (STEPS - 1) as f32;
            let low = (place as usize).min(STEPS - 2);
            (low, place - low as f32)
        });
        for corner in 0..8 {
            let (mut place, mut weight) = (0, 1.0);
            for (axis, (low, part)) in steps.into_iter().enumerate() {
                let is_high = corner >> axis & 1 == 1;
                place = place * STEPS + low + usize::from(is_high);
                weight *= if is_high { part } else { 1.0 - part };
            }
            parts[place] += weight;
        }
    }
    parts.iter().map(|part| (part / count.max(1) as f32).sqrt()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divides_a_colour_between_the_neighbouring_bins() {
        let plain = |pixel: [u8; 4]| Image { width: 4, height: 4, pixels: pixel.repeat(16) };
        let black = palette(&plain([0, 0, 0, 255]));
        assert_eq!((black[0], black.iter().sum::<f32>()), (1.0, 1.0));
        let white = palette(&plain([255; 4]));
        assert_eq!(white[PALETTE - 1], 1.0);
        let between = palette(&plain([18, 0, 0, 255]));
        let squares: f32 = between.iter().map(|part| part * part).sum();
        assert!(
            (squares - 1.0).abs() < 1e-5 && between.iter().filter(|part| **part > 0.0).count() == 2
        );
        assert!(palette(&plain([0; 4])).iter().all(|part| *part == 0.0));
    }
}
