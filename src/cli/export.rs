//! `patchwork export DIR --to diffusers`: a model of classes as diffusers saves and loads it.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use clap::{Args, ValueEnum};
use serde_json::Value;

use super::{load_model, model_folder};
use crate::cli::terminal::print;
use crate::pipeline::diffusers::config::{TRANSFORMER, VAE};
use crate::pipeline::diffusers::scheduler_classes::SCHEDULER;
use crate::pipeline::diffusers::{INDEX, WEIGHTS, checkpoint};
use crate::pipeline::export::check_apart;
use crate::pipeline::{Folder, Source};
use crate::tools::files::{probe_folder, write_whole};
use crate::tools::foreign::parse_json;
use crate::weights::KeyTable;
use crate::weights::keys;
use crate::weights::save::{Precision, Stored, to_bytes};
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct ExportArguments {
    /// Folder of a model of classes.
    #[arg(value_name = "DIR")]
    path: PathBuf,
    /// The layout to write.
    #[arg(long, value_enum)]
    to: Layout,
    /// The new model's folder.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Write weights in half precision (fp16), in half the space.
    #[arg(long)]
    half: bool,
}

/// The largest number in half precision.
const HALF_MAX: f32 = 65504.0;

/// What can be written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Layout {
    /// What `DiTPipeline.from_pretrained` loads.
    Diffusers,
}

pub(super) fn run(arguments: &ExportArguments) -> Result<()> {
    let ExportArguments { path, to: Layout::Diffusers, output, half } = arguments;
    let source = model_folder(path)?;
    if !path.join(INDEX).is_file() {
        return Err(Error::model(
            path.display().to_string(),
            "it reads words, and diffusers has no pipeline for such a DiT: its DiTPipeline draws classes. Other \
             programs can read the weights, which are safetensors under the names of the original DiT",
        ));
    }
    check_apart(path, output)?;
    probe_folder(output)?;
    if output.join(INDEX).exists() {
        return Err(Error::Options(format!(
            "There is a {INDEX} in {} already: choose another folder, or remove it first",
            output.display()
        )));
    }
    // Loads it whole, so that what is written can be drawn with.
    drop(pollster::block_on(load_model(path, &Device::flex(), true))?);
    let precision = if *half { Precision::Half } else { Precision::Full };
    for (part, table) in
        [("transformer", &keys::DIFFUSERS_DIT), ("vae", &keys::DIFFUSERS_AUTOENCODER_KL)]
    {
        let bytes = weights(&source, part, table, precision)?;
        write(output, &format!("{part}/{WEIGHTS}.safetensors"), &bytes)?;
    }
    for file in [TRANSFORMER, VAE, SCHEDULER, INDEX] {
        let bytes = pollster::block_on(source.read(file))?;
        let json: Value = parse_json(&bytes, file)?;
        let text = serde_json::to_string_pretty(&json).expect("plain data");
        write(output, file, (text + "\n").as_bytes())?;
    }
    print(format!("{}: DiTPipeline.from_pretrained loads it", output.display()))
}

/// Returns the weights of a part in one file, under the names that diffusers has for them today: without a
/// prefix that all shared, and of all shards or of a variant.
fn weights(source: &Folder, part: &str, table: &KeyTable, precision: Precision) -> Result<Vec<u8>> {
    let checkpoint = pollster::block_on(checkpoint(source, part))?;
    let mut stored = Vec::new();
    for key in checkpoint.keys() {
        let shape = checkpoint.shape(key).unwrap_or_default();
        let name = table.newer(key);
        // Of old, attention's matrices were convolutions of one pixel.
        let matrix = shape.strip_suffix(&[1, 1]).filter(|_| name.contains(".attentions."));
        let shape = matrix.unwrap_or(shape);
        let values = checkpoint.values(key)?;
        if precision == Precision::Half && values.iter().any(|value| value.abs() > HALF_MAX) {
            let problem = format!("{name} has values beyond half precision: leave out --half");
            return Err(Error::model(checkpoint.name(), problem));
        }
        stored.push(Stored::new(name, shape, &values, precision));
    }
    Ok(to_bytes(&stored, [("format", "pt".to_owned())]))
}

fn write(folder: &Path, file: &str, bytes: &[u8]) -> Result<()> {
    let path = folder.join(file);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|source| Error::write(folder, source))?;
    }
    write_whole(&path, bytes)
}
