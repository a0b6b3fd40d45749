//! `patchwork morph`: draws the way from one picture to another as an animated picture.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use clap::Args;

use super::{check_targets, load_model, print_beside};
use crate::cli::{DEFAULT_MODEL, MODEL_VARIABLE};
use crate::image::{Image, animation};
use crate::pipeline::Pipeline;
use crate::pipeline::morph::shares;
use crate::pipeline::pixels::to_images;
use crate::recipe::Recipe;
use crate::tools::files::write_target;
use crate::tools::parallel::Workers;
use crate::tools::progress::Progress;
use crate::{Error, Result};

/// The fewest and the most frames.
const FRAMES: [u32; 2] = [2, 64];

#[derive(Debug, Args)]
pub(super) struct MorphArguments {
    /// The PNG that Patchwork drew with which the morph begins.
    #[arg(value_name = "FROM.png")]
    from: PathBuf,
    /// The PNG with which it ends. Steps, sampler and guidance are those of the first.
    #[arg(value_name = "TO.png")]
    to: PathBuf,
    /// How many frames it has, 2 to 64.
    #[arg(long, value_name = "N", default_value_t = 12)]
    frames: u32,
    /// How many seconds the way takes.
    #[arg(long, value_name = "X", default_value_t = 2.0)]
    seconds: f64,
    /// Go back to the beginning in the same frames.
    #[arg(long)]
    back: bool,
    /// Folder of the model.
    #[arg(long, value_name = "DIR", env = MODEL_VARIABLE, default_value = DEFAULT_MODEL)]
    model: PathBuf,
    /// Where the animated picture goes: a .png (APNG, all colours, soft edges) or a .gif.
    #[arg(short, long, value_name = "PICTURE")]
    output: PathBuf,
}

pub(super) fn run(arguments: &MorphArguments, progress: &dyn Progress) -> Result<()> {
    let MorphArguments { from, to, frames, seconds, back, model, output } = arguments;
    let [least, most] = FRAMES;
    if !(least..=most).contains(frames) {
        return Err(Error::Options(format!("--frames must be {least} to {most}, and is {frames}")));
    }
    if !(0.1..=60.0).contains(seconds) {
        return Err(Error::Options(format!("--seconds must be 0.1 to 60, and is {seconds}")));
    }
    let extension = output.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let encode = match extension.to_lowercase().as_str() {
        "png" | "apng" => animation::apng,
        "gif" => animation::gif,
        _ => {
            return Err(Error::Options(format!(
                "{} does not say which format it is: name a .png or a .gif",
                output.display()
            )));
        }
    };
    check_targets(&[("--output", Some(output))], &[model, from, to])?;
    let ends = [recipe_of(from)?, recipe_of(to)?];
    let model = pollster::block_on(load_model(model, &Device::flex(), false))?;
    let drawn = drawn(&model, [&ends[0], &ends[1]], *frames as usize, progress)?;
    let milliseconds = (1000.0 * seconds / f64::from(*frames)).round() as u32;
    write_target(output, &encode(&drawn, milliseconds, *back)?)?;
    print_beside(&[Some(output)], output.display())
}

fn drawn(
    model: &Pipeline,
    ends: [&Recipe; 2],
    count: usize,
    progress: &dyn Progress,
) -> Result<Vec<Image>> {
    progress.begin("Drawing", count, 0);
    let one = |share: f64| {
        let mut run = model.begin_between(ends, share)?;
        while run.step().is_some() {}
        progress.advance(1, "");
        pollster::block_on(to_images(model.autoencoder.decode(&run.latent())))
    };
    let drawn = Workers::new(&model.device, None).map(shares(count).collect(), one);
    progress.end();
    Ok(drawn.into_iter().collect::<Result<Vec<_>>>()?.concat())
}

/// Returns the recipe in a PNG.
fn recipe_of(path: &Path) -> Result<Recipe> {
    let bytes = std::fs::read(path).map_err(|source| Error::read(path, source))?;
    let refuse = |problem: String| Error::Recipe(format!("{}: {problem}", path.display()));
    let found = Image::recipe_of_png(&bytes).map_err(|error| refuse(error.clause()))?;
    found
        .map(|(recipe, _)| recipe)
        .ok_or_else(|| refuse("it holds no recipe: choose a PNG that Patchwork drew".into()))
}
