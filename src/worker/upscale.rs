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
/// Milliseconds between two looks at whether the upscaler is there, and until a picture waits no longer.
const PACE: u32 = 30;
const LONGEST: u32 = 20_000;

/// Pictures that were upscaled last, by the files that they were made of: an outline, another size or
/// another format then takes no second run.
#[derive(Default)]
pub(super) struct Upscaling {
    /// Whether the upscaler is on its way.
    is_coming: bool,
    /// Where it is to be had, while it is not there.
    missing: Option<Rc<(String, Manifest)>>,
    kept: Vec<(Vec<u8>, Image)>,
}

/// Fetches the upscaler of a pipeline that was loaded just now, if the model has one.
pub(super) async fn begin(worker: &Shared, folder: String, manifest: Manifest) {
    if manifest.upscaled_side().is_some() {
        worker.borrow_mut().upscaling.missing = Some(Rc::new((folder, manifest)));
        fetch(worker).await;
    }
}

/// Fetches the upscaler if it is missing, or waits for it if it is on its way; not for ever.
async fn fetch(worker: &Shared) {
    for _ in 0..LONGEST / PACE {
        if !worker.borrow().upscaling.is_coming {
            break;
        }
        TimeoutFuture::new(PACE).await;
    }
    let (missing, pipeline) = {
        let mut now = worker.borrow_mut();
        let missing = now.upscaling.missing.clone().filter(|_| !now.upscaling.is_coming);
        now.upscaling.is_coming |= missing.is_some();
        (missing, now.pipeline.clone())
    };
    let (Some(missing), Some(pipeline)) = (missing, pipeline) else { return };
    let fetched = with_upscaler(&pipeline, &missing.0, &missing.1).await;
    let mut now = worker.borrow_mut();
    now.upscaling.is_coming = false;
    match fetched {
        Ok(pipeline) => {
            // A run that is under way goes on with the old one.
            now.pipeline = Some(Rc::new(pipeline));
            now.upscaling.missing = None;
        }
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
    fetch(worker).await;
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
