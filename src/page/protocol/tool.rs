//! The tools that change pictures, as the page asks its worker for them.

use serde::{Deserialize, Serialize};

use super::File;
use crate::image::frame::Frame;
use crate::recipe::PartialRecipe;

/// A tool, with its settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Tool {
    /// Fits a picture into the model's frame, and keeps it, so that runs can begin with it. Makes a
    /// [`Made::Picture`].
    Fit(Frame),
    /// Makes the mask of what a picture leaves empty in this frame, and keeps it: a [`Made::Picture`].
    Around(Frame),
    /// Makes a mask from the alpha of a painting, and keeps it: a [`Made::Picture`].
    Mask,
    /// Makes the background of a picture transparent: a [`Made::File`], a PNG.
    CutOut(Ground),
    /// Looks for the picture and the mask that a saved PNG carries, and keeps them: a
    /// [`Made::Carried`].
    Carried,
    /// Proposes prompts for a picture: [`Made::Captions`].
    Describe,
    /// Traces a picture to an SVG: a [`Made::File`].
    Trace {
        /// How many colours it has at most, 2 to 64.
        colours: u8,
    },
    /// Enlarges a picture with the upscaler, in tiles if need be: [`Made::Enlarged`].
    Enlarge {
        /// The longer side in pixels: 512 or 2048.
        side: u32,
    },
    /// Draws the way from one recipe to another, without a file: [`Made::Frames`].
    Morph {
        /// The recipe of the first frame.
        from: Box<PartialRecipe>,
        /// The recipe of the last frame.
        to: Box<PartialRecipe>,
        /// How many frames there are, 2 to 64.
        frames: u32,
    },
    /// Puts frames, a file each, into one animated picture that repeats for ever: a [`Made::File`].
    Animate {
        /// The format.
        format: Animation,
        /// How long each frame is shown, in milliseconds.
        milliseconds: u32,
        /// Whether the frames are shown backwards after the last one.
        returns: bool,
    },
}

/// The background of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Ground {
    /// A plain colour that touches the picture's edges.
    Plain {
        /// How far a colour may be from that of the edges, from 0 to 1.
        tolerance: f64,
    },
    /// Anything behind the thing in the picture, as U²-Netp sees it.
    Any,
}

/// The format of an animated picture with transparency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Animation {
    /// APNG, with all colours and soft edges.
    Apng,
    /// GIF, with 256 colours and hard edges.
    Gif,
}

impl Animation {
    /// Returns the extension of a file name, without its dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Apng => "png",
            Self::Gif => "gif",
        }
    }
}

/// A picture that the worker keeps, so that recipes can name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its hash, by which recipes name it.
    pub hash: String,
    /// The picture at the model's size, or a mask in its alpha, as PNG.
    pub png: File,
}

/// What a tool made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Made {
    /// A picture or a mask at the model's size.
    Picture(Kept),
    /// The pictures that a PNG carries: what its run began with, and its mask. There may be none.
    Carried(Vec<Kept>),
    /// A file, in the format that the tool names.
    File(File),
    /// Prompts, the likeliest first.
    Captions(Vec<String>),
    /// An enlarged picture.
    Enlarged {
        /// The picture that the upscaler made.
        sharp: File,
        /// The picture enlarged by plain interpolation, to compare with.
        plain: File,
    },
    /// The frames of a morph.
    Frames(Vec<File>),
}
