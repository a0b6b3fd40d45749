//! Pictures that commands write.

use std::path::Path;

use crate::Result;
use crate::image::Image;
use crate::image::file::Format;
use crate::tools::files::write_target;

/// Writes a picture in the format that its name asks for, without a recipe.
pub(super) fn write(path: &Path, picture: &Image) -> Result<()> {
    write_target(path, &Format::of(path)?.encode(picture, None)?)
}

/// Writes a picture in the format that its name asks for, with `recipe` (JSON) inside if that
/// can be; if not, returns a note about it.
pub(super) fn write_with(
    path: &Path,
    picture: &Image,
    recipe: Option<&str>,
) -> Result<Option<String>> {
    let format = Format::of(path)?;
    write_target(path, &format.encode(picture, recipe)?)?;
    Ok(recipe.and(format.without_recipe()).map(str::to_owned))
}
