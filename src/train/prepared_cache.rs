//! The source of a run's latents and text states: its own folder, the folder of the run that it begins
//! from, or the encoders, whose output is then kept.

use std::path::Path;

use burn::tensor::Device;

use super::examples::{prepare, tell_captions};
use super::prepared::Prepared;
use super::setup::Setup;
use crate::dataset::{self, Dataset};
use crate::pipeline::Pipeline;
use crate::pipeline::stickers::Manifest;
use crate::tools::progress::Progress;
use crate::{Error, Result};

/// The file in a run's folder.
const PREPARED: &str = "prepared.safetensors";

/// The inputs of latents and text states, and the folders where they are kept.
#[derive(Clone, Copy)]
pub struct PreparedCache<'a> {
    /// The run's folders and files.
    pub setup: &'a Setup,
    /// The manifest of the model.
    pub manifest: &'a Manifest,
    /// The model, with its encoders.
    pub model: &'a Pipeline,
    /// The maximum number of tokens of a caption that are learnt.
    pub max_tokens: usize,
    /// The receiver of progress and notes.
    pub progress: &'a dyn Progress,
}

/// Returns the share of all draws that each kind of caption gets, as text.
fn told_shares(prepared: &Prepared) -> String {
    let shares = prepared.shares().into_iter();
    let told = shares.map(|(kind, share)| format!("{} {:.0} %", kind.name(), 100.0 * share));
    told.collect::<Vec<_>>().join(", ")
}

impl PreparedCache<'_> {
    /// Returns the latents and text states of `origin`. `bytes` are the content of the dataset's file.
    ///
    /// # Errors
    /// Returns an error if the run was begun with data of another origin, or the data cannot be
    /// computed or written.
    pub fn prepared(&self, bytes: Vec<u8>, origin: String) -> Result<Prepared> {
        let Setup { run, from, .. } = self.setup;
        let path = run.join(PREPARED);
        // The data of the other run are reused if they have the same origin.
        let other = from.as_ref().map(|from| from.join(PREPARED)).filter(|path| path.is_file());
        if let (false, Some(other)) = (path.is_file(), other) {
            let prepared = Prepared::read(&other)?;
            if prepared.origin == origin {
                return Ok(prepared);
            }
        }
        if path.is_file() {
            let prepared = Prepared::read(&path)?;
            if prepared.origin != origin {
                return Err(Error::Training(format!(
                    "The run in {} was begun with another dataset, autoencoder, text encoder, \
                     styles or seed: continue it with those, or choose another folder",
                    run.display()
                )));
            }
            return Ok(prepared);
        }
        let mut prepared = match Prepared::is_packed(&bytes) {
            true => self.unpacked()?,
            false => self.made(bytes)?,
        };
        prepared.origin = origin;
        std::fs::create_dir_all(run).map_err(|source| Error::write(run, source))?;
        prepared.write(&path)?;
        self.progress.note(&format!(
            "There are {} pictures, those of the dataset and variants made of them, with {} captions: {}.",
            prepared.pictures(),
            prepared.count(),
            told_shares(&prepared)
        ));
        Ok(prepared)
    }

    /// Returns the packed data, with the states of its captions.
    fn unpacked(&self) -> Result<Prepared> {
        let mut prepared = Prepared::read(&self.setup.data)?;
        // The text encoder computes the states anew, but the latents cannot be computed again.
        let encoder = format!("autoencoder {}", self.manifest.encoder_hash());
        if !prepared.origin.contains(&encoder) {
            let problem = "it was packed for a model with another autoencoder; pack the \
                           dataset again for this one";
            return Err(Error::dataset(self.setup.data.display().to_string(), problem));
        }
        if prepared.styles != self.model.styles {
            let problem = "it was packed for a model with other styles; give --new-styles to both \
                           `pack` and `train dit`, or to neither";
            return Err(Error::dataset(self.setup.data.display().to_string(), problem));
        }
        let reader = self.model.text.as_ref().expect("only models of prompts are packed for");
        tell_captions(prepared.captions(), self.model, self.max_tokens, self.progress)?;
        self.progress.note("Computing the states of the captions; the run keeps them.");
        let workers = self.setup.workers(&Device::flex());
        prepared.read_captions(|caption: &str| reader.states(caption), &workers)?;
        Ok(prepared)
    }

    fn made(&self, bytes: Vec<u8>) -> Result<Prepared> {
        self.progress.note(
            "Computing the latents of the pictures and the states of the captions; the run keeps \
             them.",
        );
        let dataset = Dataset::from_bytes(&bytes, &self.setup.data)?;
        drop(bytes);
        let (seed, workers) = (self.setup.seed, self.setup.workers(&self.model.device));
        prepare(&dataset, self.model, self.max_tokens, seed, &workers, self.progress)
    }
}

/// Returns the styles of a dataset or of a packed file, sorted.
///
/// # Errors
/// Returns an error if it is neither.
pub fn styles_of(bytes: &[u8], path: &Path) -> Result<Vec<String>> {
    // The metadata of the file suffice, so that pictures and latents are not read twice.
    let packed = Prepared::of_header(bytes).filter(|_| Prepared::is_packed(bytes));
    match packed {
        Some(packed) => Ok(packed.styles),
        None => Ok(dataset::styles(&Dataset::entries_of(bytes, path)?)),
    }
}
