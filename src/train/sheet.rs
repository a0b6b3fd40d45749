//! A sheet of samples during training: always the same prompts, styles and seed.

use std::path::Path;

use crate::image::Image;
use crate::model::Dit;
use crate::pipeline::Pipeline;
use crate::recipe::Recipe;
use crate::tools::files::write_whole;
use crate::{Error, Result};

const PROMPTS: [&str; 10] = [
    "red apple",
    "pizza",
    "dog face",
    "grinning face",
    "rocket",
    "cactus",
    "castle",
    "blue car",
    "two cats",
    "green ghost",
];
const STYLES: [&str; 3] = ["noto", "3d", "outline"];

/// Draws the sheet with `dit` in place of the model's own.
///
/// # Errors
/// Returns an error if the model cannot draw, or the file cannot be written.
pub fn draw(model: &Pipeline, dit: &Dit, path: &Path) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|source| Error::write(folder, source))?;
    }
    let model = Pipeline { dit: dit.clone(), ..model.clone() };
    let mut images = Vec::new();
    let known: Vec<&str> =
        STYLES.into_iter().filter(|style| model.styles.iter().any(|s| s == style)).collect();
    for style in if known.is_empty() { vec![""] } else { known } {
        for prompt in PROMPTS {
            let recipe = Recipe {
                prompt: prompt.into(),
                style: style.into(),
                seed: 7,
                steps: 12,
                ..model.defaults.recipe()
            };
            images.extend(pollster::block_on(model.images(&recipe))?);
        }
    }
    write_whole(path, &Image::sheet(&images, PROMPTS.len()).to_png(None)?)
}
