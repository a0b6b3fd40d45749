//! The upscaling of finished pictures to four times their sides.

use super::Pipeline;
use super::pixels::{to_images, to_tensor};
use crate::Result;
use crate::image::Image;
use crate::image::finish::Finish;
use crate::model::upscaler::SCALE;

/// The noise that the upscaler itself adds to the alpha of empty and opaque areas, of 255.
const MARGIN: i32 = 8;
/// A drawn alpha of at most `CLEAR` counts as clear, and one of at least `OPAQUE` counts as opaque.
const CLEAR: u8 = 5;
const OPAQUE: u8 = 250;

impl Pipeline {
    /// Returns the width and height of the model's pictures, in pixels.
    pub fn picture_size(&self) -> [usize; 2] {
        let [_, _, rows, columns] = self.latent_shape();
        [columns, rows].map(|cells| cells * self.autoencoder.factor())
    }

    /// Returns a picture of the model's size, enlarged to four times its width and height; `None` if it has
    /// another size, or if the model has no upscaler. Empty areas stay wholly transparent, and opaque areas
    /// stay wholly opaque.
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

    /// Returns the picture that a finish is applied to, and whether it was upscaled. It is the picture
    /// itself, or its upscaled version if the finish enlarges it and the model can upscale it.
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

    /// Returns the longer side, in pixels, of pictures after [`upscaled`](Self::upscaled); `None` if the
    /// model has no upscaler.
    pub fn upscaled_side(&self) -> Option<usize> {
        let [across, down] = self.picture_size();
        self.upscaler.as_ref().map(|_| SCALE * across.max(down))
    }
}

/// Makes pixels clear or opaque if the drawn pixel and all its neighbours are so. Removes the noise margin
/// from the alpha of all others.
pub(super) fn clean(large: &mut Image, drawn: &Image) {
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

/// Stretches an alpha linearly, so that values within the margin of 0 or 255 become 0 or 255.
fn without_margin(alpha: u8) -> u8 {
    let moved = (i32::from(alpha) - MARGIN) * 255 / (255 - 2 * MARGIN);
    u8::try_from(moved.clamp(0, 255)).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cleans_alpha_near_clear_and_opaque() {
        let moved = [0, 8, 9, 128, 246, 247, 255].map(without_margin);
        assert_eq!(moved, [0, 0, 1, 128, 253, 255, 255]);
    }

    #[test]
    fn keeps_areas_that_the_drawing_has_clear_or_opaque() {
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
