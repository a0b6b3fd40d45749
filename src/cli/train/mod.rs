//! `patchwork train dit`, `patchwork train vae` and `patchwork train upscaler`.

mod dit;
mod upscaler;
mod vae;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};

use crate::cli::{DEFAULT_MODEL, MODEL_VARIABLE};

use crate::cli::terminal::note;
use crate::cli::{example, model_folder};
use crate::pipeline::export::check_apart;
use crate::tools::environment;
use crate::tools::files::probe_folder;
use crate::tools::interrupt;
use crate::tools::progress::Progress;
use crate::train::optimiser::LearningRate;
use crate::train::run::Plan;
use crate::train::setup::Setup;
use crate::train::snapshot::Snapshot;
use crate::{Error, Result};

#[derive(Debug, Subcommand)]
pub(super) enum TrainArguments {
    /// Train the DiT on a dataset; run the same command again to resume after a stop.
    #[command(after_help = example(
        "train dit --data mine.safetensors --run runs/mine --cooldown --steps 200 --batch-size 16 \\\n    \
         --learning-rate 0.0002 --warmup-steps 20"
    ))]
    Dit(dit::TrainDitArguments),
    /// Train the autoencoder, by default only its decoder; run the same command again to resume.
    #[command(after_help = example("train vae --data stickers.safetensors --run runs/vae --steps 2000"))]
    Vae(vae::TrainVaeArguments),
    /// Train the upscaler on pictures of 512 pixels; run the same command again to resume.
    #[command(after_help = example(
        "train upscaler --data large.safetensors --run runs/upscaler --cooldown --steps 300"
    ))]
    Upscaler(upscaler::TrainUpscalerArguments),
}

/// The number of warm-up steps by default.
const WARM_UP: usize = 200;

/// The options of every training run.
#[derive(Debug, Args)]
struct Common {
    /// The dataset, from `patchwork dataset`; for an upscaler, from `patchwork dataset --side 512`.
    #[arg(long, value_name = "F.safetensors")]
    data: PathBuf,
    /// The model to train further, or from which the other parts are taken.
    #[arg(
        long,
        value_name = "DIR",
        env = MODEL_VARIABLE,
        default_value = DEFAULT_MODEL
    )]
    model: PathBuf,
    /// The run's folder, for snapshots, metrics, samples and, at the end, the model.
    #[arg(long, value_name = "DIR")]
    run: PathBuf,
    /// The new model's name; by default the name of the run's folder.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Begin from the last snapshot of this other run, including the state of its optimiser.
    #[arg(long, value_name = "RUN")]
    from: Option<PathBuf>,
    /// The total number of steps.
    #[arg(long, value_name = "N")]
    steps: usize,
    /// Let the learning rate fall to 0 over all steps (cooldown), so that the weights settle: the end of
    /// training, in a run of its own. Without it the rate stays constant, and more steps can always follow.
    #[arg(long, alias = "fall")]
    cooldown: bool,
    /// Stop after this many minutes; the run can be resumed.
    #[arg(long, value_name = "X")]
    minutes: Option<f64>,
    /// The number of warm-up steps: by default 200, or a fifth of the steps of a run that is too short for
    /// that; none with --from.
    #[arg(long, alias = "warm-up", value_name = "N")]
    warmup_steps: Option<usize>,
    /// The decay of the moving average (EMA): the share of it that remains at each step.
    #[arg(long, alias = "average", value_name = "X", default_value_t = 0.999)]
    ema: f64,
    /// The number of steps between measurements of a DiT's error in predicting the clean latent; 0 never
    /// measures it.
    #[arg(long, value_name = "N", default_value_t = 250)]
    errors: usize,
    /// The number of steps between sheets of samples; 0 draws none.
    #[arg(long, value_name = "N", default_value_t = 500)]
    samples: usize,
    /// The seed of all random choices.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// cpu or webgpu; also vulkan, metal, cuda or rocm if the program was built with that feature.
    #[arg(long, value_name = "NAME", default_value = "cpu")]
    device: String,
    /// The number of threads on the CPU; by default one for each core.
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

