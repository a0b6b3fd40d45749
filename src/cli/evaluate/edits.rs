//! `patchwork evaluate --edits`: measures what a model does with pictures that it is given.

use std::path::PathBuf;

use crate::Result;
use crate::cli::print_beside;
use crate::dataset::Dataset;
use crate::evaluate::edits::round_trip;
use crate::evaluate::features::{FeatureExtractor, Features};
use crate::evaluate::held_out::HeldOut;
use crate::pipeline::Pipeline;
use crate::recipe::Recipe;
use crate::tools::progress::Progress;

/// The inputs of the evaluation.
pub(super) struct Asks<'a> {
    pub(super) model: &'a Pipeline,
    pub(super) sampling: &'a Recipe,
    pub(super) seed: u64,
    pub(super) held_out: &'a HeldOut,
    pub(super) most: usize,
}

impl Asks<'_> {
    pub(super) fn answer(
        &self,
        (dataset, features, extractor): (&Dataset, &Features, &FeatureExtractor),
        path: &PathBuf,
        progress: &dyn Progress,
    ) -> Result<()> {
        let print = |line: String| print_beside(&[Some(path)], line);
        let (asked, pictures) = self.held_out.held_of(dataset);
        let trip = round_trip::measure(self.model, (&asked, &pictures), progress)?;
        print(format!("| {} held-out pictures, there and back | PSNR |", asked.len()))?;
        print(format!("|---|---|\n| autoencoder alone | {:.2} dB |", trip.autoencoder))?;
        for (steps, psnr) in round_trip::STEPS.iter().zip(trip.trips) {
            print(format!("| inverted and drawn again in {steps} steps | {psnr:.2} dB |"))?;
        }
        Ok(())
    }
}
