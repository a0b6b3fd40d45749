//! Pictures as pixels, and as PNG. This module does not use Burn.

#[cfg(feature = "finish")]
pub mod animation;
pub mod attached;
#[cfg(feature = "finish")]
mod contour;
#[cfg(feature = "native")]
pub mod cut;
#[cfg(feature = "finish")]
mod distance;
#[cfg(feature = "finish")]
mod edge_colour;
#[cfg(feature = "native")]
pub mod file;
pub mod finish;
#[cfg(feature = "finish")]
pub mod finishing;
#[cfg(feature = "finish")]
pub mod fit;
#[cfg(feature = "finish")]
mod fit_curve;
#[cfg(feature = "native")]
pub mod font;
pub mod frame;
#[cfg(feature = "finish")]
pub mod framing;
#[cfg(feature = "finish")]
pub mod ground;
#[cfg(feature = "finish")]
pub mod mask;
#[cfg(feature = "finish")]
mod matte;
#[cfg(feature = "finish")]
mod oklab;
#[cfg(feature = "finish")]
mod outline;
#[cfg(feature = "finish")]
mod palette;
mod recipe_text;
#[cfg(feature = "finish")]
mod regions;
#[cfg(feature = "finish")]
pub mod resize;
mod spread;
#[cfg(feature = "finish")]
pub mod trace;
#[cfg(feature = "finish")]
pub mod white;

use std::borrow::{Borrow, Cow};

use serde::{Deserialize, Serialize};

use crate::recipe::Recipe;
use crate::{Error, Result};
pub use attached::Attachments;
use recipe_text::recipe_text;
use spread::spread;

/// A picture in straight (not premultiplied) RGBA, 8 bits a channel, row by row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// How many pixels a row has.
    pub width: usize,
    /// How many rows there are.
    pub height: usize,
    /// The pixels, in `4·width·height` bytes.
    pub pixels: Vec<u8>,
}

/// The keyword of the PNG text chunk that holds a recipe as JSON.
pub const RECIPE_KEYWORD: &str = "patchwork";

/// The most bytes of pixels of a PNG that is read.
const MOST_BYTES: usize = 64 << 20;
/// The most bytes of pixels for each byte of a file. Deflate makes at most 1032 bytes of one: a PNG that
/// claims more pixels than that does not have them.
pub const INFLATES: usize = 1100;

