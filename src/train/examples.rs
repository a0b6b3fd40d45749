//! From a dataset to what a DiT learns: each picture as it is, and made into others whose captions
//! say what was done, so that prompts compose. The encoder is the model's own.

use std::collections::BTreeSet;

use burn::tensor::{Tensor, TensorData};
use indicatif::ProgressBar;
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

use super::parallel::Workers;
use super::prepared::{Builder, Example, Prepared};
use super::rows::generator;
use crate::dataset::colours::{COLOURS, colourfulness, has_colour, painted};
use crate::dataset::compose::{COUNTS, PLACES, pair, placed, several, small};
use crate::dataset::{Dataset, Split};
use crate::image::Image;
use crate::pipeline::decoder::{Autoencoder, channels};
use crate::pipeline::{Pipeline, TextReader};
use crate::{Error, Result};

/// A picture and its captions.
struct Made {
    image: Image,
    captions: Vec<String>,
    style: String,
}

/// How often pictures as they are, painted ones and composed ones are drawn.
const WEIGHTS: [f64; 3] = [0.62, 0.25, 0.13];

/// Computes all latents and states of a dataset's training split.
///
/// # Errors
/// Where the model has no text encoder, or the dataset has a style that the model lacks.
pub fn prepare(dataset: &Dataset, model: &Pipeline, seed: u64) -> Result<Prepared> {
    let reader = model.text.as_ref().ok_or_else(|| {
        Error::Recipe("This model draws classes, not words: it cannot learn from captions".into())
    })?;
    let [_, channels, height, width] = model.latent_shape();
    let encode = |caption: &str| states(reader, caption, model);
    let mut builder = Builder::new(
        [channels, height, width],
        [reader.places, crate::model::MiniLmConfig::new().hidden_size],
        model.styles.clone(),
        &encode("")?,
    );
    let train: Vec<usize> = dataset.of(Split::Train).collect();
    if train.is_empty() {
        return Err(Error::Recipe("The dataset holds nothing to learn from".into()));
    }
    let mut rng = generator(seed, usize::MAX);
    let kinds = [
        train.iter().map(|&i| plain(dataset, i)).collect(),
        train.iter().filter_map(|&i| coloured(dataset, i, &mut rng)).collect(),
        train.iter().filter_map(|&i| composed(dataset, &train, i, &mut rng)).collect::<Vec<_>>(),
    ];
    let bar = ProgressBar::new(kinds.iter().map(Vec::len).sum::<usize>() as u64);
    let workers = Workers::new(&model.device);
    for (kind, weight) in kinds.into_iter().zip(WEIGHTS) {
        let mut examples = Vec::new();
        for made in kind.chunks(256) {
            let latents =
                workers.map(made.chunks(16).collect(), |made| encode_pictures(made, model));
            let captions = made.iter().flat_map(|made| &made.captions).map(String::as_str);
            let new: BTreeSet<&str> =
                captions.filter(|caption| builder.place(caption).is_none()).collect();
            let encoded =
                workers.map(new.into_iter().collect(), |caption| (caption, encode(caption)));
            for (caption, states) in encoded {
                builder.text(caption, &states?);
            }
            for (made, latent) in made.iter().zip(latents.iter().flatten()) {
                let place = |caption: &String| builder.place(caption).expect("it was just encoded");
                let texts = made.captions.iter().map(place).collect();
                let (latent, style) = (builder.latent(latent), label(&made.style, model)?);
                examples.push(Example { latent, texts, style });
            }
            bar.inc(made.len() as u64);
        }
        builder.kind(weight, examples);
    }
    bar.finish_and_clear();
    Ok(builder.finish())
}

fn label(style: &str, model: &Pipeline) -> Result<Option<usize>> {
    if style.is_empty() {
        return Ok(None);
    }
    match model.styles.iter().position(|known| known == style) {
        Some(label) => Ok(Some(label)),
        None => Err(Error::Recipe(format!(
            "The model has no style “{style}”: leave the style out, or name one of {}",
            model.styles.join(", ")
        ))),
    }
}

