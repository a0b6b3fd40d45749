//! The picture that runs begin with, if one is given.

use std::path::Path;

use crate::image::Attachments;
use crate::image::Image;
use crate::image::file::open;
use crate::image::fit::fitted;
use crate::pipeline::start::picture_hash;
use crate::pipeline::{Origin, Original, Pipeline};
use crate::{Error, Result};

/// The pictures that options name, as they are in their files.
#[derive(Debug)]
pub(super) struct Named {
    picture: Image,
    mask: Option<Image>,
}

/// A picture at the model's size, with the hashes by which recipes name it and its mask, encoded.
#[derive(Debug)]
pub(super) struct Given {
    pub(super) hash: String,
    pub(super) mask_hash: String,
    pub(super) original: Original,
    pub(super) origin: Origin,
}

impl Named {
    /// Reads the picture of `--from` and the mask of `--mask`. Without `--from`, the picture and the mask
    /// are those that the PNG of `--recipe` carries, if it carries any.
    pub(super) fn read(
        from: Option<&Path>,
        mask: Option<&Path>,
        recipe: Option<&Path>,
    ) -> Result<Option<Self>> {
        let mask = mask.map(open).transpose()?;
        if let Some(from) = from {
            return Ok(Some(Self { picture: open(from)?, mask }));
        }
        let Some(path) = recipe else { return Ok(None) };
        let bytes = std::fs::read(path).map_err(|source| Error::read(path, source))?;
        if !bytes.starts_with(b"\x89PNG") {
            return Ok(None);
        }
        let carried = Attachments::of_png(&bytes)?;
        let Some(picture) = carried.picture else { return Ok(None) };
        let mask = match (mask, carried.mask) {
            (None, Some(carried)) => Some(Image::from_png(&carried)?),
            (given, _) => given,
        };
        Ok(Some(Self { picture: Image::from_png(&picture)?, mask }))
    }

    /// Fits the picture and the mask into the model's frame, and encodes them.
    pub(super) fn given(&self, pipeline: &Pipeline) -> Result<Given> {
        let fit = |picture: &Image| fitted(picture, pipeline.picture_size());
        let mask = self.mask.as_ref().map(fit).transpose()?;
        let original = Original::new(fit(&self.picture)?, mask.as_ref())?;
        Ok(Given {
            hash: picture_hash(&original.picture),
            mask_hash: original.mask_hash(),
            origin: pipeline.origin(&original)?,
            original,
        })
    }
}
