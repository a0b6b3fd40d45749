//! What a saved PNG carries beside its pixels: its recipe, the picture that its run began with, and the
//! mask. Pictures are PNGs as base64, because programs keep text chunks and drop unknown ones.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::recipe_text::{recipe_text, text_of};
use super::{RECIPE_KEYWORD, no_png, png_decoder};
use crate::{Error, Result};

/// The keywords of the text chunks that hold the picture that a run began with, and its mask.
pub const PICTURE_KEYWORD: &str = "patchwork-picture";
/// See [`PICTURE_KEYWORD`].
pub const MASK_KEYWORD: &str = "patchwork-mask";

/// The most bytes of a picture as text. A picture of a model's size has far fewer; a small chunk may
/// inflate to gigabytes.
const MOST_TEXT: usize = 16 << 20;
/// The first bytes of every PNG.
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// What a PNG carries beside its pixels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attachments {
    /// The recipe as JSON.
    pub recipe: Option<String>,
    /// The picture that the run began with, as PNG.
    pub picture: Option<Vec<u8>>,
    /// The mask of the run, as PNG.
    pub mask: Option<Vec<u8>>,
}

impl Attachments {
    /// Returns what a PNG carries. It may be before or after the pixels. The pictures begin as PNGs do,
    /// and are not decoded.
    ///
    /// # Errors
    /// Returns a sentence if `bytes` are not a PNG, or something in it is damaged or too large.
    pub fn of_png(bytes: &[u8]) -> Result<Self> {
        let mut reader = png_decoder(bytes).read_info().map_err(|problem| no_png(&problem))?;
        // Chunks after the pixels are read without decoding the pixels.
        reader.finish().map_err(|problem| no_png(&problem))?;
        let info = reader.info();
        let picture =
            |keyword: &str| text_of(info, keyword, MOST_TEXT)?.as_deref().map(decoded).transpose();
        Ok(Self {
            recipe: recipe_text(info)?,
            picture: picture(PICTURE_KEYWORD)?,
            mask: picture(MASK_KEYWORD)?,
        })
    }

    /// Returns the keywords and texts of the chunks.
    pub(super) fn chunks(&self) -> Result<Vec<(&'static str, String)>> {
        let picture = |keyword, png: &Option<Vec<u8>>| {
            let text = png.as_deref().map(|png| (keyword, STANDARD.encode(png)));
            match text {
                Some((_, text)) if text.len() > MOST_TEXT => Err(Error::Picture(
                    "The picture that the run began with is too large for the file: save without it"
                        .into(),
                )),
                text => Ok(text),
            }
        };
        let recipe = self.recipe.clone().map(|recipe| (RECIPE_KEYWORD, recipe));
        let pictures = [(PICTURE_KEYWORD, &self.picture), (MASK_KEYWORD, &self.mask)];
        let pictures: Result<Vec<_>> =
            pictures.into_iter().map(|(keyword, png)| picture(keyword, png)).collect();
        Ok([recipe].into_iter().chain(pictures?).flatten().collect())
    }
}

/// Decodes base64 to a PNG.
fn decoded(text: &str) -> Result<Vec<u8>> {
    // Programs that copy text chunks may wrap their lines.
    let text: String = text.split_ascii_whitespace().collect();
    let bytes = STANDARD.decode(text).ok().filter(|bytes| bytes.starts_with(SIGNATURE));
    bytes.ok_or_else(|| no_png(&"the picture that its run began with is damaged"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Image;

    fn picture(value: u8) -> Image {
        Image { width: 2, height: 2, pixels: vec![value; 16] }
    }

    fn whole() -> Attachments {
        let [picture, mask] = [70, 80].map(|value| picture(value).to_png(None).ok());
        Attachments { recipe: Some("{\"prompt\": \"été\"}".into()), picture, mask }
    }

    /// Returns a PNG with the chunk of a keyword, compressed.
    fn compressed(keyword: &str, text: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 1, 1);
        encoder.set_color(png::ColorType::Rgba);
        encoder.add_ztxt_chunk(keyword.into(), text.into()).unwrap();
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&[0; 4]).unwrap();
        writer.finish().unwrap();
        bytes
    }

    #[test]
    fn a_png_carries_recipe_picture_and_mask() {
        let all = whole();
        for some in [
            all.clone(),
            Attachments { recipe: None, ..all.clone() },
            Attachments { mask: None, ..all.clone() },
            Attachments::default(),
        ] {
            let bytes = picture(90).to_png_with(&some).unwrap();
            assert_eq!(Attachments::of_png(&bytes).unwrap(), some);
            assert_eq!(Image::from_png(&bytes).unwrap(), picture(90));
            assert_eq!(Image::recipe_text_of_png(&bytes).unwrap(), some.recipe);
        }
        let alone = picture(90).to_png(all.recipe.as_deref()).unwrap();
        let recipe = Attachments { recipe: all.recipe, ..Attachments::default() };
        assert_eq!(Attachments::of_png(&alone).unwrap(), recipe);
    }

    #[test]
    fn reads_text_that_another_program_compressed_or_wrapped() {
        let png = picture(70).to_png(None).unwrap();
        let text = STANDARD.encode(&png);
        let wrapped = format!("{}\n{}\n", &text[..20], &text[20..]);
        let found = Attachments::of_png(&compressed(PICTURE_KEYWORD, &wrapped)).unwrap();
        assert_eq!(found, Attachments { picture: Some(png), ..Attachments::default() });
    }

    #[test]
    fn refuses_what_is_damaged_or_inflates_too_much() {
        for text in ["no base64!", &STANDARD.encode(b"GIF89a"), &STANDARD.encode(&SIGNATURE[1..])] {
            let refused = Attachments::of_png(&compressed(MASK_KEYWORD, text)).unwrap_err();
            assert!(refused.to_string().contains("damaged"), "{refused}");
        }
        let bomb = compressed(PICTURE_KEYWORD, &"A".repeat(100 << 20));
        let taken = allocation_counter::measure(|| {
            let refused = Attachments::of_png(&bomb).unwrap_err().to_string();
            assert!(refused.contains("cannot be decompressed"), "{refused}");
        });
        assert!(taken.bytes_max < 64 << 20, "{}", taken.bytes_max);
        let large = Attachments { mask: Some(vec![0; 13 << 20]), ..Attachments::default() };
        assert!(picture(1).to_png_with(&large).unwrap_err().to_string().contains("too large"));
        assert!(Attachments::of_png(b"GIF89a").is_err());
    }
}
