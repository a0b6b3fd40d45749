//! The export of trained weights to a model's folder, which the page and `patchwork generate` read.

use std::path::Path;

use super::diffusers::INDEX;
use super::known_answer::KNOWN_ANSWER;
use crate::model::StickerAutoencoder;
use crate::pipeline::stickers::{
    AUTOENCODER, ENCODER, FILES, MANIFEST, Manifest, QUILT, QUILT_PICTURES, STYLE_PICTURES,
};
use crate::tools::files::write_whole;
use crate::tools::foreign::parse_json;
use crate::tools::hash::FileFacts;
use crate::weights::keys;
use crate::weights::save::{Precision, parameters, to_bytes};
use crate::{Error, Result};

/// Returns the manifest of a model's folder, and checks that its files exist.
///
/// # Errors
/// Returns an error if the manifest is missing or malformed, or if a file that it lists is missing or has
/// another length.
pub fn manifest(folder: &Path) -> Result<Manifest> {
    let path = folder.join(MANIFEST);
    if !path.is_file() && folder.join(INDEX).is_file() {
        let problem = "it is a model in diffusers' layout, which can only be drawn with and exported; this needs a model in \
                       the embedded layout, which reads words: a folder with model.json, such as \
                       www/models/stickers or what `train` wrote";
        return Err(Error::model(folder.display().to_string(), problem));
    }
    let bytes = std::fs::read(&path).map_err(|source| Error::read(&path, source))?;
    let manifest: Manifest = parse_json(&bytes, &path.display().to_string())?;
    manifest.check()?;
    // Files that are copied at the end must exist now.
    for (name, facts) in manifest.files.iter().filter(|(name, _)| FILES.contains(&name.as_str())) {
        let path = folder.join(name);
        let found = std::fs::metadata(&path).map_err(|source| Error::read(&path, source))?.len();
        if found != facts.bytes {
            let (path, want) = (path.display().to_string(), facts.bytes);
            let problem = format!("it has {found} bytes, and model.json lists {want}");
            return Err(Error::model(path, problem + ": fetch it again"));
        }
    }
    Ok(manifest)
}

/// Returns the files of an autoencoder: its decoder, and its encoder.
pub fn autoencoder_files(
    network: &StickerAutoencoder,
    precision: Precision,
) -> [(&'static str, Vec<u8>); 2] {
    let tensors = parameters(network, &keys::STICKER_AUTOENCODER, precision);
    let (encoder, decoder): (Vec<_>, Vec<_>) =
        tensors.into_iter().partition(|tensor| tensor.name().starts_with("encoder."));
    [(AUTOENCODER, to_bytes(&decoder, None)), (ENCODER, to_bytes(&encoder, None))]
}

/// Checks that a new model is not written over the one that it is made from.
///
/// # Errors
/// Returns an error if both are the same folder.
pub fn check_apart(from: &Path, to: &Path) -> Result<()> {
    match (from.canonicalize(), to.canonicalize()) {
        (Ok(from), Ok(to)) if from == to => Err(Error::Options(format!(
            "The new model needs a folder of its own: {} is that of the model it is made from",
            to.display()
        ))),
        _ => Ok(()),
    }
}

/// Removes a file if it exists.
fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(problem) if problem.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::write(path, problem))
        }
        _ => Ok(()),
    }
}

/// Writes a model's folder `to`: the model of `from` with some of its files replaced, and its manifest
/// modified by `change`.
///
/// # Errors
/// Returns an error if a file cannot be read or written.
pub fn export(
    from: &Path,
    to: &Path,
    files: &[(&str, Vec<u8>)],
    change: impl FnOnce(&mut Manifest),
) -> Result<()> {
    let mut manifest = manifest(from)?;
    std::fs::create_dir_all(to).map_err(|source| Error::write(to, source))?;
    // The old manifest is removed first, because a mixture of an earlier model and this one is not a model.
    remove(&to.join(MANIFEST))?;
    // Files that this layout does not know are not copied.
    manifest.files.retain(|name, _| FILES.contains(&name.as_str()));
    for name in manifest.files.keys().filter(|name| !files.iter().any(|(new, _)| new == name)) {
        let path = from.join(name);
        let bytes = std::fs::read(&path).map_err(|source| Error::read(&path, source))?;
        write_whole(&to.join(name), &bytes)?;
    }
    for (name, bytes) in files {
        write_whole(&to.join(name), bytes)?;
        manifest.files.insert((*name).to_owned(), FileFacts::of(bytes));
    }
    change(&mut manifest);
    // An earlier model's known answer would make the page reject a sound GPU, and its pictures would show
    // what this model does not draw.
    for earlier in [KNOWN_ANSWER, QUILT, QUILT_PICTURES, STYLE_PICTURES] {
        remove(&to.join(earlier))?;
    }
    let json = serde_json::to_string_pretty(&manifest).expect("plain data");
    write_whole(&to.join(MANIFEST), (json + "\n").as_bytes())
}
