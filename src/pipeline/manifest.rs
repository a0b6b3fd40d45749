//! The content of `model.json` in the embedded layout: sizes, normalisation, preview map, and the list of
//! files.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::preview::PreviewMap;
use super::source::model_hash;
use crate::diffusion::Prediction;
use crate::model::upscaler::SCALE;
use crate::model::{DitConfig, TextConfig};
use crate::recipe::Defaults;
use crate::samplers::{self, Sampler};
use crate::tools::foreign::misplaced;
use crate::tools::hash::FileFacts;
use crate::{Error, Result};

/// The file that identifies this layout.
pub const MANIFEST: &str = "model.json";

/// The DiT's weights.
pub const DIT: &str = "dit.safetensors";
/// The autoencoder's weights: its decoder, and in older folders also its encoder.
pub const AUTOENCODER: &str = "vae.safetensors";
/// The autoencoder's encoder, which is needed only to encode pictures.
pub const ENCODER: &str = "vae_encoder.safetensors";
/// The text encoder's weights.
pub const TEXT_ENCODER: &str = "text_encoder.safetensors";
/// The text encoder's tokens, one per line.
pub const VOCABULARY: &str = "vocab.txt";

/// The names of emoji. A model without this file does not know them.
pub const EMOJI: &str = "emoji.tsv";
/// The table from everyday words to the labels in the model's captions. A model may lack it.
pub const WORDS: &str = "words.tsv";
/// The weights of the upscaler of finished pictures. A model may lack them.
pub const UPSCALER: &str = "upscaler.safetensors";
/// Every file that this layout knows. No other file is read, copied or written.
pub const FILES: [&str; 8] =
    [DIT, AUTOENCODER, ENCODER, TEXT_ENCODER, VOCABULARY, EMOJI, WORDS, UPSCALER];
/// The files that are not needed to draw.
const LATER: [&str; 2] = [ENCODER, UPSCALER];

// Files that the page shows before a model's weights are loaded. They are not parts of the model, so
// `model.json` lists none of them.

/// The layout of a quilt, and the recipes of its pictures.
pub const QUILT: &str = "quilt.json";
/// The pictures of a quilt.
pub const QUILT_PICTURES: &str = "quilt.webp";
/// Pictures of one subject in each of the model's styles.
pub const STYLE_PICTURES: &str = "styles.webp";

/// The content of `model.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The model's name.
    pub name: String,
    /// The side of a picture, in pixels.
    pub image_size: usize,
    /// The channels, height and width of the latent.
    pub latent: [usize; 3],
    /// The side of a patch.
    pub patch_size: usize,
    /// The width of the DiT.
    pub hidden_size: usize,
    /// How many blocks the DiT has.
    pub depth: usize,
    /// How many attention heads the DiT has.
    pub num_heads: usize,
    /// The largest number of text tokens.
    pub text_tokens: usize,
    /// The width of the text states.
    pub text_dim: usize,
    /// The names of the styles, in the order of their labels.
    pub styles: Vec<String>,
    /// The label that means no style, which follows the last style.
    pub null_style: usize,
    /// The quantity that the DiT predicts.
    pub prediction: Prediction,
    /// The shift of a run's noise levels towards noise; see [`Recipe::shift`](crate::Recipe::shift).
    #[serde(default = "no_shift")]
    pub shift: f64,
    /// The default settings that it draws best with.
    #[serde(default)]
    pub defaults: Defaults,
    /// The blocks that guidance's prediction without the prompt skips: from the first number up to, but not
    /// including, the second. Models without this field skip none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guidance_skips: Option<[usize; 2]>,
    /// The noise level (1 is pure noise) below which every prediction skips those blocks.
    #[serde(default)]
    pub short_below: f64,
    /// The mean of each latent channel.
    pub latent_mean: Vec<f32>,
    /// The standard deviation of each latent channel.
    pub latent_std: Vec<f32>,
    /// The map from a normalised latent to colours.
    pub preview: PreviewMap,
    /// How many pictures the DiT has seen in training, in total.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images_seen: Option<usize>,
    /// The SHA-256 of the encoder whose latents the DiT was trained on. Older folders lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latents_of: Option<String>,
    /// The length and the hash of each file.
    pub files: BTreeMap<String, FileFacts>,
}

fn no_shift() -> f64 {
    1.0
}

impl Manifest {
    /// Returns the DiT's configuration.
    pub fn dit(&self) -> DitConfig {
        let [channels, height, width] = self.latent;
        let styles = self.styles.len();
        DitConfig::new(
            [height, width],
            self.patch_size,
            channels,
            self.hidden_size,
            self.depth,
            self.num_heads,
            styles,
        )
        .with_learn_sigma(false)
        .with_text(Some(TextConfig::new(self.text_dim, self.text_tokens)))
    }

    /// Returns the sampler that its defaults name; Euler if they name none.
    ///
    /// # Errors
    /// Returns an error if there is no sampler of that name.
    pub(super) fn sampler(&self) -> Result<Box<dyn Sampler>> {
        match self.defaults.sampler.as_str() {
            "" => samplers::named("euler"),
            name => samplers::named(name),
        }
    }

