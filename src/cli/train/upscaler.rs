//! `patchwork train upscaler`.

use std::path::PathBuf;

use clap::Args;

use super::Common;
use crate::cli::terminal::print;
use crate::cli::{device, load_model};
use crate::dataset::Split;
use crate::dataset::gather::{LargePictures, quartered};
use crate::evaluate::lite0::Lite0;
use crate::model::Upscaler;
use crate::model::upscaler::SCALE;
use crate::pipeline::Pipeline;
use crate::pipeline::export::manifest;
use crate::pipeline::stickers::{ENCODER, UPSCALER};
use crate::tools::parallel::Workers;
use crate::tools::progress::Progress;
use crate::train::run::run as train;
use crate::train::upscaler::judges::Judges;
use crate::train::upscaler::pairs::drawn;
use crate::train::upscaler::{CROP, Contest, Pair, UpscalerSettings, UpscalerTask};
use crate::weights::keys;
use crate::weights::save::{Precision, parameters, to_bytes};
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(in crate::cli) struct TrainUpscalerArguments {
    #[command(flatten)]
    common: Common,
    /// Begin with random weights; by default with the model's, if it has an upscaler.
    #[arg(long)]
    from_scratch: bool,
    /// The number of training pictures, evenly spaced among all: each is first drawn by the model, three
    /// times.
    #[arg(long, value_name = "N", default_value_t = 600)]
    pictures: usize,
    /// The number of crops in a batch.
    #[arg(long, value_name = "N", default_value_t = 12)]
    batch_size: usize,
    /// The number of crops in a thread's micro-batch.
    #[arg(long, value_name = "N", default_value_t = 2)]
    micro_batch: usize,
    /// The peak learning rate: by default 0.0006 from scratch, else 0.00001.
    #[arg(long, value_name = "X")]
    learning_rate: Option<f64>,
    /// The weight of the adversarial loss; 0 trains without discriminators. By default 0.03 from scratch,
    /// else 0.1: new discriminators need more weight to keep edges as sharp as the earlier ones made them.
    #[arg(long, value_name = "X")]
    adversarial: Option<f64>,
    /// Where fetched packages are kept.
    #[arg(long, value_name = "DIR", default_value = "target/packages")]
    cache: PathBuf,
}

impl TrainUpscalerArguments {
    /// Returns the name of the device to train on.
    pub(super) fn device(&self) -> &str {
        &self.common.device
    }
}

pub(super) async fn run(arguments: &TrainUpscalerArguments, progress: &dyn Progress) -> Result<()> {
    let TrainUpscalerArguments { common, batch_size, micro_batch, .. } = arguments;
    let is_out = |adversarial: f64| !(0.0..10.0).contains(&adversarial);
    if *micro_batch == 0 || arguments.adversarial.is_some_and(is_out) || arguments.pictures == 0 {
        let problem = "--micro-batch and --pictures must be at least 1, and --adversarial 0 to 10";
        return Err(Error::Options(problem.into()));
    }
    let manifest = manifest(&common.model)?;
    let setup = common.setup()?;
    let (large, hash) = LargePictures::read_hashed(&common.data)?;
    if manifest.image_size < CROP {
        let problem = format!("its pictures are smaller than the {CROP} pixels of a crop");
        return Err(Error::model(common.model.display().to_string(), problem));
    }
    if large.side != SCALE * manifest.image_size {
        let (side, wanted) = (large.side, SCALE * manifest.image_size);
        let problem = format!(
            "its pictures have {side} pixels a side, and this model's upscaler is trained on \
             {wanted}: make them with `patchwork dataset --side {wanted}`"
        );
        return Err(Error::dataset(common.data.display().to_string(), problem));
    }
    let device = device(&common.device).await?;
    let model = load_model(&common.model, &device, true).await?;
    device.seed(common.seed);
    let begun = model.upscaler.clone().filter(|_| !arguments.from_scratch);
    let is_new = begun.is_none();
    let (rate, adversarial) = if is_new { (6e-4, 0.03) } else { (1e-5, 0.1) };
    let plan = common.plan(arguments.learning_rate.unwrap_or(rate), *batch_size)?;
    let workers = setup.workers(&device);
    // The perceptual network may have to be fetched, so it is loaded before long work.
    let perception = Lite0::load(&arguments.cache, &device, progress)?;
    let pairs = pairs(&model, &large, (arguments.pictures, common.seed), &workers, progress)?;
    // The upscaler is listed separately, because the model's hash does not cover it. So is the encoder.
    let parts = [&model.hash, manifest.hash(ENCODER), manifest.hash(UPSCALER)];
    let settings = UpscalerSettings {
        origin: format!(
            "pictures {hash}, {} of them, model {}",
            arguments.pictures,
            parts.join(" ")
        ),
        seed: common.seed,
        batch_size: *batch_size,
        learning_rate: plan.learning_rate,
        ema: plan.ema,
        // The discriminators' gradient is much longer than the upscaler's, which must not be shortened by
        // gradient clipping.
        max_grad_norm: 20.0,
        adversarial: arguments.adversarial.unwrap_or(adversarial),
        // Discriminators that have seen few pictures give no useful gradient, so their loss starts later;
        // those of an earlier run are used at once.
        heard: match (&common.from, is_new) {
            (Some(_), _) => [0, 1],
            (None, true) => [400, 300],
            (None, false) => [30, 1],
        },
        learns_alone: is_new,
    };
    let task = UpscalerTask {
        large: &large,
        pairs,
        perception: Some(&perception),
        settings: &settings,
        workers,
        micro_batch: *micro_batch,
        device: device.clone(),
    };
    let new = Contest {
        upscaler: begun.unwrap_or_else(|| Upscaler::init(&device)),
        judges: Judges::init(&device),
    };
    Common::listen();
    let state = train(&task, &plan, &settings, new, UpscalerSettings::optimiser, progress)?;
    let tensors = parameters(&state.ema.upscaler, &keys::UPSCALER, Precision::Byte);
    setup.export(&[(UPSCALER, to_bytes(&tensors, None))], |_| {})?;
    print(format!("{}: {}", setup.trained.display(), common.done(state.step)))
}

/// Returns `count` training pictures, evenly spaced among all, each with its drawings by the model.
fn pairs(
    model: &Pipeline,
    large: &LargePictures,
    (count, seed): (usize, u64),
    workers: &Workers,
    progress: &dyn Progress,
) -> Result<Vec<Pair>> {
    let all: Vec<usize> = large.of(Split::Train).collect();
    let count = count.min(all.len());
    if count == 0 {
        return Err(Error::Training("the dataset holds no training pictures".into()));
    }
    let places: Vec<usize> = (0..count).map(|i| all[i * all.len() / count]).collect();
    progress.begin("Drawing the training pictures", count, 0);
    let mut pairs = Vec::new();
    // The pictures are drawn in groups of one for each worker, so that the progress bar moves.
    for places in places.chunks(workers.count()) {
        let drawn = workers.map(places.to_vec(), |place| {
            let small = quartered(&large.picture(place)?);
            let drawn = drawn(model, (place, &large.entries[place]), &small, seed)?;
            Ok::<_, Error>(drawn.into_iter().map(move |drawn| (place, drawn)).collect::<Vec<_>>())
        });
        for drawn in drawn {
            pairs.extend(drawn?);
        }
        progress.advance(places.len(), "");
    }
    progress.end();
    Ok(pairs)
}
