//! Pictures as pixels, and as PNG. Knows no Burn.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// A picture of straight (not premultiplied) RGBA, 8 bits each, row by row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// Pixels a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// `4·width·height` bytes.
    pub pixels: Vec<u8>,
}

/// The PNG text chunk that holds a recipe as JSON.
pub const RECIPE_KEYWORD: &str = "patchwork";

impl Image {
    /// The picture as PNG, with `recipe` (JSON) in a text chunk.
    ///
    /// # Errors
    /// Where the picture is empty or too large for PNG.
    pub fn to_png(&self, recipe: Option<&str>) -> Result<Vec<u8>> {
        let refuse = |problem: png::EncodingError| {
            Error::Recipe(format!("The picture cannot be written as PNG: {problem}"))
        };
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        if let Some(recipe) = recipe {
            encoder.add_itxt_chunk(RECIPE_KEYWORD.into(), recipe.into()).map_err(refuse)?;
        }
        let mut writer = encoder.write_header().map_err(refuse)?;
        writer.write_image_data(&self.pixels).map_err(refuse)?;
        writer.finish().map_err(refuse)?;
        Ok(bytes)
    }

    /// Pictures of one size side by side, `columns` a row, on a transparent ground.
    pub fn sheet(images: &[Self], columns: usize) -> Self {
        let (Some(first), true) = (images.first(), columns > 0) else {
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
            for (y, row) in image.pixels.chunks_exact(4 * width).enumerate() {
                let start = 4 * ((top + y) * sheet.width + left);
                sheet.pixels[start..start + row.len()].copy_from_slice(row);
            }
        }
        sheet
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_png_keeps_pixels_and_recipe() {
        let image = Image { width: 2, height: 1, pixels: vec![1, 2, 3, 255, 9, 8, 7, 0] };
        let bytes = image.to_png(Some("{\"prompt\":\"été\"}")).unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; 8];
        reader.next_frame(&mut pixels).unwrap();
        assert_eq!(pixels, image.pixels);
        let chunk = &reader.info().utf8_text[0];
        assert_eq!(chunk.keyword, RECIPE_KEYWORD);
        assert_eq!(chunk.get_text().unwrap(), "{\"prompt\":\"été\"}");
    }

    #[test]
    fn a_sheet_lays_pictures_row_by_row() {
        let dot = |value: u8| Image { width: 1, height: 1, pixels: vec![value; 4] };
        let sheet = Image::sheet(&[dot(1), dot(2), dot(3)], 2);
        assert_eq!((sheet.width, sheet.height), (2, 2));
        assert_eq!(sheet.pixels[8..], [3, 3, 3, 3, 0, 0, 0, 0]);
    }
}
