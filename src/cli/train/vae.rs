//! `patchwork train vae`.

use clap::Args;

use super::Common;
use crate::cli::device;
use crate::cli::terminal::print;
use crate::dataset::{Dataset, Split};
use crate::pipeline::export::manifest;
use crate::tools::progress::Progress;
use crate::train::run::run as train;
use crate::train::vae::{EDGES, NOISE, VaeSettings, VaeTask};
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(in crate::cli) struct TrainVaeArguments {
    #[command(flatten)]
    common: Common,
    /// Begin with random weights and train the encoder too; a DiT must then be trained from scratch.
    #[arg(long)]
    from_scratch: bool,
    /// The number of pictures in a batch.
    #[arg(long, alias = "batch", value_name = "N", default_value_t = 32)]
    batch_size: usize,
    /// The number of pictures in a thread's micro-batch.
    #[arg(long, alias = "part", value_name = "N", default_value_t = 4)]
    micro_batch: usize,
    /// The peak learning rate.
    #[arg(long, alias = "rate", value_name = "X", default_value_t = 5e-4)]
    learning_rate: f64,
    /// The largest standard deviation of the noise that is added to latents, relative to theirs.
    #[arg(long, value_name = "X", default_value_t = NOISE)]
    noise: f64,
    /// The weight of the edge loss relative to the pixel loss.
    #[arg(long, value_name = "X", default_value_t = EDGES)]
    edges: f64,
}

impl TrainVaeArguments {
    /// Returns the name of the device to train on.
    pub(super) fn device(&self) -> &str {
        &self.common.device
    }
}

pub(super) async fn run(arguments: &TrainVaeArguments, progress: &dyn Progress) -> Result<()> {
    let common = &arguments.common;
    let plan = common.plan(arguments.learning_rate, arguments.batch_size)?;
    if arguments.micro_batch == 0
        || !(0.0..10.0).contains(&arguments.noise)
        || !(0.0..1e3).contains(&arguments.edges)
    {
        let problem = "--micro-batch must be at least 1, --noise 0 to 10, and --edges 0 to 1000";
        return Err(Error::Options(problem.into()));
    }
    let setup = common.setup()?;
    let device = device(&common.device).await?;
    let manifest = manifest(&common.model)?;
    let (data, hash) = Dataset::read_hashed(&common.data)?;
    let settings = VaeSettings {
        noise: arguments.noise,
        edges: arguments.edges,
        ..setup.vae_settings(&plan, &manifest, &hash, arguments.from_scratch)
    };
    let new = setup.vae(&manifest, arguments.from_scratch, &device).await?;
    let unit = vec![1.0; manifest.latent_std.len()];
    let task = VaeTask {
        train: data.of(Split::Train).collect(),
        data: &data,
        std: if arguments.from_scratch { unit } else { manifest.latent_std.clone() },
        settings: &settings,
        workers: setup.workers(&device),
        micro_batch: arguments.micro_batch,
        device,
    };
    if task.train.is_empty() {
        return Err(Error::dataset(
            common.data.display().to_string(),
            "it holds no training pictures",
        ));
    }
    Common::listen();
    let state = train(&task, &plan, &settings, new, VaeSettings::optimiser, progress)?;
    setup.export_vae(&manifest, &task, &state.ema)?;
    print(format!("{}: {}", setup.trained.display(), common.done(state.step)))?;
    if arguments.from_scratch {
        print(
            "Its DiT was not trained on the new latents: train one with `train dit` before you \
             draw.",
        )?;
    }
    Ok(())
}
