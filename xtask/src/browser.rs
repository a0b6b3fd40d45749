//! Browser tests: Chromium, driven from Node.

use std::path::PathBuf;
use std::process::Command;

use crate::tools::{Outcome, apt_install, command, output, root, run_command, target_folder};

/// Where Chromium may be.
const CHROMIUMS: [&str; 4] = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// The runner of the built page's tests, with all that it needs in place.
pub(crate) fn tests() -> Result<Command, String> {
    let mut runner = node()?;
    runner.args(["--test", "--test-concurrency=1", "--test-reporter=spec"]);
    Ok(runner)
}

/// Node in the tests' folder, told of Chromium and of the native program.
pub(crate) fn node() -> Result<Command, String> {
    let chromium = ensure_chromium()?;
    ensure_packages()?;
    crate::tools::run("cargo", &["build", "--release", "--bin", "patchwork"])?;
    let mut node = command("node", &[]);
    node.current_dir(root().join("tests/browser"))
        .env("PATCHWORK_CHROMIUM", chromium)
        .env("PATCHWORK_NATIVE", target_folder().join("release/patchwork"));
    Ok(node)
}

fn ensure_chromium() -> Result<PathBuf, String> {
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

/// Node, and the pinned packages of the tests.
fn ensure_packages() -> Outcome {
    if output("node", &["--version"]).is_none() || output("npm", &["--version"]).is_none() {
        apt_install(&["nodejs", "npm"])
            .map_err(|problem| format!("{problem}; the browser tests need Node 18 or newer"))?;
    }
    let mut install = command("npm", &["ci", "--no-audit", "--no-fund"]);
    run_command(install.current_dir(root().join("tests/browser")))
}
