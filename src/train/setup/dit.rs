//! How a DiT's run begins, and the model that comes of it.

use super::Setup;
use crate::dataset::names::everyday;
use crate::model::Dit;
use crate::pipeline::Pipeline;
use crate::pipeline::stickers::{DIT, Manifest, WORDS};
use crate::text::WordTable;
use crate::train::dit::{DitSettings, DitTask, WEIGHT_DECAY};
use crate::train::run::Plan;
use crate::train::snapshot::Snapshot;
use crate::train::state::TrainState;
use crate::train::times::Times;
use crate::weights::keys;
use crate::weights::save::{Precision, parameters, to_bytes};
use crate::{Error, Result};

impl Setup {
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
            weight_decay: WEIGHT_DECAY,
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
                "{} cannot be used: it holds no snapshot of `train dit`; name the folder that was \
                 given as its --run",
                from.display()
            )));
        };
        let DitSettings { seen, batch_size, data, .. } = snapshot;
        if !data.is_empty() && !data.contains(&format!("autoencoder {}", manifest.encoder_hash())) {
            return Err(Error::Training(format!(
                "The run in {} was trained on latents of another autoencoder than that of {}: give the \
                 --model that it began with",
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
