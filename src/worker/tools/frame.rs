//! Pictures and masks at the model's size.

use crate::image::fit::fitted;
use crate::image::frame::Frame;
use crate::image::framing;
use crate::image::mask::Mask;
use crate::image::{Attachments, Image};
use crate::page::protocol::{File, Kept, Made};
use crate::worker::picture::insert;
use crate::worker::state::{Shared, pipeline};
use crate::{Error, Result};

/// Fits a picture into the model's frame, and keeps it.
pub(super) fn fit(worker: &Shared, picture: &Image, frame: Frame) -> Result<Made> {
    let side = pipeline(worker)?.picture_size();
    keep(worker, framing::framed(picture, frame, side)?).map(Made::Picture)
}

/// Keeps the mask of what a picture leaves empty in its frame.
pub(super) fn around(worker: &Shared, picture: &Image, frame: Frame) -> Result<Made> {
    let side = pipeline(worker)?.picture_size();
    let around = framing::around([picture.width, picture.height], frame, side)?;
    if Mask::of(&around).is_empty() {
        return Err(Error::Picture(
            "The picture fills the square: make its zoom smaller first, so that something around it \
             is empty"
                .into(),
        ));
    }
    keep(worker, around).map(Made::Picture)
}

/// Keeps the mask in the alpha of a painting.
pub(super) fn mask(worker: &Shared, painted: &Image) -> Result<Made> {
    let side = pipeline(worker)?.picture_size();
    let mask = Mask::of(&fitted(painted, side)?);
    keep(worker, mask.to_image()).map(Made::Picture)
}

/// Keeps the pictures that a PNG carries, the mask last.
pub(in crate::worker) fn carried(worker: &Shared, png: &[u8]) -> Result<Vec<Kept>> {
    let Attachments { picture, mask, .. } = Attachments::of_png(png)?;
    let pictures = [picture, mask].into_iter().flatten();
    let kept = pictures.map(|png| {
        let picture = Image::from_png(&png)?;
        // Its clear pixels have no colour, as those of the picture that was hashed.
        let sides = [picture.width, picture.height];
        keep(worker, fitted(&picture, sides)?)
    });
    kept.collect()
}

fn keep(worker: &Shared, image: Image) -> Result<Kept> {
    let png = File(image.to_png(None)?);
    Ok(Kept { hash: insert(worker, image), png })
}
