//! Finished pictures at four times their sides.

use super::Pipeline;
use super::pixels::{to_images, to_tensor};
use crate::Result;
use crate::image::Image;
use crate::image::finish::Finish;
use crate::model::upscaler::SCALE;

/// The upscaler's own noise on the alpha of bare ground and of what is opaque, of 255.
const MARGIN: i32 = 8;
/// What a drawing shows with an alpha up to this, or from this on, is meant to be clear or opaque.
const CLEAR: u8 = 5;
const OPAQUE: u8 = 250;

impl Pipeline {
    /// Returns pixels a side of what the model draws, across and down.
    pub fn picture_size(&self) -> [usize; 2] {
        let [_, _, rows, columns] = self.latent_shape();
        [columns, rows].map(|cells| cells * self.autoencoder.factor())
    }

    /// Returns a picture as the model draws them, made four times as wide and high; `None` if it is of
    /// another size, or the model has no upscaler. What is bare ground stays wholly transparent, and what
    /// is opaque wholly opaque.
    ///
    /// # Errors
    /// Returns an error if the device fails.
    pub async fn upscaled(&self, picture: &Image) -> Result<Option<Image>> {
        let Some(network) = &self.upscaler else { return Ok(None) };
        if [picture.width, picture.height] != self.picture_size() {
            return Ok(None);
        }
        let large = network.forward(to_tensor(&[picture], &self.device));
        let mut images = to_images(large).await?;
        images.iter_mut().for_each(|large| clean(large, picture));
        Ok(images.pop())
    }

    /// Returns what a finish is made of: the picture, or what the upscaler makes of it if it is to become
    /// larger; and whether that was done.
    ///
    /// # Errors
    /// Returns an error if the device fails.
    pub async fn base(&self, finish: &Finish, picture: Image) -> Result<(Image, bool)> {
        if !finish.enlarges(picture.width, picture.height) {
            return Ok((picture, false));
        }
        Ok(match self.upscaled(&picture).await? {
            Some(large) => (large, true),
            None => (picture, false),
        })
    }

    /// Returns pixels of the longer side that pictures have after [`upscaled`](Self::upscaled); `None` if
    /// the model has no upscaler.
    pub fn upscaled_side(&self) -> Option<usize> {
        let [across, down] = self.picture_size();
        self.upscaler.as_ref().map(|_| SCALE * across.max(down))
    }
}

/// Makes a picture clear or opaque wherever the drawing that it was made of is so all round, and where only
/// noise keeps it from that.
fn clean(large: &mut Image, drawn: &Image) {
    let alpha = |x: usize, y: usize| drawn.pixels[4 * (y * drawn.width + x) + 3];
    let round = |x: usize, y: usize, is: fn(u8) -> bool| {
        let (right, bottom) = ((x + 1).min(drawn.width - 1), (y + 1).min(drawn.height - 1));
        (y.saturating_sub(1)..=bottom)
            .all(|y| (x.saturating_sub(1)..=right).all(|x| is(alpha(x, y))))
    };
    let ends: Vec<Option<u8>> = (0..drawn.width * drawn.height)
        .map(|i| match (i % drawn.width, i / drawn.width) {
            (x, y) if round(x, y, |alpha| alpha <= CLEAR) => Some(0),
            (x, y) if round(x, y, |alpha| alpha >= OPAQUE) => Some(255),
            _ => None,
        })
        .collect();
    let width = large.width;
    for (i, pixel) in large.pixels.as_chunks_mut::<4>().0.iter_mut().enumerate() {
        let place = i / width / SCALE * drawn.width + i % width / SCALE;
        pixel[3] = ends[place].unwrap_or_else(|| without_margin(pixel[3]));
        if pixel[3] == 0 {
            *pixel = [0; 4];
        }
    }
}

/// Moves an alpha evenly, so that what is within the margin of either end is there.
fn without_margin(alpha: u8) -> u8 {
    let moved = (i32::from(alpha) - MARGIN) * 255 / (255 - 2 * MARGIN);
    u8::try_from(moved.clamp(0, 255)).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_near_its_ends_is_there() {
        let moved = [0, 8, 9, 128, 246, 247, 255].map(without_margin);
        assert_eq!(moved, [0, 0, 1, 128, 253, 255, 255]);
    }

    #[test]
    fn what_the_drawing_says_all_round_holds() {
        // Clear, soft, and opaque columns.
        let column = |x: usize| [0, 3, 2, 90, 252, 255, 251][x];
        let drawn = (0..7 * 3).flat_map(|i| [200, 0, 0, column(i % 7)]).collect();
        let drawn = Image { width: 7, height: 3, pixels: drawn };
        let mut large = Image { width: 28, height: 12, pixels: [9, 8, 7, 140].repeat(28 * 12) };
        clean(&mut large, &drawn);
        let row: Vec<u8> = (0..7).map(|x| large.pixels[4 * (28 * 5 + 4 * x + 1) + 3]).collect();
        assert_eq!(row, [0, 0, 140, 140, 140, 255, 255]);
        assert_eq!(large.pixels[..4], [0; 4]);
        assert_eq!(large.pixels[4 * 27..4 * 28], [9, 8, 7, 255]);
    }
}
