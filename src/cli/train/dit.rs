//! `patchwork train dit`.

use clap::Args;

use super::Common;
use crate::cli::terminal::{note, print};
use crate::cli::{device, load_model};
use crate::pipeline::export::manifest;
use crate::pipeline::stickers::Manifest;
use crate::tools::hash::FileFacts;
use crate::tools::progress::Progress;
use crate::train::dit::{DitSettings, DitTask, WEIGHT_DECAY};
use crate::train::prepared::Prepared;
use crate::train::prepared_cache::{PreparedCache, styles_of};
use crate::train::run::{Plan, run as train};
use crate::train::setup::Setup;
use crate::train::snapshot;
use crate::train::times::Times;
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(in crate::cli) struct TrainDitArguments {
    #[command(flatten)]
    common: Common,
    /// Begin with random weights instead of the model's.
    #[arg(long)]
    from_scratch: bool,
    /// The number of pictures in a batch.
    #[arg(long, alias = "batch", value_name = "N", default_value_t = 128)]
    batch_size: usize,
    /// The number of pictures in a thread's micro-batch: more need more memory, and give the same result.
    #[arg(long, alias = "part", value_name = "N", default_value_t = 16)]
    micro_batch: usize,
    /// The peak learning rate.
    #[arg(long, alias = "rate", value_name = "X", default_value_t = 1.5e-3)]
    learning_rate: f64,
    /// Weight decay.
    #[arg(long, value_name = "X", default_value_t = WEIGHT_DECAY)]
    weight_decay: f64,
    /// The distribution of the noise levels, 0 to 1: a mixture of logit-normals, weight:location:scale
    /// each, separated by commas. By default 0.75:1.7:1.1,0.25:0.3:1, and 0.65:1.5:1.1,0.35:0.2:1 during a
    /// cooldown.
    #[arg(long, value_name = "W:L:S,…", allow_hyphen_values = true)]
    times: Option<Times>,
    /// The weight in the loss, at high noise, of the latent's channels that hold fine detail; the other
    /// channels have 1. By default 0.25, and 0.5 during a cooldown.
    #[arg(long, value_name = "X")]
    detail: Option<f64>,
    /// Use the dataset's styles: styles of the same name in the model keep what they have learnt, and its
    /// other styles are removed.
    #[arg(long)]
    new_styles: bool,
    /// The share of the patches that skip the middle blocks. By default 0.75, and 0 during a cooldown,
    /// because no patch skips them when the network draws.
    #[arg(long, value_name = "X")]
    skipping: Option<f64>,
    /// The maximum number of a caption's tokens. By default 10, and as many as the model reads during a
    /// cooldown.
    #[arg(long, alias = "places", value_name = "N")]
    max_tokens: Option<usize>,
}

impl TrainDitArguments {
    /// Returns the name of the device to train on.
    pub(super) fn device(&self) -> &str {
        &self.common.device
    }

    /// Returns the settings of a run: the usual ones, but for those that are given.
    fn settings(
        &self,
        setup: &Setup,
        plan: &Plan,
        manifest: &Manifest,
        data: String,
    ) -> Result<DitSettings> {
        let most = manifest.text_tokens;
        if let Some(max_tokens) = self.max_tokens.filter(|&max_tokens| max_tokens > most) {
            let problem =
                format!("--max-tokens is {max_tokens}, and the model reads at most {most} tokens");
            return Err(Error::Options(problem));
        }
        let usual = setup.dit_settings(plan, manifest, data, self.from_scratch)?;
        Ok(DitSettings {
            weight_decay: self.weight_decay,
            times: self.times.clone().unwrap_or(usual.times),
            detail: self.detail.unwrap_or(usual.detail),
            skipping: self.skipping.unwrap_or(usual.skipping),
            max_tokens: self.max_tokens.unwrap_or(usual.max_tokens),
            ..usual
        })
    }

    fn check(&self) -> Result<()> {
        let refuse = |problem: &str| Err(Error::Options(problem.to_owned()));
        if self.micro_batch == 0 || self.max_tokens == Some(0) {
            return refuse("--micro-batch and --max-tokens must be at least 1");
        }
        let skipping = self.skipping.unwrap_or(0.0);
        if ![skipping, self.weight_decay].iter().all(|part| (0.0..1.0).contains(part)) {
            return refuse("--skipping and --weight-decay must be 0 or more and below 1");
        }
        if !(0.0..=1e3).contains(&self.detail.unwrap_or(1.0)) {
            return refuse("--detail must be 0 to 1000");
        }
        if self.from_scratch && self.common.from.is_some() {
            return refuse(
                "--from begins with the weights of another run: leave out --from-scratch",
            );
        }
        Ok(())
    }
}

pub(super) async fn run(arguments: &TrainDitArguments, progress: &dyn Progress) -> Result<()> {
    let common = &arguments.common;
    let plan = common.plan(arguments.learning_rate, arguments.batch_size)?;
    arguments.check()?;
    let setup = common.setup()?;
    let mut manifest = manifest(&common.model)?;
    let bytes = std::fs::read(&common.data).map_err(|source| Error::read(&common.data, source))?;
    if arguments.new_styles {
        manifest.set_styles(styles_of(&bytes, &common.data)?);
    }
    let origin = manifest.prepared_origin(&FileFacts::of(&bytes).sha256, common.seed);
    let settings = arguments.settings(&setup, &plan, &manifest, origin.clone())?;
    // Other settings are refused before long work.
    snapshot::last(&common.run, &settings)?;
    let device = device(&common.device).await?;
    let model = load_model(&common.model, &device, true).await?;
    let model = match arguments.new_styles {
        true => model.with_styles(manifest.styles.clone()),
        false => model,
    };
    let cache = PreparedCache {
        setup: &setup,
        manifest: &manifest,
        model: &model,
        max_tokens: settings.max_tokens,
        progress,
    };
    let data = cache.prepared(bytes, origin)?;
    let new = setup.dit(&model, &manifest, arguments.from_scratch);
    let task = DitTask {
        model: Some(&model),
        data: &data,
        is_detail: detail_channels(&data),
        settings: &settings,
        workers: setup.workers(&device),
        micro_batch: arguments.micro_batch,
        device,
    };
    Common::listen();
    let state = train(&task, &plan, &settings, new, DitSettings::optimiser, progress)?;
    if manifest.guidance_skips.is_some() {
        note(
            "The new model takes longer to draw than the one that it began with: its prediction \
             without the prompt runs all blocks, because this training does not include the short \
             path (guidance_skips in model.json).",
        );
    }
    let seen = setup.export_dit(&manifest, &task, &state)?;
    print(format!(
        "{}: {}; its DiT has seen {seen} pictures in all",
        setup.trained.display(),
        common.done(state.step)
    ))?;
    if !common.cooldown {
        print(format!(
            "Its learning rate has not decayed yet. A cooldown makes it draw better: continue with \
             `--from {} --cooldown` and another --run.",
            common.run.display()
        ))?;
    }
    Ok(())
}

/// Returns which channels of the latent hold detail, and prints them.
fn detail_channels(data: &Prepared) -> Vec<bool> {
    let (is_detail, shares) = data.detail_channels();
    let named = (0..shares.len()).filter(|c| is_detail[*c]).map(|c| c.to_string());
    let shares: Vec<String> = shares.iter().map(|share| format!("{share:.2}")).collect();
    note(format!(
        "Channels {} of the latent hold fine detail (see --detail): averaging over 2×2 cells keeps \
         {} of the channels' variance.",
        named.collect::<Vec<_>>().join(", "),
        shares.join(", ")
    ));
    is_detail
}
