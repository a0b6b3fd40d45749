//! `cargo xtask renew`: everything stored that depends on the shipped weights.

use crate::tools::{Outcome, command, ensure_python, run, run_command, target_folder};
use crate::{browser, build};

/// The sheet's rows and columns.
const STYLES: [&str; 5] = ["noto", "twemoji", "3d", "fluent flat", "outline"];
const PROMPTS: [&str; 8] =
    ["red apple", "cat", "fox", "rocket", "pizza", "blue car", "cactus", "house"];

pub(crate) fn run_all() -> Outcome {
    let list = |names: &[&str]| names.join(",");
    let sheet = ["sheet", "--prompts", &list(&PROMPTS), "--styles", &list(&STYLES)];
    let program = ["run", "--release", "--quiet", "--bin", "patchwork", "--"];
    let rest = ["--seed", "7", "-o", "www/models/stickers/sheet.png"];
    run("cargo", &[&program[..], &sheet, &rest].concat())?;
    // A hundred prompts need a dataset, which is the same wherever it is made.
    let data =
        target_folder().join("stickers-12-styles.safetensors").to_string_lossy().into_owned();
    if !std::path::Path::new(&data).exists() {
        run("cargo", &[&program[..], &["dataset", "-o", &data]].concat())?;
    }
    let hundred = ["evaluate", "--data", &data, "--sheet", "www/models/stickers/hundred.png"];
    run("cargo", &[&program[..], &hundred].concat())?;

    for what in ["known-answer", "quilt"] {
        run("cargo", &[&program[..], &[what, "www/models/stickers"]].concat())?;
    }
    build::run_all()?;
    run_command(browser::node("tests/browser")?.arg("screenshots.mjs"))?;

    let mut test = command("cargo", &["test", "--release", "--test", "engine", "--", "shipped"]);
    run_command(test.env("PATCHWORK_RENEW", "1"))?;
    // What PyTorch makes of the same weights.
    let python = ensure_python()?.to_string_lossy().into_owned();
    run(&python, &["tests/golden/generate.py", "stickers", "minilm"])
}
