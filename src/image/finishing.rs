//! Finishing of a drawn picture before it is saved: it is resized, outlined and encoded. See [`Finish`].

use image_webp::{ColorType, WebPEncoder};

use super::finish::{FileFormat, Finish};
use super::outline::{MARGIN, outlined};
use super::resize::resized;
use super::{Attachments, Image};
use crate::{Error, Result};

/// The sizes that can be made, in pixels.
const SIZES: std::ops::RangeInclusive<u32> = 16..=2048;
/// The lowest alpha that counts as visible; fainter pixels are ignored.
const MIN_VISIBLE_ALPHA: u8 = 8;

impl Finish {
    /// Checks whether the size can be made.
    ///
    /// # Errors
    /// Returns a sentence if the size cannot be made.
    pub fn check(&self) -> Result<()> {
        if self.size == 0 || SIZES.contains(&self.size) {
            return Ok(());
        }
        let (least, most, size) = (SIZES.start(), SIZES.end(), self.size);
        Err(Error::Picture(format!(
            "A picture can be {least} to {most} pixels wide and high, not {size}: choose a size \
             within these limits"
        )))
    }

    /// Returns a drawn picture as it is saved: smoothly enlarged or reduced in its aspect ratio, so that
    /// its longer side is the size. With an outline, the drawing is smaller within the same sides, and
    /// outline and shadow are around it. With neither, the pixels stay exactly as they are.
    ///
    /// # Errors
    /// Returns a sentence if the picture is empty or damaged, the size cannot be made, or the picture is
    /// too narrow for an outline.
    pub fn picture(&self, picture: &Image) -> Result<Image> {
        self.check()?;
        let Image { width, height, pixels } = picture;
        let longer = (*width).max(*height);
        let bytes = width.checked_mul(*height).and_then(|count| count.checked_mul(4));
        if pixels.is_empty() || bytes != Some(pixels.len()) {
            return Err(Error::Picture(
                "The picture is empty, or some of its pixels are missing".into(),
            ));
        }
        let size = if self.size == 0 { longer } else { self.size as usize };
        let scale = size as f64 / longer as f64;
        let [across, down] = [*width, *height].map(|side| scaled(side, scale));
        if !self.outline {
            return resized(picture, across, down);
        }
        Finish { size: u32::try_from(size).unwrap_or(u32::MAX), ..*self }.check()?;
        let margin = (MARGIN * size as f32).ceil() as usize;
        let [within_across, within_down] =
            [across, down].map(|side| side.saturating_sub(2 * margin));
        if within_across.min(within_down) == 0 {
            let problem = "The picture is too narrow for an outline: save it without one";
            return Err(Error::Picture(problem.into()));
        }
        let mut sticker = Image { width: across, height: down, pixels: vec![0; 4 * across * down] };
        let Some(seen) = cropped_to_visible(picture) else { return Ok(sticker) };
        let scale = scale
            .min(within_across as f64 / seen.width as f64)
            .min(within_down as f64 / seen.height as f64);
        let drawing = resized(&seen, scaled(seen.width, scale), scaled(seen.height, scale))?;
        lay(&drawing, &mut sticker);
        Ok(outlined(&sticker))
    }

    /// Returns drawn pictures side by side, each finished by [`picture`](Self::picture).
    ///
    /// # Errors
    /// Returns an error as [`picture`](Self::picture) does.
    pub fn sheet(&self, pictures: &[Image]) -> Result<Image> {
        let finished: Result<Vec<Image>> =
            pictures.iter().map(|picture| self.picture(picture)).collect();
        Ok(Image::contact_sheet(&finished?))
    }

    /// Encodes a drawn picture, finished by [`picture`](Self::picture), as a file; a PNG has inside
    /// what the picture carries.
    ///
    /// # Errors
    /// Returns an error as [`picture`](Self::picture) does, and if the picture is too large for the
    /// format.
    pub fn encode(&self, picture: &Image, carried: &Attachments) -> Result<Vec<u8>> {
        let finished = self.picture(picture)?;
        match self.format {
            FileFormat::Png => finished.to_png_with(carried),
            FileFormat::WebP => {
                let pixels = finished.for_file().into_owned();
                to_webp(&Image { pixels, ..finished })
            }
        }
    }
}

