//! `patchwork inspect`: what a model's folder holds, and whether it is whole.

use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::tensor::Device;
use clap::Args;

use crate::pipeline::{Folder, Pipeline};
use crate::weights::Checkpoint;
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Folder of a model, or a single safetensors file.
    #[arg(value_name = "DIR")]
    path: PathBuf,
    /// List every tensor.
    #[arg(long)]
    tensors: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let path = &arguments.path;
    if path.is_file() {
        return print_file(path, true);
    }
    if !path.is_dir() {
        let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
        return Err(Error::read(path, missing));
    }
    let mut files = Vec::new();
    collect(path, &mut files)?;
    files.sort();
    for file in &files {
        print_file(file, arguments.tensors)?;
    }
    let folder = Folder(path.clone());
    let pipeline = pollster::block_on(Pipeline::load(&folder, &Device::flex()))?;
    print_model(&pipeline);
    Ok(())
}

/// The safetensors files of a folder and of its folders.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let entries = std::fs::read_dir(folder).map_err(|source| Error::read(folder, source))?;
    for entry in entries {
        let path = entry.map_err(|source| Error::read(folder, source))?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "safetensors") {
            files.push(path);
        }
    }
    Ok(())
}

fn print_file(path: &Path, tensors: bool) -> Result<()> {
    let bytes = std::fs::read(path).map_err(|source| Error::read(path, source))?;
    let size = bytes.len() as f64 / 1e6;
    let file = Checkpoint::new(path.display().to_string(), vec![bytes])?;
    let values = file.value_count();
    let count = file.keys().count();
    println!("{}: {size:.1} MB, {count} tensors, {values} values", path.display());
    if tensors {
        for (key, dtype, shape) in file.tensors() {
            println!("  {key} {dtype} {shape:?}");
        }
    }
    Ok(())
}

fn print_model(pipeline: &Pipeline) {
    let config = pipeline.dit.config();
    let [height, width] = config.input_size;
    println!("Model {}: every tensor is there and fits.", pipeline.name);
    println!(
        "  DiT: {:.1} M parameters; latent {}×{height}×{width}, patches of {}, width {}, \
         {} blocks, {} heads, {} labels",
        pipeline.dit.num_params() as f64 / 1e6,
        config.in_channels,
        config.patch_size,
        config.hidden_size,
        config.depth,
        config.num_heads,
        config.num_classes,
    );
    println!("  Predicts: {:?}; variance learned: {}", pipeline.prediction, config.learn_sigma);
    if let Some(text) = &pipeline.text {
        let millions = text.encoder.num_params() as f64 / 1e6;
        println!("  Text: MiniLM, {millions:.1} M parameters, {} tokens", text.places);
    }
    if !pipeline.styles.is_empty() {
        println!("  Styles: {}", pipeline.styles.join(", "));
    }
}
