//! `patchwork inspect`: what a model's folder holds, and whether it is whole.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::tensor::Device;
use clap::Args;
use serde_json::Value;

use super::{files_in, model_folder};
use crate::cli::terminal::print;
use crate::image::Image;
use crate::image::file::read as read_picture;
use crate::pipeline::stickers::{MANIFEST, Manifest};
use crate::pipeline::{Folder, Pipeline, ShortPath, Source};
use crate::tools::foreign::parse_json;
use crate::weights::{Checkpoint, check_finite};
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct InspectArguments {
    /// Folder of a model, a single safetensors file, or a picture, whose recipe is told.
    #[arg(value_name = "DIR")]
    path: PathBuf,
    /// List every tensor.
    #[arg(long)]
    tensors: bool,
}

pub(super) fn run(arguments: &InspectArguments) -> Result<()> {
    let path = &arguments.path;
    if path.is_file() {
        let bytes = std::fs::read(path).map_err(|source| Error::read(path, source))?;
        return match is_picture(&bytes) {
            true => print_picture(path, &bytes),
            false => print_weights(path, bytes, true),
        };
    }
    if !path.is_dir() {
        let problem = "there is no such file or folder; name a model's folder, a safetensors file or a picture";
        return Err(Error::model(path.display().to_string(), problem));
    }
    let source = Noted { folder: model_folder(path)?, read: RefCell::default() };
    let loaded = pollster::block_on(Pipeline::load_with_encoder(&source, &Device::flex()));
    let read = source.read.into_inner();
    let mut weights = read.iter().filter(|file| is_weights(Path::new(file)));
    let printed = weights.try_for_each(|file| print_file(&path.join(file), arguments.tensors));
    // Why the model cannot be loaded says more than why one of its files cannot.
    let model = loaded.map_err(|error| error.within(path))?;
    printed?;
    for file in others(path, &read) {
        print(format!("{}: not a part of the model.", file.display()))?;
    }
    for field in unknown_fields(path) {
        print(format!("{MANIFEST}: this version does not know “{field}”."))?;
    }
    print(describe(&model))
}

/// A folder, and the files of it that were read.
struct Noted {
    folder: Folder,
    read: RefCell<BTreeSet<String>>,
}

impl Source for Noted {
    fn name(&self) -> String {
        self.folder.name()
    }

    async fn exists(&self, file: &str) -> bool {
        self.folder.exists(file).await
    }

    async fn read(&self, file: &str) -> Result<Vec<u8>> {
        let bytes = self.folder.read(file).await?;
        self.read.borrow_mut().insert(file.to_owned());
        Ok(bytes)
    }
}

/// Fields of `model.json` that this version does not know, as a misspelt one.
fn unknown_fields(folder: &Path) -> Vec<String> {
    let bytes = std::fs::read(folder.join(MANIFEST)).unwrap_or_default();
    let Ok(found) = parse_json::<Value>(&bytes, MANIFEST) else { return Vec::new() };
    let known = parse_json::<Manifest>(&bytes, MANIFEST).and_then(|known| {
        serde_json::to_value(known).map_err(|problem| Error::model(MANIFEST, problem.to_string()))
    });
    let Ok(known) = known else { return Vec::new() };
    let names = |found: &Value, known: &Value| -> Vec<String> {
        let found = found.as_object().into_iter().flat_map(|fields| fields.keys().cloned());
        found.filter(|name| known.get(name).is_none() && name != "images_seen").collect()
    };
    let mut unknown = names(&found, &known);
    unknown.extend(names(&found["defaults"], &known["defaults"]));
    unknown
}

fn is_weights(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "safetensors")
}

/// Returns the other safetensors files of a folder, wherever their links lead.
fn others(folder: &Path, read: &BTreeSet<String>) -> Vec<PathBuf> {
    let is_read = |path: &PathBuf| read.iter().any(|file| *path == folder.join(file));
    files_in(folder).filter(|path| is_weights(path) && !is_read(path)).collect()
}

