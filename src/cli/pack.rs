//! `patchwork pack`: encodes a dataset for training a DiT, in a small file for another machine.

use std::path::PathBuf;

use burn::tensor::Device;
use clap::Args;

use crate::cli::{DEFAULT_MODEL, MODEL_VARIABLE};

use super::{check_targets, load_model, print_beside};
use crate::dataset::Dataset;
use crate::pipeline::export::manifest;
use crate::tools::parallel::Workers;
use crate::tools::progress::Progress;
use crate::train::examples::prepare;
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct PackArguments {
    /// The dataset, from `patchwork dataset`.
    #[arg(long, value_name = "F.safetensors")]
    data: PathBuf,
    /// The model whose encoders encode the pictures and captions.
    #[arg(
        long,
        value_name = "DIR",
        env = MODEL_VARIABLE,
        default_value = DEFAULT_MODEL
    )]
    model: PathBuf,
    /// Keep only each Nth of the pictures that are composed of others.
    #[arg(long, value_name = "N", default_value_t = 3)]
    every: usize,
    /// Pack for a model with the dataset's styles, as `train dit --new-styles` makes it.
    #[arg(long)]
    new_styles: bool,
    /// The seed of all random choices.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Where the packed file goes; `train dit --data` takes it in place of the dataset.
    #[arg(short, long, value_name = "F.safetensors")]
    output: PathBuf,
}

pub(super) fn run(arguments: &PackArguments, progress: &dyn Progress) -> Result<()> {
    check_targets(&[("--output", Some(&arguments.output))], &[&arguments.data, &arguments.model])?;
    if arguments.every == 0 {
        return Err(Error::Options("--every must be at least 1".into()));
    }
    let device = Device::flex();
    let mut manifest = manifest(&arguments.model)?;
    let mut model = pollster::block_on(load_model(&arguments.model, &device, true))?;
    let (dataset, hash) = Dataset::read_hashed(&arguments.data)?;
    if arguments.new_styles {
        manifest.set_styles(dataset.styles());
        model = model.with_styles(dataset.styles());
    }
    let (seed, workers) = (arguments.seed, Workers::new(&device, None));
    let mut prepared = prepare(&dataset, &model, usize::MAX, seed, &workers, progress)?;
    prepared.origin = manifest.prepared_origin(&hash, seed);
    prepared.write_packed(&arguments.output, arguments.every)?;
    let size = std::fs::metadata(&arguments.output).map_or(0, |facts| facts.len());
    let line = format!("{}: {:.1} MB", arguments.output.display(), size as f64 / 1e6);
    print_beside(&[Some(&arguments.output)], line)
}
