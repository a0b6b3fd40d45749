//! Runs programs, and installs those that are missing.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The result of a task. The error is a message for the user.
pub(crate) type Outcome = Result<(), String>;

/// Returns the repository's folder, as `cargo run` reports it, because checkouts may share one target
/// folder and with it this program.
pub(crate) fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| ".".into(), PathBuf::from);
    here.parent().map_or_else(|| here.clone(), PathBuf::from)
}

/// Returns cargo's target folder.
pub(crate) fn target_folder() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => root().join("target"),
    }
}

/// Returns a command that runs a program with arguments in the repository's folder.
pub(crate) fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// Runs a program, and shows the command line and the output.
pub(crate) fn run(program: &str, arguments: &[&str]) -> Outcome {
    run_command(&mut command(program, arguments))
}

/// Runs a prepared command, as [`run`] does.
pub(crate) fn run_command(command: &mut Command) -> Outcome {
    let words: Vec<_> = std::iter::once(command.get_program()).chain(command.get_args()).collect();
    let line = words.join(std::ffi::OsStr::new(" ")).to_string_lossy().into_owned();
    eprintln!("\n$ {line}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{line}` failed ({status})")),
        Err(problem) => Err(format!("`{line}` cannot be started: {problem}")),
    }
}

/// Returns a program's standard output; `None` if the program fails or is missing.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = command(program, arguments).stderr(Stdio::inherit()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Adds rustup's wasm target if it is missing.
pub(crate) fn ensure_wasm_target() -> Outcome {
    const TARGET: &str = "wasm32-unknown-unknown";
    let installed = output("rustup", &["target", "list", "--installed"]).unwrap_or_default();
    if installed.lines().any(|line| line == TARGET) {
        return Ok(());
    }
    run("rustup", &["target", "add", TARGET]).map_err(|problem| {
        format!("{problem}; the page needs Rust's {TARGET} target, which rustup installs")
    })
}

/// Returns whether Binaryen's `wasm-opt` is available, and installs it if necessary and possible.
pub(crate) fn ensure_wasm_opt() -> bool {
    let is_there = || output("wasm-opt", &["--version"]).is_some();
    is_there() || (is_debian_root() && apt_install(&["binaryen"]).is_ok() && is_there())
}

/// Returns whether this user may install Debian packages.
fn is_debian_root() -> bool {
    output("id", &["-u"]).is_some_and(|id| id.trim() == "0")
        && std::path::Path::new("/usr/bin/apt-get").exists()
}

/// Ensures that wgpu finds an adapter on Linux. If there is no Vulkan driver, it installs Debian's
/// software driver.
pub(crate) fn ensure_vulkan() -> Outcome {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let folders = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"];
    let has_driver =
        |folder: &&str| std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if folders.iter().any(has_driver) {
        return Ok(());
    }
    apt_install(&["mesa-vulkan-drivers"])
        .map_err(|problem| format!("{problem}; the GPU tests need a Vulkan driver, of any kind"))
}

/// Installs Debian packages; only root can.
pub(crate) fn apt_install(packages: &[&str]) -> Outcome {
    run("apt-get", &["update", "-qq"])?;
    let arguments = [&["install", "-qq", "-y", "--no-install-recommends"], packages].concat();
    let mut command = command("apt-get", &arguments);
    run_command(command.env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Returns the path of a Python in a virtual environment with the pinned packages of the golden scripts,
/// and creates it if necessary.
pub(crate) fn ensure_python() -> Result<PathBuf, String> {
    const REQUIREMENTS: &str = "tests/golden/requirements.txt";
    let folder = target_folder().join("python");
    let (python, stamp) = (folder.join("bin/python"), folder.join("requirements.txt"));
    let wanted = std::fs::read(root().join(REQUIREMENTS))
        .map_err(|problem| format!("{REQUIREMENTS} cannot be read: {problem}"))?;
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    run("python3", &["-m", "venv", &folder.to_string_lossy()])?;
    run(&python.to_string_lossy(), &["-m", "pip", "install", "-q", "-r", REQUIREMENTS])?;
    std::fs::write(&stamp, wanted).map_err(|problem| format!("{}: {problem}", stamp.display()))?;
    Ok(python)
}

/// Returns the median of some values.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
