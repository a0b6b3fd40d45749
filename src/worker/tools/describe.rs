//! Proposals of prompts for a picture.

use super::{Job, stopped};
use crate::Result;
use crate::image::Image;
use crate::image::fit::fitted;
use crate::page::protocol::Made;
use crate::pipeline::concept_index::ConceptIndex;
use crate::worker::fetch::load_part;
use crate::worker::picture::encoding;

/// How many prompts are proposed.
const PROPOSED: usize = 6;

pub(super) async fn describe(job: &Job, picture: &Image) -> Result<Made> {
    let pipeline = encoding(&job.worker, || job.is_wanted()).await?.ok_or_else(stopped)?;
    let known = job.worker.borrow().index.clone();
    let index = match known {
        Some(index) => index,
        None => {
            let folder = job.worker.borrow().folder.clone();
            let folder = folder.map_or_else(String::new, |folder| folder.0.clone());
            let hash = &pipeline.hash;
            let index = load_part(&folder, crate::pipeline::concept_index::INDEX, async |source| {
                ConceptIndex::load(source, hash).await
            });
            std::rc::Rc::new(index.await?)
        }
    };
    job.worker.borrow_mut().index = Some(index.clone());
    let latent = pipeline.encode(&fitted(picture, pipeline.picture_size())?)?;
    let mut describing = pipeline.describe(latent, "", &index).await?;
    while describing.step().await? {
        job.advance(describing.progress(), None).await?;
    }
    let mut captions = describing.captions();
    captions.truncate(PROPOSED);
    Ok(Made::Captions(captions))
}
