//! What a process reads of its environment before its first line, and so must be started with.

use std::ffi::OsString;
use std::process::{Command, ExitCode, ExitStatus};

use crate::{Error, Result};

/// A variable, and the value that it has if it has none.
pub type Variable = (&'static str, OsString);

/// Returns what training needs: where Burn puts an optimiser's state that it reads (by default a GPU, which
/// may not be there), and whether the allocator gives memory back at once (which takes a tenth of the time).
pub fn for_training() -> Vec<Variable> {
    vec![("BURN_DEVICE", "flex".into()), ("MIMALLOC_PURGE_DELAY", "-1".into())]
}

/// Returns what a GPU's driver needs on `device`: on Linux, Mesa looks for a screen, and complains aloud if
/// there is no folder to look in.
pub fn for_device(device: &str) -> Vec<Variable> {
    match cfg!(target_os = "linux") && device != "cpu" {
        true => vec![("XDG_RUNTIME_DIR", std::env::temp_dir().into())],
        false => Vec::new(),
    }
}

/// Makes sure that this process was started with all of `variables`. If not, the same command
/// line runs in a process that has them, whose exit code is returned, and this one has nothing left
/// to do; `None` means to go on.
///
/// # Errors
/// Returns a sentence if the program cannot be started again.
pub fn ensure(variables: Vec<Variable>) -> Result<Option<ExitCode>> {
    let is_missing = |(name, _): &Variable| std::env::var_os(name).is_none();
    let missing: Vec<Variable> = variables.into_iter().filter(is_missing).collect();
    if missing.is_empty() {
        return Ok(None);
    }
    let program = std::env::current_exe().map_err(|source| Error::read("this program", source))?;
    let mut command = Command::new(&program);
    command.args(std::env::args_os().skip(1)).envs(missing);
    // On Unix it takes this process's place, so that a kill meets it.
    #[cfg(unix)]
    let status = Err(std::os::unix::process::CommandExt::exec(&mut command));
    #[cfg(not(unix))]
    let status = command.status();
    let status: ExitStatus = status.map_err(|source| Error::read(&program, source))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(Some(code.map_or(ExitCode::FAILURE, ExitCode::from)))
}
