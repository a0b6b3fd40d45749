//! Writing of the pictures that commands make.

use std::path::Path;

use crate::Result;
use crate::image::Attachments;
use crate::image::Image;
use crate::image::file::Format;
use crate::tools::files::write_target;

/// Writes a picture without a recipe, in the format of its file name's extension.
pub(super) fn write(path: &Path, picture: &Image) -> Result<()> {
    write_target(path, &Format::of(path)?.encode(picture, &Attachments::default())?)
}

/// Writes a picture with what it carries, in the format of its file name's extension. Returns a note if
/// that format holds no recipe, and there is one.
pub(super) fn write_with(
    path: &Path,
    picture: &Image,
    carried: &Attachments,
) -> Result<Option<String>> {
    let format = Format::of(path)?;
    write_target(path, &format.encode(picture, carried)?)?;
    let note = carried.recipe.as_ref().and_then(|_| format.without_recipe());
    Ok(note.map(str::to_owned))
}
