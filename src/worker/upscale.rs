//! The upscaler in the page: fetched when the model draws already, so that no picture waits for it. Whatever
//! is asked of it before it is there waits.

use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;

use super::fetch::Web;
use super::jobs::Shared;
use super::post;
use crate::image::Image;
use crate::image::finish::Finish;
use crate::page::protocol::Event;
use crate::pipeline::Pipeline;
use crate::pipeline::stickers::{self, Manifest, UPSCALER};
use crate::{Error, Result};

/// How many upscaled pictures are kept: as many as stand on stage at once.
const KEPT: usize = 16;
/// Milliseconds between two looks at whether the upscaler is there.
const PACE: u32 = 30;

/// Pictures that were upscaled last, by the files that they were made of: an outline, another size or
/// another format then takes no second run.
#[derive(Default)]
pub(super) struct Upscaling {
    /// Whether the upscaler is on its way.
    is_coming: bool,
    kept: Vec<(Vec<u8>, Image)>,
}

/// Fetches the upscaler of the worker's pipeline, if that has one.
pub(super) async fn fetch(worker: &Shared, pipeline: &Pipeline, folder: &str, manifest: &Manifest) {
    worker.borrow_mut().upscaling.is_coming = true;
    let fetched = with_upscaler(pipeline, folder, manifest).await;
    let mut worker = worker.borrow_mut();
    worker.upscaling.is_coming = false;
    match fetched {
        // A run that is under way goes on with the old one.
        Ok(pipeline) => worker.pipeline = Some(Rc::new(pipeline)),
        Err(error) => post(&Event::NoUpscaler { problem: error.to_string() }),
    }
}

/// A file that was kept from an earlier visit may be damaged: then it comes over the network once more.
async fn with_upscaler(pipeline: &Pipeline, folder: &str, manifest: &Manifest) -> Result<Pipeline> {
    let source = Web::uncounted(folder);
    let upscaler = match stickers::upscaler(&source, manifest, &pipeline.device).await {
        Err(Error::Model { .. }) if source.forget(UPSCALER).await => {
            stickers::upscaler(&Web::uncounted(folder), manifest, &pipeline.device).await
        }
        fetched => fetched,
    };
    Ok(Pipeline { upscaler: upscaler?, ..pipeline.clone() })
}

/// Returns what a finish is made of: the picture in a PNG, or what the upscaler makes of it if it is to
/// become larger; and whether that was done.
pub(super) async fn base(worker: &Shared, png: &[u8], finish: &Finish) -> Result<(Image, bool)> {
    let image = Image::from_png(png)?;
    if !finish.enlarges(image.width, image.height) {
        return Ok((image, false));
    }
    while worker.borrow().upscaling.is_coming {
        TimeoutFuture::new(PACE).await;
    }
    let (kept, pipeline) = {
        let worker = worker.borrow();
        let kept = worker.upscaling.kept.iter().find(|(of, _)| of == png);
        (kept.map(|(_, large)| large.clone()), worker.pipeline.clone())
    };
    match (kept, pipeline) {
        (Some(large), _) => Ok((large, true)),
        (None, Some(pipeline)) => {
            let (large, is_upscaled) = pipeline.base(finish, image).await?;
            if is_upscaled {
                let kept = &mut worker.borrow_mut().upscaling.kept;
                kept.truncate(KEPT - 1);
                kept.insert(0, (png.to_vec(), large.clone()));
            }
            Ok((large, is_upscaled))
        }
        (None, None) => Ok((image, false)),
    }
}
