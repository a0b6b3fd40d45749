//! What `model.json` of the embedded layout says: sizes, normalisation, preview map, and which files there
//! are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::preview::PreviewMap;
use super::source::model_hash;
use crate::diffusion::{LevelOptions, Prediction, Schedule};
use crate::model::sticker_autoencoder::{FACTOR, LATENT_CHANNELS};
use crate::model::{DitConfig, MiniLmConfig, TextConfig};
use crate::recipe::{Defaults, Recipe};
use crate::samplers::{self, Sampler};
use crate::tools::foreign::{is_plain, misplaced};
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
/// Every file that this layout knows: nothing else is read, copied or written.
pub const FILES: [&str; 6] = [DIT, AUTOENCODER, ENCODER, TEXT_ENCODER, VOCABULARY, EMOJI];

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
    /// Moves the levels of a run towards noise; see [`Recipe::shift`].
    #[serde(default = "no_shift")]
    pub shift: f64,
    /// How it draws best.
    #[serde(default)]
    pub defaults: Defaults,
    /// Mean of each latent channel.
    pub latent_mean: Vec<f32>,
    /// Standard deviation of each latent channel.
    pub latent_std: Vec<f32>,
    /// From a normalised latent to colours.
    pub preview: PreviewMap,
    /// Pictures that the DiT has seen in training, in all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub images_seen: Option<usize>,
    /// Length and hash of each file.
    pub files: BTreeMap<String, FileFacts>,
}

fn no_shift() -> f64 {
    1.0
}

impl Manifest {
    /// The DiT's sizes.
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

    /// Whether everything in it fits together.
    ///
    /// # Errors
    /// A sentence about the first thing that does not.
    pub fn check(&self) -> Result<()> {
        let refuse = |problem: String| Err(Error::config(MANIFEST, problem));
        if let Some(name) = self.files.keys().find(|name| !is_plain(name)) {
            return refuse(format!(
                "it lists the file “{name}”, which is not a name in its folder"
            ));
        }
        self.dit().check().or_else(&refuse)?;
        let [channels, height, width] = self.latent;
        if channels != LATENT_CHANNELS {
            return refuse(format!("its latent has {channels} channels, not {LATENT_CHANNELS}"));
        }
        if [height * FACTOR, width * FACTOR] != [self.image_size; 2] {
            let size = self.image_size;
            return refuse(format!(
                "a latent of {height}×{width} makes no picture of {size}×{size}"
            ));
        }
        if self.latent_mean.len() != channels || self.latent_std.len() != channels {
            return refuse(format!("its latent statistics are not for {channels} channels"));
        }
        let finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
        if !finite(&self.latent_mean) || !finite(&self.latent_std) {
            return refuse("its latent statistics are not all numbers".into());
        }
        let mut names: Vec<String> = self.styles.iter().map(|s| s.trim().to_owned()).collect();
        names.sort();
        if names.iter().any(String::is_empty) || names.windows(2).any(|pair| pair[0] == pair[1]) {
            return refuse("its styles must each have a name, and no two the same".into());
        }
        if self.null_style != self.styles.len() {
            let (null, styles) = (self.null_style, self.styles.len());
            return refuse(format!(
                "its null_style is {null}, and must follow its {styles} styles"
            ));
        }
        if !self.preview.fits(channels) {
            return refuse("its preview map does not lead from the latent to colours".into());
        }
        let text = MiniLmConfig::new();
        if self.text_dim != text.hidden_size || !(3..=512).contains(&self.text_tokens) {
            return refuse("its text must be 3 to 512 tokens of MiniLM's width, 384".into());
        }
        if self.prediction != Prediction::Flow {
            return refuse("only models that predict the flow have this layout".into());
        }
        if !self.latent_std.iter().all(|std| *std > 0.0) {
            return refuse("its latent_std are deviations, and must be above 0".into());
        }
        let recipe = Recipe { shift: Some(self.shift), ..self.defaults.recipe() };
        let schedule = Schedule::Flow { shift: self.shift };
        let drawable = recipe.check().and_then(|()| {
            let sampler = self.sampler()?;
            samplers::levels(&*sampler, &schedule, recipe.steps, LevelOptions::default()).map(drop)
        });
        drawable.or_else(|problem| {
            let problem = problem.to_string();
            refuse(format!("its defaults cannot be drawn with: {}", problem.trim_end_matches('.')))
        })
    }

    /// The sampler that its defaults name.
    ///
    /// # Errors
    /// Where there is none of that name.
    pub(super) fn sampler(&self) -> Result<Box<dyn Sampler>> {
        match self.defaults.sampler.as_str() {
            "" => Ok(Box::new(samplers::Euler)),
            name => samplers::named(name),
        }
    }

