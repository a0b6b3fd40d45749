//! Which pictures can be painted.

use rayon::prelude::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::Dataset;
use super::colours::colourfulness;
use super::sets::SETS;

/// The least part of a picture that has a hue if it is painted.
const COLOURFUL: f64 = 0.2;

/// Returns whether each picture has something to paint: it is colourful, and its colours are its own.
pub(super) fn has_paint(dataset: &Dataset) -> Vec<bool> {
    let is_plain = |style: &str| SETS.iter().any(|set| set.style == style && !set.in_colour);
    let pictures = dataset.entries.par_iter().zip(&dataset.pictures);
    pictures
        .map(|(entry, picture)| !is_plain(&entry.style) && colourfulness(picture) >= COLOURFUL)
        .collect()
}
