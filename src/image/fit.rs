//! Fitting a picture into the frame that a model draws.

use super::Image;
use super::resize::resized;
use crate::{Error, Result};

/// Returns the whole picture, as large as it fits into `width`×`height`, in the middle of a
/// transparent ground. Wholly transparent pixels become black, so that a picture has the same pixels
/// whatever colour a file stored there. A picture of that size keeps all others.
///
/// # Errors
/// Returns a sentence if the picture has no pixels.
pub fn fitted(picture: &Image, [width, height]: [usize; 2]) -> Result<Image> {
    let (across, down) = (picture.width, picture.height);
    if across == 0 || down == 0 {
        return Err(Error::Picture("The picture has no pixels".into()));
    }
    let scale = (width as f64 / across as f64).min(height as f64 / down as f64);
    let side = |side: usize, most: usize| ((side as f64 * scale).round() as usize).clamp(1, most);
    let small = resized(picture, side(across, width), side(down, height))?;
    let mut pixels = vec![0; 4 * width * height];
    let (left, top) = ((width - small.width) / 2, (height - small.height) / 2);
    for (y, row) in small.pixels.chunks_exact(4 * small.width).enumerate() {
        let start = 4 * ((top + y) * width + left);
        pixels[start..start + row.len()].copy_from_slice(row);
    }
    let clear = pixels.as_chunks_mut::<4>().0.iter_mut().filter(|pixel| pixel[3] == 0);
    clear.for_each(|pixel| *pixel = [0; 4]);
    Ok(Image { width, height, pixels })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(width: usize, height: usize, pixel: [u8; 4]) -> Image {
        Image { width, height, pixels: pixel.repeat(width * height) }
    }

    #[test]
    fn keeps_the_whole_picture_in_the_middle() {
        let fitted = fitted(&plain(40, 10, [200, 100, 50, 255]), [8, 8]).unwrap();
        assert_eq!([fitted.width, fitted.height], [8, 8]);
        let alpha = |x: usize, y: usize| fitted.pixels[4 * (8 * y + x) + 3];
        assert_eq!([alpha(0, 2), alpha(0, 3), alpha(7, 4), alpha(7, 5)], [0, 255, 255, 0]);
    }

    #[test]
    fn keeps_a_picture_that_fits_but_for_the_colour_of_clear_pixels() {
        let drawn = plain(4, 4, [1, 2, 3, 40]);
        assert_eq!(fitted(&drawn, [4, 4]).unwrap(), drawn);
        let clear = fitted(&plain(4, 4, [9, 9, 9, 0]), [4, 4]).unwrap();
        assert_eq!(clear, plain(4, 4, [0; 4]));
        assert!(fitted(&plain(0, 4, [0; 4]), [4, 4]).is_err());
    }
}
