//! The upscaler in the page: fetched when the model draws already, so that no picture waits for it. Whatever
//! is asked of it before it is there waits.

use std::rc::Rc;

use gloo_timers::future::TimeoutFuture;

use super::fetch::Web;
use super::jobs::Shared;
use super::{now, post};
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
const LONGEST: u32 = 3_000;
/// Milliseconds after a failure in which it is not fetched again: the pictures of a ZIP are few tries.
const REST: f64 = 5_000.0;

/// Said of an upscaler that does not come.
const LATE: &str = "The upscaler, which makes large pictures sharp, has not come yet.";

/// How the upscaler is doing.
#[derive(Clone, Copy, Default, PartialEq)]
enum Way {
    /// Nobody fetches it: it is there, or the model has none, or it was not begun.
    #[default]
    Idle,
    /// It is on its way; pictures wait for it.
    Coming,
    /// It takes too long: pictures wait no more.
    Late,
    /// It could not be had, at this time.
    Failed(f64),
}

/// Pictures that were upscaled last, by the files that they were made of: an outline, another size or
/// another format then takes no second run.
#[derive(Default)]
pub(super) struct Upscaling {
    way: Way,
    /// Where it is to be had, while it is not there.
    missing: Option<Rc<(String, Manifest)>>,
    /// Whether pictures were enlarged without it meanwhile.
    has_softened: bool,
    kept: Vec<(Vec<u8>, Image)>,
}

/// Fetches the upscaler of a pipeline that was loaded just now, if the model has one.
pub(super) async fn begin(worker: &Shared, folder: String, manifest: Manifest) {
    if manifest.upscaled_side().is_some() {
        worker.borrow_mut().upscaling.missing = Some(Rc::new((folder, manifest)));
        fetch(worker).await;
    }
}

/// Waits for the upscaler if it is on its way, not for ever; fetches it if it is missing, unless that failed just
/// now.
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
    let (missing, pipeline) = {
        let now = worker.borrow();
        (now.upscaling.missing.clone(), now.pipeline.clone())
    };
    let (Some(missing), Some(pipeline)) = (missing, pipeline) else { return };
    worker.borrow_mut().upscaling.way = Way::Coming;
    let fetched = with_upscaler(&pipeline, &missing.0, &missing.1).await;
    let mut worker = worker.borrow_mut();
    match fetched {
        Ok(pipeline) => {
            // A run that is under way goes on with the old one.
            worker.pipeline = Some(Rc::new(pipeline));
            let Upscaling { way, missing, has_softened, .. } = &mut worker.upscaling;
            (*way, *missing) = (Way::Idle, None);
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
            let Upscaling { kept, missing, has_softened, .. } = &mut worker.borrow_mut().upscaling;
            if is_upscaled {
                kept.truncate(KEPT - 1);
                kept.insert(0, (png.to_vec(), large.clone()));
            }
            *has_softened |= !is_upscaled && missing.is_some();
            Ok((large, is_upscaled))
        }
        (None, None) => Ok((image, false)),
    }
}
