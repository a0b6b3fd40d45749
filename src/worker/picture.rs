//! The pictures that runs begin with, and their masks. Recipes name them by their hashes. The model's
//! encoder is downloaded when the first run needs it.

use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;

use super::fetch::load_part;
use super::jobs::glances;
use super::post;
use super::state::{Kept, Pictures, Shared, pipeline};
use crate::diffusion::Latent;
use crate::image::Image;
use crate::image::fit::fitted;
use crate::page::protocol::{Event, File};
use crate::pipeline::start::picture_hash;
use crate::pipeline::stickers::{self, ENCODER};
use crate::pipeline::{Origin, Original, Parts, Pipeline, Start};
use crate::recipe::Recipe;
use crate::{Error, Result};

/// How many pictures and masks are kept; the one that was used least recently goes first.
const KEPT: usize = 16;
/// The milliseconds between two looks for an encoder that is being downloaded.
const PACE: u32 = 30;

/// Keeps a picture or a mask of the model's size that the page hands over.
pub(super) fn keep(worker: &Shared, hash: &str, File(png): &File) -> Result<()> {
    let image = fitted(&Image::from_png(png)?, pipeline(worker)?.picture_size())?;
    match insert(worker, image) == hash {
        true => Ok(()),
        false => Err(Error::Picture("The picture was damaged on its way: bring it again".into())),
    }
}

/// Keeps a picture or a mask, and returns its hash.
pub(super) fn insert(worker: &Shared, image: Image) -> String {
    let hash = picture_hash(&image);
    let Pictures(kept) = &mut worker.borrow_mut().pictures;
    let known = kept.iter().position(|other| other.hash == hash);
    let new = || Kept { hash: hash.clone(), image, latent: None };
    let place = known.map_or_else(new, |place| kept.remove(place));
    kept.insert(0, place);
    kept.truncate(KEPT);
    hash
}

/// Returns a picture that is kept; `None` if none has this hash.
fn find(worker: &Shared, hash: &str) -> Option<(Image, Option<Latent>)> {
    let Pictures(kept) = &worker.borrow().pictures;
    let found = kept.iter().find(|kept| kept.hash == hash)?;
    Some((found.image.clone(), found.latent.clone()))
}

/// Returns the picture and the mask that a recipe names; `None` if it begins with noise, or if they are
/// not here.
pub(super) fn original(worker: &Shared, recipe: &Recipe) -> Result<Option<Original>> {
    if !recipe.begins_with_picture() {
        return Ok(None);
    }
    let Some((picture, _)) = find(worker, &recipe.picture) else { return Ok(None) };
    let mask = find(worker, &recipe.mask).map(|(mask, _)| mask);
    Original::new(picture, mask.as_ref()).map(Some)
}

/// Returns the start of a recipe's run: noise, or a picture with its mask. A picture that the recipe
/// inverts is led back to noise. `is_wanted` says whether the page still wants the job; `None` if not.
///
/// # Errors
/// Returns an error if the picture cannot be encoded.
pub(super) async fn start(
    worker: &Shared,
    job: u32,
    recipe: &Recipe,
    original: Option<&Original>,
    is_wanted: impl Fn() -> bool,
) -> Result<Option<Start>> {
    let Some(original) = original else { return Ok(Some(Start::default())) };
    // The page may stop the job meanwhile; the download goes on.
    let Some(pipeline) = encoding(worker, &is_wanted).await? else { return Ok(None) };
    let latent = match find(worker, &recipe.picture) {
        Some((_, Some(latent))) => latent,
        _ => pipeline.encode(&original.picture)?,
    };
    remember(worker, &recipe.picture, &latent);
    let mask = original.mask.as_ref().map(|mask| pipeline.cells(mask));
    let noise = match recipe.inversion {
        false => None,
        true => {
            let of = inverted_by(recipe);
            let known = worker.borrow().inverted.clone().filter(|(other, _)| *other == of);
            let found = match known {
                Some((_, found)) => found,
                None => {
                    let mut back = pipeline.invert(recipe, latent.clone())?;
                    let total = back.steps();
                    for done in 0..total {
                        let noise = glances(&pipeline, &back.latent()).await?;
                        post(&Event::Inverting { job, done, total, noise });
                        // The page's requests arrive only while nothing is being computed.
                        TimeoutFuture::new(0).await;
                        if !is_wanted() {
                            return Ok(None);
                        }
                        back.step();
                    }
                    back.noise()
                }
            };
            worker.borrow_mut().inverted = Some((of, found.clone()));
            Some(found.repeated(recipe.count))
        }
    };
    Ok(Some(Start { noise, from: Some(Origin { latent, mask }) }))
}

/// Returns a recipe without what has no effect on its inversion, such as the new style, so that the same
/// noise serves a picture in all styles.
fn inverted_by(recipe: &Recipe) -> Recipe {
    let usual = Recipe::default();
    Recipe {
        prompt: usual.prompt,
        negative: usual.negative,
        style: usual.style,
        seed: usual.seed,
        guidance: usual.guidance,
        count: usual.count,
        mask: usual.mask,
        variation_seed: usual.variation_seed,
        variation_strength: usual.variation_strength,
        ..recipe.clone()
    }
}

/// Keeps the latent of a picture, for further runs with it.
fn remember(worker: &Shared, hash: &str, latent: &Latent) {
    let Pictures(kept) = &mut worker.borrow_mut().pictures;
    let place = kept.iter_mut().find(|kept| kept.hash == hash);
    place.into_iter().for_each(|kept| kept.latent = Some(latent.clone()));
}

/// Begins to download the encoder, unless that is going on already.
fn begin_encoder(worker: &Shared) {
    if std::mem::replace(&mut worker.borrow_mut().encoding.is_coming, true) {
        return;
    }
    let worker = worker.clone();
    wasm_bindgen_futures::spawn_local(async move {
        let fetched = fetch_encoder(&worker).await;
        let mut now = worker.borrow_mut();
        now.encoding.is_coming = false;
        now.encoding.problem = fetched.err();
    });
}

/// Returns the pipeline with its encoder, which is downloaded if it is missing; `None` if that is not
/// wanted any more.
pub(super) async fn encoding(
    worker: &Shared,
    is_wanted: impl Fn() -> bool,
) -> Result<Option<Rc<Pipeline>>> {
    if !pipeline(worker)?.autoencoder.has_encoder() {
        begin_encoder(worker);
        while worker.borrow().encoding.is_coming {
            TimeoutFuture::new(PACE).await;
            if !is_wanted() {
                return Ok(None);
            }
        }
        if let Some(problem) = worker.borrow_mut().encoding.problem.take() {
            return Err(problem);
        }
    }
    pipeline(worker).map(Some)
}

async fn fetch_encoder(worker: &Shared) -> Result<()> {
    let pipeline = pipeline(worker)?;
    let Some(folder) = worker.borrow().folder.clone() else { return Ok(()) };
    let network = load_part(&folder.0, ENCODER, async |source| {
        stickers::autoencoder(source, &folder.1, &pipeline.device, Parts::All).await
    })
    .await?;
    let mut worker = worker.borrow_mut();
    // The upscaler may have come meanwhile.
    let pipeline = worker.pipeline.as_deref().unwrap_or(&pipeline).clone();
    let autoencoder = pipeline.autoencoder.clone().with_sticker(network);
    worker.pipeline = Some(Rc::new(Pipeline { autoencoder, ..pipeline }));
    Ok(())
}
