//! The latents and text states that a DiT learns from, computed from a dataset by the model's own
//! encoders.

use std::collections::BTreeSet;

use super::builder::Builder;
use super::prepared::{Example, Prepared};
use crate::dataset::gather::SIDE;
use crate::dataset::names::everyday;
use crate::dataset::teach::{Caption, CaptionKind, Taught, Teaching, captions};
use crate::dataset::{Dataset, Entry};
use crate::image::Image;
use crate::model::MiniLmConfig;
use crate::pipeline::Pipeline;
use crate::pipeline::pixels::to_tensor;
use crate::text::TextReader;
use crate::tools::parallel::Workers;
use crate::tools::progress::Progress;
use crate::{Error, Result};

/// How many pictures are gathered before they and their captions are encoded.
const CHUNK: usize = 256;
/// How many pictures a thread encodes at a time.
const PART: usize = 16;

/// A picture to encode, with its captions and the label of its style.
type Styled<'a> = (Taught<'a>, Option<usize>);

/// Computes all latents and text states of a dataset's training split. First it reports the captions of
/// which `max_tokens` tokens are not enough. `seed` decides the variants that are made of pictures.
///
/// # Errors
/// Returns an error if the model has no text encoder or draws pictures of another size, or the
/// dataset has nothing to learn from or a style that the model lacks.
pub fn prepare(
    dataset: &Dataset,
    model: &Pipeline,
    max_tokens: usize,
    seed: u64,
    workers: &Workers,
    progress: &dyn Progress,
) -> Result<Prepared> {
    tell_captions(captions::of(&dataset.entries), model, max_tokens, progress)?;
    let reader = model.text.as_ref().ok_or_else(|| {
        Error::model(
            &model.name,
            "it draws classes, not prompts, so it cannot be trained on captions",
        )
    })?;
    model.check_draws([SIDE; 2])?;
    let [_, channels, height, width] = model.latent_shape();
    let everyday = everyday();
    let teaching = Teaching::new(dataset, &everyday);
    let styles: Vec<Option<usize>> =
        teaching.entries().map(|entry| style(entry, model)).collect::<Result<_>>()?;
    if styles.is_empty() {
        return Err(Error::dataset("The dataset", "it holds no training pictures"));
    }
    let mut builder = Builder::new(
        [channels, height, width],
        [reader.max_tokens, MiniLmConfig::new().hidden_size],
        model.styles.clone(),
        &reader.states("")?,
    );
    progress.begin("Encoding", styles.len(), 0);
    let mut waiting: Vec<Styled<'_>> = Vec::new();
    for (taught, style) in teaching.pictures(seed).zip(styles) {
        waiting.extend(taught.into_iter().map(|taught| (taught, style)));
        if waiting.len() >= CHUNK {
            encode(&std::mem::take(&mut waiting), &mut builder, (model, reader), workers)?;
        }
        progress.advance(1, "");
    }
    encode(&waiting, &mut builder, (model, reader), workers)?;
    progress.end();
    Ok(builder.finish())
}

/// Returns the label of a picture's style.
fn style(entry: &Entry, model: &Pipeline) -> Result<Option<usize>> {
    model.style(&entry.style).map_err(|error| {
        let problem = error.clause();
        let Entry { label, .. } = entry;
        Error::dataset(
            "The dataset",
            format!(
                "its picture “{label}” has no style of the model ({problem}); or give the model the \
                 dataset's styles with --new-styles"
            ),
        )
    })
}

/// Encodes pictures and their captions, and adds them to `builder`.
fn encode(
    taught: &[Styled<'_>],
    builder: &mut Builder,
    (model, reader): (&Pipeline, &TextReader),
    workers: &Workers,
) -> Result<()> {
    let parts = taught.chunks(PART).collect();
    let latents = workers.map(parts, |part| encode_pictures(part, model));
    let latents = latents.into_iter().collect::<Result<Vec<_>>>()?;
    let captions = taught.iter().flat_map(|(taught, _)| &taught.captions);
    let new: BTreeSet<&str> = captions
        .map(|caption| caption.text.as_str())
        .filter(|text| builder.place(text).is_none())
        .collect();
    let new: Vec<&str> = new.into_iter().collect();
    for (caption, states) in new.iter().zip(workers.map(new.clone(), |text| reader.states(text))) {
        builder.text(caption, &states?);
    }
    for ((Taught { captions, .. }, style), latent) in taught.iter().zip(latents.iter().flatten()) {
        let latent = builder.latent(latent);
        for Caption { text, kind, weight } in captions {
            let caption = builder.place(text).expect("it was just encoded");
            // A caption that says the style in words is learnt without the style's label.
            let style = style.filter(|_| *kind != CaptionKind::Style);
            let weight = *weight as f32;
            builder.example(Example { latent, caption, style, kind: *kind, weight });
        }
    }
    Ok(())
}

/// Reports captions that `model` does not read in full, if at most `max_tokens` tokens of each are
/// learnt. See [`captions::notes`].
///
/// # Errors
/// Returns an error if a caption cannot be read at all.
pub(super) fn tell_captions<'a>(
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
fn encode_pictures(taught: &[Styled<'_>], model: &Pipeline) -> Result<Vec<Vec<f32>>> {
    let images: Vec<&Image> = taught.iter().map(|(taught, _)| &*taught.image).collect();
    let latent = model.autoencoder.encode(to_tensor(&images, &model.device))?.tensor();
    let size = latent.shape().num_elements() / images.len();
    let values: Vec<f32> = latent.into_data().iter::<f32>().collect();
    Ok(values.chunks_exact(size).map(<[f32]>::to_vec).collect())
}
