//! Masks: where a picture changes, and where it stays as it is.

use super::Image;
use super::distance::squared_distances;
use crate::{Error, Result};

/// How much of each pixel is covered: 255 changes, 0 stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    /// How many pixels a row has.
    pub width: usize,
    /// How many rows there are.
    pub height: usize,
    /// The coverage of each pixel, row by row.
    pub coverage: Vec<u8>,
}

impl Mask {
    /// Returns the mask in a picture's alpha. The picture's colours have no effect.
    pub fn of(picture: &Image) -> Self {
        let pixels = picture.pixels.as_chunks::<4>().0;
        let coverage = pixels.iter().map(|pixel| pixel[3]).collect();
        Self { width: picture.width, height: picture.height, coverage }
    }

    /// Returns whether the mask covers nothing.
    pub fn is_empty(&self) -> bool {
        self.coverage.iter().all(|coverage| *coverage == 0)
    }

    /// Returns the mask as a picture: black, with the coverage as its alpha.
    pub fn to_image(&self) -> Image {
        let pixels = self.coverage.iter().flat_map(|coverage| [0, 0, 0, *coverage]).collect();
        Image { width: self.width, height: self.height, pixels }
    }

    /// Returns the mask of a latent, row by row: 1 for each cell of `factor`×`factor` pixels (at least
    /// 1) of which a pixel is covered, and 0 for the others.
    pub fn cells(&self, factor: usize) -> Vec<f32> {
        let columns = self.width.div_ceil(factor);
        let mut cells = vec![0.0; columns * self.height.div_ceil(factor)];
        for (i, _) in self.coverage.iter().enumerate().filter(|(_, coverage)| **coverage > 0) {
            cells[i / self.width / factor * columns + i % self.width / factor] = 1.0;
        }
        cells
    }

    /// Returns the mask with a soft edge outside it: coverage falls to 0 within `radius` pixels of the
    /// mask, and is 0 beyond.
    #[must_use]
    pub fn feathered(&self, radius: f32) -> Self {
        if self.coverage.is_empty() || radius <= 0.0 {
            return self.clone();
        }
        // The mean of a straight line and a smooth step: its ends are soft and its middle is not steep.
        let soft = |square: f32| {
            let nearness = (1.0 - square.sqrt() / radius).max(0.0);
            let smooth = nearness * nearness * (3.0 - 2.0 * nearness);
            (255.0 * (nearness + smooth) / 2.0).round() as u8
        };
        let squares = squared_distances(&self.coverage, self.width);
        let coverage = self.coverage.iter().zip(squares);
        let coverage = coverage.map(|(coverage, square)| soft(square).max(*coverage)).collect();
        Self { coverage, ..*self }
    }
}

/// Returns `drawn` where a mask covers all of a pixel, `source` where it covers nothing of it, and a
/// blend of both, weighted by their alphas, in between.
///
/// # Errors
/// Returns a sentence if the two pictures and the mask are not of one size.
pub fn composite(source: &Image, drawn: &Image, mask: &Mask) -> Result<Image> {
    let sides = [mask.width, mask.height];
    if [source, drawn].iter().any(|image| [image.width, image.height] != sides) {
        return Err(Error::Picture(format!(
            "The mask is {}×{} pixels, and the picture is {}×{}: bring a mask of the same size",
            mask.width, mask.height, source.width, source.height
        )));
    }
    let [from, to] = [source, drawn].map(|image| image.pixels.as_chunks::<4>().0);
    let pairs = from.iter().zip(to).zip(&mask.coverage);
    let pixels = pairs.flat_map(|((from, to), coverage)| blend(*from, *to, *coverage)).collect();
    Ok(Image { width: mask.width, height: mask.height, pixels })
}

