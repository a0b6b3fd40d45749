//! Files that are written atomically, and targets that are checked before long work.
//!
//! There are two kinds of names. A name from the user is followed to where it leads: through a link, to
//! a device such as `/dev/null`, or to the standard output for `-`. A file that this program names
//! itself, in a folder of its own, is replaced, even if it is a link, so that nothing is written where
//! the link leads.

mod target;

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

pub use target::{check_apart, is_same, is_stdout};

use target::{TargetPlace, folder_of, is_pipe, place};

use crate::{Error, Result};

/// Writes a file that this program names itself, atomically (to a temporary file that is then renamed):
/// if the process is killed or the disk is full, the earlier file stays. A link of that name is
/// replaced.
///
/// # Errors
/// Returns an error if it cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    replace(path, bytes).map_err(|source| Error::write(path, source))
}

/// Writes a target that the user named, as [`write_whole`] does, after following its links. Devices and
/// pipes are written to directly, and `-` is the standard output.
///
/// # Errors
/// Returns an error if it cannot be written.
pub fn write_target(path: &Path, bytes: &[u8]) -> Result<()> {
    let write = || match place(path)? {
        TargetPlace::Stdout => {
            #[expect(
                clippy::disallowed_methods,
                reason = "these are bytes of a target, and no words"
            )]
            let mut out = io::stdout().lock();
            out.write_all(bytes).and_then(|()| out.flush())
        }
        TargetPlace::Device(path) => File::options().write(true).open(path)?.write_all(bytes),
        TargetPlace::File(path) => replace(&path, bytes),
    };
    write().map_err(|source| Error::write(path, source))
}

/// Makes sure that a target that the user named can be written, before long work.
///
/// # Errors
/// Returns a sentence if it cannot: it is a folder, its folder does not exist, the file or the folder is
/// read-only, or the device is full.
pub fn probe(path: &Path) -> Result<()> {
    let try_it = || match place(path)? {
        // A full device refuses even 0 bytes. An output that cannot be opened again may still be
        // writable.
        TargetPlace::Stdout => match fs::metadata("/dev/stdout").is_ok_and(|f| !f.is_file()) {
            true if !is_pipe(Path::new("/dev/stdout")) => {
                let opened = File::options().write(true).open("/dev/stdout");
                opened.map_or(Ok(()), |mut file| file.write(&[]).map(drop))
            }
            _ => Ok(()),
        },
        // Closing a pipe would tell its reader that all is written.
        TargetPlace::Device(path) if is_pipe(&path) => Ok(()),
        // Writes 0 bytes, which a full device refuses too.
        TargetPlace::Device(path) => File::options().write(true).open(path)?.write(&[]).map(drop),
        TargetPlace::File(path) => {
            if fs::metadata(&path).is_ok_and(|facts| facts.permissions().readonly()) {
                let problem = "it is read-only; choose another name";
                return Err(io::Error::new(ErrorKind::PermissionDenied, problem));
            }
            draft(&path).map(drop)
        }
    };
    try_it().map_err(|source| Error::write(path, source))
}

/// Makes sure that a folder exists or can be created, and that files can be created in it, before long
/// work.
///
/// # Errors
/// Returns a sentence if they cannot.
pub fn probe_folder(path: &Path) -> Result<()> {
    let unwritable = |source| Error::write(path, source);
    let there = path.ancestors().find(|place| place.symlink_metadata().is_ok());
    let there = there.unwrap_or(Path::new("."));
    if !there.is_dir() {
        let problem = "it is a file; name a folder";
        return Err(unwritable(io::Error::new(ErrorKind::NotADirectory, problem)));
    }
    draft(&there.join("x")).map(drop).map_err(unwritable)
}

/// Creates a temporary file beside `path`, which is deleted unless it is renamed to `path`.
fn draft(path: &Path) -> io::Result<NamedTempFile> {
    let mut builder = Builder::new();
    // The mode is that of any new file; the user's umask still applies.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let made = builder.prefix(".patchwork-").tempfile_in(folder_of(path));
    made.map_err(|problem| {
        // The message leaves out the name of the temporary file, which the user does not know.
        let text = problem.to_string();
        let what = text.split(" at path ").next().unwrap_or(&text).to_owned();
        io::Error::new(problem.kind(), what)
    })
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = draft(path)?;
    file.write_all(bytes)?;
    // Permissions are kept from a file, but not from a link, which is only replaced.
    if let Ok(facts) = fs::symlink_metadata(path)
        && facts.is_file()
    {
        fs::set_permissions(file.path(), facts.permissions())?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map(drop).map_err(|problem| problem.error)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use std::path::PathBuf;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn replaces_a_file_with_its_mode_and_through_links() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link, dangling] =
            ["a.png", "link.png", "new.png"].map(|n| folder.path().join(n));
        fs::write(&file, b"old").unwrap();
        fs::write(folder.path().join("a.part"), b"somebody's").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("a.png", &link).unwrap();
        symlink("made.png", &dangling).unwrap();
        for path in [&file, &link, &dangling] {
            probe(path).unwrap();
        }
        write_target(&link, b"new").unwrap();
        write_target(&dangling, b"made").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read(folder.path().join("made.png")).unwrap(), b"made");
        assert_eq!(fs::read(folder.path().join("a.part")).unwrap(), b"somebody's");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        // A file that the program names itself is replaced: the link is gone, and its target stays.
        write_whole(&link, b"own").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert!(!fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(names(folder.path()), ["a.part", "a.png", "link.png", "made.png", "new.png"]);
    }

    #[test]
    fn refuses_targets_that_cannot_be_written() {
        let folder = tempfile::tempdir().unwrap();
        let [file, around, locked] = ["f", "around", "locked"].map(|n| folder.path().join(n));
        fs::write(&file, b"x").unwrap();
        symlink("around", &around).unwrap();
        fs::write(&locked, b"x").unwrap();
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o444)).unwrap();
        let bad = [
            (folder.path().to_owned(), "folder"),
            (folder.path().join("no/x.png"), "no folder"),
            (folder.path().join("new/"), "not the name of a file"),
            (file.join("x.png"), "Cannot write"),
            (around.clone(), "Cannot write"),
            (locked, "read-only"),
            (PathBuf::from("/proc/x.png"), "Cannot write"),
            (PathBuf::new(), "not the name of a file"),
        ];
        for (path, word) in bad {
            let error = probe(&path).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
        assert!(probe_folder(&file).is_err() && probe_folder(&file.join("deep")).is_err());
        assert!(probe_folder(Path::new("/proc/run")).is_err());
        probe_folder(&folder.path().join("new/deep")).unwrap();
        if Path::new("/dev/full").exists() {
            assert!(probe(Path::new("/dev/full")).is_err());
            probe(Path::new("/dev/null")).unwrap();
            write_target(Path::new("/dev/null"), b"gone").unwrap();
        }
        assert_eq!(names(folder.path()), ["around", "f", "locked"]);
    }
}
