//! The environment variables that a process reads before `main`, so that it must be started with them.

use std::ffi::OsString;
use std::process::{Command, ExitCode, ExitStatus};

use crate::{Error, Result};

/// The name of a variable, and its value if the environment does not set it.
pub type Variable = (&'static str, OsString);

/// Returns the variables for training. `BURN_DEVICE` is where Burn puts an optimiser's state that it
/// reads (by default a GPU, which may not be there). `MIMALLOC_PURGE_DELAY` keeps the allocator from
/// giving memory back, which would take a tenth of the time.
pub fn for_training() -> Vec<Variable> {
    vec![("BURN_DEVICE", "flex".into()), ("MIMALLOC_PURGE_DELAY", "-1".into())]
}

/// Returns the variables that a GPU's driver needs on `device`. On Linux, Mesa looks for a display, and
/// prints a warning if `XDG_RUNTIME_DIR` is not set.
pub fn for_device(device: &str) -> Vec<Variable> {
    match cfg!(target_os = "linux") && device != "cpu" {
        true => vec![("XDG_RUNTIME_DIR", std::env::temp_dir().into())],
        false => Vec::new(),
    }
}

/// Makes sure that this process was started with all of `variables`. If not, runs the same command line
/// in a process that has them, and returns its exit code; this process then has nothing left to do.
/// `None` means that this process has them all.
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
    // On Unix the new process replaces this one, so that a signal that ends this process reaches it.
    #[cfg(unix)]
    let status = Err(std::os::unix::process::CommandExt::exec(&mut command));
    #[cfg(not(unix))]
    let status = command.status();
    let status: ExitStatus = status.map_err(|source| Error::read(&program, source))?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(Some(code.map_or(ExitCode::FAILURE, ExitCode::from)))
}
