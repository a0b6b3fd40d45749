//! `cargo xtask browsers`: a smoke test of the page in the browsers that `cargo xtask test` does not
//! cover.

use std::env;
use std::path::PathBuf;

use crate::tools::{Outcome, apt_install, command, root, run, run_command, target_folder};
use crate::{browser, build};

const FOLDER: &str = "tests/browsers";
/// The version of Firefox's driver. It is built from source, because Debian lacks it and no other way
/// works everywhere.
const GECKODRIVER: &str = "0.37.1";

pub(crate) fn run_all() -> Outcome {
    let firefox = ensure(&["firefox-esr", "firefox"], &["firefox-esr"])?;
    let webkit = ensure(&["WebKitWebDriver"], &["webkit2gtk-driver"])?;
    // WebKitGTK's browser needs a display.
    let display = ensure(&["xvfb-run"], &["xvfb", "xauth"])?;
    let geckodriver = ensure_geckodriver()?;
    let folder = root().join(FOLDER);
    browser::ensure_node()?;
    browser::ensure_packages(&folder)?;
    build::run_all()?;
    let mut smoke = command(&display.to_string_lossy(), &["-a", "node", "smoke.mjs"]);
    smoke
        .current_dir(folder)
        .env("PATCHWORK_FIREFOX", firefox)
        .env("PATCHWORK_GECKODRIVER", geckodriver)
        .env("PATCHWORK_WEBKIT_DRIVER", webkit);
    run_command(&mut smoke)
}

/// Returns the path of the first of these programs that exists, and installs it if necessary and
/// possible.
fn ensure(names: &[&str], packages: &[&str]) -> Result<PathBuf, String> {
    if let Some(path) = on_path(names) {
        return Ok(path);
    }
    let help = format!(
        "the browsers' smoke test needs {}: Debian has it in {}",
        names.join(" or "),
        packages.join(" and ")
    );
    apt_install(packages).map_err(|problem| format!("{problem}; {help}"))?;
    on_path(names).ok_or(help)
}

fn on_path(names: &[&str]) -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    let folders: Vec<PathBuf> = env::split_paths(&folders).collect();
    let places = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    places.into_iter().find(|place| place.is_file())
}

/// Returns the path of Firefox's driver, and builds it if it is missing, which takes some minutes.
fn ensure_geckodriver() -> Result<PathBuf, String> {
    let folder = target_folder().join("geckodriver").join(GECKODRIVER);
    let program = folder.join("bin/geckodriver");
    if !program.exists() {
        let (to, build) = (folder.to_string_lossy(), folder.join("build"));
        let build = build.to_string_lossy();
        let what = ["install", "geckodriver", "--version", GECKODRIVER, "--locked"];
        run("cargo", &[&what[..], &["--root", &to, "--target-dir", &build]].concat())?;
    }
    Ok(program)
}
