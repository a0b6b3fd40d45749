//! `patchwork train vae`.

use clap::Args;

use super::Common;
use crate::cli::terminal::print;
use crate::cli::{device, model_folder};
use crate::dataset::{Dataset, Split};
use crate::image::Image;
use crate::model::StickerAutoencoder;
use crate::pipeline::Parts;
use crate::pipeline::export::{autoencoder_files, export, manifest};
use crate::pipeline::stickers::{AUTOENCODER, ENCODER, autoencoder};
use crate::tools::progress::Progress;
use crate::train::latents;
use crate::train::run::run as train;
use crate::train::vae::{VaeSettings, VaeTask};
use crate::weights::save::Precision;
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
    #[arg(long, value_name = "X", default_value_t = 0.2)]
    noise: f64,
    /// The weight of the edge loss relative to the pixel loss.
    #[arg(long, value_name = "X", default_value_t = 1.0)]
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
    let folder = common.folder()?;
    let device = device(&common.device).await?;
    let manifest = manifest(&common.model)?;
    let (data, hash) = Dataset::read_hashed(&common.data)?;
    let settings = VaeSettings {
        origin: format!("data {hash}, autoencoder {}", manifest.hash(AUTOENCODER)),
        seed: common.seed,
        batch_size: arguments.batch_size,
        learning_rate: plan.learning_rate,
        ema: plan.ema,
        weight_decay: 1e-4,
        max_grad_norm: 1.0,
        noise: arguments.noise,
        edges: arguments.edges,
        divergence: arguments.from_scratch.then_some(1e-3),
    };
    let has_encoder = manifest.files.contains_key(ENCODER);
    device.seed(common.seed);
    let new = match arguments.from_scratch {
        true => StickerAutoencoder::init(&device),
        false => {
            let source = model_folder(&common.model)?;
            let loaded = autoencoder(&source, &manifest, &device, Parts::All).await;
            loaded.map_err(|error| error.within(&common.model))?
        }
    };
    let unit = vec![1.0; manifest.latent_std.len()];
    let task = VaeTask {
        train: data.of(Split::Train).collect(),
        data: &data,
        std: if arguments.from_scratch { unit } else { manifest.latent_std.clone() },
        settings: &settings,
        workers: common.workers(&device),
        micro_batch: arguments.micro_batch,
        device: device.clone(),
    };
    if task.train.is_empty() {
        return Err(Error::dataset(
            common.data.display().to_string(),
            "it holds no training pictures",
        ));
    }
    Common::listen();
    let state = train(&task, &plan, &settings, new, VaeSettings::optimiser, progress)?;

    let mut files = autoencoder_files(&state.ema, Precision::Half).to_vec();
    if !arguments.from_scratch && has_encoder {
        // The encoder is unchanged, and so are its latents.
        files.retain(|(name, _)| *name != ENCODER);
    }
    let pictures: Vec<&Image> = task.train.iter().map(|&i| &data.pictures[i]).collect();
    let latents = arguments.from_scratch.then(|| latents::fit(&state.ema, &pictures, &device));
    let (learnt, knew) = (manifest.encoder_hash().to_owned(), manifest.knows_its_latents());
    export(&common.model, &folder, &files, |manifest| {
        manifest.name = common.name();
        if arguments.from_scratch {
            // The DiT in the same folder was trained on the old latents.
            manifest.latents_of.get_or_insert(learnt);
        } else if knew {
            manifest.latents_of = Some(manifest.encoder_hash().to_owned());
        }
        if let Some(fitted) = latents {
            manifest.latent_mean = fitted.mean;
            manifest.latent_std = fitted.std;
            manifest.preview = fitted.preview;
        }
    })?;
    print(format!("{}: {}", folder.display(), common.done(state.step)))?;
    if arguments.from_scratch {
        print(
            "Its DiT was not trained on the new latents: train one with `train dit` before you \
             draw.",
        )?;
    }
    Ok(())
}
