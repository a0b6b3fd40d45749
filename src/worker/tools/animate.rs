//! Animated pictures.

use crate::Result;
use crate::image::{Image, animation};
use crate::page::protocol::{Animation, File, Made};

pub(super) fn animate(
    files: &[File],
    format: Animation,
    milliseconds: u32,
    returns: bool,
) -> Result<Made> {
    let frames = files.iter().map(|File(png)| Image::from_png(png)).collect::<Result<Vec<_>>>()?;
    let encode = match format {
        Animation::Apng => animation::apng,
        Animation::Gif => animation::gif,
    };
    Ok(Made::File(File(encode(&frames, milliseconds, returns)?)))
}
