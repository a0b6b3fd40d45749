//! The pictures that runs begin with. The page sends each once; recipes name it by its hash. The
//! model's encoder is downloaded when the first run needs it.

use std::rc::Rc;

use super::fetch::load_part;
use super::state::{Kept, Pictures, Shared, pipeline};
use crate::image::Image;
use crate::image::fit::fitted;
use crate::page::protocol::File;
use crate::pipeline::start::picture_hash;
use crate::pipeline::stickers::{self, ENCODER};
use crate::pipeline::{Parts, Pipeline, Start};
use crate::recipe::Recipe;
use crate::{Error, Result};

/// How many pictures are kept; the one that was used least recently goes first.
const KEPT: usize = 8;

/// Keeps a picture or a mask of the model's size.
pub(super) fn keep(worker: &Shared, hash: String, File(png): &File) -> Result<()> {
    let image = fitted(&Image::from_png(png)?, pipeline(worker)?.picture_size())?;
    if picture_hash(&image) != hash {
        return Err(Error::Picture("The picture was damaged on its way: bring it again".into()));
    }
    insert(worker, hash, image);
    Ok(())
}

fn insert(worker: &Shared, hash: String, image: Image) {
    let Pictures(kept) = &mut worker.borrow_mut().pictures;
    kept.retain(|other| other.hash != hash);
    kept.insert(0, Kept { hash, image, latent: None });
    kept.truncate(KEPT);
}

/// Returns the start of a recipe's run, with the latent of its picture if it names one.
pub(super) async fn start(worker: &Shared, recipe: &Recipe) -> Result<Start> {
    if !recipe.begins_with_picture() {
        return Ok(Start::default());
    }
    let found = {
        let Pictures(kept) = &mut worker.borrow_mut().pictures;
        let place = kept.iter().position(|kept| kept.hash == recipe.picture);
        let Some(place) = place else { return Ok(Start::default()) };
        kept[..=place].rotate_right(1);
        (kept[0].image.clone(), kept[0].latent.clone())
    };
    let latent = match found {
        (_, Some(latent)) => latent,
        (image, None) => with_encoder(worker).await?.encode(&image)?,
    };
    let Pictures(kept) = &mut worker.borrow_mut().pictures;
    let place = kept.iter_mut().find(|kept| kept.hash == recipe.picture);
    place.into_iter().for_each(|kept| kept.latent = Some(latent.clone()));
    Ok(Start::from(latent))
}

/// Returns the pipeline with its encoder, which is downloaded if it is missing.
async fn with_encoder(worker: &Shared) -> Result<Rc<Pipeline>> {
    let pipeline = pipeline(worker)?;
    let Some(folder) = worker.borrow().folder.clone() else { return Ok(pipeline) };
    if pipeline.autoencoder.has_encoder() {
        return Ok(pipeline);
    }
    let network = load_part(&folder.0, ENCODER, async |source| {
        stickers::autoencoder(source, &folder.1, &pipeline.device, Parts::All).await
    })
    .await?;
    let mut worker = worker.borrow_mut();
    // The upscaler may have come meanwhile.
    let pipeline = worker.pipeline.as_deref().unwrap_or(&pipeline).clone();
    let autoencoder = pipeline.autoencoder.clone().with_sticker(network);
    let pipeline = Rc::new(Pipeline { autoencoder, ..pipeline });
    worker.pipeline = Some(pipeline.clone());
    Ok(pipeline)
}
