//! `patchwork train dit` and `patchwork train vae`.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

use clap::{Args, Subcommand};

use super::model_folder;
use crate::dataset::{Dataset, Split};
use crate::device;
use crate::image::Image;
use crate::model::StickerAutoencoder;
use crate::pipeline::Pipeline;
use crate::pipeline::stickers::{AUTOENCODER, DIT};
use crate::train::dit::{self, DitTask};
use crate::train::examples::prepare;
use crate::train::export::{export, manifest};
use crate::train::latents;
use crate::train::optimiser::Rate;
use crate::train::parallel::Workers;
use crate::train::prepared::Prepared;
use crate::train::run::{Plan, run as train};
use crate::train::vae::{self, VaeTask};
use crate::weights::save::{Precision, parameters, to_bytes};
use crate::weights::{Checkpoint, keys, load};
use crate::{Error, Result};

#[derive(Debug, Subcommand)]
pub(super) enum Arguments {
    /// Train the DiT on a dataset; run the same command again to go on after a stop.
    Dit(Dit),
    /// Train the autoencoder, by default its decoder alone; run the same command again to go on.
    Vae(Vae),
}

/// What every run needs.
#[derive(Debug, Args)]
struct Common {
    /// The dataset, from `patchwork dataset`.
    #[arg(long, value_name = "F.safetensors")]
    data: PathBuf,
    /// The model to go on from, or to take the other parts of.
    #[arg(long, value_name = "DIR", default_value = "www/models/stickers")]
    model: PathBuf,
    /// The run's folder: checkpoints, metrics, samples and, in the end, the model.
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// Steps in all.
    #[arg(long, value_name = "N")]
    steps: usize,
    /// Stop after so many minutes, to be continued.
    #[arg(long, value_name = "X")]
    minutes: Option<f64>,
    /// Steps of the learning rate's rise.
    #[arg(long, value_name = "N", default_value_t = 200)]
    warm_up: usize,
    /// The part of all steps in which the rate falls to 0.
    #[arg(long, value_name = "X", default_value_t = 0.3)]
    decay: f64,
    /// How much of the moving average stays at each step.
    #[arg(long, value_name = "X", default_value_t = 0.999)]
    average: f64,
    /// Steps between sheets of samples.
    #[arg(long, value_name = "N", default_value_t = 500)]
    samples: usize,
    /// Decides what is drawn at random.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// cpu or webgpu; and vulkan, metal, cuda or rocm where the program was built with that feature.
    #[arg(long, value_name = "NAME", default_value = "cpu")]
    device: String,
    /// Threads on the CPU; by default as many as it has cores.
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

impl Common {
    fn plan(&self, peak: f64, batch: usize) -> Result<Plan> {
        let refuse = |problem: &str| Err(Error::Recipe(problem.to_owned()));
        if self.steps == 0 || batch == 0 || self.samples == 0 {
            return refuse("Steps, batch and samples must each be at least 1");
        }
        if !(peak > 0.0 && peak < 1.0) {
            return refuse("The learning rate must be between 0 and 1; 0.001 is usual");
        }
        if !(0.0..=1.0).contains(&self.decay) || !(0.0..1.0).contains(&self.average) {
            return refuse("--decay must be 0 to 1, and --average 0 or more and below 1");
        }
        if self.minutes.is_some_and(|minutes| !(minutes > 0.0 && minutes < 1e6)) {
            return refuse("--minutes must be more than 0");
        }
        let Self { warm_up, steps, decay, average, samples, .. } = *self;
        Ok(Plan {
            folder: self.run.clone(),
            rate: Rate { peak, warm_up, steps, decay },
            batch,
            average,
            samples,
            most: self.minutes.map(|minutes| Duration::from_secs_f64(minutes * 60.0)),
        })
    }

