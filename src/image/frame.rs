//! The part of a picture that a model sees. This module handles no pixels, so that the page stays small.

use serde::{Deserialize, Serialize};

/// The part of a picture that a model sees: a square.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    /// How much the picture is enlarged: at 1 its longer side fills the frame, below 1 ground is around
    /// it.
    pub zoom: f64,
    /// The place in the picture that is in the frame's middle, from 0 (left) to 1 (right).
    pub x: f64,
    /// The same from top to bottom.
    pub y: f64,
}

impl Default for Frame {
    /// Returns the frame of the whole picture.
    fn default() -> Self {
        Self { zoom: 1.0, x: 0.5, y: 0.5 }
    }
}
