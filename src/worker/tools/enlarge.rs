//! Enlarging with the upscaler.

use super::Job;
use crate::Result;
use crate::image::Image;
use crate::image::resize::resized;
use crate::page::protocol::{File, Made};
use crate::worker::upscale;

pub(super) async fn enlarge(job: &Job, picture: &Image, side: u32) -> Result<Made> {
    let pipeline = upscale::with_upscaler(&job.worker).await?;
    let mut enlarging = pipeline.enlarge(picture, side)?;
    let large = loop {
        if let Some(large) = enlarging.step().await? {
            break large;
        }
        job.advance(enlarging.progress(), None).await?;
    };
    let plain = resized(picture, large.width, large.height)?;
    let [sharp, plain] = [large, plain].map(|image| image.to_png(None).map(File));
    Ok(Made::Enlarged { sharp: sharp?, plain: plain? })
}
