//! How an autoencoder's run begins, and the model that comes of it.

use burn::tensor::Device;

use super::Setup;
use crate::Result;
use crate::image::Image;
use crate::model::StickerAutoencoder;
use crate::pipeline::export::autoencoder_files;
use crate::pipeline::stickers::{AUTOENCODER, ENCODER, Manifest, autoencoder};
use crate::pipeline::{Folder, Parts};
use crate::train::latents;
use crate::train::run::Plan;
use crate::train::vae::{EDGES, NOISE, VaeSettings, VaeTask};
use crate::weights::save::Precision;

impl Setup {
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
            noise: NOISE,
            edges: EDGES,
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
