//! `patchwork page DIST --add MODEL`: adds a model to a built page.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use clap::Args;
use serde_json::{Value, json};

use super::{known_answer, load_model, model_folder, quilt};
use crate::cli::terminal::print;
use crate::pipeline::export::manifest;
use crate::pipeline::known_answer::KNOWN_ANSWER;
use crate::pipeline::stickers::{FILES, MANIFEST, Manifest, QUILT, QUILT_PICTURES, STYLE_PICTURES};
use crate::tools::files::write_whole;
use crate::tools::foreign::parse_json;
use crate::tools::progress::Progress;
use crate::{Error, Result};

/// Adds a model to a built page; this needs no Rust.
#[derive(Debug, Args)]
pub(super) struct PageArguments {
    /// Folder of the page, as `cargo xtask build` makes it; it may have been copied elsewhere.
    #[arg(value_name = "DIST")]
    page: PathBuf,
    /// Folder of the model, in the embedded layout (model.json). It is copied into DIST/models; a model
    /// that is already there is checked and listed.
    #[arg(long, value_name = "DIR")]
    add: PathBuf,
    /// The model's name on the page and its folder there: letters, digits, - and _. By default the name in
    /// model.json.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
}

/// The list of models that the page offers.
const LIST: &str = "models/index.json";
/// The files that are copied besides the model's own files, if they exist.
const OPTIONAL_FILES: [&str; 5] =
    [QUILT, QUILT_PICTURES, STYLE_PICTURES, "concepts.tsv", "README.md"];

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
    if is_one(add, &folder) {
        complete(&folder, progress)?;
    } else {
        if folder.join(MANIFEST).exists() {
            return Err(Error::Options(format!(
                "There is a model in {} already: remove that folder first, or give another --name",
                folder.display()
            )));
        }
        // The model is copied into a hidden folder first, so that an interrupted copy leaves no partial
        // model.
        let unfinished = page.join("models").join(format!(".{name}.unfinished"));
        let failed = |source| Error::write(&folder, source);
        if unfinished.exists() {
            std::fs::remove_dir_all(&unfinished).map_err(failed)?;
        }
        copy(add, &unfinished, &manifest)?;
        complete(&unfinished, progress)?;
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(failed)?;
        }
        std::fs::rename(&unfinished, &folder).map_err(failed)?;
    }
    let new = entry(&folder, &name, &manifest)?;
    match models.iter_mut().find(|model| model["folder"] == new["folder"]) {
        Some(old) => *old = new,
        None => models.push(new),
    }
    write_whole(&list, Value::from(models).to_string().as_bytes())?;
    for packed in ["br", "gz"].map(|ending| page.join(format!("{LIST}.{ending}"))) {
        // The compressed copies hold the old list, which hosts would send in place of the new one.
        if packed.exists() {
            std::fs::remove_file(&packed).map_err(|source| Error::write(&packed, source))?;
        }
    }
    print(format!("{}: the page offers it as “{name}” under Model", folder.display()))
}

/// Writes the known answer and the quilt of a model, if they are missing. This loads every tensor.
fn complete(folder: &Path, progress: &dyn Progress) -> Result<()> {
    match folder.join(KNOWN_ANSWER).is_file() {
        true => drop(pollster::block_on(load_model(folder, &Device::flex(), false))?),
        false => known_answer::write(folder)?,
    }
    if !folder.join(QUILT).is_file() {
        quilt::write(folder, progress)?;
    }
    Ok(())
}

/// Returns whether two paths lead to the same folder.
fn is_one(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// Returns the model's name on the page.
fn name(arguments: &PageArguments, manifest: &Manifest) -> Result<String> {
    let lies_there = arguments.add.canonicalize().ok().filter(|path| {
        arguments.page.join("models").canonicalize().is_ok_and(|models| path.starts_with(models))
    });
    let folder = lies_there.and_then(|path| Some(path.file_name()?.to_str()?.to_owned()));
    let name = arguments.name.clone().or(folder).unwrap_or_else(|| manifest.name.clone());
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || !name.chars().all(is_plain) {
        return Err(Error::Options(format!(
            "“{name}” becomes a part of URLs: choose a --name of letters, digits, - and _"
        )));
    }
    Ok(name)
}

/// Copies a model's folder.
fn copy(from: &Path, to: &Path, manifest: &Manifest) -> Result<()> {
    std::fs::create_dir_all(to).map_err(|source| Error::write(to, source))?;
    let own = FILES.iter().copied().filter(|file| manifest.files.contains_key(*file));
    // The manifest is written last, because a folder without it is not a model.
    let beside = OPTIONAL_FILES.into_iter().filter(|file| from.join(file).is_file());
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

/// Returns a model's entry in the list.
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