impl Common {
    fn plan(&self, peak: f64, batch_size: usize) -> Result<Plan> {
        let refuse = |problem: &str| Err(Error::Options(problem.to_owned()));
        if self.steps == 0 || batch_size == 0 {
            return refuse("Steps and batch must each be at least 1");
        }
        if !(peak > 0.0 && peak < 1.0) {
            return refuse("The learning rate must be between 0 and 1; 0.001 is usual");
        }
        if !(0.0..1.0).contains(&self.ema) {
            return refuse("--ema must be 0 or more and below 1");
        }
        if self.threads.is_some_and(|threads| !(1..=1024).contains(&threads)) {
            return refuse("--threads must be 1 to 1024");
        }
        if self.minutes.is_some_and(|minutes| !(minutes > 0.0 && minutes < 1e6)) {
            return refuse("--minutes must be more than 0");
        }
        let Self { steps, cooldown, ema, samples, errors, .. } = *self;
        let warmup_steps = self.warmup_steps()?;
        Ok(Plan {
            folder: self.run.clone(),
            from: self.from.clone(),
            steps,
            learning_rate: LearningRate {
                peak,
                warmup_steps,
                decay_steps: cooldown.then_some(steps),
            },
            batch_size,
            ema,
            samples,
            errors,
            most: self.minutes.map(|minutes| Duration::from_secs_f64(minutes * 60.0)),
        })
    }

    /// Returns the number of warm-up steps. The warm-up ends well before the run does, because the peak
    /// rate would otherwise never be reached. A resumed run keeps the warm-up that it began with.
    fn warmup_steps(&self) -> Result<usize> {
        if self.from.is_some() {
            // Weights that another run has trained need no warm-up.
            if self.warmup_steps.is_some_and(|asked| asked > 0) {
                note("--warmup-steps is not used with --from: trained weights need no warm-up.");
            }
            return Ok(0);
        }
        let asked = self.warmup_steps.unwrap_or(WARM_UP);
        let before = Snapshot::last(&self.run)?.and_then(|found| found.warmup_steps());
        if let Some(before) = before.filter(|&before| before <= asked) {
            if self.warmup_steps.is_some_and(|asked| asked != before) {
                note(format!("The run keeps the warm-up of {before} steps that it began with."));
            }
            return Ok(before);
        }
        let fifth = self.steps / 5;
        if asked >= self.steps || (self.cooldown && asked > fifth) {
            note(match fifth {
                0 => "The run is too short for a warm-up.".into(),
                fifth => {
                    format!("The warm-up is shortened to {fifth}, a fifth of the run's steps.")
                }
            });
            return Ok(fifth);
        }
        Ok(asked)
    }

    /// Returns the run's folders and what its parts have in common, after checking the folders.
    fn setup(&self) -> Result<Setup> {
        let trained = self.run.join("model");
        check_apart(&self.model, &trained)?;
        model_folder(&self.model)?;
        probe_folder(&self.run)?;
        if let Some(from) = &self.from {
            check_apart(from, &self.run).map_err(|_| {
                let from = from.display();
                Error::Training(format!(
                    "A run cannot begin from itself: --from and --run are both {from}"
                ))
            })?;
        }
        Ok(Setup {
            model: self.model.clone(),
            data: self.data.clone(),
            run: self.run.clone(),
            from: self.from.clone(),
            trained,
            name: self.name(),
            seed: self.seed,
            threads: self.threads,
        })
    }

    /// Returns the new model's name.
    fn name(&self) -> String {
        let folder = self.run.canonicalize().unwrap_or_else(|_| self.run.clone());
        let folder = folder.file_name().map(|name| name.to_string_lossy().into_owned());
        self.name.clone().or(folder).unwrap_or_else(|| "model".into())
    }

    /// Makes Ctrl-C end the run after the current step, with a snapshot.
    fn listen() {
        interrupt::listen(|| {
            note("Stopping after this step, with a snapshot; press Ctrl-C again to stop at once.");
        });
    }

    /// Returns a phrase about how many steps are done.
    fn done(&self, step: usize) -> String {
        match self.steps {
            steps if step < steps => {
                format!("{step} of {steps} steps done, run the same command again to go on")
            }
            _ => format!("{step} steps done"),
        }
    }
}

/// Trains in a process that has the environment variables that training needs.
pub(super) fn run(arguments: &TrainArguments, progress: &dyn Progress) -> Result<ExitCode> {
    let device = match arguments {
        TrainArguments::Dit(arguments) => arguments.device(),
        TrainArguments::Vae(arguments) => arguments.device(),
        TrainArguments::Upscaler(arguments) => arguments.device(),
    };
    let variables = [environment::for_training(), environment::for_device(device)].concat();
    if let Some(code) = environment::ensure(variables)? {
        return Ok(code);
    }
    match arguments {
        TrainArguments::Dit(arguments) => pollster::block_on(dit::run(arguments, progress))?,
        TrainArguments::Vae(arguments) => pollster::block_on(vae::run(arguments, progress))?,
        TrainArguments::Upscaler(arguments) => {
            pollster::block_on(upscaler::run(arguments, progress))?;
        }
    }
    Ok(if interrupt::is_asked() { interrupt::EXIT_CODE.into() } else { ExitCode::SUCCESS })
}