/// Encodes a picture as WebP, without loss.
///
/// # Errors
/// Returns a sentence if the picture is empty, or has more than 16,384 pixels a side.
pub fn to_webp(picture: &Image) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let sides = [picture.width, picture.height].map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    let encoder = WebPEncoder::new(&mut bytes);
    encoder.encode(&picture.pixels, sides[0], sides[1], ColorType::Rgba8).map_err(|problem| {
        Error::Picture(format!("The picture cannot be written as WebP ({problem}): choose PNG"))
    })?;
    Ok(bytes)
}

fn scaled(side: usize, scale: f64) -> usize {
    ((side as f64 * scale).round() as usize).max(1)
}

/// Returns the visible part of a picture, with a border of one pixel in which its edge can fade; `None`
/// if nothing is visible.
fn cropped_to_visible(picture: &Image) -> Option<Image> {
    let Image { width, height, pixels } = picture;
    let pixels = pixels.as_chunks::<4>().0;
    let seen = |(x, y): (usize, usize)| pixels[y * width + x][3] >= MIN_VISIBLE_ALPHA;
    let mut rows = (0..*height).filter(|y| (0..*width).any(|x| seen((x, *y))));
    let mut columns = (0..*width).filter(|x| (0..*height).any(|y| seen((*x, y))));
    let (top, left) = (rows.next()?, columns.next()?);
    let (bottom, right) = (rows.next_back().unwrap_or(top), columns.next_back().unwrap_or(left));
    let [across, down] = [right - left + 3, bottom - top + 3];
    let mut part = Image { width: across, height: down, pixels: vec![0; 4 * across * down] };
    for y in top..=bottom {
        let row = pixels[y * width + left..=y * width + right].as_flattened();
        let start = 4 * ((y - top + 1) * across + 1);
        part.pixels[start..start + row.len()].copy_from_slice(row);
    }
    Some(part)
}

/// Copies a picture into the middle of a larger one.
fn lay(picture: &Image, ground: &mut Image) {
    let left = (ground.width - picture.width) / 2;
    let top = (ground.height - picture.height) / 2;
    for (y, row) in picture.pixels.chunks_exact(4 * picture.width).enumerate() {
        let start = 4 * ((top + y) * ground.width + left);
        ground.pixels[start..start + row.len()].copy_from_slice(row);
    }
}

#[cfg(all(test, feature = "native"))]
mod tests {
    use super::*;
    use crate::image::file;

    /// Returns a disc of one colour with a soft edge, on invisible black.
    fn disc(width: usize, height: usize) -> Image {
        let pixel = |i: usize| {
            let (x, y) = ((i % width) as f32 + 0.5, (i / width) as f32 + 0.5);
            let far = (x - width as f32 / 2.0).hypot(y - height as f32 / 2.0);
            let alpha = (0.35 * width.min(height) as f32 - far + 0.5).clamp(0.0, 1.0);
            let alpha = (255.0 * alpha).round() as u8;
            if alpha == 0 { [0; 4] } else { [240, 200, 40, alpha] }
        };
        Image { width, height, pixels: (0..width * height).flat_map(pixel).collect() }
    }

    fn size(size: u32) -> Finish {
        Finish { size, ..Finish::default() }
    }

    #[test]
    fn leaves_plain_pictures_unchanged() {
        let picture = Image { pixels: (0..64).map(|i| (i * 37) as u8).collect(), ..disc(4, 4) };
        assert_eq!(Finish::default().picture(&picture).unwrap(), picture);
        let png = Finish::default()
            .encode(&picture, &Attachments { recipe: Some("{}".into()), ..Attachments::default() })
            .unwrap();
        assert_eq!(png, picture.to_png(Some("{}")).unwrap());
        let same = disc(128, 128);
        assert_eq!(size(128).picture(&same).unwrap(), same);
    }

