//! `patchwork train dit`.

use std::path::Path;

use clap::Args;

use super::Common;
use crate::cli::model_folder;
use crate::dataset::Dataset;
use crate::device;
use crate::pipeline::Pipeline;
use crate::pipeline::stickers::DIT;
use crate::train::dit::{DitTask, Settings};
use crate::train::examples::prepare;
use crate::train::export::{export, manifest};
use crate::train::prepared::Prepared;
use crate::train::run::run as train;
use crate::weights::keys;
use crate::weights::save::{Precision, parameters, to_bytes};
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(in crate::cli) struct Arguments {
    #[command(flatten)]
    common: Common,
    /// Begin with random weights instead of the model's.
    #[arg(long)]
    from_scratch: bool,
    /// Pictures a step.
    #[arg(long, value_name = "N", default_value_t = 128)]
    batch: usize,
    /// Pictures that a thread takes at a time: more need more memory, and give the same.
    #[arg(long, value_name = "N", default_value_t = 16)]
    part: usize,
    /// The highest learning rate.
    #[arg(long, value_name = "X", default_value_t = 1e-3)]
    rate: f64,
    /// Weight decay.
    #[arg(long, value_name = "X", default_value_t = 0.01)]
    weight_decay: f64,
    /// The part of the patches that skips the middle blocks until the rate falls; 0 is none.
    #[arg(long, value_name = "X", default_value_t = 0.5)]
    skipping: f64,
}

pub(super) async fn run(arguments: &Arguments) -> Result<()> {
    let common = &arguments.common;
    let plan = common.plan(arguments.rate, arguments.batch)?;
    if arguments.part == 0 || !(0.0..1.0).contains(&arguments.skipping) {
        let problem = "--part must be at least 1, and --skipping 0 or more and below 1";
        return Err(Error::Recipe(problem.into()));
    }
    let settings = Settings {
        seed: common.seed,
        batch: arguments.batch,
        weight_decay: arguments.weight_decay,
        longest: 1.0,
        skipping: arguments.skipping,
        drop_all: 0.1,
        drop_style: 0.1,
    };
    let device = device::named(&common.device).await?;
    let manifest = manifest(&common.model)?;
    let model = Pipeline::load(&model_folder(&common.model)?, &device).await?;
    let data = prepared(&common.data, &common.run, &model, common.seed)?;
    let new = match arguments.from_scratch {
        true => manifest.dit().init(&device),
        false => model.dit.clone(),
    };
    let task = DitTask {
        model: Some(&model),
        data: &data,
        settings: &settings,
        workers: common.workers(&device),
        part: arguments.part,
        device,
    };
    let state = train(&task, &plan, &settings, new, Settings::optimiser)?;

    let before = manifest.images_seen.filter(|_| !arguments.from_scratch).unwrap_or(0);
    let seen = before + state.step * arguments.batch;
    let bytes = to_bytes(&parameters(&state.average, &keys::DIT, Precision::Half), None);
    let folder = common.run.join("model");
    export(&common.model, &folder, &[(DIT, bytes)], |m| m.images_seen = Some(seen))?;
    println!("{}: {} steps done, {seen} pictures seen in all", folder.display(), state.step);
    Ok(())
}

/// Latents and states: those of the run's folder, or made now and kept there.
fn prepared(data: &Path, run: &Path, model: &Pipeline, seed: u64) -> Result<Prepared> {
    let path = run.join("prepared.safetensors");
    if path.is_file() {
        return Prepared::read(&path);
    }
    eprintln!("Computing latents of pictures and states of captions, once.");
    let prepared = prepare(&Dataset::read(data)?, model, seed)?;
    std::fs::create_dir_all(run).map_err(|source| Error::write(run, source))?;
    prepared.write(&path)?;
    eprintln!("Pictures as they are, painted and composed: {:?}.", prepared.counts());
    Ok(prepared)
}
