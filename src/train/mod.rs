//! Learning: from a dataset to weights, with the same networks that draw.

pub mod optimiser;
pub mod parallel;
pub mod params;
