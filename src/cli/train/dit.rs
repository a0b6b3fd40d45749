//! `patchwork train dit`.

use clap::Args;

use super::Common;
use crate::dataset::Dataset;
use crate::device;
use crate::pipeline::Pipeline;
use crate::pipeline::stickers::{AUTOENCODER, DIT, FileFacts, Manifest, TEXT_ENCODER};
use crate::train::checkpoint;
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
    let parts = [arguments.skipping, arguments.weight_decay];
    if arguments.part == 0 || !parts.iter().all(|part| (0.0..1.0).contains(part)) {
        let problem =
            "--part must be at least 1, and --skipping and --weight-decay 0 or more and below 1";
        return Err(Error::Recipe(problem.into()));
    }
    let (source, folder) = common.folders()?;
    let manifest = manifest(&common.model)?;
    let settings = Settings {
        origin: manifest.hash(DIT).to_owned(),
        seed: common.seed,
        batch: arguments.batch,
        weight_decay: arguments.weight_decay,
        longest: 1.0,
        skipping: arguments.skipping,
        drop_all: 0.1,
        drop_style: 0.1,
        from_scratch: arguments.from_scratch,
    };
    // Before long work.
    checkpoint::last(&common.run, &settings)?;
    let device = device::named(&common.device).await?;
    let model = Pipeline::load(&source, &device).await?;
    let data = prepared(common, &manifest, &model)?;
    device.seed(common.seed);
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
    export(&common.model, &folder, &[(DIT, bytes)], |m| m.images_seen = Some(seen))?;
    println!(
        "{}: {}; its DiT has seen {seen} pictures in all",
        folder.display(),
        common.done(state.step)
    );
    Ok(())
}

/// Latents and states: those of the run's folder, or made now and kept there.
fn prepared(common: &Common, manifest: &Manifest, model: &Pipeline) -> Result<Prepared> {
    let path = common.run.join("prepared.safetensors");
    let bytes = std::fs::read(&common.data).map_err(|source| Error::read(&common.data, source))?;
    let data = FileFacts::of(&bytes).sha256;
    let [vae, text] = [AUTOENCODER, TEXT_ENCODER].map(|file| manifest.hash(file));
    let origin = format!("data {data}, autoencoder {vae}, text {text}, seed {}", common.seed);
    if path.is_file() {
        let prepared = Prepared::read(&path)?;
        if prepared.origin != origin {
            return Err(Error::Recipe(format!(
                "The run in {} was begun with another dataset, autoencoder, text encoder or seed: \
                 continue it with those, or choose another folder",
                common.run.display()
            )));
        }
        return Ok(prepared);
    }
    eprintln!("Computing latents of pictures and states of captions, once.");
    let dataset = Dataset::from_bytes(&bytes, &common.data)?;
    drop(bytes);
    let mut prepared = prepare(&dataset, model, common.seed, &common.workers(&model.device))?;
    prepared.origin = origin;
    std::fs::create_dir_all(&common.run).map_err(|source| Error::write(&common.run, source))?;
    prepared.write(&path)?;
    eprintln!("There are {} pictures, as they are and made of them.", prepared.count());
    Ok(prepared)
}
