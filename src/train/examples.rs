//! From a dataset to what a DiT learns: latents and states, by the model's own encoders.

use std::collections::{BTreeSet, HashSet};

use super::augment::{Augmented, coloured, composed, plain};
use super::prepared::{Builder, Example, Prepared};
use crate::dataset::render::SIDE;
use crate::dataset::{Dataset, Entry, Split, captions};
use crate::image::Image;
use crate::model::MiniLmConfig;
use crate::pipeline::Pipeline;
use crate::pipeline::pixels::to_tensor;
use crate::tools::parallel::Workers;
use crate::tools::progress::Progress;
use crate::tools::random::step_rng;
use crate::{Error, Result};

/// Kinds of examples: pictures as they are, painted ones and composed ones.
pub const KINDS: usize = 3;

/// Computes all latents and states of a dataset's training split.
///
/// # Errors
/// Returns an error if the model has no text encoder or draws pictures of another size, or the
/// dataset has nothing to learn from or a style that the model lacks.
pub fn prepare(
    dataset: &Dataset,
    model: &Pipeline,
    seed: u64,
    workers: &Workers,
    progress: &dyn Progress,
) -> Result<Prepared> {
    let reader = model.text.as_ref().ok_or_else(|| {
        Error::model(&model.name, "it draws classes, not words: it cannot learn from captions")
    })?;
    model.check_draws([SIDE; 2])?;
    let [_, channels, height, width] = model.latent_shape();
    let train: Vec<usize> = dataset.of(Split::Train).collect();
    if train.is_empty() {
        return Err(Error::dataset("The dataset", "it holds nothing to learn from"));
    }
    let style = |&i: &usize| {
        let Entry { label, style, .. } = &dataset.entries[i];
        model.style(style).map_err(|error| {
            let problem = error.to_string();
            let problem = problem.trim_end_matches('.');
            Error::dataset(
                "The dataset",
                format!("its picture “{label}” has no style of the model ({problem})"),
            )
        })
    };
    let styles: Vec<Option<usize>> = train.iter().map(style).collect::<Result<_>>()?;
    let encode = |caption: &str| reader.states(caption);
    let mut builder = Builder::new(
        [channels, height, width],
        [reader.max_tokens, MiniLmConfig::new().hidden_size],
        model.styles.clone(),
        &encode("")?,
    );
    let labels = |splits: &[Split]| -> HashSet<&str> {
        let of_split = |entry: &&Entry| splits.contains(&entry.split);
        dataset.entries.iter().filter(of_split).map(|entry| entry.label.as_str()).collect()
    };
    let (concepts, held) = (labels(&[Split::Concept]), labels(&[Split::Concept, Split::Pair]));
    let mut rng = step_rng(seed, usize::MAX);
    progress.begin("Encoding", KINDS * train.len(), 0);
    for kind in 0..KINDS {
        let mut make = |i: usize| match kind {
            0 => Some(plain(dataset, i, &concepts)),
            1 => coloured(dataset, i, &held, &mut rng),
            _ => composed(dataset, &train, i, &mut rng),
        };
        let mut examples = Vec::new();
        for (rows, styles) in train.chunks(256).zip(styles.chunks(256)) {
            let made = rows.iter().zip(styles).filter_map(|(&i, style)| Some((make(i)?, *style)));
            let (made, styles): (Vec<Augmented>, Vec<Option<usize>>) = made.unzip();
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
            progress.advance(rows.len(), "");
        }
        builder.kind(examples);
    }
    progress.end();
    Ok(builder.finish())
}

/// Reports what `model` does not read of captions of which at most `max_tokens` are learnt.
///
/// # Errors
/// Returns an error if a caption cannot be read at all.
pub fn tell_captions<'a>(
    captions: impl Iterator<Item = &'a str>,
    model: &Pipeline,
    max_tokens: usize,
    progress: &dyn Progress,
) -> Result<()> {
    let Some(reader) = &model.text else { return Ok(()) };
    let learnt = max_tokens.min(reader.max_tokens);
    let notes = captions::notes(captions, &reader.tokenizer, learnt)?;
    notes.iter().for_each(|note| progress.note(note));
    Ok(())
}

/// Returns each picture's normalised latent.
fn encode_pictures(made: &[Augmented], model: &Pipeline) -> Vec<Vec<f32>> {
    let images: Vec<&Image> = made.iter().map(|made| &made.image).collect();
    let latent = model.autoencoder.encode(to_tensor(&images, &model.device));
    let size = latent.shape().num_elements() / made.len();
    let values: Vec<f32> = latent.into_data().iter::<f32>().collect();
    values.chunks_exact(size).map(<[f32]>::to_vec).collect()
}
