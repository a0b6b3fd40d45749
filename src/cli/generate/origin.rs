//! The picture that runs begin with, if one is given.

use crate::Result;
use crate::diffusion::Latent;
use crate::image::Image;
use crate::image::fit::fitted;
use crate::pipeline::Pipeline;
use crate::pipeline::start::picture_hash;

/// A picture at the model's size: the hash by which recipes name it, and its latent, `[1, c, h, w]`.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) hash: String,
    pub(super) latent: Latent,
}

/// Fits a picture into the model's frame, and encodes it.
pub(super) fn encoded(picture: &Image, pipeline: &Pipeline) -> Result<Given> {
    let picture = fitted(picture, pipeline.picture_size())?;
    Ok(Given { hash: picture_hash(&picture), latent: pipeline.encode(&picture)? })
}
