//! What training needs of the environment of its process.

use std::process::{Command, ExitCode, ExitStatus};

use crate::{Error, Result};

/// What is read from the environment before a program's first line: where Burn puts an optimiser's
/// state that it reads (by default a GPU, which may not be there), and whether the allocator gives
/// memory back at once (which takes a tenth of the time).
const ENVIRONMENT: [(&str, &str); 2] = [("BURN_DEVICE", "flex"), ("MIMALLOC_PURGE_DELAY", "-1")];

/// Makes sure that this process has the environment that training needs. If not, the same command
/// line runs in a process that has it, whose exit code is returned, and this one has nothing left
/// to do; `None` means to go on.
///
/// # Errors
/// Returns a sentence if the program cannot be started again.
pub fn ensure() -> Result<Option<ExitCode>> {
    let missing = ENVIRONMENT.iter().filter(|(name, _)| std::env::var_os(name).is_none());
    let missing: Vec<(&str, &str)> = missing.copied().collect();
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
    Ok(Some(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }))
}
