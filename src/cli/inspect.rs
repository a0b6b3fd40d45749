//! `patchwork inspect`: what a model's folder holds, and whether it is whole.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::tensor::Device;
use clap::Args;

use super::model_folder;
use crate::pipeline::Pipeline;
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
    let (path, mut out) = (&arguments.path, std::io::stdout().lock());
    if path.is_file() {
        return print_file(&mut out, path, true);
    }
    let folder = model_folder(path)?;
    let mut files = Vec::new();
    collect(path, &mut files)?;
    files.sort();
    for file in &files {
        print_file(&mut out, file, arguments.tensors)?;
    }
    let pipeline = pollster::block_on(Pipeline::load_whole(&folder, &Device::flex()))?;
    print(&mut out, &describe(&pipeline))
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

fn print_file(out: &mut impl Write, path: &Path, tensors: bool) -> Result<()> {
    let bytes = std::fs::read(path).map_err(|source| Error::read(path, source))?;
    let size = bytes.len() as f64 / 1e6;
    let file = Checkpoint::new(path.display().to_string(), vec![bytes])?;
    let values = file.value_count();
    let count = file.keys().count();
    let line = format!("{}: {size:.1} MB, {count} tensors, {values} values", path.display());
    print(out, &line)?;
    if tensors {
        for (key, dtype, shape) in file.tensors() {
            print(out, &format!("  {key} {dtype} {shape:?}"))?;
        }
    }
    Ok(())
}

/// A line, to a reader who may have gone: that ends the program, and is no error.
fn print(out: &mut impl Write, line: &str) -> Result<()> {
    match writeln!(out, "{line}") {
        Err(problem) if problem.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        outcome => outcome.map_err(|problem| Error::write("the standard output", problem)),
    }
}

fn describe(pipeline: &Pipeline) -> String {
    let config = pipeline.dit.config();
    let [height, width] = config.input_size;
    let mut text = format!(
        "Model {}: every tensor is there and fits.\n  DiT: {:.1} M parameters; latent \
         {}×{height}×{width}, patches of {}, width {}, {} blocks, {} heads, {} labels\n  \
         Predicts: {:?}; variance learned: {}; sampler: {}",
        pipeline.name,
        pipeline.dit.num_params() as f64 / 1e6,
        config.in_channels,
        config.patch_size,
        config.hidden_size,
        config.depth,
        config.num_heads,
        config.num_classes,
        pipeline.prediction,
        config.learn_sigma,
        pipeline.sampler,
    );
    if let Some(reader) = &pipeline.text {
        let millions = reader.encoder.num_params() as f64 / 1e6;
        text += &format!("\n  Text: MiniLM, {millions:.1} M parameters, {} tokens", reader.places);
    }
    if !pipeline.styles.is_empty() {
        text += &format!("\n  Styles: {}", pipeline.styles.join(", "));
    }
    text
}
