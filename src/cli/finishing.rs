//! The options by which a drawn picture becomes another size, or a sticker with an outline.

use clap::Args;

use crate::cli::terminal::note;
use crate::image::Image;
use crate::image::finish::Finish;
use crate::pipeline::Pipeline;
use crate::{Error, Result};

/// The most pixels a side of a sheet of several pictures.
const MOST_SIDE: usize = 8192;

#[derive(Debug, Args)]
pub(super) struct FinishOptions {
    /// Pixels of the longer side, 16 to 2048. What is larger than the model draws is made of what its
    /// upscaler makes, by default all of that (512 for the embedded model); a model without an upscaler is
    /// scaled smoothly, by default not at all.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    size: Option<u32>,
    /// Give it the white outline and soft shadow of a die-cut sticker.
    #[arg(long)]
    outline: bool,
}

impl FinishOptions {
    /// Refuses at once what cannot be made of `count` pictures.
    ///
    /// # Errors
    /// Returns a sentence about the size.
    pub(super) fn check(&self, count: usize) -> Result<()> {
        self.finish().check()?;
        let columns = (count as f64).sqrt().ceil() as usize;
        match self.size {
            Some(0) => Err(Error::Options(
                "A picture of 0 pixels is none: choose a --size of 16 to 2048, or leave it out"
                    .into(),
            )),
            Some(size) if columns > 1 && columns * size as usize > MOST_SIDE => {
                Err(Error::Options(format!(
                    "A sheet of {count} pictures of {size} pixels would be {} pixels wide: choose a \
                     --size of at most {}, or fewer pictures",
                    columns * size as usize,
                    MOST_SIDE / columns
                )))
            }
            _ => Ok(()),
        }
    }

    /// Returns one picture of all: each finished, and laid on a sheet if they are several; and whether
    /// the upscaler was used.
    ///
    /// # Errors
    /// Returns a sentence if a picture cannot be finished so, or the device fails.
    pub(super) async fn sheet(
        &self,
        pipeline: &Pipeline,
        images: Vec<Image>,
    ) -> Result<(Image, bool)> {
        let columns = (images.len() as f64).sqrt().ceil() as usize;
        // A sheet that nobody asked to be so large is smaller.
        let most = |side: &usize| columns == 1 || columns * side <= MOST_SIDE;
        let own = pipeline.upscaled_side().filter(most).and_then(|side| u32::try_from(side).ok());
        if let (None, None, Some(side)) = (self.size, own, pipeline.upscaled_side()) {
            note(format!(
                "A sheet of so many pictures has no room for {side} pixels each: they are as drawn. Name a --size \
                 of at most {} to have them larger.",
                MOST_SIDE / columns
            ));
        }
        let finish = Finish { size: self.size.or(own).unwrap_or(0), ..self.finish() };
        let (mut bases, mut is_upscaled) = (Vec::new(), false);
        for image in images {
            let (base, was_upscaled) = pipeline.base(&finish, image).await?;
            bases.push(base);
            is_upscaled |= was_upscaled;
        }
        Ok((finish.sheet(&bases)?, is_upscaled))
    }

    fn finish(&self) -> Finish {
        Finish { size: self.size.unwrap_or(0), outline: self.outline, ..Finish::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_sizes_are_refused_before_anything_is_drawn() {
        let check =
            |size: u32, count| FinishOptions { size: Some(size), outline: true }.check(count);
        for (size, count, word) in [
            (0, 1, "leave it out"),
            (15, 1, "16 to 2048"),
            (4096, 1, "16 to 2048"),
            (2048, 64, "1024"),
        ] {
            let error = check(size, count).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
        assert!(check(2048, 1).is_ok() && check(1024, 64).is_ok());
    }
}
