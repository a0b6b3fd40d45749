//! Which pictures can be painted.

use rayon::prelude::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::Dataset;
use super::colours::colourfulness;
use super::sets::is_in_colour;

/// The least part of a picture that has a hue if it is painted.
const COLOURFUL: f64 = 0.2;

/// Returns whether each picture has something to paint: it is colourful, and its colours are its own.
pub(super) fn has_paint(dataset: &Dataset) -> Vec<bool> {
    let pictures = dataset.entries.par_iter().zip(&dataset.pictures);
    pictures
        .map(|(entry, picture)| is_in_colour(&entry.style) && colourfulness(picture) >= COLOURFUL)
        .collect()
}