/// A caption's states as the DiT sees them.
fn states(reader: &TextReader, caption: &str, model: &Pipeline) -> Result<Vec<f32>> {
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
pub(crate) fn normalised_latents(model: &Pipeline, pictures: Tensor<4>) -> Tensor<4> {
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

fn plain(dataset: &Dataset, i: usize) -> Made {
    let entry = &dataset.entries[i];
    let label = &entry.label;
    // As often the bare label as everything else that one may call it.
    let mut captions = vec![label.clone(); 4];
    captions.push(format!("a {label}"));
    let keywords = entry.tags.iter().filter(|tag| !label.contains(tag.as_str()));
    captions.extend(keywords.take(4).flat_map(|tag| [tag.clone(), format!("{label}, {tag}")]));
    Made { image: dataset.pictures[i].clone(), captions, style: entry.style.clone() }
}

/// In one colour, and “blue pizza”. `None` where there is nothing to paint.
fn coloured(dataset: &Dataset, i: usize, rng: &mut StdRng) -> Option<Made> {
    let (entry, picture) = (&dataset.entries[i], &dataset.pictures[i]);
    let colour = COLOURS.choose(rng)?;
    if colourfulness(picture) < 0.2 {
        return None;
    }
    let is_colour = |word: &&str| !has_colour(word);
    let label = entry.label.split(' ').filter(is_colour).collect::<Vec<_>>().join(" ");
    let caption = format!("{} {label}", colour.name);
    // A red heart painted orange would give the held-out orange heart away.
    if dataset.entries.iter().any(|e| e.split != Split::Train && e.label == caption) {
        return None;
    }
    let captions = vec![caption.clone(), caption.clone(), format!("a {caption}")];
    Some(Made { image: painted(picture, *colour), captions, style: entry.style.clone() })
}

/// Several, small, at one side, or beside another thing of its style.
fn composed(dataset: &Dataset, train: &[usize], i: usize, rng: &mut StdRng) -> Option<Made> {
    let (entry, picture) = (&dataset.entries[i], &dataset.pictures[i]);
    let label = entry.label.as_str();
    let is_thing = |i: usize| {
        let entry = &dataset.entries[i];
        !matches!(entry.group.as_str(), "people & body" | "symbols")
            && entry.label.split(' ').count() <= 2
    };
    if !is_thing(i) {
        return None;
    }
    let (image, caption) = match rng.random_range(0..10) {
        0..4 => several(picture, label, *COUNTS.choose(rng)?),
        4 => small(picture, label),
        5 | 6 => placed(picture, label, *PLACES.choose(rng)?),
        _ => {
            let other = (0..100).find_map(|_| {
                let j = *train.choose(rng)?;
                (j != i && is_thing(j) && dataset.entries[j].style == entry.style).then_some(j)
            })?;
            let other = (&dataset.pictures[other], dataset.entries[other].label.as_str());
            pair((picture, label), other)
        }
    };
    Some(Made { image, captions: vec![caption], style: entry.style.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Entry;

    fn dataset() -> Dataset {
        let entry = |label: &str| Entry {
            label: label.into(),
            tags: vec!["fruit".into(), "apple".into()],
            style: "noto".into(),
            group: "food & drink".into(),
            licence: String::new(),
            split: Split::Train,
        };
        // A bar, so that no composition looks like the picture itself.
        let pixels = (0..128 * 128).flat_map(|i| match i % 128 {
            20..100 => [220, 30, 30, 255],
            _ => [0; 4],
        });
        let picture = Image { width: 128, height: 128, pixels: pixels.collect() };
        Dataset {
            entries: vec![entry("red apple"), entry("pear")],
            pictures: vec![picture.clone(), picture],
        }
    }

    #[test]
    fn captions_say_what_was_done() {
        let dataset = dataset();
        let captions = plain(&dataset, 0).captions;
        assert_eq!(captions[0], "red apple");
        assert_eq!(captions[5..], ["fruit".to_owned(), "red apple, fruit".into()]);
        let mut rng = generator(0, 0);
        let painted = coloured(&dataset, 0, &mut rng).unwrap();
        assert!(painted.captions[0].ends_with(" apple") && !painted.captions[0].contains("red "));
        for _ in 0..20 {
            let made = composed(&dataset, &[0, 1], 1, &mut rng).unwrap();
            assert_ne!(made.captions[0], "pear");
            assert!(made.image.pixels != dataset.pictures[1].pixels);
        }
    }
}