impl Image {
    /// Returns the pixels for a file: wholly transparent pixels have the colour of the edges near them,
    /// for programs that scale without premultiplying.
    pub fn for_file(&self) -> Cow<'_, [u8]> {
        spread(&self.pixels, self.width, self.height)
    }

    /// Encodes the picture as PNG, with `recipe` (JSON) in a text chunk. Its pixels are those of
    /// [`for_file`](Self::for_file).
    ///
    /// # Errors
    /// Returns an error if the picture is empty or too large for PNG.
    pub fn to_png(&self, recipe: Option<&str>) -> Result<Vec<u8>> {
        let recipe = recipe.map(str::to_owned);
        self.to_png_with(&Attachments { recipe, ..Attachments::default() })
    }

    /// Encodes the picture as [`to_png`](Self::to_png) does, with all that it carries.
    ///
    /// # Errors
    /// Returns an error if the picture is empty or too large for PNG, or if a picture that it carries is
    /// too large.
    pub fn to_png_with(&self, attachments: &Attachments) -> Result<Vec<u8>> {
        let refuse = |problem: png::EncodingError| {
            Error::Picture(format!("The picture cannot be written as PNG: {problem}"))
        };
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        // Compression is fast, because the page must not wait for the last percent.
        encoder.set_compression(png::Compression::Fast);
        for (keyword, text) in attachments.chunks()? {
            encoder.add_itxt_chunk(keyword.into(), text).map_err(refuse)?;
        }
        let mut writer = encoder.write_header().map_err(refuse)?;
        writer.write_image_data(&self.for_file()).map_err(refuse)?;
        writer.finish().map_err(refuse)?;
        Ok(bytes)
    }

    /// Decodes a PNG to 8 bits a channel.
    ///
    /// # Errors
    /// Returns an error if `bytes` are not a PNG, are damaged, or have more than 64 MB of pixels.
    pub fn from_png(bytes: &[u8]) -> Result<Self> {
        let mut decoder = png_decoder(bytes);
        decoder.set_transformations(png::Transformations::ALPHA | png::Transformations::STRIP_16);
        let mut reader = decoder.read_info().map_err(|problem| no_png(&problem))?;
        let most = MOST_BYTES.min(bytes.len().saturating_mul(INFLATES) + 4096);
        let size = reader.output_buffer_size().filter(|size| *size <= most);
        let size = size.ok_or_else(|| {
            no_png(&"it is too large, or its header claims more pixels than it holds")
        })?;
        let mut pixels = vec![0; size];
        let frame = reader.next_frame(&mut pixels).map_err(|problem| no_png(&problem))?;
        if frame.color_type == png::ColorType::GrayscaleAlpha {
            pixels = pixels.chunks_exact(2).flat_map(|p| [p[0], p[0], p[0], p[1]]).collect();
        }
        Ok(Self { width: frame.width as usize, height: frame.height as usize, pixels })
    }

    /// Returns the recipe in a PNG, and the names of its unknown fields; `None` if the PNG holds no
    /// recipe. It may be in a text chunk of any kind, before or after the pixels.
    ///
    /// # Errors
    /// Returns an error if `bytes` are not a PNG, or the recipe in it cannot be read.
    pub fn recipe_of_png(bytes: &[u8]) -> Result<Option<(Recipe, Vec<String>)>> {
        Self::recipe_text_of_png(bytes)?.map(|text| Recipe::from_json(&text)).transpose()
    }

    /// Returns the JSON of the recipe in a PNG; `None` if it holds none.
    ///
    /// # Errors
    /// Returns an error if `bytes` are not a PNG, or the recipe in it cannot be decompressed.
    pub fn recipe_text_of_png(bytes: &[u8]) -> Result<Option<String>> {
        let mut reader = png_decoder(bytes).read_info().map_err(|problem| no_png(&problem))?;
        match recipe_text(reader.info())? {
            None => {
                // Chunks after the pixels are read without decoding the pixels.
                reader.finish().map_err(|problem| no_png(&problem))?;
                recipe_text(reader.info())
            }
            found => Ok(found),
        }
    }

    /// Lays out pictures of one size in about as many rows as columns, on a transparent ground.
    pub fn contact_sheet(images: &[impl Borrow<Self>]) -> Self {
        Self::sheet(images, (images.len() as f64).sqrt().ceil() as usize)
    }

    /// Lays out pictures of one size side by side, `columns` a row, on a transparent ground.
    pub fn sheet(images: &[impl Borrow<Self>], columns: usize) -> Self {
        let (Some(first), true) = (images.first().map(Borrow::borrow), columns > 0) else {
            return Self { width: 0, height: 0, pixels: Vec::new() };
        };
        let (width, height) = (first.width, first.height);
        let rows = images.len().div_ceil(columns);
        let mut sheet = Self {
            width: width * columns,
            height: height * rows,
            pixels: vec![0; 4 * width * columns * height * rows],
        };
        for (i, image) in images.iter().enumerate() {
            let (left, top) = (i % columns * width, i / columns * height);
            for (y, row) in image.borrow().pixels.chunks_exact(4 * width).enumerate() {
                let start = 4 * ((top + y) * sheet.width + left);
                sheet.pixels[start..start + row.len()].copy_from_slice(row);
            }
        }
        sheet
    }
}

fn png_decoder(bytes: &[u8]) -> png::Decoder<std::io::Cursor<&[u8]>> {
    png::Decoder::new_with_limits(std::io::Cursor::new(bytes), png::Limits { bytes: MOST_BYTES })
}

