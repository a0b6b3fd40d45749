//! From a dataset to what a DiT learns: latents and states, by the model's own encoders.

use std::collections::{BTreeSet, HashSet};

use burn::tensor::{Tensor, TensorData};
use indicatif::ProgressBar;

use super::made::{Made, coloured, composed, plain};
use super::parallel::Workers;
use super::prepared::{Builder, Example, Prepared};
use super::rows::generator;
use crate::dataset::render::SIDE;
use crate::dataset::{Dataset, Entry, Split};
use crate::image::Image;
use crate::model::MiniLmConfig;
use crate::model::sticker_autoencoder::FACTOR;
use crate::pipeline::decoder::{Autoencoder, channels};
use crate::pipeline::{Pipeline, TextReader};
use crate::words::meant;
use crate::{Error, Result};

/// Kinds of examples: pictures as they are, painted ones and composed ones.
pub const KINDS: usize = 3;

/// Computes all latents and states of a dataset's training split.
///
/// # Errors
/// Where the model has no text encoder or draws pictures of another size, or the dataset has nothing
/// to learn from or a style that the model lacks.
pub fn prepare(
    dataset: &Dataset,
    model: &Pipeline,
    seed: u64,
    workers: &Workers,
) -> Result<Prepared> {
    let reader = model.text.as_ref().ok_or_else(|| {
        Error::Recipe("This model draws classes, not words: it cannot learn from captions".into())
    })?;
    check_size(model)?;
    let [_, channels, height, width] = model.latent_shape();
    let train: Vec<usize> = dataset.of(Split::Train).collect();
    if train.is_empty() {
        return Err(Error::Recipe("The dataset holds nothing to learn from".into()));
    }
    let styles: Vec<Option<usize>> =
        train.iter().map(|&i| label(&dataset.entries[i].style, model)).collect::<Result<_>>()?;
    let encode = |caption: &str| states(reader, caption, model);
    let mut builder = Builder::new(
        [channels, height, width],
        [reader.places, MiniLmConfig::new().hidden_size],
        model.styles.clone(),
        &encode("")?,
    );
    let labels = |splits: &[Split]| -> HashSet<&str> {
        let of_split = |entry: &&Entry| splits.contains(&entry.split);
        dataset.entries.iter().filter(of_split).map(|entry| entry.label.as_str()).collect()
    };
    let (concepts, held) = (labels(&[Split::Concept]), labels(&[Split::Concept, Split::Pair]));
    let mut rng = generator(seed, usize::MAX);
    let bar = ProgressBar::new((KINDS * train.len()) as u64);
    for kind in 0..KINDS {
        let mut make = |i: usize| match kind {
            0 => Some(plain(dataset, i, &concepts)),
            1 => coloured(dataset, i, &held, &mut rng),
            _ => composed(dataset, &train, i, &mut rng),
        };
        let mut examples = Vec::new();
        for (rows, styles) in train.chunks(256).zip(styles.chunks(256)) {
            let made = rows.iter().zip(styles).filter_map(|(&i, style)| Some((make(i)?, *style)));
            let (made, styles): (Vec<Made>, Vec<Option<usize>>) = made.unzip();
            let parts = made.chunks(16).collect();
            let latents = workers.map(parts, |made| encode_pictures(made, model));
            let captions = made.iter().flat_map(|made| &made.captions).map(String::as_str);
            let new: BTreeSet<&str> =
                captions.filter(|caption| builder.place(caption).is_none()).collect();
            let new: Vec<&str> = new.into_iter().collect();
            for (caption, states) in new.iter().zip(workers.map(new.clone(), encode)) {
                builder.text(caption, &states?);
            }
            for ((made, style), latent) in made.iter().zip(styles).zip(latents.iter().flatten()) {
                let place = |caption: &String| builder.place(caption).expect("it was just encoded");
                let texts = made.captions.iter().map(place).collect();
                examples.push(Example { latent: builder.latent(latent), texts, style });
            }
            bar.inc(rows.len() as u64);
        }
        builder.kind(examples);
    }
    bar.finish_and_clear();
    Ok(builder.finish())
}

/// Whether a model draws pictures of the size that datasets have.
///
/// # Errors
/// Where it does not.
pub fn check_size(model: &Pipeline) -> Result<()> {
    let [_, _, height, width] = model.latent_shape();
    match [height * FACTOR, width * FACTOR] {
        [SIDE, SIDE] => Ok(()),
        [height, width] => Err(Error::Recipe(format!(
            "Datasets have pictures of {SIDE}×{SIDE}, and this model draws {width}×{height}"
        ))),
    }
}

fn label(style: &str, model: &Pipeline) -> Result<Option<usize>> {
    if style.is_empty() {
        return Ok(None);
    }
    let refuse = |choice: String| {
        Err(Error::Recipe(format!("The model has no style “{style}”: leave the style out{choice}")))
    };
    match meant(style, &model.styles).and_then(|meant| model.styles.iter().position(|s| s == meant))
    {
        Some(label) => Ok(Some(label)),
        None if model.styles.is_empty() => refuse(String::new()),
        None => refuse(format!(", or name one of {}", model.styles.join(", "))),
    }
}

/// A caption's states as the DiT sees them, row-major `[n, text_dim]`.
///
/// # Errors
/// Where the vocabulary cannot express it.
pub fn states(reader: &TextReader, caption: &str, model: &Pipeline) -> Result<Vec<f32>> {
    let tokens = reader.tokenizer.encode(caption, reader.places)?;
    let states = crate::text::encode(&reader.encoder, &tokens, &model.device);
    Ok(states.into_data().iter::<f32>().collect())
}

/// Pictures as the autoencoder takes them: premultiplied RGBA in −1..1, `[b, 4, h, w]`.
pub fn to_tensor(images: &[&Image], device: &burn::tensor::Device) -> Tensor<4> {
    let (width, height) = (images[0].width, images[0].height);
    let mut values = Vec::with_capacity(images.len() * 4 * width * height);
    for image in images {
        let pixels = image.pixels.as_chunks::<4>().0;
        for c in 0..4 {
            values.extend(pixels.iter().map(|pixel| {
                let alpha = f32::from(pixel[3]) / 255.0;
                let value = if c == 3 { alpha } else { f32::from(pixel[c]) / 255.0 * alpha };
                2.0 * value - 1.0
            }));
        }
    }
    Tensor::from_data(TensorData::new(values, [images.len(), 4, height, width]), device)
}

/// What the model's DiT would see of pictures as the autoencoder takes them.
///
/// # Panics
/// Where the model's autoencoder is not the stickers'.
pub fn normalised_latents(model: &Pipeline, pictures: Tensor<4>) -> Tensor<4> {
    let Autoencoder::Sticker { network, mean, std } = &model.decoder.autoencoder else {
        panic!("models of prompts have the stickers' autoencoder")
    };
    let (latent, _) = network.encode(pictures);
    let device = latent.device();
    (latent - channels(mean, &device)) / channels(std, &device)
}

/// Each picture's normalised latent.
fn encode_pictures(made: &[Made], model: &Pipeline) -> Vec<Vec<f32>> {
    let images: Vec<&Image> = made.iter().map(|made| &made.image).collect();
    let latent = normalised_latents(model, to_tensor(&images, &model.device));
    let size = latent.shape().num_elements() / made.len();
    let values: Vec<f32> = latent.into_data().iter::<f32>().collect();
    values.chunks_exact(size).map(<[f32]>::to_vec).collect()
}
