//! `patchwork export DIR --to diffusers`: writes a class-conditional model in the layout of diffusers.

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
    /// Folder of a class-conditional model.
    #[arg(value_name = "DIR")]
    path: PathBuf,
    /// The layout to write.
    #[arg(long, value_enum)]
    to: Layout,
    /// The new model's folder.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Write the weights in half precision (fp16), which halves their size.
    #[arg(long)]
    half: bool,
}

/// The largest finite number in half precision.
const HALF_MAX: f32 = 65504.0;

/// A layout that can be written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Layout {
    /// The layout that `DiTPipeline.from_pretrained` loads.
    Diffusers,
}

pub(super) fn run(arguments: &ExportArguments) -> Result<()> {
    let ExportArguments { path, to: Layout::Diffusers, output, half } = arguments;
    let source = model_folder(path)?;
    if !path.join(INDEX).is_file() {
        return Err(Error::model(
            path.display().to_string(),
            "it reads text prompts, and diffusers has no pipeline for such a DiT: its DiTPipeline \
             draws classes. Other programs can read the weights as they are: they are safetensors \
             under the names of the original DiT",
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
    // The whole model is loaded first, which checks that the exported one can draw.
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

/// Returns the weights of a part in one file, from all shards or from a variant, under the names that
/// today's diffusers uses, without a prefix that all names share.
fn weights(source: &Folder, part: &str, table: &KeyTable, precision: Precision) -> Result<Vec<u8>> {
    let checkpoint = pollster::block_on(checkpoint(source, part))?;
    let mut stored = Vec::new();
    for key in checkpoint.keys() {
        let shape = checkpoint.shape(key).unwrap_or_default();
        let name = table.newer(key);
        // Older versions of diffusers stored the matrices of attention as 1×1 convolutions.
        let matrix = shape.strip_suffix(&[1, 1]).filter(|_| name.contains(".attentions."));
        let shape = matrix.unwrap_or(shape);
        let values = checkpoint.values(key)?;
        if precision == Precision::Half && values.iter().any(|value| value.abs() > HALF_MAX) {
            let problem = format!(
                "{name} has values that are too large for half precision: leave out --half"
            );
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
