//! Taking a picture's background away.

use std::rc::Rc;

use super::Job;
use crate::Result;
use crate::image::Image;
use crate::image::ground::without_plain_ground;
use crate::page::protocol::{File, Ground, Made};
use crate::pipeline::matte::{Cutter, WEIGHTS};
use crate::worker::fetch::load_part;
use crate::worker::state::pipeline;

/// The folder of U²-Netp, relative to the page.
const FOLDER: &str = "models/u2netp";

pub(super) async fn cut_out(job: &Job, picture: &Image, ground: Ground) -> Result<Made> {
    let cut = match ground {
        Ground::Plain { tolerance } => without_plain_ground(picture, tolerance)?,
        Ground::Any => behind(job, picture).await?,
    };
    Ok(Made::File(File(cut.to_png(None)?)))
}

/// Returns a picture without what is behind the thing in it. The network is downloaded if it is missing.
async fn behind(job: &Job, picture: &Image) -> Result<Image> {
    let device = pipeline(&job.worker)?.device.clone();
    let known = job.worker.borrow().cutter.clone();
    let cutter = match known {
        Some(cutter) => cutter,
        None => {
            let load =
                load_part(FOLDER, WEIGHTS, async |source| Cutter::load(source, &device).await);
            Rc::new(load.await?)
        }
    };
    job.worker.borrow_mut().cutter = Some(cutter.clone());
    job.rest().await?;
    cutter.without_ground(picture).await
}
