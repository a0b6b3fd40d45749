//! What is decided about a run beside its steps: with which weights and settings a DiT or an autoencoder
//! begins, and which model comes of it.

use std::path::PathBuf;

use burn::tensor::Device;

use super::dit::{DitSettings, DitTask};
use super::latents;
use super::run::Plan;
use super::snapshot::Snapshot;
use super::state::TrainState;
use super::times::Times;
use super::vae::{VaeSettings, VaeTask};
use crate::dataset::names::everyday;
use crate::image::Image;
use crate::model::{Dit, StickerAutoencoder};
use crate::pipeline::export::{autoencoder_files, export};
use crate::pipeline::stickers::{AUTOENCODER, DIT, ENCODER, Manifest, WORDS, autoencoder};
use crate::pipeline::{Folder, Parts, Pipeline};
use crate::text::WordTable;
use crate::tools::parallel::Workers;
use crate::weights::keys;
use crate::weights::save::{Precision, parameters, to_bytes};
use crate::{Error, Result};

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

    /// Returns the usual settings of a DiT's run on data of the origin `data`. During a cooldown no patch
    /// skips blocks, whole captions are read, and the noise levels lie nearer to the clean picture.
    ///
    /// # Errors
    /// Returns an error if the run to begin from has no snapshot of a DiT, or learnt latents of another
    /// autoencoder.
    pub fn dit_settings(
        &self,
        plan: &Plan,
        manifest: &Manifest,
        data: String,
        from_scratch: bool,
    ) -> Result<DitSettings> {
        let (origin, seen) = self.beginning(manifest, from_scratch)?;
        let falls = plan.learning_rate.decay_steps.is_some();
        Ok(DitSettings {
            origin,
            data,
            seen,
            seed: self.seed,
            batch_size: plan.batch_size,
            learning_rate: plan.learning_rate,
            ema: plan.ema,
            weight_decay: 0.02,
            max_grad_norm: 1.0,
            times: if falls { Times::falling() } else { Times::default() },
            detail: if falls { 0.5 } else { 0.25 },
            skipping: if falls { 0.0 } else { 0.75 },
            max_tokens: manifest.text_tokens.min(if falls { usize::MAX } else { 10 }),
            drop_all: 0.1,
            drop_style: 0.1,
            from_scratch,
        })
    }

    /// Returns the hash of the weights that a DiT's run begins with, and the number of pictures that they
    /// have seen. A resumed run keeps its own beginning; otherwise it is another run's last snapshot, or
    /// the model.
    fn beginning(&self, manifest: &Manifest, from_scratch: bool) -> Result<(String, usize)> {
        let Some(from) = &self.from else {
            let seen = manifest.images_seen.filter(|_| !from_scratch).unwrap_or(0);
            return Ok((manifest.hash(DIT).to_owned(), seen));
        };
        let settings = |snapshot: &Snapshot| serde_json::from_value(snapshot.settings.clone()).ok();
        if let Some(DitSettings { origin, seen, .. }) =
            Snapshot::last(&self.run)?.as_ref().and_then(settings)
        {
            return Ok((origin, seen));
        }
        let found = Snapshot::last(from)?;
        let Some((snapshot, before)) = found.and_then(|found| Some((settings(&found)?, found)))
        else {
            return Err(Error::Training(format!(
                "{} cannot be used: it has no snapshot that `train dit` wrote; name the folder that its \
                 --run made",
                from.display()
            )));
        };
        let DitSettings { seen, batch_size, data, .. } = snapshot;
        if !data.is_empty() && !data.contains(&format!("autoencoder {}", manifest.encoder_hash())) {
            return Err(Error::Training(format!(
                "The run in {} learnt latents of another autoencoder than that of {}: give the --model \
                 that it was begun with",
                from.display(),
                self.model.display()
            )));
        }
        Ok((before.hash()?, seen + before.step * batch_size))
    }

    /// Returns the DiT that a run begins with: that of the model, or a new one.
    pub fn dit(&self, model: &Pipeline, manifest: &Manifest, from_scratch: bool) -> Dit {
        model.device.seed(self.seed);
        if from_scratch { manifest.dit().init(&model.device) } else { model.dit.clone() }
    }

    /// Writes the model with its trained DiT and the words that it was taught. Returns how many pictures
    /// the DiT has seen in all.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read or written.
    pub fn export_dit(
        &self,
        manifest: &Manifest,
        task: &DitTask<'_>,
        state: &TrainState<Dit>,
    ) -> Result<usize> {
        let seen = task.settings.seen + state.step * task.settings.batch_size;
        let bytes = to_bytes(&parameters(&state.ema, &keys::DIT, Precision::Half), None);
        let words = words(manifest, task).map(|words| (WORDS, words.to_text().into_bytes()));
        let files: Vec<_> = [(DIT, bytes)].into_iter().chain(words).collect();
        self.export(&files, |new| {
            new.images_seen = Some(seen);
            new.latents_of = Some(new.encoder_hash().to_owned());
            new.set_styles(manifest.styles.clone());
            // Weights that were trained without the short path may no longer work with it.
            (new.guidance_skips, new.short_below) = (None, 0.0);
        })?;
        Ok(seen)
    }

    /// Returns the usual settings of an autoencoder's run on a dataset with this hash.
    pub fn vae_settings(
        &self,
        plan: &Plan,
        manifest: &Manifest,
        data: &str,
        from_scratch: bool,
    ) -> VaeSettings {
        VaeSettings {
            origin: format!("data {data}, autoencoder {}", manifest.hash(AUTOENCODER)),
            seed: self.seed,
            batch_size: plan.batch_size,
            learning_rate: plan.learning_rate,
            ema: plan.ema,
            weight_decay: 1e-4,
            max_grad_norm: 1.0,
            noise: 0.2,
            edges: 1.0,
            divergence: from_scratch.then_some(1e-3),
        }
    }

    /// Returns the autoencoder that a run begins with: that of the model, or a new one.
    ///
    /// # Errors
    /// Returns an error if the model's files cannot be read.
    pub async fn vae(
        &self,
        manifest: &Manifest,
        from_scratch: bool,
        device: &Device,
    ) -> Result<StickerAutoencoder> {
        device.seed(self.seed);
        if from_scratch {
            return Ok(StickerAutoencoder::init(device));
        }
        let source = Folder(self.model.clone());
        let loaded = autoencoder(&source, manifest, device, Parts::All).await;
        loaded.map_err(|error| error.within(&self.model))
    }

    /// Writes the model with its trained autoencoder.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read or written.
    pub fn export_vae(
        &self,
        manifest: &Manifest,
        task: &VaeTask<'_>,
        trained: &StickerAutoencoder,
    ) -> Result<()> {
        let is_new = task.settings.divergence.is_some();
        let mut files = autoencoder_files(trained, Precision::Half).to_vec();
        if !is_new && manifest.files.contains_key(ENCODER) {
            // The encoder is unchanged, and so are its latents.
            files.retain(|(name, _)| *name != ENCODER);
        }
        let pictures: Vec<&Image> = task.train.iter().map(|&i| &task.data.pictures[i]).collect();
        let fitted = is_new.then(|| latents::fit(trained, &pictures, &task.device));
        let (learnt, knew) = (manifest.encoder_hash().to_owned(), manifest.knows_its_latents());
        self.export(&files, |new| {
            if is_new {
                // The DiT in the same folder was trained on the old latents.
                new.latents_of.get_or_insert(learnt);
            } else if knew {
                new.latents_of = Some(new.encoder_hash().to_owned());
            }
            if let Some(fitted) = fitted {
                new.latent_mean = fitted.mean;
                new.latent_std = fitted.std;
                new.preview = fitted.preview;
            }
        })
    }
}

/// Returns the table of the words that a trained DiT knows; `None` if the model that it began with is an
/// older one without such a table, so that none can be extended.
fn words(manifest: &Manifest, task: &DitTask<'_>) -> Option<WordTable> {
    let is_new = task.settings.from_scratch;
    if !is_new && !manifest.files.contains_key(WORDS) {
        return None;
    }
    let reader = task.model.and_then(|model| model.text.as_ref()).filter(|_| !is_new);
    let before = reader.map(|reader| reader.words.clone()).unwrap_or_default();
    Some(before.taught(&task.data.names(), &everyday(), task.data.captions()))
}
