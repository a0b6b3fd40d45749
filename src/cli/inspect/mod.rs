//! `patchwork inspect`: shows what a model's folder holds, and whether it is complete.

mod model;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use clap::Args;
use serde_json::{Value, json};

use super::{files_in, model_folder};
use crate::cli::terminal::{print, print_json};
use crate::image::Image;
use crate::image::file::read as read_picture;
use crate::pipeline::stickers::{MANIFEST, Manifest};
use crate::pipeline::{Folder, Pipeline, Source};
use crate::tools::foreign::parse_json;
use crate::weights::{Checkpoint, check_finite};
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct InspectArguments {
    /// Folder of a model, a single safetensors file, or a picture, whose recipe is shown.
    #[arg(value_name = "DIR")]
    path: PathBuf,
    /// List every tensor.
    #[arg(long)]
    tensors: bool,
    /// Print one object of JSON instead of sentences.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &InspectArguments) -> Result<()> {
    let InspectArguments { path, tensors, json } = arguments;
    if path.is_file() {
        let bytes = std::fs::read(path).map_err(|source| Error::read(path, source))?;
        return match (is_picture(&bytes), json) {
            (true, _) => print_picture(path, &bytes, *json),
            (false, true) => print_json(&weights_json(&weights(path, bytes)?, true)),
            (false, false) => print_weights(&weights(path, bytes)?, true),
        };
    }
    if !path.is_dir() {
        let problem = "there is no such file or folder; name a model's folder, a safetensors file or a picture";
        return Err(Error::model(path.display().to_string(), problem));
    }
    let source = RecordingFolder { folder: model_folder(path)?, read: RefCell::default() };
    let loaded = pollster::block_on(Pipeline::load_with_encoder(&source, &Device::flex()));
    let read = source.read.into_inner();
    let files: Result<Vec<Checkpoint>> = read
        .iter()
        .filter(|file| is_weights(Path::new(file)))
        .map(|file| {
            let path = path.join(file);
            let bytes = std::fs::read(&path).map_err(|source| Error::read(&path, source))?;
            let file = weights(&path, bytes)?;
            if !*json {
                print_weights(&file, *tensors)?;
            }
            Ok(file)
        })
        .collect();
    // The error of loading the model comes first, because it says more than the error of one of its files.
    let model = loaded.map_err(|error| error.within(path))?;
    let files = files?;
    let (others, unknown): (Vec<PathBuf>, _) =
        (others(path, &read).collect(), unknown_fields(path));
    if *json {
        let files: Vec<Value> = files.iter().map(|file| weights_json(file, *tensors)).collect();
        return print_json(&json!({
            "model": model::facts(&model),
            "files": files,
            "not_a_part": others.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
            "unknown_fields": unknown,
        }));
    }
    for file in others {
        print(format!("{}: not a part of the model.", file.display()))?;
    }
    for field in unknown {
        print(format!("{MANIFEST}: this version does not know “{field}”."))?;
    }
    print(model::describe(&model))
}

/// A model's folder that records which of its files were read.
struct RecordingFolder {
    folder: Folder,
    read: RefCell<BTreeSet<String>>,
}

impl Source for RecordingFolder {
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

/// Returns the fields of `model.json` that this version does not know, such as misspelt ones.
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

/// Returns the safetensors files of a folder that were not read, including links.
fn others(folder: &Path, read: &BTreeSet<String>) -> impl Iterator<Item = PathBuf> {
    let is_read = |path: &PathBuf| read.iter().any(|file| *path == folder.join(file));
    files_in(folder).filter(move |path| is_weights(path) && !is_read(path))
}

/// Returns whether the bytes begin like a PNG, a JPEG or a WebP.
fn is_picture(bytes: &[u8]) -> bool {
    [&b"\x89PNG"[..], b"\xff\xd8\xff", b"RIFF"].iter().any(|start| bytes.starts_with(start))
}

/// Prints a picture's size and, for a PNG, its recipe.
fn print_picture(path: &Path, bytes: &[u8], json: bool) -> Result<()> {
    let refuse = |problem: String| Error::Picture(format!("{}: {problem}", path.display()));
    let Image { width, height, .. } = read_picture(bytes).map_err(refuse)?;
    let found = if bytes.starts_with(b"\x89PNG") { Image::recipe_of_png(bytes)? } else { None };
    let (recipe, unknown) = found.unzip();
    let unknown = unknown.unwrap_or_default();
    if json {
        return print_json(&json!({
            "file": path.display().to_string(),
            "width": width,
            "height": height,
            "recipe": recipe,
            "unknown_fields": unknown,
        }));
    }
    print(format!("{}: {width}×{height} pixels", path.display()))?;
    let Some(recipe) = recipe else {
        return print("It carries no recipe: only PNGs that Patchwork saved have one.");
    };
    let json = serde_json::to_string_pretty(&recipe).expect("plain data");
    print(format!("Its recipe:\n{json}"))?;
    unknown
        .iter()
        .try_for_each(|field| print(format!("This version does not know its field “{field}”.")))
}

/// Returns a checkpoint, after checking that its values are finite.
fn weights(path: &Path, bytes: Vec<u8>) -> Result<Checkpoint> {
    let file = Checkpoint::new(path.display().to_string(), vec![bytes])?;
    for (key, dtype, _) in file.tensors() {
        if matches!(dtype.as_str(), "F32" | "F16" | "BF16") {
            check_finite(key, &file.values(key)?)
                .map_err(|problem| Error::model(file.name(), problem))?;
        }
    }
    Ok(file)
}

fn print_weights(file: &Checkpoint, tensors: bool) -> Result<()> {
    let (size, count) = (file.byte_count() as f64 / 1e6, file.keys().count());
    let values = file.value_count();
    print(format!("{}: {size:.1} MB, {count} tensors, {values} values", file.name()))?;
    if tensors {
        for (key, dtype, shape) in file.tensors() {
            print(format!("  {key} {dtype} {shape:?}"))?;
        }
    }
    Ok(())
}

/// Returns the facts about a checkpoint as JSON, with its tensors if `tensors` is true.
fn weights_json(file: &Checkpoint, tensors: bool) -> Value {
    let mut facts = json!({
        "file": file.name(),
        "bytes": file.byte_count(),
        "tensor_count": file.keys().count(),
        "values": file.value_count(),
    });
    if tensors {
        let each = file
            .tensors()
            .map(|(name, dtype, shape)| json!({"name": name, "dtype": dtype, "shape": shape}));
        facts["tensors"] = each.collect();
    }
    facts
}