    /// Returns a description of what prepared latents and states depend on: the dataset's hash, both
    /// encoders, the styles and the seed.
    pub fn prepared_origin(&self, data: &str, seed: u64) -> String {
        let (vae, text, styles) =
            (self.encoder_hash(), self.hash(TEXT_ENCODER), self.styles.join("|"));
        format!("data {data}, autoencoder {vae}, text {text}, styles {styles}, seed {seed}")
    }

    /// Sets the styles, and clears the default style if it is not among them.
    pub fn set_styles(&mut self, styles: Vec<String>) {
        if !styles.contains(&self.defaults.style) {
            self.defaults.style.clear();
        }
        self.null_style = styles.len();
        self.styles = styles;
    }

    /// Returns a hash that distinguishes the model from others of its name. It covers the files that affect
    /// a drawing, and which blocks are skipped.
    pub fn model_hash(&self) -> String {
        let files = self.files.iter().filter(|(name, _)| *name != UPSCALER);
        let hashes = files.map(|(name, facts)| (name.clone(), facts.sha256.clone()));
        let mut all: BTreeMap<String, String> = hashes.collect();
        if let Some([from, to]) = self.guidance_skips {
            // This key sorts after all names of files.
            let skips = format!("skips {from} {to} {}", self.short_below);
            all.insert("~".into(), skips);
        }
        model_hash(&all)
    }

    /// Returns the total size, in bytes, of the files that drawing needs.
    pub fn drawing_bytes(&self) -> u64 {
        let needed = self
            .files
            .iter()
            .filter(|(name, _)| FILES.contains(&name.as_str()) && !LATER.contains(&name.as_str()));
        needed.map(|(_, facts)| facts.bytes).sum()
    }

    /// Returns the side, in pixels, of upscaled pictures; `None` if the model has no upscaler.
    pub fn upscaled_side(&self) -> Option<usize> {
        self.files.contains_key(UPSCALER).then_some(SCALE * self.image_size)
    }

    /// Returns the SHA-256 of the file that holds the autoencoder's encoder.
    pub fn encoder_hash(&self) -> &str {
        self.hash(if self.files.contains_key(ENCODER) { ENCODER } else { AUTOENCODER })
    }

    /// Returns whether the DiT was trained on the latents of the autoencoder beside it. If this is not
    /// known, it is assumed.
    pub fn knows_its_latents(&self) -> bool {
        self.latents_of.as_deref().is_none_or(|hash| hash == self.encoder_hash())
    }

    /// Checks that the DiT was trained on the latents of the autoencoder beside it.
    ///
    /// # Errors
    /// Returns an error if it was trained on the latents of another.
    pub fn check_latents(&self) -> Result<()> {
        if self.knows_its_latents() {
            return Ok(());
        }
        let problem = "it was trained on the latents of another autoencoder than the one beside it, so \
                       its pictures would be unrecognisable: train it first, with `patchwork train dit`";
        Err(Error::model(DIT, problem))
    }

    /// Returns the listed SHA-256 of a file; empty if the file is not listed.
    pub fn hash(&self, file: &str) -> &str {
        self.files.get(file).map_or("", |facts| facts.sha256.as_str())
    }

    /// Checks that `bytes` are the complete and undamaged `file`.
    ///
    /// # Errors
    /// Returns an error if the file is not listed, or has another length or hash than listed.
    pub fn verify(&self, file: &str, bytes: &[u8]) -> Result<()> {
        let Some(facts) = self.files.get(file) else {
            return Err(Error::model(MANIFEST, format!("it does not list {file}")));
        };
        let found = FileFacts::of(bytes);
        if let (false, Some(problem)) = (found == *facts, misplaced(bytes)) {
            return Err(Error::model(file, problem));
        }
        if found.bytes != facts.bytes {
            let (found, want) = (found.bytes, facts.bytes);
            let problem = format!("it has {found} bytes and should have {want}; fetch it again");
            return Err(Error::model(file, problem));
        }
        if !found.sha256.eq_ignore_ascii_case(&facts.sha256) {
            let problem = "its SHA-256 is not the one that model.json lists; fetch it again";
            return Err(Error::model(file, problem));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The hash is the first digits of a SHA-256 over those of the files, in order of their names, and over
    /// the skipped blocks.
    #[test]
    fn hashes_a_models_files_and_skipped_blocks() {
        let bytes = include_bytes!("../../www/models/stickers/model.json");
        let manifest: Manifest = serde_json::from_slice(bytes).expect("it is JSON");
        let files = manifest.files.iter().filter(|(name, _)| *name != UPSCALER);
        let mut all: String = files.map(|(_, facts)| facts.sha256.as_str()).collect();
        let hash = |all: &str| crate::tools::hash::sha256(all.as_bytes())[..16].to_owned();
        let plain = Manifest { guidance_skips: None, ..manifest.clone() };
        assert_eq!(plain.model_hash(), hash(&all));
        let skips = Manifest { guidance_skips: Some([2, 10]), short_below: 0.25, ..manifest };
        all += "skips 2 10 0.25";
        assert_eq!(skips.model_hash(), hash(&all));
    }
}
