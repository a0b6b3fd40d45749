//! The embedded model's layout: a `model.json` that says sizes, normalisation, preview map and
//! hashes, and safetensors beside it.

use std::collections::BTreeMap;

use burn::tensor::Device;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::decoder::{Autoencoder, Decoder, PreviewMap};
use super::source::read_json;
use super::{Pipeline, Source, TextReader};
use crate::diffusion::sampler::GridOptions;
use crate::diffusion::{Prediction, Sampler, Schedule};
use crate::model::sticker_autoencoder::{FACTOR, LATENT_CHANNELS};
use crate::model::{DitConfig, MiniLmConfig, StickerAutoencoder, TextConfig};
use crate::text::Tokenizer;
use crate::weights::{Checkpoint, keys, load as load_weights};
use crate::{Error, Result};

/// The file that tells this layout.
pub const MANIFEST: &str = "model.json";

/// The DiT's weights.
pub const DIT: &str = "dit.safetensors";
/// The autoencoder's weights.
pub const AUTOENCODER: &str = "vae.safetensors";
/// The text encoder's weights.
pub const TEXT_ENCODER: &str = "text_encoder.safetensors";
const VOCABULARY: &str = "vocab.txt";

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

/// What a file must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

impl FileFacts {
    /// What is so of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let hash = Sha256::digest(bytes);
        let sha256 = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { bytes: bytes.len() as u64, sha256 }
    }
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
        Ok(())
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

/// Loads the model of `source`, a file at a time.
///
/// # Errors
/// Where a file is missing, damaged or of other sizes than `model.json` says.
pub async fn load<S: Source>(source: &S, device: &Device) -> Result<Pipeline> {
    let manifest: Manifest = read_json(source, MANIFEST).await?;
    manifest.check()?;
    let verified = async |file: &str| {
        let bytes = source.read(file).await?;
        manifest.verify(file, &bytes).map(|()| bytes)
    };
    let checkpoint = async |file: &str| Checkpoint::new(file, vec![verified(file).await?]);

    let vocabulary = verified(VOCABULARY).await?;
    let vocabulary = String::from_utf8(vocabulary)
        .map_err(|_| Error::weights(VOCABULARY, "it is not a text file in UTF-8"))?;
    let tokenizer = Tokenizer::new(&vocabulary)?;
    let (found, rows) = (tokenizer.vocabulary_size(), MiniLmConfig::new().vocab_size);
    if found > rows {
        let problem = format!("it has {found} tokens, and the text encoder has {rows}");
        return Err(Error::weights(VOCABULARY, problem));
    }
    let encoder = load_weights(
        MiniLmConfig::new().init(device),
        &checkpoint(TEXT_ENCODER).await?,
        &keys::MINILM,
    )?;
    let (config, weights) = (manifest.dit(), checkpoint(DIT).await?);
    weights.check_holds(config.values_at_least())?;
    let dit = load_weights(config.init(device), &weights, &keys::DIT)?;
    let network = load_weights(
        StickerAutoencoder::init(device),
        &checkpoint(AUTOENCODER).await?,
        &keys::STICKER_AUTOENCODER,
    )?;
    Ok(Pipeline {
        name: manifest.name,
        text: Some(TextReader { tokenizer, encoder, places: manifest.text_tokens }),
        styles: manifest.styles,
        dit,
        prediction: manifest.prediction,
        learned_variance: false,
        schedule: Schedule::Flow { shift: 1.0 },
        sampler: Sampler::Euler,
        grid: GridOptions::default(),
        decoder: Decoder {
            autoencoder: Autoencoder::Sticker {
                network: Box::new(network),
                mean: manifest.latent_mean,
                std: manifest.latent_std,
            },
            preview: Some(manifest.preview),
        },
        device: device.clone(),
    })
}
