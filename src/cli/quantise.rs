//! `patchwork quantise`: a model with its text encoder and its DiT in a byte a value, for a smaller
//! download.

use std::path::PathBuf;

use burn::tensor::{Device, Tensor};
use clap::Args;

use super::model_folder;
use crate::dataset::Dataset;
use crate::pipeline::stickers::{DIT, TEXT_ENCODER};
use crate::pipeline::{Pipeline, TextReader};
use crate::recipe::Recipe;
use crate::train::export::export;
use crate::weights::save::{Precision, parameters, to_bytes};
use crate::weights::{KeyTable, keys};
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The model's folder.
    #[arg(long, value_name = "DIR", default_value = "www/models/stickers")]
    model: PathBuf,
    /// A dataset whose captions the text encoder is tried with.
    #[arg(long, value_name = "F.safetensors")]
    data: PathBuf,
    /// Leave the DiT as it is.
    #[arg(long)]
    text_only: bool,
    /// The new model's folder.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

/// The states of prompts must keep their directions this well.
const LEAST_COSINE: f64 = 0.999;
/// Captions that are tried.
const CAPTIONS: usize = 300;

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    if arguments.output == arguments.model {
        return Err(Error::Recipe("The new model needs a folder of its own".into()));
    }
    let device = Device::flex();
    let load = |path: &PathBuf| {
        let folder = model_folder(path)?;
        pollster::block_on(Pipeline::load(&folder, &device))
    };
    let before = load(&arguments.model)?;
    let reader = before.text.as_ref().ok_or_else(|| {
        Error::Recipe("This model draws classes, not words: it has no text encoder".into())
    })?;
    let mut files = vec![(TEXT_ENCODER, in_bytes(&reader.encoder, &keys::MINILM))];
    if !arguments.text_only {
        files.push((DIT, in_bytes(&before.dit, &keys::DIT)));
    }
    export(&arguments.model, &arguments.output, &files, |_| ())?;

    let after = load(&arguments.output)?;
    let dataset = Dataset::read(&arguments.data)?;
    let every = dataset.entries.len().div_ceil(CAPTIONS).max(1);
    let captions = dataset.entries.iter().step_by(every).map(|entry| entry.label.as_str());
    let cosine = least_cosine(captions, &before, &after)?;
    println!("Text states keep their directions within a cosine of {cosine:.5} at the least.");
    println!(
        "Latents of three recipes differ by {:.4} of their size.",
        difference(&before, &after)?
    );
    if cosine < LEAST_COSINE {
        let problem = format!("its text states are off by more than a cosine of {LEAST_COSINE}");
        return Err(Error::weights(arguments.output.display().to_string(), problem));
    }
    println!("{}", arguments.output.display());
    Ok(())
}

fn in_bytes<M: burn::module::Module>(module: &M, table: &KeyTable) -> Vec<u8> {
    to_bytes(&parameters(module, table, Precision::Byte), None)
}

/// The smallest cosine between two models' states of any token.
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
        least = least.min(f64::from(cosine.min().into_scalar::<f32>()));
    }
    Ok(least)
}

/// How far two models' latents lie apart, over their size.
fn difference(before: &Pipeline, after: &Pipeline) -> Result<f64> {
    let (mut apart, mut size) = (0.0, 0.0);
    for (seed, prompt) in ["red apple", "dog face", "blue car"].into_iter().enumerate() {
        let latent = |model: &Pipeline| -> Result<Tensor<4>> {
            let style = model.styles.first().cloned().unwrap_or_default();
            let recipe =
                Recipe { prompt: prompt.into(), style, seed: seed as u64, ..Recipe::default() };
            let mut run = model.begin(&recipe, None)?;
            while run.step().is_some() {}
            Ok(run.into_latent())
        };
        let (a, b) = (latent(before)?, latent(after)?);
        let sum = |x: Tensor<4>| f64::from(x.square().sum().into_scalar::<f32>());
        apart += sum(a.clone() - b);
        size += sum(a);
    }
    Ok((apart / size).sqrt())
}