/// Blends two pixels of straight alpha, with `share` of 255 of the second.
fn blend(from: [u8; 4], to: [u8; 4], share: u8) -> [u8; 4] {
    match share {
        0 => return from,
        255 => return to,
        _ => {}
    }
    let share = u32::from(share);
    let weights = [u32::from(from[3]) * (255 - share), u32::from(to[3]) * share];
    let sum = weights[0] + weights[1];
    let alpha = ((sum + 127) / 255) as u8;
    if alpha == 0 {
        return [0; 4];
    }
    let mix = |channel: usize| {
        let parts = [u32::from(from[channel]) * weights[0], u32::from(to[channel]) * weights[1]];
        ((parts[0] + parts[1] + sum / 2) / sum) as u8
    };
    [mix(0), mix(1), mix(2), alpha]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(pixel: [u8; 4]) -> Image {
        Image { width: 64, height: 64, pixels: pixel.repeat(64 * 64) }
    }

    /// Returns a mask of a disc of 10 pixels around the middle.
    fn disc() -> Mask {
        let far = |i: usize| ((i % 64) as f32 - 31.5).hypot((i / 64) as f32 - 31.5);
        let coverage = (0..64 * 64).map(|i| if far(i) < 10.0 { 255 } else { 0 }).collect();
        Mask { width: 64, height: 64, coverage }
    }

    #[test]
    fn a_mask_comes_from_alpha_and_goes_back_there() {
        let pixels = vec![9, 8, 7, 255, 1, 2, 3, 0, 5, 5, 5, 100];
        let mask = Mask::of(&Image { width: 3, height: 1, pixels });
        assert_eq!(mask.coverage, [255, 0, 100]);
        assert_eq!(mask.to_image().pixels, [0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 100]);
        assert!(!mask.is_empty() && Mask { coverage: vec![0; 3], ..mask }.is_empty());
    }

    #[test]
    fn a_cell_counts_if_one_of_its_pixels_is_covered() {
        let mut coverage = vec![0; 6 * 4];
        (coverage[6 + 1], coverage[6 * 3 + 4]) = (1, 255);
        let mask = Mask { width: 6, height: 4, coverage };
        assert_eq!(mask.cells(2), [1.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
        assert_eq!(mask.cells(4), [1.0, 1.0]);
    }

    #[test]
    fn a_soft_edge_is_whole_on_the_mask_and_nothing_beyond_its_radius() {
        let (mask, soft) = (disc(), disc().feathered(8.0));
        let squares = squared_distances(&mask.coverage, 64);
        for (i, square) in squares.iter().enumerate() {
            let wanted = |coverage: u8| match square.sqrt() {
                0.0 => coverage == 255,
                far if far >= 8.0 => coverage == 0,
                far => (far > 7.0 || coverage > 0) && coverage < 255,
            };
            assert!(wanted(soft.coverage[i]), "{i}: {} at {square}²", soft.coverage[i]);
        }
        assert_eq!(mask.feathered(0.0), mask);
        let none = Mask { coverage: vec![0; 64 * 64], ..mask };
        assert_eq!(none.feathered(8.0), none);
    }

    #[test]
    fn a_seam_between_flat_colours_has_no_visible_step() {
        let (source, drawn) = (plain([240, 30, 90, 255]), plain([20, 220, 90, 255]));
        for radius in [4.0, 8.0, 12.0] {
            let soft = disc().feathered(radius);
            let made = composite(&source, &drawn, &soft).unwrap();
            let red = |x: usize, y: usize| f32::from(made.pixels[4 * (64 * y + x)]);
            let steps = (1..64 * 63).filter(|i| i % 64 > 0).map(|i| {
                let (x, y) = (i % 64, i / 64);
                let across = (red(x, y) - red(x - 1, y)).abs();
                across.max((red(x, y + 1) - red(x, y)).abs())
            });
            let largest = steps.fold(0.0, f32::max);
            assert!(largest > 5.0 && largest <= 220.0 / radius * 1.5, "{largest} at {radius}");
            for (i, coverage) in soft.coverage.iter().enumerate() {
                let pixel = &made.pixels[4 * i..4 * i + 4];
                assert!(*coverage > 0 || *pixel == source.pixels[..4]);
                assert!(*coverage < 255 || *pixel == drawn.pixels[..4]);
            }
        }
    }

    #[test]
    fn colours_blend_by_their_alpha() {
        assert_eq!(blend([0; 4], [200, 100, 50, 255], 128), [200, 100, 50, 128]);
        assert_eq!(blend([200, 0, 0, 255], [0, 0, 0, 255], 51), [160, 0, 0, 255]);
        assert_eq!(blend([9, 9, 9, 0], [5, 5, 5, 0], 128), [0; 4]);
        // What a clear pixel of the source holds stays too.
        assert_eq!(blend([9, 9, 9, 0], [5, 5, 5, 255], 0), [9, 9, 9, 0]);
    }

    #[test]
    fn refuses_masks_of_another_size() {
        let mask = Mask { width: 1, height: 1, coverage: vec![0] };
        let refused = composite(&plain([0; 4]), &plain([0; 4]), &mask).unwrap_err().to_string();
        assert!(refused.contains("same size"), "{refused}");
    }
}
