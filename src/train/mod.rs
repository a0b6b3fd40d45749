//! Training: from a dataset to weights, with the same networks that draw.
//!
//! ```text
//!  dataset ─► examples ─► prepared (latents, states) ─► rows of a step ─┐
//!                                                       dit: loss; gradient, on each thread
//!  state ◄─ run: rate, optimiser, average, report ◄───────────────────┘
//! ```
//!
//! `setup` decides how a run begins and which model comes of it; `state` is written as snapshots.

pub mod builder;
pub mod concept_index;
pub mod dit;
pub mod examples;
pub mod gradient;
pub mod latents;
pub mod optimiser;
pub mod packed;
pub mod params;
pub mod prepared;
pub mod prepared_cache;
pub mod prepared_file;
pub mod probe;
pub mod report;
pub mod rows;
pub mod run;
mod settings_diff;
pub mod setup;
pub mod sheet;
pub mod snapshot;
pub mod state;
pub mod times;
pub mod upscaler;
pub mod vae;
