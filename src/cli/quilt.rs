//! `patchwork quilt`: draws the pictures that the page shows before the model's weights are loaded.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use clap::Args;
use serde::{Deserialize, Serialize};

use super::{load_model, model_folder};
use crate::cli::terminal::print;
use crate::image::Image;
use crate::image::finishing::to_webp;
use crate::image::resize::resized;
use crate::pipeline::Pipeline;
use crate::pipeline::stickers::{MANIFEST, QUILT, QUILT_PICTURES, STYLE_PICTURES};
use crate::recipe::{PartialRecipe, Recipe};
use crate::tools::files::{probe, write_whole};
use crate::tools::progress::Progress;
use crate::{Error, Result};

/// Prompt, style and seed of each tile, row by row. If a model lacks the style, its own styles are used in
/// turn. Of the seeds 1, 2 and 3, the first was taken whose picture looks right with the shipped weights:
/// the unicorn has its eye, the pumpkin its teeth. No others were tried.
const TILES: [(&str, &str, u64); 12] = [
    ("fox", "noto", 1),
    ("ghost", "fluent flat", 1),
    ("panda", "noto", 1),
    ("unicorn", "3d", 3),
    ("pumpkin", "noto", 2),
    ("robot", "3d", 1),
    ("watermelon", "fluent flat", 1),
    ("rocket", "twemoji", 1),
    ("mushroom", "fluent flat", 1),
    ("alien", "fluent flat", 1),
    ("butterfly", "fluent flat", 1),
    ("sunflower", "fluent flat", 1),
];
const COLUMNS: usize = 4;

/// The prompt that is drawn in each of the model's styles, and its seed. Of a fox, a frog, a panda and a
/// mushroom at these seeds, it is the one that is easiest to recognise in every style.
const SUBJECT: (&str, u64) = ("frog", 1);

/// Pixels per side of a tile, and of a style's picture.
const TILE_SIDE: usize = 88;
const STYLE_SIDE: usize = 64;

/// The steps between the levels that are kept of red, green, blue and alpha: 16 levels of a colour and 6 of
/// alpha, out of 256, equally spaced, with 0 and 255 among them. With all levels, which are mostly
/// mottling, the files would be four times as large (180 and 62 KB, not 44 and 18, for tiles of 96 pixels),
/// and the page has to show them before all else.
const STEPS: [u8; 4] = [17, 17, 17, 51];

#[derive(Debug, Args)]
pub(super) struct QuiltArguments {
    /// Folder of a model in the embedded layout.
    #[arg(value_name = "DIR")]
    path: PathBuf,
}

/// The contents of `quilt.json`.
#[derive(Debug, Serialize, Deserialize)]
struct Quilt {
    /// The number of tiles in a row of `quilt.webp`.
    columns: usize,
    /// The number of rows of tiles.
    rows: usize,
    /// Pixels per side of a tile.
    side: usize,
    /// The recipe of each tile, row by row, as a PNG of it would carry.
    tiles: Vec<Recipe>,
    /// The styles of `styles.webp`, from left to right.
    styles: Vec<String>,
    /// Pixels per side of a style's picture.
    style_side: usize,
    /// The prompt that is drawn in each style.
    subject: String,
}

impl Quilt {
    /// Returns the quilt's contents for a model.
    fn new(pipeline: &Pipeline) -> Result<Self> {
        let tiles: Vec<Recipe> = (TILES.iter().enumerate())
            .map(|(i, (prompt, style, seed))| {
                let own = &pipeline.styles;
                let style = match own.iter().any(|own| own == style) {
                    true => style,
                    false => own.get(i % own.len().max(1)).map_or("", String::as_str),
                };
                recipe(pipeline, prompt, style, *seed)
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            columns: COLUMNS,
            rows: tiles.len() / COLUMNS,
            side: TILE_SIDE,
            tiles,
            styles: pipeline.styles.clone(),
            style_side: STYLE_SIDE,
            subject: SUBJECT.0.to_owned(),
        })
    }
}

/// Returns the recipe of one picture, with the model's defaults.
fn recipe(pipeline: &Pipeline, prompt: &str, style: &str, seed: u64) -> Result<Recipe> {
    pipeline.resolve(&PartialRecipe {
        prompt: Some(prompt.to_owned()),
        style: Some(style.to_owned()),
        seed: Some(seed),
        ..PartialRecipe::default()
    })
}

pub(super) fn run(arguments: &QuiltArguments, progress: &dyn Progress) -> Result<()> {
    let written = write(&arguments.path, progress)?;
    written.into_iter().try_for_each(print)
}

/// Draws the quilt of the model in `folder` and writes it into that folder. Returns a line to print for
/// each file.
pub(super) fn write(folder: &Path, progress: &dyn Progress) -> Result<Vec<String>> {
    model_folder(folder)?;
    if !folder.join(MANIFEST).is_file() {
        let problem = "it has no model.json, and the page loads only models that have one, so it \
                       would not show a quilt";
        return Err(Error::model(folder.display().to_string(), problem));
    }
    [QUILT, QUILT_PICTURES, STYLE_PICTURES]
        .iter()
        .try_for_each(|file| probe(&folder.join(file)))?;
    pollster::block_on(draw(folder, progress))
}

