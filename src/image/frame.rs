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

impl Frame {
    /// Returns the width and the height of a picture in this frame, as shares of the frame. `size` is the
    /// picture's in pixels.
    pub fn shares(self, [width, height]: [u32; 2]) -> (f64, f64) {
        let longer = f64::from(width.max(height).max(1));
        (self.zoom * f64::from(width) / longer, self.zoom * f64::from(height) / longer)
    }

    /// Returns the frame after the picture in it was moved by shares of the frame, to the right and down.
    #[must_use]
    pub fn moved(self, size: [u32; 2], (right, down): (f64, f64)) -> Self {
        let (width, height) = self.shares(size);
        let x = (self.x - right / width).clamp(0.0, 1.0);
        let y = (self.y - down / height).clamp(0.0, 1.0);
        Self { x, y, ..self }
    }

    /// Returns where a place of the picture is in another frame, if it is at `(right, down)` in this one.
    /// Places are shares of the frame, from its left and top.
    pub fn place_in(self, other: Self, size: [u32; 2], (right, down): (f64, f64)) -> (f64, f64) {
        let (width, height) = other.shares(size);
        let scale = other.zoom / self.zoom;
        let place =
            |at: f64, from: f64, to: f64, side: f64| (at - 0.5) * scale + (from - to) * side + 0.5;
        (place(right, self.x, other.x, width), place(down, self.y, other.y, height))
    }
}

impl Default for Frame {
    /// Returns the frame of the whole picture.
    fn default() -> Self {
        Self { zoom: 1.0, x: 0.5, y: 0.5 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_moves_with_the_picture() {
        let (size, from) = ([200, 100], Frame::default());
        // The picture is twice as wide as high: its upper edge is at a quarter of the frame.
        assert_eq!(from.place_in(from, size, (0.3, 0.25)), (0.3, 0.25));
        let moved = from.moved(size, (0.1, 0.2));
        let (right, down) = from.place_in(moved, size, (0.3, 0.25));
        assert!((right - 0.4).abs() < 1e-9 && (down - 0.45).abs() < 1e-9, "{right} {down}");
        let near = Frame { zoom: 2.0, ..from };
        assert_eq!(from.place_in(near, size, (0.5, 0.25)), (0.5, 0.0));
    }
}