/// Returns whether bytes begin as a PNG, a JPEG or a WebP does.
fn is_picture(bytes: &[u8]) -> bool {
    [&b"\x89PNG"[..], b"\xff\xd8\xff", b"RIFF"].iter().any(|start| bytes.starts_with(start))
}

/// Prints a picture's size and, of a PNG, what it was drawn from.
fn print_picture(path: &Path, bytes: &[u8]) -> Result<()> {
    let refuse = |problem: String| Error::Picture(format!("{}: {problem}", path.display()));
    let picture = read_picture(bytes).map_err(refuse)?;
    print(format!("{}: {}×{} pixels", path.display(), picture.width, picture.height))?;
    let found = if bytes.starts_with(b"\x89PNG") { Image::recipe_of_png(bytes)? } else { None };
    let Some((recipe, unknown)) = found else {
        return print("It carries no recipe: only PNGs that Patchwork saved do.");
    };
    let json = serde_json::to_string_pretty(&recipe).expect("plain data");
    print(format!("Its recipe:\n{json}"))?;
    unknown
        .iter()
        .try_for_each(|field| print(format!("This version does not know “{field}” of it.")))
}

fn print_file(path: &Path, tensors: bool) -> Result<()> {
    let bytes = std::fs::read(path).map_err(|source| Error::read(path, source))?;
    print_weights(path, bytes, tensors)
}

fn print_weights(path: &Path, bytes: Vec<u8>, tensors: bool) -> Result<()> {
    let size = bytes.len() as f64 / 1e6;
    let file = Checkpoint::new(path.display().to_string(), vec![bytes])?;
    for (key, dtype, _) in file.tensors() {
        if matches!(dtype.as_str(), "F32" | "F16" | "BF16") {
            check_finite(key, &file.values(key)?)
                .map_err(|problem| Error::model(file.name(), problem))?;
        }
    }
    let values = file.value_count();
    let count = file.keys().count();
    print(format!("{}: {size:.1} MB, {count} tensors, {values} values", path.display()))?;
    if tensors {
        for (key, dtype, shape) in file.tensors() {
            print(format!("  {key} {dtype} {shape:?}"))?;
        }
    }
    Ok(())
}

fn describe(pipeline: &Pipeline) -> String {
    let config = pipeline.dit.config();
    let [height, width] = config.input_size;
    let mut text = format!(
        "Model {} ({}): every tensor is there and fits.\n  DiT: {:.1} M parameters; latent \
         {}×{height}×{width}, patches of {}, width {}, {} blocks, {} heads, {} labels\n  \
         Predicts: {:?}; variance learned: {}; sampler: {}",
        pipeline.name,
        pipeline.hash,
        pipeline.dit.num_params() as f64 / 1e6,
        config.in_channels,
        config.patch_size,
        config.hidden_size,
        config.depth,
        config.num_heads,
        config.num_classes,
        pipeline.prediction,
        config.learn_sigma,
        match &pipeline.not_drawn {
            None => pipeline.sampler.to_owned(),
            Some(problem) => format!("name one with --sampler, since {problem}"),
        },
    );
    if let Some(reader) = &pipeline.text {
        let millions = reader.encoder.num_params() as f64 / 1e6;
        text +=
            &format!("\n  Text: MiniLM, {millions:.1} M parameters, {} tokens", reader.max_tokens);
    }
    if pipeline.classes.count() > 0 {
        text +=
            &format!("\n  Classes have {} names, which --class takes", pipeline.classes.count());
    }
    let ShortPath { blocks, below } = &pipeline.short_path;
    if !blocks.is_empty() {
        let (from, to) = (blocks.start, blocks.end - 1);
        text += &format!("\n  Guidance without the prompt leaves out blocks {from} to {to}");
        if *below > 0.0 {
            text += &format!(", and so does all below noise {below}");
        }
    }
    if let (Some(upscaler), Some(side)) = (&pipeline.upscaler, pipeline.upscaled_side()) {
        let millions = upscaler.num_params() as f64 / 1e6;
        text += &format!("\n  Upscaler: {millions:.2} M parameters, to {side} pixels");
    }
    if !pipeline.styles.is_empty() {
        text += &format!("\n  Styles: {}", pipeline.styles.join(", "));
    }
    text
}
