//! `cargo xtask renew`: regenerates all stored files that depend on the shipped weights, and reports
//! what changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::tools::{Outcome, command, ensure_python, root, run, run_command, target_folder};
use crate::{browser, build};

/// The shipped model's folder.
const MODEL: &str = "www/models/stickers";
/// The rows and columns of the model card's sheet.
const STYLES: [&str; 5] = ["noto", "twemoji", "3d", "fluent flat", "outline"];
const PROMPTS: [&str; 8] =
    ["red apple", "cat", "fox", "rocket", "pizza", "blue car", "cactus", "house"];
/// The prompts of the README's first picture: what new users type, in the default style at seed 1.
const BARE_PROMPTS: [&str; 10] =
    ["fox", "cat", "red dragon", "pizza", "rocket", "coffee", "taco", "trophy", "ghost", "robot"];
/// The folders of regenerated files.
const FOLDERS: [&str; 3] = [MODEL, "tests/golden", "tests/browser/screenshots"];

pub(crate) fn run_all() -> Outcome {
    let before = hashes()?;
    let (data, large) = (dataset(&[], "12-styles")?, dataset(&["--side", "512"], "512")?);
    // The tables for reading prompts come first, because they are part of the model on which everything
    // else depends.
    patchwork(&["names", MODEL, "--data", &data])?;
    patchwork(&["known-answer", MODEL])?;
    patchwork(&["quilt", MODEL])?;
    patchwork(&["concept-index", MODEL, "--data", &data])?;
    pictures(&data, &large)?;
    build::run_all()?;
    run_command(browser::node("tests/browser")?.arg("screenshots.mjs"))?;

    let mut test = command("cargo", &["test", "--release", "--test", "engine", "--", "shipped"]);
    run_command(test.env("PATCHWORK_RENEW", "1"))?;
    // PyTorch computes reference outputs from the same weights.
    let python = ensure_python()?.to_string_lossy().into_owned();
    run(&python, &["tests/golden/generate.py", "stickers", "minilm", "upscaler"])?;
    tell(&before, &hashes()?);
    Ok(())
}

fn patchwork(arguments: &[&str]) -> Outcome {
    let program = ["run", "--release", "--quiet", "--bin", "patchwork", "--"];
    run("cargo", &[&program[..], arguments].concat())
}

/// Returns the path of a dataset, and creates it if it is missing. It is identical wherever it is made.
fn dataset(options: &[&str], name: &str) -> Result<String, String> {
    let path = target_folder().join(format!("stickers-{name}.safetensors"));
    let path = path.to_string_lossy().into_owned();
    if !Path::new(&path).exists() {
        patchwork(&[&["dataset", "-o", &path], options].concat())?;
    }
    Ok(path)
}

/// Draws the sheets of the model card, and the README's first picture.
fn pictures(data: &str, large: &str) -> Outcome {
    let card = |name: &str| format!("{MODEL}/{name}");
    let (styles, prompts) = (STYLES.join(","), PROMPTS.join(","));
    let sheet =
        ["sheet", "--size", "256", "--seed", "7", "--styles", &styles, "--prompts", &prompts];
    patchwork(&[&sheet[..], &["-o", &card("sheet.webp")]].concat())?;
    let bare = ["sheet", "--size", "256", "--seed", "1", "--columns", "5", "--prompts"];
    patchwork(&[&bare[..], &[&BARE_PROMPTS.join(","), "-o", &card("bare-words.webp")]].concat())?;
    let measure = ["evaluate", "--data", data, "--most", "100"];
    patchwork(&[&measure[..], &["--sheet", &card("hundred.png")]].concat())?;
    let beside = ["--only-drawings", "--beside", &card("beside.png")];
    patchwork(&[&measure[..], &beside].concat())?;
    let few = ["evaluate", "--data", data, "--most", "32", "--flaws", &card("flaws.png")];
    patchwork(&few)?;
    patchwork(&[&measure[..], &["--edits", &card("edits.webp")]].concat())?;
    let upscaled = ["--large", large, "--upscaled", &card("upscaled.webp")];
    patchwork(&[&measure[..], &upscaled].concat())
}

/// Returns the SHA-256 of each file that may be regenerated.
fn hashes() -> Result<BTreeMap<PathBuf, Vec<u8>>, String> {
    let mut all = BTreeMap::new();
    for folder in FOLDERS.iter().map(|folder| root().join(folder)).filter(|path| path.is_dir()) {
        let entries =
            fs::read_dir(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        for path in entries.flatten().map(|entry| entry.path()).filter(|path| path.is_file()) {
            let bytes = fs::read(&path).map_err(|why| format!("{}: {why}", path.display()))?;
            all.insert(path, Sha256::digest(&bytes).to_vec());
        }
    }
    Ok(all)
}

/// Prints which files changed, are new or are gone, and how many are unchanged.
fn tell(before: &BTreeMap<PathBuf, Vec<u8>>, after: &BTreeMap<PathBuf, Vec<u8>>) {
    let mut same = 0;
    for (path, hash) in after {
        let name = path.strip_prefix(root()).unwrap_or(path).display().to_string();
        match before.get(path) {
            Some(old) if old == hash => same += 1,
            Some(_) => println!("changed: {name}"),
            None => println!("new: {name}"),
        }
    }
    for path in before.keys().filter(|path| !after.contains_key(*path)) {
        println!("deleted: {}", path.strip_prefix(root()).unwrap_or(path).display());
    }
    println!("{same} files are unchanged.");
    println!(
        "The model card's tables are not regenerated: `patchwork evaluate` prints them (see \
         www/models/stickers/README.md)."
    );
}
