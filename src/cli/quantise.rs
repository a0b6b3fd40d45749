//! `patchwork quantise`: a model in a byte a value, for a smaller download.

use std::path::PathBuf;

use burn::tensor::Device;
use clap::Args;

use super::terminal::print;
use super::{check_new_model, load_model};
use crate::Result;
use crate::dataset::Dataset;
use crate::evaluate::quantise::{QuantisationLoss, Quantised};
use crate::pipeline::export::{export, manifest};

#[derive(Debug, Args)]
pub(super) struct QuantiseArguments {
    /// The model's folder.
    #[arg(long, value_name = "DIR", default_value = "www/models/stickers")]
    model: PathBuf,
    /// A dataset whose captions and pictures the smaller model is tried with.
    #[arg(long, value_name = "F.safetensors")]
    data: PathBuf,
    /// The new model's folder.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

pub(super) fn run(arguments: &QuantiseArguments) -> Result<()> {
    check_new_model(&arguments.model, &arguments.output)?;
    let before = pollster::block_on(load_model(&arguments.model, &Device::flex(), true))?;
    let Quantised { files, model } = Quantised::of(&before)?;
    let loss = QuantisationLoss::measure(&before, &model, &Dataset::read(&arguments.data)?)?;
    let QuantisationLoss { cosine, errors, psnr } = loss;
    print(format!(
        "Text states keep their directions within a cosine of {cosine:.5} at the least."
    ))?;
    print(format!("The DiT's error on pictures is {:.4}, before {:.4}.", errors[1], errors[0]))?;
    print(format!(
        "The autoencoder keeps pictures with a PSNR of {:.2} dB, before {:.2} dB.",
        psnr[1], psnr[0]
    ))?;
    loss.check()?;
    let knew = manifest(&arguments.model)?.knows_its_latents();
    export(&arguments.model, &arguments.output, &files, |manifest| {
        // The encoder in a byte a value is the same one under another hash.
        if knew {
            manifest.latents_of = Some(manifest.encoder_hash().to_owned());
        }
    })?;
    print(arguments.output.display())
}
