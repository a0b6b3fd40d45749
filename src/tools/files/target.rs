//! The places that names from the user lead to, and whether two of them are the same file.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use crate::{Error, Result};

/// The name that stands for the standard output instead of a file.
const STDOUT: &str = "-";

/// Returns whether a path names the standard output.
pub fn is_stdout(path: &Path) -> bool {
    let places = [STDOUT, "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];
    places.iter().any(|place| path == Path::new(place))
}

/// Makes sure that no two `targets`, each with the name of its option, are the same file, whatever their
/// spelling or links, and that none is one of the files in `read`.
///
/// # Errors
/// Returns a sentence about the first two that are the same.
pub fn check_apart(targets: &[(&str, &Path)], read: &[&Path]) -> Result<()> {
    for (i, (option, path)) in targets.iter().enumerate() {
        if let Some((other, _)) = targets[..i].iter().find(|(_, other)| is_same(path, other)) {
            return Err(Error::Options(format!(
                "{option} and {other} both name {}: one would be written over the other",
                path.display()
            )));
        }
        if read.iter().any(|read| is_same(path, read)) {
            let path = path.display();
            return Err(Error::Options(format!(
                "{option} names {path}, which is an input: choose another name"
            )));
        }
    }
    Ok(())
}

/// Returns whether two paths are the same file, or would be once they are written.
pub fn is_same(a: &Path, b: &Path) -> bool {
    match (place(a), place(b)) {
        (Ok(TargetPlace::Stdout), Ok(TargetPlace::Stdout)) => true,
        (Ok(TargetPlace::File(a)), Ok(TargetPlace::File(b))) => {
            absolute(&a) == absolute(&b) || same_file::is_same_file(&a, &b).unwrap_or(false)
        }
        // A device such as `/dev/null` takes both; in a pipe the two outputs would be mixed.
        (Ok(TargetPlace::Device(a)), Ok(TargetPlace::Device(b))) => {
            is_pipe(&a) && same_file::is_same_file(&a, &b).unwrap_or(false)
        }
        _ => false,
    }
}

/// The kinds of places that bytes are written to.
pub(super) enum TargetPlace {
    Stdout,
    Device(PathBuf),
    File(PathBuf),
}

/// How many links are followed at most.
const MAX_LINKS: usize = 40;

/// Returns where a name from the user leads.
pub(super) fn place(path: &Path) -> io::Result<TargetPlace> {
    if is_stdout(path) {
        return Ok(TargetPlace::Stdout);
    }
    match fs::metadata(path) {
        Ok(facts) if facts.is_dir() => {
            Err(io::Error::new(ErrorKind::IsADirectory, "it is a folder; name a file in it"))
        }
        Ok(facts) if facts.is_file() => path.canonicalize().map(TargetPlace::File),
        Ok(_) => Ok(TargetPlace::Device(path.to_owned())),
        Err(problem) if problem.kind() != ErrorKind::NotFound => Err(problem),
        Err(_) => {
            // The path may be a link to a file that does not exist yet.
            let mut place = path.to_owned();
            for _ in 0..MAX_LINKS {
                let Ok(to) = fs::read_link(&place) else { break };
                place = folder_of(&place).join(to);
            }
            let folder = folder_of(&place);
            if place.file_name().is_none() || path.as_os_str().as_encoded_bytes().ends_with(b"/") {
                let problem = "it is not the name of a file";
                return Err(io::Error::new(ErrorKind::InvalidInput, problem));
            }
            if !folder.is_dir() {
                let problem = format!("there is no folder {}", folder.display());
                return Err(io::Error::new(ErrorKind::NotFound, problem));
            }
            Ok(TargetPlace::File(place))
        }
    }
}

/// Returns a canonical path, by which two spellings can be compared.
fn absolute(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| {
        let folder = folder_of(path);
        folder.canonicalize().unwrap_or(folder).join(path.file_name().unwrap_or_default())
    })
}

pub(super) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

#[cfg(unix)]
pub(super) fn is_pipe(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    fs::metadata(path).is_ok_and(|facts| facts.file_type().is_fifo())
}

#[cfg(not(unix))]
pub(super) fn is_pipe(_path: &Path) -> bool {
    false
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn refuses_two_paths_to_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        fs::create_dir(place("sub")).unwrap();
        fs::write(place("old"), b"x").unwrap();
        symlink("new", place("link")).unwrap();
        symlink("sub", place("way")).unwrap();
        fs::hard_link(place("old"), place("hard")).unwrap();
        let same = [
            ("new", "new"),
            ("new", "./sub/../new"),
            ("new", "link"),
            ("sub/x", "way/x"),
            ("old", "hard"),
        ];
        for (a, b) in same.map(|(a, b)| (place(a), place(b))) {
            let error = check_apart(&[("-o", &a), ("--sheet", &b)], &[]).unwrap_err().to_string();
            assert!(error.contains("-o") && error.contains("--sheet"), "{error}");
            assert!(check_apart(&[("-o", &a)], &[&b]).is_err());
        }
        let (a, b) = (place("a"), place("sub/a"));
        check_apart(&[("-o", &a), ("--sheet", &b)], &[&place("old")]).unwrap();
        let (dash, out) = (Path::new("-"), Path::new("/dev/stdout"));
        assert!(check_apart(&[("-o", dash), ("--sheet", out)], &[]).is_err());
        let null = Path::new("/dev/null");
        check_apart(&[("-o", null), ("--sheet", null)], &[]).unwrap();
    }
}
