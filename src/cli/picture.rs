//! Pictures that commands write.

use std::path::Path;

use crate::Result;
use crate::files::write_target;
use crate::image::Image;
use crate::picture_file::Format;
use crate::terminal::note;

/// Writes a picture in the format that its name asks for, with `recipe` (JSON) inside where that can be;
/// where not, says so.
pub(super) fn write(path: &Path, picture: &Image, recipe: Option<&str>) -> Result<()> {
    let format = Format::of(path)?;
    write_target(path, &format.encode(picture, recipe)?)?;
    if let (Some(_), Some(lack)) = (recipe, format.without_recipe()) {
        note(lack);
    }
    Ok(())
}
