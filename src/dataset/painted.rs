//! Selects the pictures that can be recoloured.

use rayon::prelude::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::Dataset;
use super::colours::colourfulness;
use super::sets::is_in_colour;

/// The least share of a picture's area that must have a hue for recolouring.
const COLOURFUL: f64 = 0.2;

/// Returns whether each picture can be recoloured: it is colourful, and its style shows things in their
/// own colours.
pub(super) fn has_paint(dataset: &Dataset) -> Vec<bool> {
    let pictures = dataset.entries.par_iter().zip(&dataset.pictures);
    pictures
        .map(|(entry, picture)| is_in_colour(&entry.style) && colourfulness(picture) >= COLOURFUL)
        .collect()
}
