//! `patchwork quantise`: a model in a byte a value, for a smaller download.

use std::path::PathBuf;

use burn::tensor::{Device, Tensor};
use clap::Args;

use super::{check_new_model, model_folder};
use crate::dataset::Dataset;
use crate::evaluate::Asked;
use crate::evaluate::flow::flow_error;
use crate::evaluate::reconstruction::{Scores, measure};
use crate::image::Image;
use crate::pipeline::decoder::Autoencoder;
use crate::pipeline::stickers::{DIT, TEXT_ENCODER, autoencoder, text_config};
use crate::pipeline::{Pipeline, TextReader};
use crate::terminal::print;
use crate::train::examples::check_size;
use crate::train::export::{autoencoder_files, export};
use crate::weights::save::{Precision, parameters, to_bytes};
use crate::weights::{Checkpoint, keys, load};
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct Arguments {
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

/// The states of prompts must keep their directions this well.
const LEAST_COSINE: f64 = 0.999;
/// The DiT's error may grow by this part of itself.
const MOST_ERROR: f64 = 0.02;
/// And pictures may lose so much of their likeness.
const MOST_DECIBEL: f64 = 0.5;
/// What error messages call it before it is written.
const SMALLER: &str = "the smaller model";
/// Captions, and pictures, that are tried.
const CAPTIONS: usize = 300;
const PICTURES: usize = 50;

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    check_new_model(&arguments.model, &arguments.output)?;
    let device = Device::flex();
    let folder = model_folder(&arguments.model)?;
    let before = pollster::block_on(Pipeline::load_whole(&folder, &device))?;
    check_size(&before)?;
    let (Some(reader), Autoencoder::Sticker { network, mean, std }) =
        (&before.text, &before.decoder.autoencoder)
    else {
        let problem = "Only models that Patchwork trained, with a model.json, can be made smaller";
        return Err(Error::Recipe(problem.into()));
    };
    let text_bytes = to_bytes(&parameters(&reader.encoder, &keys::MINILM, Precision::Byte), None);
    let file = Checkpoint::new(SMALLER, vec![text_bytes.clone()])?;
    let encoder = load(text_config(&file).init(&device), &file, &keys::MINILM)?;
    let new = before.dit.config().init(&device);
    let dit_bytes = to_bytes(&parameters(&before.dit, &keys::DIT, Precision::Byte), None);
    let file = Checkpoint::new(SMALLER, vec![dit_bytes.clone()])?;
    let dit = load(new, &file, &keys::DIT)?;
    let vae_files = autoencoder_files(network, Precision::Byte);
    let parts = vae_files.iter().map(|(_, bytes)| bytes.clone()).collect();
    let network = autoencoder(&Checkpoint::new(SMALLER, parts)?, &device)?;

    let mut after = before.clone();
    after.text = Some(TextReader { encoder, ..reader.clone() });
    after.dit = dit;
    let (mean, std) = (mean.clone(), std.clone());
    after.decoder.autoencoder = Autoencoder::Sticker { network: network.into(), mean, std };

    let dataset = Dataset::read(&arguments.data)?;
    if dataset.entries.is_empty() {
        return Err(Error::Recipe("The dataset has no pictures to try the model with".into()));
    }
    let every = |most: usize| dataset.entries.len().div_ceil(most).max(1);
    let entries = dataset.entries.iter().step_by(every(CAPTIONS));
    let cosine = least_cosine(entries.map(|entry| entry.label.as_str()), &before, &after)?;
    print(format!(
        "Text states keep their directions within a cosine of {cosine:.5} at the least."
    ))?;
    let entries = dataset.entries.iter().step_by(every(PICTURES));
    let asked: Vec<Asked> = entries.map(Asked::of).collect();
    let pictures: Vec<&Image> = dataset.pictures.iter().step_by(every(PICTURES)).collect();
    let error = |model: &Pipeline| flow_error(model, &asked, &pictures);
    let (least, error) = (error(&before)?, error(&after)?);
    print(format!("The DiT's error on pictures is {error:.4}, before {least:.4}."))?;
    let [Scores { psnr: old, .. }, Scores { psnr: new, .. }] =
        [&before, &after].map(|model| measure(model, &pictures));
    print(format!(
        "The autoencoder keeps pictures with a PSNR of {new:.2} dB, before {old:.2} dB."
    ))?;
    // Not a number is not good enough either.
    let is_good =
        cosine >= LEAST_COSINE && error <= least * (1.0 + MOST_ERROR) && new >= old - MOST_DECIBEL;
    if !is_good {
        return Err(Error::Recipe(format!(
            "Nothing was written: in a byte a value this model is not what it was. The cosine must \
             be at least {LEAST_COSINE}, the error may grow by {:.0} %, and the PSNR may fall by \
             {MOST_DECIBEL} dB. Train it further and try again, or publish it as it is: half precision \
             takes twice the room",
            100.0 * MOST_ERROR
        )));
    }
    let [decoder, encoder] = vae_files;
    let files = [(TEXT_ENCODER, text_bytes), (DIT, dit_bytes), decoder, encoder];
    export(&arguments.model, &arguments.output, &files, |_| ())?;
    print(arguments.output.display())
}

/// The smaller of two numbers; `f64::min` would pass over what is none.
fn least_or_nan(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() { f64::NAN } else { a.min(b) }
}

/// The smallest cosine between two models' states of any token; not a number where one is none.
fn least_cosine<'a>(
    captions: impl Iterator<Item = &'a str>,
    before: &Pipeline,
    after: &Pipeline,
) -> Result<f64> {
    let mut least = 1f64;
    for caption in captions {
        let states = |model: &Pipeline| -> Result<Tensor<2>> {
            let TextReader { tokenizer, encoder, places } =
                model.text.as_ref().expect("both have been seen to read");
            let tokens = tokenizer.encode(caption, *places)?;
            Ok(crate::text::encode(encoder, &tokens, &model.device))
        };
        let (a, b) = (states(before)?, states(after)?);
        let length = |x: &Tensor<2>| x.clone().square().sum_dim(1).sqrt();
        let cosine = (a.clone() * b.clone()).sum_dim(1) / (length(&a) * length(&b));
        for cosine in cosine.into_data().iter::<f32>() {
            least = least_or_nan(least, f64::from(cosine));
        }
    }
    Ok(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_stays_none() {
        let least = |all: &[f64]| all.iter().copied().fold(1.0, least_or_nan);
        assert_eq!(least(&[0.9, 0.8, 0.95]), 0.8);
        for all in [[f64::NAN, 0.9, 0.8], [0.9, f64::NAN, 0.8], [0.9, 0.8, f64::NAN]] {
            assert!(least(&all).is_nan());
        }
    }
}
