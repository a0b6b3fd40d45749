//! Writing of the pictures that commands make.

use std::path::Path;

use crate::Result;
use crate::image::Image;
use crate::image::file::Format;
use crate::tools::files::write_target;

/// Writes a picture without a recipe, in the format of its file name's extension.
pub(super) fn write(path: &Path, picture: &Image) -> Result<()> {
    write_target(path, &Format::of(path)?.encode(picture, None)?)
}

/// Writes a picture with `recipe` (JSON) inside, in the format of its file name's extension. Returns a note
/// if that format holds no recipe.
pub(super) fn write_with(
    path: &Path,
    picture: &Image,
    recipe: Option<&str>,
) -> Result<Option<String>> {
    let format = Format::of(path)?;
    write_target(path, &format.encode(picture, recipe)?)?;
    Ok(recipe.and(format.without_recipe()).map(str::to_owned))
}
