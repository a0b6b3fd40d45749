//! The embedded model's layout: a `model.json` that says sizes, normalisation, preview map and
//! hashes, and safetensors beside it.

use std::collections::BTreeMap;

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::decoder::{Autoencoder, Decoder, PreviewMap};
use super::source::{is_plain, misplaced, model_hash, read_json, sha256};
use super::{Pipeline, Source, TextReader};
use crate::diffusion::sampler::GridOptions;
use crate::diffusion::{Prediction, Sampler, Schedule};
use crate::model::sticker_autoencoder::{FACTOR, LATENT_CHANNELS};
use crate::model::{DitConfig, MiniLmConfig, StickerAutoencoder, TextConfig};
use crate::recipe::{Defaults, Recipe};
use crate::text::{EmojiNames, Tokenizer};
use crate::weights::{Checkpoint, keys, load as load_weights};
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
        Self { bytes: bytes.len() as u64, sha256: sha256(bytes) }
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
            self.sampler()?.grid(&schedule, recipe.steps, GridOptions::default()).map(drop)
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
    fn sampler(&self) -> Result<Sampler> {
        match self.defaults.sampler.as_str() {
            "" => Ok(Sampler::Euler),
            name => name.parse(),
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

    let tokenizer = tokenizer(source, &manifest).await?;
    let weights = checkpoint(TEXT_ENCODER).await?;
    let text = text_config(&weights);
    let (found, rows) = (tokenizer.vocabulary_size(), text.vocab_size);
    if found > rows {
        let problem = format!("it has {found} tokens, and the text encoder has {rows}");
        return Err(Error::weights(VOCABULARY, problem));
    }
    if manifest.text_tokens > text.max_position_embeddings {
        let (tokens, places) = (manifest.text_tokens, text.max_position_embeddings);
        let problem = format!("it has {places} places, and model.json asks for {tokens} tokens");
        return Err(Error::weights(TEXT_ENCODER, problem));
    }
    let encoder = load_weights(text.init(device), &weights, &keys::MINILM)?;
    let (config, weights) = (manifest.dit(), checkpoint(DIT).await?);
    weights.check_holds(config.values_at_least())?;
    let dit = load_weights(config.init(device), &weights, &keys::DIT)?;
    let network = autoencoder(&checkpoint(AUTOENCODER).await?, device)?;
    let sampler = manifest.sampler()?;
    Ok(Pipeline {
        hash: manifest.model_hash(),
        name: manifest.name,
        text: Some(TextReader { tokenizer, encoder, places: manifest.text_tokens }),
        styles: manifest.styles,
        dit,
        prediction: manifest.prediction,
        learned_variance: false,
        schedule: Schedule::Flow { shift: manifest.shift },
        sampler,
        defaults: manifest.defaults,
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

/// What makes tokens of words, which needs no weights.
///
/// # Errors
/// Where a file is missing or damaged.
pub async fn tokenizer<S: Source>(source: &S, manifest: &Manifest) -> Result<Tokenizer> {
    let text = async |file: &str| {
        let bytes = source.read(file).await?;
        manifest.verify(file, &bytes)?;
        String::from_utf8(bytes).map_err(|_| Error::weights(file, "it is not a text file in UTF-8"))
    };
    let tokenizer = Tokenizer::new(&text(VOCABULARY).await?)?;
    if !manifest.files.contains_key(EMOJI) {
        return Ok(tokenizer);
    }
    Ok(tokenizer.with_emoji(EmojiNames::new(&text(EMOJI).await?)?))
}

/// MiniLM's sizes, with as many words and places as the file has rows for: words that nobody types
/// can be left out.
pub fn text_config(weights: &Checkpoint) -> MiniLmConfig {
    let config = MiniLmConfig::new();
    let hidden = config.hidden_size;
    let rows = |table: &str, usual: usize| match weights.shape(table) {
        Some(&[rows, width]) if width == hidden => rows,
        _ => usual,
    };
    let (words, places) = (config.vocab_size, config.max_position_embeddings);
    config
        .with_vocab_size(rows("embeddings.word_embeddings.weight", words))
        .with_max_position_embeddings(rows("embeddings.position_embeddings.weight", places))
}

/// The autoencoder with what `weights` hold of it: both halves, or the decoder.
///
/// # Errors
/// Where a tensor is missing or does not fit.
pub fn autoencoder(weights: &Checkpoint, device: &Device) -> Result<StickerAutoencoder> {
    let new = match weights.keys().any(|key| key.starts_with("encoder.")) {
        true => StickerAutoencoder::init(device),
        false => StickerAutoencoder::decoder(device),
    };
    load_weights(new, weights, &keys::STICKER_AUTOENCODER)
}

/// Both halves of the autoencoder of `source`, for those that encode.
///
/// # Errors
/// Where a file is missing or damaged, or there is no encoder.
pub async fn whole_autoencoder<S: Source>(
    source: &S,
    device: &Device,
) -> Result<StickerAutoencoder> {
    let manifest: Manifest = read_json(source, MANIFEST).await?;
    let mut parts = Vec::new();
    for file in [AUTOENCODER, ENCODER].into_iter().filter(|f| manifest.files.contains_key(*f)) {
        let bytes = source.read(file).await?;
        manifest.verify(file, &bytes)?;
        parts.push(bytes);
    }
    let weights = Checkpoint::new(AUTOENCODER, parts)?;
    load_weights(StickerAutoencoder::init(device), &weights, &keys::STICKER_AUTOENCODER)
}
