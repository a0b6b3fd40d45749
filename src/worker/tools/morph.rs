//! Morphs: the frames between two pictures.

use super::Job;
use crate::image::Image;
use crate::page::protocol::{File, Made};
use crate::pipeline::morph::shares;
use crate::pipeline::pixels::to_images;
use crate::recipe::PartialRecipe;
use crate::worker::state::pipeline;
use crate::{Error, Result};

/// The most frames of a morph.
const MOST: u32 = 64;

pub(super) async fn morph(job: &Job, ends: [&PartialRecipe; 2], count: u32) -> Result<Made> {
    if !(2..=MOST).contains(&count) {
        return Err(Error::Recipe(format!("A morph has 2 to {MOST} frames, and this has {count}")));
    }
    let pipeline = pipeline(&job.worker)?;
    let [from, to] = ends.map(|end| pipeline.resolve(end));
    let (from, to) = (from?, to?);
    let count = count as usize;
    let mut frames = Vec::new();
    for share in shares(count) {
        let mut run = pipeline.begin_between([&from, &to], share)?;
        while run.step().is_some() {
            job.rest().await?;
        }
        let drawn = to_images(pipeline.autoencoder.decode(&run.latent())).await?;
        for frame in drawn.iter().map(|image: &Image| image.to_png(None)) {
            frames.push(File(frame?));
        }
        job.advance((frames.len(), count), frames.last().cloned()).await?;
    }
    Ok(Made::Frames(frames))
}
