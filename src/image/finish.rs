//! The finishing of a drawn picture before it is saved. This module handles no pixels, so that the page,
//! which asks its worker for the rest, stays small.

use serde::{Deserialize, Serialize};

/// The changes to a drawn picture before it is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finish {
    /// The longer side in pixels, 16 to 2048; 0 keeps the drawn size. A size above the drawn one is made
    /// from the output of the model's upscaler, if it has one.
    pub size: u32,
    /// Whether the picture gets the white outline and the soft shadow of a die-cut sticker.
    pub outline: bool,
    /// The format of the file.
    pub format: FileFormat,
}

/// The file formats of a finished picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileFormat {
    /// PNG, with the recipe inside.
    Png,
    /// Lossless WebP without a recipe, which messengers accept as a sticker.
    WebP,
}

impl FileFormat {
    /// Returns the extension of a file name, without its dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::WebP => "webp",
        }
    }

    /// Returns the media type.
    pub fn mime(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::WebP => "image/webp",
        }
    }
}

impl Default for Finish {
    /// Returns the finish that keeps the picture as it was drawn, as PNG.
    fn default() -> Self {
        Self { size: 0, outline: false, format: FileFormat::Png }
    }
}

impl Finish {
    /// Returns whether it enlarges a picture of these sides.
    pub fn enlarges(&self, width: usize, height: usize) -> bool {
        self.size as usize > width.max(height)
    }

    /// Returns whether there is nothing to do: the PNG is saved as it was drawn.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_png_without_resizing_and_outline_is_plain() {
        let plain = Finish::default();
        assert!(plain.is_plain());
        for other in [
            Finish { size: 512, ..plain },
            Finish { outline: true, ..plain },
            Finish { format: FileFormat::WebP, ..plain },
        ] {
            assert!(!other.is_plain(), "{other:?}");
        }
        assert!(Finish { size: 129, ..plain }.enlarges(128, 16));
        assert!(![0, 16, 128].iter().any(|size| Finish { size: *size, ..plain }.enlarges(16, 128)));
        assert_eq!((FileFormat::WebP.extension(), FileFormat::WebP.mime()), ("webp", "image/webp"));
    }
}
