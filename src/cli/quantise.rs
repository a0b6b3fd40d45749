//! `patchwork quantise`: quantises a model to 8 bits, for a smaller download.

use std::path::PathBuf;

use burn::tensor::Device;
use clap::Args;

use crate::cli::{DEFAULT_MODEL, MODEL_VARIABLE};

use super::terminal::{note, print};
use super::{check_new_model, load_model};
use crate::dataset::Dataset;
use crate::evaluate::quantise::{MAX_ERROR_GROWTH, QuantisationLoss, Quantised};
use crate::pipeline::export::{export, manifest};
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct QuantiseArguments {
    /// The model's folder.
    #[arg(
        long,
        value_name = "DIR",
        env = MODEL_VARIABLE,
        default_value = DEFAULT_MODEL
    )]
    model: PathBuf,
    /// A dataset on whose captions and pictures the smaller model is tested.
    #[arg(long, value_name = "F.safetensors")]
    data: PathBuf,
    /// The new model's folder.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// The most by which the DiT's error may grow, as a fraction of that error: 0.005 is half a percent.
    #[arg(long, value_name = "X", default_value_t = MAX_ERROR_GROWTH, allow_negative_numbers = true)]
    max_error_growth: f64,
    /// Write the smaller model even if it loses more than the limits allow.
    #[arg(long)]
    force: bool,
}

pub(super) fn run(arguments: &QuantiseArguments) -> Result<()> {
    let max_growth = arguments.max_error_growth;
    if !(0.0..=10.0).contains(&max_growth) {
        let problem = format!(
            "--max-error-growth is {max_growth}, and must be a fraction of the error, 0 to 10: \
             0.02 is two percent"
        );
        return Err(Error::Options(problem));
    }
    check_new_model(&arguments.model, &arguments.output)?;
    let before = pollster::block_on(load_model(&arguments.model, &Device::flex(), true))?;
    let Quantised { files, model } = Quantised::of(&before)?;
    let loss = QuantisationLoss::measure(&before, &model, &Dataset::read(&arguments.data)?)?;
    let QuantisationLoss { cosine, errors, psnr } = loss;
    print(format!(
        "The text encoder's states have a cosine similarity of at least {cosine:.5} with the original's."
    ))?;
    print(format!(
        "The DiT's error on pictures is {:.4}, and was {:.4} before: {:+.2} %.",
        errors[1],
        errors[0],
        100.0 * loss.error_growth()
    ))?;
    print(format!(
        "The autoencoder reconstructs pictures with a PSNR of {:.2} dB, and {:.2} dB before.",
        psnr[1], psnr[0]
    ))?;
    if let Err(problem) = loss.check(max_growth) {
        if !arguments.force {
            return Err(problem);
        }
        note(
            "The model is written because of --force, although it lost more than the limits allow.",
        );
    }
    let knew = manifest(&arguments.model)?.knows_its_latents();
    export(&arguments.model, &arguments.output, &files, |manifest| {
        // The quantised encoder counts as the same encoder, although its hash differs.
        if knew {
            manifest.latents_of = Some(manifest.encoder_hash().to_owned());
        }
    })?;
    print(arguments.output.display())
}