    #[test]
    fn keeps_the_aspect_ratio() {
        for (width, height, wanted) in [(60, 40, (90, 60)), (40, 60, (60, 90)), (300, 1, (90, 1))] {
            let made = size(90).picture(&disc(width, height)).unwrap();
            assert_eq!((made.width, made.height), wanted);
        }
        let outline = Finish { outline: true, ..size(90) };
        let made = outline.picture(&disc(60, 40)).unwrap();
        assert_eq!((made.width, made.height), (90, 60));
        let error = outline.picture(&disc(60, 4)).unwrap_err().to_string();
        assert!(error.contains("too narrow"), "{error}");
    }

    /// This holds wherever the drawing lies in its square, and whatever the size.
    #[test]
    fn outlined_pictures_do_not_touch_the_border() {
        let full = Image { width: 64, height: 64, pixels: [9, 9, 200, 255].repeat(64 * 64) };
        let corner = Image::sheet(&[full.clone(), disc(64, 64)], 1);
        let faint = Image { width: 64, height: 64, pixels: [9, 9, 200, 5].repeat(64 * 64) };
        for side in [0, 16, 17, 128, 512] {
            for picture in [&full, &corner, &disc(64, 64)] {
                let made = Finish { outline: true, ..size(side) }.picture(picture).unwrap();
                let (width, pixels) = (made.width, made.pixels.as_chunks::<4>().0);
                let is_border = |i: usize| {
                    [i % width, i / width].contains(&0)
                        || i % width == width - 1
                        || i / width == made.height - 1
                };
                let mut border = (0..pixels.len()).filter(|i| is_border(*i));
                assert!(border.all(|i| pixels[i] == [0; 4]), "{side}");
                // In a picture as small as an icon, the outline is half a pixel wide.
                let has_white = pixels.iter().any(|pixel| pixel[..3] == [255; 3] && pixel[3] > 200);
                assert!(has_white || made.height < 64, "{side}");
            }
            let made = Finish { outline: true, ..size(side) }.picture(&faint).unwrap();
            assert!(made.pixels.iter().all(|value| *value == 0), "{side}");
        }
    }

    #[test]
    fn a_webp_keeps_the_pixels_exactly() {
        let finish = Finish { outline: true, format: FileFormat::WebP, ..size(200) };
        let bytes = finish.encode(&disc(128, 96), &Attachments::default()).unwrap();
        assert!(bytes.starts_with(b"RIFF"));
        let read = file::read(&bytes).unwrap();
        let made = finish.picture(&disc(128, 96)).unwrap();
        assert_eq!(read.pixels, *made.for_file());
        // No visible pixel differs.
        let seen = |image: &Image| -> Vec<[u8; 4]> {
            let pixels = image.pixels.as_chunks::<4>().0.iter();
            pixels.map(|pixel| if pixel[3] == 0 { [0; 4] } else { *pixel }).collect()
        };
        assert_eq!(seen(&read), seen(&made));
    }

    #[test]
    fn refuses_invalid_sizes_and_pictures() {
        for bad in [1, 15, 2049, u32::MAX] {
            let error =
                size(bad).encode(&disc(8, 8), &Attachments::default()).unwrap_err().to_string();
            assert!(error.contains("16 to 2048"), "{error}");
        }
        let whole = disc(8, 8);
        for picture in [
            Image { width: 0, height: 0, pixels: Vec::new() },
            Image { width: usize::MAX, height: usize::MAX, ..whole.clone() },
            Image { width: 9, ..whole.clone() },
        ] {
            let error = Finish::default().picture(&picture).unwrap_err().to_string();
            assert!(error.contains("is empty"), "{error}");
        }
        let long = Image { width: 4096, height: 1024, pixels: vec![0; 16 << 20] };
        let outline = Finish { outline: true, ..Finish::default() };
        assert!(outline.picture(&long).unwrap_err().to_string().contains("16 to 2048"));
    }
}
