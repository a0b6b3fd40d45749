//! Pictures that commands write.

use std::path::Path;

use crate::Result;
use crate::cli::terminal::note;
use crate::image::Image;
use crate::image::file::Format;
use crate::tools::files::write_target;

/// Writes a picture in the format that its name asks for, with `recipe` (JSON) inside if that
/// can be; if not, says so.
pub(super) fn write(path: &Path, picture: &Image, recipe: Option<&str>) -> Result<()> {
    let format = Format::of(path)?;
    write_target(path, &format.encode(picture, recipe)?)?;
    if let (Some(_), Some(lack)) = (recipe, format.without_recipe()) {
        note(lack);
    }
    Ok(())
}
