//! Taking a picture's background away.

use super::Job;
use crate::Result;
use crate::image::Image;
use crate::image::ground::without_plain_ground;
use crate::page::protocol::{File, Ground, Made};

pub(super) async fn cut_out(job: &Job, picture: &Image, ground: Ground) -> Result<Made> {
    let cut = match ground {
        Ground::Plain { tolerance } => without_plain_ground(picture, tolerance)?,
        Ground::Any => {
            let _ = job;
            picture.clone()
        }
    };
    Ok(Made::File(File(cut.to_png(None)?)))
}
