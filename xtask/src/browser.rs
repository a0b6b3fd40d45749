//! Prepares the browser tests: Chromium, driven from Node.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::tools::{Outcome, apt_install, command, output, root, run, run_command, target_folder};

/// The Node version that the pinned Playwright needs.
const NODE_MAJOR: u32 = 20;
/// The paths where Chromium may be.
const CHROMIUMS: [&str; 4] = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// Returns the command that runs the built page's tests, and installs everything that it needs.
pub(crate) fn tests() -> Result<Command, String> {
    let mut runner = node("tests/browser")?;
    runner.args([
        "--test",
        "--test-concurrency=2",
        "--test-reporter=spec",
        "all.mjs",
        "webgpu.test.mjs",
    ]);
    Ok(runner)
}

/// Returns a command for Node in a folder with its pinned packages. Its environment holds the paths of
/// Chromium and of the native program.
pub(crate) fn node(folder: &str) -> Result<Command, String> {
    let chromium = ensure()?;
    let folder = root().join(folder);
    ensure_packages(&folder)?;
    run("cargo", &["build", "--release", "--bin", "patchwork"])?;
    let mut node = command("node", &[]);
    node.current_dir(folder)
        .env("PATCHWORK_CHROMIUM", chromium)
        .env("PATCHWORK_NATIVE", target_folder().join("release/patchwork"));
    Ok(node)
}

/// Installs Chromium and Node if they are missing and can be installed. Returns the path of Chromium.
pub(crate) fn ensure() -> Result<PathBuf, String> {
    ensure_node()?;
    let find = || {
        let named = std::env::var_os("PATCHWORK_CHROMIUM").map(PathBuf::from);
        named.into_iter().chain(CHROMIUMS.map(PathBuf::from)).find(|path| path.exists())
    };
    if let Some(path) = find() {
        return Ok(path);
    }
    let help = "the browser tests need Chromium or Chrome; name it in PATCHWORK_CHROMIUM";
    apt_install(&["chromium"]).map_err(|problem| format!("{problem}; {help}"))?;
    find().ok_or_else(|| help.to_owned())
}

/// Installs Node if it is missing and can be installed.
pub(crate) fn ensure_node() -> Outcome {
    const NODE: &str = "the browser tests need Node 20 or newer, with npm";
    if output("node", &["--version"]).is_none() || output("npm", &["--version"]).is_none() {
        apt_install(&["nodejs", "npm"]).map_err(|problem| format!("{problem}; {NODE}"))?;
    }
    let version = output("node", &["--version"]).unwrap_or_default();
    let major = version.trim().trim_start_matches('v').split('.').next();
    if major.and_then(|major| major.parse().ok()).is_none_or(|major: u32| major < NODE_MAJOR) {
        return Err(format!("{NODE}; here is {version:?}"));
    }
    Ok(())
}

/// Installs the packages that the lock file pins, if they are missing.
pub(crate) fn ensure_packages(folder: &Path) -> Outcome {
    let (lock, stamp) = (folder.join("package-lock.json"), folder.join("node_modules/.stamp"));
    let wanted = fs::read(&lock).map_err(|problem| format!("{}: {problem}", lock.display()))?;
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let mut install = command("npm", &["ci", "--no-audit", "--no-fund"]);
    run_command(install.current_dir(folder))?;
    fs::write(&stamp, wanted).map_err(|problem| format!("{}: {problem}", stamp.display()))
}
