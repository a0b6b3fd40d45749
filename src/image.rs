//! From tensors to pixels, and from pixels to PNG.

use burn::tensor::Tensor;

use crate::{Error, Result};

/// A picture of straight (not premultiplied) RGBA, 8 bits each, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    /// The pictures of a batch. Three channels are opaque; of four, the fourth is the alpha that
    /// the others were multiplied with.
    ///
    /// # Shapes
    /// `[b, 3 or 4, h, w]`, values in −1..1; what is beyond is clipped.
    ///
    /// # Errors
    /// Where the device fails to give its data.
    pub async fn from_batch(x: Tensor<4>) -> Result<Vec<Self>> {
        let [_, channels, height, width] = x.dims();
        let data = x
            .into_data_async()
            .await
            .map_err(|problem| Error::Device(format!("The device gave no picture: {problem}")))?;
        let values: Vec<f32> = data.iter::<f32>().collect();
        let plane = height * width;
        let image = |values: &[f32]| {
            let at = |c: usize, i: usize| (values[c * plane + i] + 1.0) / 2.0;
            let pixel = |i: usize| {
                let rgb = [at(0, i), at(1, i), at(2, i)];
                if channels == 4 { straight(rgb, at(3, i)) } else { straight(rgb, 1.0) }
            };
            Self { width, height, pixels: (0..plane).flat_map(pixel).collect() }
        };
        Ok(values.chunks_exact(channels * plane).map(image).collect())
    }

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

/// A pixel of premultiplied values in 0..1.
fn straight(rgb: [f32; 3], alpha: f32) -> [u8; 4] {
    let alpha = alpha.clamp(0.0, 1.0);
    let byte = |value: f32| (value.clamp(0.0, 1.0) * 255.0).round() as u8;
    // Where next to nothing is opaque, colour is noise.
    if byte(alpha) == 0 {
        return [0; 4];
    }
    let [r, g, b] = rgb.map(|value| byte(value / alpha));
    [r, g, b, byte(alpha)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn premultiplied_becomes_straight() {
        assert_eq!(straight([0.25, 0.5, 0.0], 0.5), [128, 255, 0, 128]);
        assert_eq!(straight([0.3, 0.3, 0.3], 0.001), [0; 4]);
        assert_eq!(straight([2.0, -1.0, 1.0], 1.0), [255, 0, 255, 255]);
    }

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