fn no_png(problem: &impl std::fmt::Display) -> Error {
    let problem = problem.to_string();
    if problem.contains("CRC") {
        return Error::Picture("The file is damaged: bring another copy of it".into());
    }
    let problem = problem.trim_end_matches('.');
    Error::Picture(format!("This is no PNG that can be read: {problem}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_round_trips_pixels_and_recipe() {
        let image = Image { width: 2, height: 1, pixels: vec![1, 2, 3, 255, 1, 2, 3, 0] };
        let recipe = Recipe { prompt: "été 🍕".into(), seed: u64::MAX, ..Recipe::default() };
        let json = serde_json::to_string(&recipe).unwrap();
        let bytes = image.to_png(Some(&json)).unwrap();
        assert_eq!(Image::from_png(&bytes).unwrap(), image);
        assert_eq!(Image::recipe_of_png(&bytes).unwrap(), Some((recipe, Vec::new())));
        assert_eq!(Image::recipe_of_png(&image.to_png(None).unwrap()).unwrap(), None);
    }

    /// Returns a PNG of one pixel with `chunks` before and after it.
    fn with_chunks(before: &[(&[u8; 4], Vec<u8>)], after: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
        let plain = Image { width: 1, height: 1, pixels: vec![7; 4] }.to_png(None).unwrap();
        let chunk = |(kind, data): &(&[u8; 4], Vec<u8>)| {
            let mut crc = flate2::Crc::new();
            crc.update(&kind[..]);
            crc.update(data);
            let length = (data.len() as u32).to_be_bytes();
            [&length[..], &kind[..], data, &crc.sum().to_be_bytes()].concat()
        };
        let all =
            |chunks: &[(&[u8; 4], Vec<u8>)]| chunks.iter().flat_map(chunk).collect::<Vec<u8>>();
        // The signature and the header have 33 bytes, and the end chunk has 12.
        let (start, end) = (33, plain.len() - 12);
        [&plain[..start], &all(before), &plain[start..end], &all(after), &plain[end..]].concat()
    }

    fn deflated(text: &[u8]) -> Vec<u8> {
        use std::io::Write;
        let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        out.write_all(text).unwrap();
        out.finish().unwrap()
    }

    #[test]
    fn finds_recipes_in_every_kind_of_text_chunk_before_or_after_the_pixels() {
        let json = "{\"prompt\": \"été\", \"more\": 1}";
        let latin1: Vec<u8> = json.chars().map(|c| c as u8).collect();
        let text = |head: &str, rest: Vec<u8>| [head.as_bytes(), &rest].concat();
        let kinds: [(&[u8; 4], Vec<u8>); 5] = [
            (b"tEXt", text("patchwork\0", latin1.clone())),
            (b"tEXt", text("patchwork\0", json.into())),
            (b"zTXt", text("patchwork\0\0", deflated(&latin1))),
            (b"iTXt", text("patchwork\0\0\0\0\0", json.into())),
            (b"iTXt", text("patchwork\0\u{1}\0\0\0", deflated(json.as_bytes()))),
        ];
        let other = (b"tEXt", text("Software\0", b"another".to_vec()));
        for kind in kinds {
            for bytes in [
                with_chunks(&[other.clone(), kind.clone()], &[]),
                with_chunks(&[], &[other.clone(), kind.clone()]),
            ] {
                let (recipe, unknown) = Image::recipe_of_png(&bytes).unwrap().unwrap();
                assert_eq!((recipe.prompt.as_str(), unknown.len()), ("été", 1));
            }
        }
        assert_eq!(Image::recipe_of_png(&with_chunks(&[other], &[])).unwrap(), None);
        // A few thousand bytes would inflate to fifty million.
        let bomb = deflated(&vec![b' '; 50 << 20]);
        for bomb in [
            (b"iTXt", text("patchwork\0\u{1}\0\0\0", bomb.clone())),
            (b"zTXt", text("patchwork\0\0", bomb)),
        ] {
            let taken = allocation_counter::measure(|| {
                let error =
                    Image::recipe_of_png(&with_chunks(&[bomb], &[])).unwrap_err().to_string();
                assert!(error.contains("cannot be decompressed"), "{error}");
            });
            assert!(taken.bytes_max < 8 << 20, "{}", taken.bytes_max);
        }
    }

    #[test]
    fn refuses_invalid_pngs_and_recipes() {
        let image = Image { width: 1, height: 1, pixels: vec![0; 4] };
        let whole = image.to_png(Some("{\"steps\": 0}")).unwrap();
        for (bytes, word) in
            [(&whole[..], "Steps"), (&whole[..20], "no PNG"), (b"GIF89a", "no PNG")]
        {
            let message = Image::recipe_of_png(bytes).unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        }
        assert!(Image::from_png(&whole[..whole.len() - 20]).is_err());
    }

    #[test]
    fn a_sheet_arranges_pictures_row_by_row() {
        let dot = |value: u8| Image { width: 1, height: 1, pixels: vec![value; 4] };
        let sheet = Image::sheet(&[dot(1), dot(2), dot(3)], 2);
        assert_eq!((sheet.width, sheet.height), (2, 2));
        assert_eq!(sheet.pixels[8..], [3, 3, 3, 3, 0, 0, 0, 0]);
    }
}