    fn workers(&self, device: &burn::tensor::Device) -> Workers {
        self.threads.map_or_else(|| Workers::new(device), Workers::of)
    }
}

#[derive(Debug, Args)]
pub(super) struct Dit {
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

#[derive(Debug, Args)]
pub(super) struct Vae {
    #[command(flatten)]
    common: Common,
    /// Begin with random weights and train the encoder too; a DiT must then be trained anew.
    #[arg(long)]
    from_scratch: bool,
    /// Pictures a step.
    #[arg(long, value_name = "N", default_value_t = 32)]
    batch: usize,
    /// Pictures that a thread takes at a time.
    #[arg(long, value_name = "N", default_value_t = 4)]
    part: usize,
    /// The highest learning rate.
    #[arg(long, value_name = "X", default_value_t = 5e-4)]
    rate: f64,
    /// The most noise on latents, in their deviations.
    #[arg(long, value_name = "X", default_value_t = 0.2)]
    noise: f64,
    /// How much edges count beside values.
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    edges: f64,
}

/// What is read from the environment before a program's first line: where Burn puts an optimiser's
/// state that it reads (by default a GPU, which may not be there), and whether the allocator gives
/// memory back at once (which takes a tenth of the time).
const ENVIRONMENT: [(&str, &str); 2] = [("BURN_DEVICE", "flex"), ("MIMALLOC_PURGE_DELAY", "-1")];

/// Trains in a process of its own, whose environment is as it should be.
pub(super) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let missing = ENVIRONMENT.iter().filter(|(name, _)| std::env::var_os(name).is_none());
    let missing: Vec<(&str, &str)> = missing.copied().collect();
    if missing.is_empty() {
        return train_here(arguments).map(|()| ExitCode::SUCCESS);
    }
    let program = std::env::current_exe().map_err(|source| Error::read("this program", source))?;
    let mut command = Command::new(&program);
    command.args(std::env::args_os().skip(1)).envs(missing);
    // On Unix it takes this process's place, so that a kill meets it.
    #[cfg(unix)]
    let status = Err(std::os::unix::process::CommandExt::exec(&mut command));
    #[cfg(not(unix))]
    let status = command.status();
    let status: std::process::ExitStatus =
        status.map_err(|source| Error::read(&program, source))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn train_here(arguments: &Arguments) -> Result<()> {
    match arguments {
        Arguments::Dit(arguments) => pollster::block_on(train_dit(arguments)),
        Arguments::Vae(arguments) => pollster::block_on(train_vae(arguments)),
    }
}

async fn train_dit(arguments: &Dit) -> Result<()> {
    let common = &arguments.common;
    let plan = common.plan(arguments.rate, arguments.batch)?;
    if arguments.part == 0 || !(0.0..1.0).contains(&arguments.skipping) {
        let problem = "--part must be at least 1, and --skipping 0 or more and below 1";
        return Err(Error::Recipe(problem.into()));
    }
    let settings = dit::Settings {
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
    let state = train(&task, &plan, &settings, new, dit::Settings::optimiser)?;

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

async fn train_vae(arguments: &Vae) -> Result<()> {
    let common = &arguments.common;
    let plan = common.plan(arguments.rate, arguments.batch)?;
    if arguments.part == 0 || !(0.0..10.0).contains(&arguments.noise) || arguments.edges < 0.0 {
        let problem = "--part must be at least 1, --noise 0 to 10, and --edges 0 or more";
        return Err(Error::Recipe(problem.into()));
    }
    let settings = vae::Settings {
        seed: common.seed,
        batch: arguments.batch,
        weight_decay: 1e-4,
        longest: 1.0,
        noise: arguments.noise,
        edges: arguments.edges,
        divergence: arguments.from_scratch.then_some(1e-3),
    };
    let device = device::named(&common.device).await?;
    let manifest = manifest(&common.model)?;
    let data = Dataset::read(&common.data)?;
    let new = match arguments.from_scratch {
        true => StickerAutoencoder::init(&device),
        false => {
            let path = common.model.join(AUTOENCODER);
            let bytes = std::fs::read(&path).map_err(|source| Error::read(&path, source))?;
            let file = Checkpoint::new(path.display().to_string(), vec![bytes])?;
            load(StickerAutoencoder::init(&device), &file, &keys::STICKER_AUTOENCODER)?
        }
    };
    let unit = vec![1.0; manifest.latent_std.len()];
    let task = VaeTask {
        train: data.of(Split::Train).collect(),
        data: &data,
        std: if arguments.from_scratch { unit } else { manifest.latent_std },
        settings: &settings,
        workers: common.workers(&device),
        part: arguments.part,
        device: device.clone(),
    };
    if task.train.is_empty() {
        return Err(Error::weights(common.data.display().to_string(), "it has nothing to learn"));
    }
    let state = train(&task, &plan, &settings, new, vae::Settings::optimiser)?;

    let table = &keys::STICKER_AUTOENCODER;
    let bytes = to_bytes(&parameters(&state.average, table, Precision::Half), None);
    let folder = common.run.join("model");
    let pictures: Vec<&Image> = task.train.iter().map(|&i| &data.pictures[i]).collect();
    let latents = arguments.from_scratch.then(|| latents::fit(&state.average, &pictures, &device));
    export(&common.model, &folder, &[(AUTOENCODER, bytes)], |manifest| {
        if let Some(fitted) = latents {
            manifest.latent_mean = fitted.mean;
            manifest.latent_std = fitted.std;
            manifest.preview = fitted.preview;
        }
    })?;
    println!("{}: {} steps done", folder.display(), state.step);
    Ok(())
}
