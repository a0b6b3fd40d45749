//! The embedded model's layout: a `model.json` with sizes, normalisation, preview map and hashes, and
//! safetensors files beside it.

use burn::tensor::Device;

pub use super::manifest::{
    AUTOENCODER, DIT, EMOJI, ENCODER, FILES, MANIFEST, Manifest, QUILT, QUILT_PICTURES,
    STYLE_PICTURES, TEXT_ENCODER, UPSCALER, VOCABULARY, WORDS,
};

use super::{Autoencoder, ClassNames, Parts, Pipeline, ShortPath, Source};
use crate::diffusion::{LevelOptions, Schedule};
use crate::model::{MiniLmConfig, StickerAutoencoder, Upscaler};
use crate::text::{EmojiNames, TextReader, Tokenizer, WordTable};
use crate::weights::{Checkpoint, keys, load as load_weights};
use crate::{Error, Result};

/// Loads the model of `source` that `manifest` describes, one file at a time, without its [`upscaler`].
///
/// # Errors
/// Returns an error if a file is missing or damaged, or if its sizes differ from those in `model.json`.
pub async fn load<S: Source>(
    source: &S,
    manifest: Manifest,
    device: &Device,
    parts: Parts,
) -> Result<Pipeline> {
    manifest.check()?;
    if parts == Parts::ForDrawing {
        manifest.check_latents()?;
    }
    let checkpoint =
        async |file: &str| Checkpoint::new(file, vec![verified(source, &manifest, file).await?]);

    let tokenizer = tokenizer(source, &manifest).await?;
    let words = words(source, &manifest).await?;
    let weights = checkpoint(TEXT_ENCODER).await?;
    let text = text_config(&weights);
    let (found, rows) = (tokenizer.vocabulary_size(), text.vocab_size);
    if found > rows {
        let problem = format!("it has {found} tokens, and the text encoder has {rows}");
        return Err(Error::model(VOCABULARY, problem));
    }
    if manifest.text_tokens > text.max_position_embeddings {
        let (tokens, places) = (manifest.text_tokens, text.max_position_embeddings);
        let problem = format!("it has {places} positions, and model.json asks for {tokens} tokens");
        return Err(Error::model(TEXT_ENCODER, problem));
    }
    let encoder = load_weights(text.init(device), &weights, &keys::MINILM)?;
    let (config, weights) = (manifest.dit(), checkpoint(DIT).await?);
    weights.check_holds(config.values_at_least())?;
    let dit = load_weights(config.init(device), &weights, &keys::DIT)?;
    let network = autoencoder(source, &manifest, device, parts).await?;
    let sampler = manifest.sampler()?.name();
    Ok(Pipeline {
        hash: manifest.model_hash(),
        name: manifest.name,
        text: Some(TextReader {
            words,
            tokenizer,
            encoder,
            max_tokens: manifest.text_tokens,
            device: device.clone(),
        }),
        styles: manifest.styles,
        dit,
        prediction: manifest.prediction,
        learned_variance: false,
        schedule: Schedule::Flow { shift: manifest.shift },
        sampler,
        defaults: manifest.defaults,
        not_drawn: None,
        classes: ClassNames::default(),
        level_options: LevelOptions::default(),
        guides_above_1: false,
        short_path: ShortPath {
            blocks: manifest.guidance_skips.map_or(0..0, |[from, to]| from..to),
            below: manifest.short_below,
        },
        autoencoder: Autoencoder::Sticker {
            network: Box::new(network),
            mean: manifest.latent_mean,
            std: manifest.latent_std,
        },
        upscaler: None,
        preview: Some(manifest.preview),
        device: device.clone(),
    })
}

/// Returns the bytes of a file if they match the manifest.
async fn verified<S: Source>(source: &S, manifest: &Manifest, file: &str) -> Result<Vec<u8>> {
    let bytes = source.read(file).await?;
    manifest.verify(file, &bytes).map(|()| bytes)
}

/// Loads the tokenizer, which needs no weights.
///
/// # Errors
/// Returns an error if a file is missing or damaged.
pub async fn tokenizer<S: Source>(source: &S, manifest: &Manifest) -> Result<Tokenizer> {
    let tokenizer = Tokenizer::new(&text_file(source, manifest, VOCABULARY).await?)?;
    if !manifest.files.contains_key(EMOJI) {
        return Ok(tokenizer);
    }
    Ok(tokenizer.with_emoji(EmojiNames::new(&text_file(source, manifest, EMOJI).await?)?))
}

/// Loads the table of everyday words; an empty one if the model has none.
///
/// # Errors
/// Returns an error if the file is missing or damaged.
pub async fn words<S: Source>(source: &S, manifest: &Manifest) -> Result<WordTable> {
    match manifest.files.contains_key(WORDS) {
        true => WordTable::new(&text_file(source, manifest, WORDS).await?),
        false => Ok(WordTable::default()),
    }
}

async fn text_file<S: Source>(source: &S, manifest: &Manifest, file: &str) -> Result<String> {
    let bytes = verified(source, manifest, file).await?;
    String::from_utf8(bytes).map_err(|_| Error::model(file, "it is not a text file in UTF-8"))
}

/// Returns MiniLM's sizes, with as many words and positions as the file has rows for, because rare words
/// may have been removed.
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

/// Loads only the autoencoder: both halves, or the decoder.
///
/// # Errors
/// Returns an error if a file is missing or damaged.
pub async fn autoencoder<S: Source>(
    source: &S,
    manifest: &Manifest,
    device: &Device,
    parts: Parts,
) -> Result<StickerAutoencoder> {
    let mut files = vec![verified(source, manifest, AUTOENCODER).await?];
    if parts == Parts::All && manifest.files.contains_key(ENCODER) {
        files.push(verified(source, manifest, ENCODER).await?);
    }
    autoencoder_of(Checkpoint::new(AUTOENCODER, files)?, device, parts)
}

/// Loads the upscaler; `None` if the model has none.
///
/// # Errors
/// Returns an error if the file is missing or damaged.
pub async fn upscaler<S: Source>(
    source: &S,
    manifest: &Manifest,
    device: &Device,
) -> Result<Option<Upscaler>> {
    if !manifest.files.contains_key(UPSCALER) {
        return Ok(None);
    }
    let weights = Checkpoint::new(UPSCALER, vec![verified(source, manifest, UPSCALER).await?])?;
    load_weights(Upscaler::init(device), &weights, &keys::UPSCALER).map(Some)
}

/// Loads the autoencoder from `weights`: both halves, or only the decoder.
///
/// # Errors
/// Returns an error if a tensor is missing or does not fit.
pub fn autoencoder_of(
    mut weights: Checkpoint,
    device: &Device,
    parts: Parts,
) -> Result<StickerAutoencoder> {
    let new = match parts {
        Parts::All => StickerAutoencoder::init(device),
        Parts::ForDrawing => {
            // Older folders hold both halves in one file.
            weights.leave_out("encoder.");
            StickerAutoencoder::decoder(device)
        }
    };
    load_weights(new, &weights, &keys::STICKER_AUTOENCODER)
}