    /// What latents and states depend on: the dataset's hash, both encoders, and the seed.
    pub fn prepared_origin(&self, data: &str, seed: u64) -> String {
        let (vae, text) = (self.encoder_hash(), self.hash(TEXT_ENCODER));
        format!("data {data}, autoencoder {vae}, text {text}, seed {seed}")
    }

    /// What tells the model from others of its name.
    pub fn model_hash(&self) -> String {
        let hashes = self.files.iter().map(|(name, facts)| (name.clone(), facts.sha256.clone()));
        model_hash(&hashes.collect())
    }

    /// Bytes of the files that drawing needs.
    pub fn drawing_bytes(&self) -> u64 {
        let needed = self
            .files
            .iter()
            .filter(|(name, _)| FILES.contains(&name.as_str()) && *name != ENCODER);
        needed.map(|(_, facts)| facts.bytes).sum()
    }

    /// The SHA-256 of the file that holds the autoencoder's encoder.
    pub fn encoder_hash(&self) -> &str {
        self.hash(if self.files.contains_key(ENCODER) { ENCODER } else { AUTOENCODER })
    }

    /// The SHA-256 of a file as listed; empty where it is not.
    pub fn hash(&self, file: &str) -> &str {
        self.files.get(file).map_or("", |facts| facts.sha256.as_str())
    }

    /// Whether `bytes` are the whole and unharmed `file`.
    ///
    /// # Errors
    /// Where the file is not listed, or has another length or hash than listed.
    pub fn verify(&self, file: &str, bytes: &[u8]) -> Result<()> {
        let Some(facts) = self.files.get(file) else {
            return Err(Error::config(MANIFEST, format!("it does not list {file}")));
        };
        let found = FileFacts::of(bytes);
        if let (false, Some(problem)) = (found == *facts, misplaced(bytes)) {
            return Err(Error::weights(file, problem));
        }
        if found.bytes != facts.bytes {
            let (found, want) = (found.bytes, facts.bytes);
            let problem = format!("it has {found} bytes and should have {want}; fetch it again");
            return Err(Error::weights(file, problem));
        }
        if !found.sha256.eq_ignore_ascii_case(&facts.sha256) {
            let problem = "its SHA-256 is not the one that model.json lists; fetch it again";
            return Err(Error::weights(file, problem));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// What the shipped manifest says after a change, if it can be read.
    fn refusal(change: impl FnOnce(&mut Value)) -> String {
        let bytes = include_bytes!("../../www/models/stickers/model.json");
        let mut json: Value = serde_json::from_slice(bytes).expect("it is JSON");
        change(&mut json);
        let manifest: Manifest = serde_json::from_value(json).expect("its types are right");
        manifest.check().err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn what_cannot_be_drawn_with_is_named() {
        assert_eq!(refusal(|_| ()), "");
        assert_eq!(refusal(|json| json["of_tomorrow"] = 1.into()), "");
        assert_eq!(refusal(|json| json["defaults"]["sampler"] = "DPMPP 2M".into()), "");
        for (change, word) in [
            (json!({"defaults": {"sampler": "ddpm"}}), "defaults cannot be drawn with: DDPM walks"),
            (json!({"defaults": {"sampler": "fast"}}), "There is no sampler “fast”"),
            (json!({"defaults": {"steps": 0}}), "Steps must be 1 to 1000"),
            (json!({"shift": 0.0}), "The shift must be"),
            (json!({"styles": ["a", " a"], "null_style": 2}), "no two the same"),
            (json!({"styles": ["a", ""], "null_style": 2}), "each have a name"),
            (json!({"latent_std": [1, 1, 1, 0, 1, 1, 1, 1]}), "above 0"),
            (json!({"latent_std": [1, 1, 1, -1, 1, 1, 1, 1]}), "above 0"),
            (json!({"files": {"a/b": {"bytes": 1, "sha256": ""}}}), "not a name in its folder"),
        ] {
            let said = refusal(|json| {
                for (key, value) in change.as_object().into_iter().flatten() {
                    json[key] = value.clone();
                }
            });
            assert!(said.contains(word) && !said.contains(".."), "{said}");
        }
    }

    /// The first digits of a SHA-256 over the files' own, in order of their names.
    #[test]
    fn a_model_is_told_by_its_files() {
        let bytes = include_bytes!("../../www/models/stickers/model.json");
        let manifest: Manifest = serde_json::from_slice(bytes).expect("it is JSON");
        let all: String = manifest.files.values().map(|facts| facts.sha256.as_str()).collect();
        assert_eq!(manifest.model_hash(), crate::tools::hash::sha256(all.as_bytes())[..16]);
    }
}
