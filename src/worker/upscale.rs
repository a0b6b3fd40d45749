//! The upscaler in the page. It is downloaded after the model can draw, so that no drawing waits for it.
//! Pictures that need it before it is there wait for it.

use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;

use super::fetch::load_part;
use super::state::{Shared, Upscaling, Way, pipeline};
use super::{now, post};
use crate::Result;
use crate::image::Image;
use crate::image::finish::Finish;
use crate::page::protocol::Event;
use crate::pipeline::Pipeline;
use crate::pipeline::stickers::{self, UPSCALER};

/// How many upscaled pictures are kept, which is as many as the stage shows at once.
const KEPT: usize = 16;
/// The milliseconds between two checks for the upscaler, and the longest time that a picture waits for it.
const PACE: u32 = 30;
const LONGEST: u32 = 3_000;
/// The milliseconds after a failed download without a new try, so that the pictures of a ZIP cause few
/// tries.
const REST: f64 = 5_000.0;

/// The message about an upscaler that takes too long.
const LATE: &str = "The upscaler, which makes large pictures sharp, has not been downloaded yet.";

/// Downloads the upscaler of a pipeline that was just loaded, if the model has one.
pub(super) async fn begin(worker: &Shared) {
    let folder = worker.borrow().folder.clone();
    if folder.is_some_and(|folder| folder.1.upscaled_side().is_some()) {
        worker.borrow_mut().upscaling.is_missing = true;
        fetch(worker).await;
    }
}

/// Waits for a limited time if the upscaler is being downloaded. Downloads it if it is missing, unless that
/// failed just now.
async fn fetch(worker: &Shared) {
    let way = || worker.borrow().upscaling.way;
    for _ in 0..LONGEST / PACE {
        if way() != Way::Coming {
            break;
        }
        TimeoutFuture::new(PACE).await;
    }
    match way() {
        Way::Coming => {
            worker.borrow_mut().upscaling.way = Way::Late;
            return post(&Event::NoUpscaler { problem: LATE.into() });
        }
        Way::Late => return,
        Way::Failed(then) if now() - then < REST => return,
        Way::Idle | Way::Failed(_) => {}
    }
    let (folder, device) = {
        let now = worker.borrow();
        let device = now.pipeline.as_ref().map(|pipeline| pipeline.device.clone());
        (now.folder.clone().filter(|_| now.upscaling.is_missing), device)
    };
    let (Some(folder), Some(device)) = (folder, device) else { return };
    worker.borrow_mut().upscaling.way = Way::Coming;
    let fetched = load_part(&folder.0, UPSCALER, async |source| {
        stickers::upscaler(source, &folder.1, &device).await
    })
    .await;
    let mut worker = worker.borrow_mut();
    match fetched {
        Ok(upscaler) => {
            // A run in progress continues with the old pipeline.
            let now = worker.pipeline.take();
            worker.pipeline = now.map(|now| Rc::new(Pipeline { upscaler, ..(*now).clone() }));
            let Upscaling { way, is_missing, has_softened, .. } = &mut worker.upscaling;
            (*way, *is_missing) = (Way::Idle, false);
            if std::mem::take(has_softened) {
                post(&Event::Upscales);
            }
        }
        Err(error) => {
            worker.upscaling.way = Way::Failed(now());
            post(&Event::NoUpscaler { problem: error.to_string() });
        }
    }
}

/// Returns the pipeline with its upscaler, as far as it can be had.
pub(super) async fn with_upscaler(worker: &Shared) -> Result<Rc<Pipeline>> {
    fetch(worker).await;
    pipeline(worker)
}

/// Returns the picture that a finish is applied to, and whether it was upscaled. It is the picture in a
/// PNG, or its upscaled version if the finish enlarges it.
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
            let Upscaling { kept, is_missing, has_softened, .. } =
                &mut worker.borrow_mut().upscaling;
            if is_upscaled {
                kept.truncate(KEPT - 1);
                kept.insert(0, (png.to_vec(), large.clone()));
            }
            *has_softened |= !is_upscaled && *is_missing;
            Ok((large, is_upscaled))
        }
        (None, None) => Ok((image, false)),
    }
}
