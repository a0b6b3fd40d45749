//! What `model.json` of the embedded layout says: sizes, normalisation, preview map, and which
//! files there are.

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

/// The file that tells this layout.
pub const MANIFEST: &str = "model.json";

/// The DiT's weights.
pub const DIT: &str = "dit.safetensors";
/// The autoencoder's weights: its decoder, and in older folders its encoder too.
pub const AUTOENCODER: &str = "vae.safetensors";
/// The autoencoder's encoder, which only those need that encode pictures.
pub const ENCODER: &str = "vae_encoder.safetensors";
/// The text encoder's weights.
pub const TEXT_ENCODER: &str = "text_encoder.safetensors";
/// The text encoder's tokens, one a line.
pub const VOCABULARY: &str = "vocab.txt";

/// Names of emoji; a model without it does not know them.
pub const EMOJI: &str = "emoji.tsv";
/// What everyday words are called in the model's captions; a model without it knows of none.
pub const WORDS: &str = "words.tsv";
/// Makes finished pictures larger; a model without it is drawn all the same.
pub const UPSCALER: &str = "upscaler.safetensors";
/// Every file that this layout knows: nothing else is read, copied or written.
pub const FILES: [&str; 8] =
    [DIT, AUTOENCODER, ENCODER, TEXT_ENCODER, VOCABULARY, EMOJI, WORDS, UPSCALER];
/// Those that no picture waits for.
const LATER: [&str; 2] = [ENCODER, UPSCALER];

// What the page shows of a model before its weights are there. No parts of the model: `model.json`
// lists none of them.

/// What the pictures of a quilt were drawn from.
pub const QUILT: &str = "quilt.json";
/// A quilt's pictures.
pub const QUILT_PICTURES: &str = "quilt.webp";
/// One subject in each of the model's styles.
pub const STYLE_PICTURES: &str = "styles.webp";

/// What `model.json` says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The model's name.
    pub name: String,
    /// Pixels a side.
    pub image_size: usize,
    /// Channels, height and width of the latent.
    pub latent: [usize; 3],
    /// Side of a patch.
    pub patch_size: usize,
    /// Width of the DiT.
    pub hidden_size: usize,
    /// Blocks of the DiT.
    pub depth: usize,
    /// Heads of the DiT.
    pub num_heads: usize,
    /// Places for text tokens.
    pub text_tokens: usize,
    /// Width of the text states.
    pub text_dim: usize,
    /// Names of the styles, in the order of their labels.
    pub styles: Vec<String>,
    /// The label that means no style: the one after the last.
    pub null_style: usize,
    /// What the DiT predicts.
    pub prediction: Prediction,
    /// Moves the levels of a run towards noise; see [`Recipe::shift`](crate::Recipe::shift).
    #[serde(default = "no_shift")]
    pub shift: f64,
    /// How it draws best.
    #[serde(default)]
    pub defaults: Defaults,
    /// Which blocks guidance's prediction without the prompt leaves out: from the first number to before the
    /// second. Models that do not say leave out none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guidance_skips: Option<[usize; 2]>,
    /// The noise level, 1 being pure noise, below which every prediction leaves those blocks out.
    #[serde(default)]
    pub short_below: f64,
    /// Mean of each latent channel.
    pub latent_mean: Vec<f32>,
    /// Standard deviation of each latent channel.
    pub latent_std: Vec<f32>,
    /// From a normalised latent to colours.
    pub preview: PreviewMap,
    /// Pictures that the DiT has seen in training, in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images_seen: Option<usize>,
    /// SHA-256 of the encoder whose latents the DiT has learnt; older folders do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latents_of: Option<String>,
    /// Length and hash of each file.
    pub files: BTreeMap<String, FileFacts>,
}

fn no_shift() -> f64 {
    1.0
}

impl Manifest {
    /// Returns the DiT's sizes.
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

    /// Returns the sampler that its defaults name.
    ///
    /// # Errors
    /// Returns an error if there is none of that name.
    pub(super) fn sampler(&self) -> Result<Box<dyn Sampler>> {
        match self.defaults.sampler.as_str() {
            "" => samplers::named("euler"),
            name => samplers::named(name),
        }
    }

    /// Returns what prepared latents and states depend on: the dataset's hash, both encoders, the
    /// styles and the seed.
    pub fn prepared_origin(&self, data: &str, seed: u64) -> String {
        let (vae, text, styles) =
            (self.encoder_hash(), self.hash(TEXT_ENCODER), self.styles.join("|"));
        format!("data {data}, autoencoder {vae}, text {text}, styles {styles}, seed {seed}")
    }

    /// Sets the styles that it draws in.
    pub fn set_styles(&mut self, styles: Vec<String>) {
        if !styles.contains(&self.defaults.style) {
            self.defaults.style.clear();
        }
        self.null_style = styles.len();
        self.styles = styles;
    }

    /// Returns what tells the model from others of its name: the files that decide a drawing, and which
    /// blocks are left out.
    pub fn model_hash(&self) -> String {
        let files = self.files.iter().filter(|(name, _)| *name != UPSCALER);
        let hashes = files.map(|(name, facts)| (name.clone(), facts.sha256.clone()));
        let mut all: BTreeMap<String, String> = hashes.collect();
        if let Some([from, to]) = self.guidance_skips {
            // After all names of files.
            let skips = format!("skips {from} {to} {}", self.short_below);
            all.insert("~".into(), skips);
        }
        model_hash(&all)
    }

    /// Returns bytes of the files that drawing needs.
    pub fn drawing_bytes(&self) -> u64 {
        let needed = self
            .files
            .iter()
            .filter(|(name, _)| FILES.contains(&name.as_str()) && !LATER.contains(&name.as_str()));
        needed.map(|(_, facts)| facts.bytes).sum()
    }

    /// Returns pixels a side of pictures that its upscaler has made larger; `None` if it has none.
    pub fn upscaled_side(&self) -> Option<usize> {
        self.files.contains_key(UPSCALER).then_some(SCALE * self.image_size)
    }

    /// Returns the SHA-256 of the file that holds the autoencoder's encoder.
    pub fn encoder_hash(&self) -> &str {
        self.hash(if self.files.contains_key(ENCODER) { ENCODER } else { AUTOENCODER })
    }

    /// Returns whether the DiT has learnt the latents of the autoencoder beside it, as far as is known.
    pub fn knows_its_latents(&self) -> bool {
        self.latents_of.as_deref().is_none_or(|hash| hash == self.encoder_hash())
    }

    /// Makes sure of it.
    ///
    /// # Errors
    /// Returns an error if the DiT has learnt another's.
    pub fn check_latents(&self) -> Result<()> {
        if self.knows_its_latents() {
            return Ok(());
        }
        let problem = "it has learnt the latents of another autoencoder than the one beside it, and \
                       would draw nothing to be recognised: train it first, with `patchwork train dit`";
        Err(Error::model(DIT, problem))
    }

    /// Returns the SHA-256 of a file as listed; empty if it is not.
    pub fn hash(&self, file: &str) -> &str {
        self.files.get(file).map_or("", |facts| facts.sha256.as_str())
    }

    /// Checks whether `bytes` are the whole and unharmed `file`.
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

    /// The first digits of a SHA-256 over the files' own, in order of their names, and which blocks are left out.
    #[test]
    fn a_model_is_told_by_its_files() {
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
