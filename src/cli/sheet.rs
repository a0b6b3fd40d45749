//! `patchwork sheet`: prompts across, styles down, in one picture.

use std::path::PathBuf;

use burn::tensor::Device;
use clap::Args;
use indicatif::ProgressBar;

use crate::image::Image;
use crate::pipeline::{Folder, Pipeline};
use crate::recipe::Recipe;
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Folder of the model.
    #[arg(long, value_name = "DIR", default_value = "www/models/stickers")]
    model: PathBuf,
    /// The columns, separated by commas.
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', required = true)]
    prompts: Vec<String>,
    /// The rows, separated by commas.
    #[arg(long, value_name = "A,B,…", value_delimiter = ',', required = true)]
    styles: Vec<String>,
    /// The seed of every picture.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Steps of the sampler.
    #[arg(long, value_name = "N", default_value_t = 20)]
    steps: usize,
    /// Scale of classifier-free guidance.
    #[arg(long, value_name = "X", default_value_t = 3.0)]
    guidance: f64,
    /// Where the sheet goes, as PNG.
    #[arg(short, long, value_name = "PNG")]
    output: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    pollster::block_on(draw(arguments))
}

async fn draw(arguments: &Arguments) -> Result<()> {
    let folder = Folder(arguments.model.clone());
    let pipeline = Pipeline::load(&folder, &Device::flex()).await?;
    let (columns, rows) = (arguments.prompts.len(), arguments.styles.len());
    let bar = ProgressBar::new((columns * rows) as u64);
    let mut images = Vec::new();
    for style in &arguments.styles {
        for prompt in &arguments.prompts {
            let recipe = Recipe {
                prompt: prompt.trim().to_owned(),
                style: style.trim().to_owned(),
                seed: arguments.seed,
                steps: arguments.steps,
                guidance: arguments.guidance,
                ..Recipe::default()
            };
            images.extend(Image::from_batch(pipeline.draw(&recipe)?).await?);
            bar.inc(1);
        }
    }
    bar.finish();
    let png = Image::sheet(&images, columns).to_png(None)?;
    let path = &arguments.output;
    std::fs::write(path, png).map_err(|source| Error::write(path, source))?;
    println!("{}", path.display());
    Ok(())
}
