//! The options that resize a drawn picture, or outline it as a sticker.

use clap::Args;

use crate::image::finish::Finish;
use crate::pipeline::Pipeline;
use crate::recipe::{PartialRecipe, Recipe};
use crate::{Error, Result};

/// The maximum width of a sheet of several pictures, in pixels.
const MOST_SIDE: usize = 8192;

#[derive(Debug, Args)]
pub(super) struct FinishOptions {
    /// Pixels of the longer side, 16 to 2048. Sizes above the model's own are made from its upscaler's
    /// picture, which is the default (512 for the embedded model). A model without an upscaler uses smooth
    /// resizing, by default none.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    size: Option<u32>,
    /// Give the picture the white outline and soft shadow of a die-cut sticker.
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL", hide_possible_values = true)]
    outline: Option<bool>,
}

impl FinishOptions {
    /// Returns the options that are given.
    pub(super) fn partial(&self) -> PartialRecipe {
        PartialRecipe { size: self.size, outline: self.outline, ..PartialRecipe::default() }
    }
}

/// Checks the size of a recipe's pictures before anything is drawn.
///
/// # Errors
/// Returns an error if the size is out of bounds.
pub(super) fn check(recipe: &Recipe) -> Result<()> {
    let (size, count) = (recipe.size, recipe.count);
    Finish { size: size.unwrap_or(0), ..Finish::default() }.check()?;
    let columns = columns(count);
    match size {
        Some(0) => Err(Error::Options(
            "A picture cannot have 0 pixels: choose a --size of 16 to 2048, or leave it out".into(),
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

/// Returns the number of columns of a sheet of `count` pictures.
fn columns(count: usize) -> usize {
    (count as f64).sqrt().ceil() as usize
}

/// Returns how a recipe's pictures are finished, and a note if they are smaller than usual.
pub(super) fn finish_of(recipe: &Recipe, pipeline: &Pipeline) -> (Finish, Option<String>) {
    let columns = columns(recipe.count);
    // If no size is asked for, the pictures of a sheet that would be too large stay as drawn.
    let most = |side: &usize| columns == 1 || columns * side <= MOST_SIDE;
    let upscaled = pipeline.upscaled_side();
    let own = upscaled.filter(most).and_then(|side| u32::try_from(side).ok());
    let note = match (recipe.size, own, upscaled) {
        (None, None, Some(side)) => Some(format!(
            "With {side} pixels for each picture the sheet would be too large, so the pictures \
             keep the size at which they are drawn. For larger ones give a --size of at most {}.",
            MOST_SIDE / columns
        )),
        _ => None,
    };
    let drawn = pipeline.picture_size().into_iter().max().and_then(|side| u32::try_from(side).ok());
    let size = recipe.size.or(own).or(drawn).unwrap_or(0);
    (Finish { size, outline: recipe.outline, ..Finish::default() }, note)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_sizes_out_of_range() {
        let check =
            |size: u32, count| check(&Recipe { size: Some(size), count, ..Recipe::default() });
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
