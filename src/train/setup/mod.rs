//! What is decided about a run beside its steps: with which weights and settings it begins, and which
//! model comes of it. Each network has a file; what all have in common is here.

mod dit;
mod vae;

use std::path::PathBuf;

use burn::tensor::Device;

use crate::Result;
use crate::pipeline::export::export;
use crate::pipeline::stickers::Manifest;
use crate::tools::parallel::Workers;

/// The folders and files of a run, and what its parts have in common.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The folder of the model that it begins with.
    pub model: PathBuf,
    /// The dataset's file, or the output of `patchwork pack`.
    pub data: PathBuf,
    /// The run's folder.
    pub run: PathBuf,
    /// The folder of another run that it begins from.
    pub from: Option<PathBuf>,
    /// The trained model's folder.
    pub trained: PathBuf,
    /// The trained model's name.
    pub name: String,
    /// The seed of everything that is drawn at random.
    pub seed: u64,
    /// The number of threads; `None` uses as many as there are cores.
    pub threads: Option<usize>,
}

impl Setup {
    /// Returns the workers of the run.
    pub fn workers(&self, device: &Device) -> Workers {
        Workers::new(device, self.threads)
    }

    /// Writes the trained model: the one that the run began with, with some of its files replaced, and
    /// its manifest modified by `change`.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read or written.
    pub fn export(
        &self,
        files: &[(&str, Vec<u8>)],
        change: impl FnOnce(&mut Manifest),
    ) -> Result<()> {
        export(&self.model, &self.trained, files, |manifest| {
            manifest.name.clone_from(&self.name);
            change(manifest);
        })
    }
}