async fn draw(folder: &Path, progress: &dyn Progress) -> Result<Vec<String>> {
    let pipeline = load_model(folder, &Device::flex(), false).await?;
    let quilt = Quilt::new(&pipeline)?;
    let subjects = quilt.styles.iter().map(|style| recipe(&pipeline, SUBJECT.0, style, SUBJECT.1));
    let subjects = subjects.collect::<Result<Vec<Recipe>>>()?;
    progress.begin("Drawing", quilt.tiles.len() + subjects.len(), 0);
    let (mut tiles, mut styles) = (Vec::new(), Vec::new());
    for (recipes, side, drawn) in
        [(&quilt.tiles, TILE_SIDE, &mut tiles), (&subjects, STYLE_SIDE, &mut styles)]
    {
        for recipe in recipes {
            for picture in pipeline.images(recipe).await? {
                let large = pipeline.upscaled(&picture).await?;
                drawn.push(resized(large.as_ref().unwrap_or(&picture), side, side)?);
            }
            progress.advance(1, "");
        }
    }
    progress.end();
    let mut written = Vec::new();
    let mut write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        written.push(format!("{}: {} bytes", path.display(), bytes.len()));
        write_whole(&path, bytes)
    };
    // The JSON is written last, so that no page asks for pictures that do not exist yet.
    write(QUILT_PICTURES, &to_webp(&in_few_levels(Image::sheet(&tiles, COLUMNS)))?)?;
    if !styles.is_empty() {
        write(STYLE_PICTURES, &to_webp(&in_few_levels(Image::sheet(&styles, styles.len())))?)?;
    }
    let json = serde_json::to_string(&quilt).expect("plain data");
    write(QUILT, (json + "\n").as_bytes())?;
    Ok(written)
}

/// Returns a picture with few levels of each channel; see [`STEPS`].
fn in_few_levels(mut picture: Image) -> Image {
    let width = picture.width;
    let pixels = picture.pixels.as_chunks_mut::<4>().0;
    for i in 0..pixels.len() {
        let above = i.checked_sub(width).map_or([0; 4], |above| pixels[above]);
        let pixel = &mut pixels[i];
        for (value, step) in pixel.iter_mut().zip(STEPS) {
            *value = value.saturating_add(step / 2) / step * step;
        }
        if pixel[3] == 0 {
            // The colour of a transparent pixel is invisible, so it takes the colour of the pixel above,
            // which WebP predicts and stores in almost no space.
            *pixel = [above[0], above[1], above[2], 0];
        }
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::file::read;
    use crate::pipeline::export::manifest;

    /// The quilt that is stored beside the shipped weights was drawn by them. `cargo xtask renew` draws it
    /// again.
    #[test]
    fn the_shipped_quilt_was_drawn_by_the_shipped_model() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("www/models/stickers");
        let manifest = manifest(&folder).unwrap();
        let file = |name: &str| std::fs::read(folder.join(name)).unwrap();
        let quilt: Quilt = serde_json::from_slice(&file(QUILT)).unwrap();
        assert_eq!(quilt.tiles.len(), quilt.columns * quilt.rows);
        assert_eq!(quilt.styles, manifest.styles);
        for (recipe, (prompt, style, seed)) in quilt.tiles.iter().zip(TILES) {
            assert_eq!((&*recipe.prompt, &*recipe.style, recipe.seed), (prompt, style, seed));
            assert_eq!(recipe.model_hash, manifest.model_hash(), "{prompt}");
            recipe.check().unwrap();
        }
        let size = |name: &str| read(&file(name)).map(|picture| (picture.width, picture.height));
        let (columns, rows, side) = (quilt.columns, quilt.rows, quilt.side);
        assert_eq!(size(QUILT_PICTURES), Ok((columns * side, rows * side)));
        assert_eq!(
            size(STYLE_PICTURES),
            Ok((quilt.styles.len() * quilt.style_side, quilt.style_side))
        );
        // The files must be small because the page loads them before all else.
        assert!(file(QUILT_PICTURES).len() < 75_000 && file(STYLE_PICTURES).len() < 26_000);
        assert!(!manifest.files.keys().any(|name| name.contains("quilt")));
    }

    #[test]
    fn rounds_to_16_levels_that_include_0_and_255() {
        let pixels = vec![255, 0, 128, 255, 9, 200, 7, 3, 1, 246, 120, 230];
        let few = in_few_levels(Image { width: 1, height: 3, pixels });
        assert_eq!(few.pixels, [255, 0, 136, 255, 255, 0, 136, 0, 0, 238, 119, 255]);
        assert_eq!(in_few_levels(few.clone()), few);
    }
}
