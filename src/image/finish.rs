//! What a drawn picture becomes before it is saved. Knows no pixels, so that the page, which asks its
//! worker for the rest, stays small.

use serde::{Deserialize, Serialize};

/// What is made of a drawn picture before it is saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finish {
    /// Pixels of the longer side, 16 to 2048; 0 leaves it as it was drawn. A size above the drawing's is made
    /// of what the model's upscaler makes of it, if it has one.
    pub size: u32,
    /// Whether it gets the white outline and the soft shadow of a die-cut sticker.
    pub outline: bool,
    /// How it is written.
    pub format: FileFormat,
}

/// How a finished picture is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileFormat {
    /// With its recipe inside.
    Png,
    /// Without loss, and without a recipe: what messengers take as a sticker.
    WebP,
}

impl FileFormat {
    /// Returns the ending of a file's name, without its dot.
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
    /// The picture as it was drawn, as PNG.
    fn default() -> Self {
        Self { size: 0, outline: false, format: FileFormat::Png }
    }
}

impl Finish {
    /// Returns whether it makes a picture of these sides larger.
    pub fn enlarges(&self, width: usize, height: usize) -> bool {
        self.size as usize > width.max(height)
    }

    /// Returns whether nothing is to be done: the PNG as it was drawn is what is saved.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_png_as_drawn_is_plain() {
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
