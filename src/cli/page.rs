//! `patchwork page DIST --add MODEL`: a model for a page that is built already.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::{known_answer, model_folder, quilt};
use crate::cli::terminal::print;
use crate::pipeline::export::manifest;
use crate::pipeline::known_answer::KNOWN_ANSWER;
use crate::pipeline::stickers::{FILES, MANIFEST, Manifest, QUILT, QUILT_PICTURES, STYLE_PICTURES};
use crate::tools::files::write_whole;
use crate::tools::foreign::parse_json;
use crate::tools::progress::Progress;
use crate::{Error, Result};

/// Adds a model to a page that is built already; no Rust is needed for that.
#[derive(Debug, Args)]
pub(super) struct PageArguments {
    /// Folder of the page, as `cargo xtask build` leaves it, wherever it was copied.
    #[arg(value_name = "DIST")]
    page: PathBuf,
    /// Folder of the model, in the embedded layout (model.json). It is copied into DIST/models; one that is
    /// there already is checked and listed.
    #[arg(long, value_name = "DIR")]
    add: PathBuf,
    /// What the page calls it, and its folder there: letters, digits, - and _. By default the model's name.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

/// The list of models that the page offers.
const LIST: &str = "models/index.json";
/// What is copied besides the model's own files, if it is there.
const BESIDE: [&str; 6] =
    [KNOWN_ANSWER, QUILT, QUILT_PICTURES, STYLE_PICTURES, "concepts.tsv", "README.md"];

pub(super) fn run(arguments: &PageArguments, progress: &dyn Progress) -> Result<()> {
    let PageArguments { page, add, .. } = arguments;
    let list = page.join(LIST);
    if !list.is_file() {
        return Err(Error::Options(format!(
            "{} is no built page: it holds no {LIST}. `cargo xtask build` makes one in dist/",
            page.display()
        )));
    }
    model_folder(add)?;
    let manifest = manifest(add)?;
    let name = name(arguments, &manifest)?;
    let bytes = std::fs::read(&list).map_err(|source| Error::read(&list, source))?;
    let mut models: Vec<Value> = parse_json(&bytes, &list.display().to_string())?;

    let folder = page.join("models").join(&name);
    copy(add, &folder, &manifest)?;
    if !folder.join(KNOWN_ANSWER).is_file() {
        // Loads every tensor besides.
        known_answer::write(&folder)?;
    } else {
        pollster::block_on(super::load_model(&folder, &burn::tensor::Device::flex(), false))?;
    }
    if !folder.join(QUILT).is_file() {
        quilt::write(&folder, progress)?;
    }
    let new = entry(&folder, &name, &manifest)?;
    models.retain(|model| model["folder"] != new["folder"]);
    models.push(new);
    // The embedded model first, the rest by name, as the build lists them.
    models.sort_by_key(|model| (model["name"] != "stickers", model["name"].to_string()));
    write_whole(&list, Value::from(models).to_string().as_bytes())?;
    print(format!("{}: the page offers it as “{name}” under Model", folder.display()))
}

/// Returns what the page calls the model.
fn name(arguments: &PageArguments, manifest: &Manifest) -> Result<String> {
    let lies_there = arguments.add.canonicalize().ok().filter(|path| {
        arguments.page.join("models").canonicalize().is_ok_and(|models| path.starts_with(models))
    });
    let folder = lies_there.and_then(|path| Some(path.file_name()?.to_str()?.to_owned()));
    let name = arguments.name.clone().or(folder).unwrap_or_else(|| manifest.name.clone());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || !name.chars().all(is_plain) {
        return Err(Error::Options(format!(
            "“{name}” would be a part of addresses: give it a --name of letters, digits, - and _"
        )));
    }
    Ok(name)
}

/// Copies a model's folder, unless it lies there already.
fn copy(from: &Path, to: &Path, manifest: &Manifest) -> Result<()> {
    if let (Ok(a), Ok(b)) = (from.canonicalize(), to.canonicalize())
        && a == b
    {
        return Ok(());
    }
    if to.join(MANIFEST).exists() {
        return Err(Error::Options(format!(
            "There is a model in {} already: remove that folder first, or give another --name",
            to.display()
        )));
    }
    std::fs::create_dir_all(to).map_err(|source| Error::write(to, source))?;
    let own = FILES.iter().copied().filter(|file| manifest.files.contains_key(*file));
    // Beside it comes what there is; the manifest last, for without it there is no model.
    let beside = BESIDE.into_iter().filter(|file| from.join(file).is_file());
    for file in own.chain(beside).chain([MANIFEST]) {
        let path = from.join(file);
        let bytes = std::fs::read(&path).map_err(|source| Error::read(&path, source))?;
        if manifest.files.contains_key(file) {
            manifest.verify(file, &bytes).map_err(|error| error.within(from))?;
        }
        write_whole(&to.join(file), &bytes)?;
    }
    Ok(())
}

/// Returns a model's line in the list.
fn entry(folder: &Path, name: &str, manifest: &Manifest) -> Result<Value> {
    let mut entry = json!({
        "folder": format!("./models/{name}"),
        "name": name,
        "bytes": manifest.drawing_bytes(),
        "hash": manifest.model_hash(),
        "style": manifest.defaults.style,
    });
    let path = folder.join(QUILT);
    if let Ok(bytes) = std::fs::read(&path) {
        entry["quilt"] = parse_json(&bytes, &path.display().to_string())?;
    }
    Ok(entry)
}
