//! `cargo xtask build`: the page as static files in `dist/`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use wasm_bindgen_cli_support::Bindgen;

use crate::tools::{Outcome, ensure_wasm_opt, ensure_wasm_target, root, run, target_folder};

const TARGET: &str = "wasm32-unknown-unknown";
/// The most that the two programs may weigh in brotli, in bytes: the gate checks it.
pub(crate) const PAGE_MOST: usize = 250_000;
pub(crate) const WORKER_MOST: usize = 4_000_000;

pub(crate) fn run_all() -> Outcome {
    ensure_wasm_target()?;
    let dist = root().join("dist");
    if dist.exists() {
        fs::remove_dir_all(&dist)
            .map_err(|problem| format!("dist/ cannot be emptied: {problem}"))?;
    }
    copy(&root().join("www"), &dist)?;
    copy_file(&root().join("index.html"), &dist.join("index.html"))?;
    list_models(&dist.join("models"))?;
    // A profile and a feature of one name each.
    for (program, name, level) in [("app", "page", "-Oz"), ("worker", "worker", "-O2")] {
        let features = ["--no-default-features", "--features", name];
        let arguments = ["build", "--profile", name, "--target", TARGET, "--bin", program];
        run("cargo", &[&arguments[..], &features].concat())?;
        bind(&optimised(program, name, level)?, program, &dist)?;
    }
    for (program, most) in [("app", PAGE_MOST), ("worker", WORKER_MOST)] {
        let (bytes, most) = (download(&dist, program)? as f64 / 1e3, most as f64 / 1e3);
        eprintln!("{program}: {bytes:.0} KB in brotli, of at most {most:.0} KB");
    }
    Ok(())
}

/// The program after Binaryen's pass, which takes a quarter off it; as it was where there is no
/// Binaryen. It comes before wasm-bindgen, whose output has instructions that Debian's does not know.
fn optimised(program: &str, profile: &str, level: &str) -> Result<PathBuf, String> {
    let folder = target_folder().join(TARGET).join(profile);
    let (from, to) = (folder.join(format!("{program}.wasm")), folder.join("optimised"));
    if !ensure_wasm_opt() {
        eprintln!(
            "\nwasm-opt is not installed, and the page is a quarter larger than it need be: \
             install Binaryen (apt install binaryen, brew install binaryen, ...) and build again"
        );
        return Ok(from);
    }
    fs::create_dir_all(&to).map_err(|problem| format!("{}: {problem}", to.display()))?;
    let to = to.join(format!("{program}.wasm"));
    if is_newer(&to, &from) {
        return Ok(to);
    }
    // What rustc's target and the page's flags allow, and no more.
    let features = [
        "--enable-bulk-memory",
        "--enable-multivalue",
        "--enable-mutable-globals",
        "--enable-nontrapping-float-to-int",
        "--enable-reference-types",
        "--enable-sign-ext",
        "--enable-simd",
    ];
    let [input, output] = [&from, &to].map(|path| path.to_string_lossy());
    run("wasm-opt", &[&[level], &features[..], &[&input, "-o", &output]].concat())?;
    Ok(to)
}

/// Whether `file` was made after `source`.
fn is_newer(file: &Path, source: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|facts| facts.modified());
    matches!((changed(file), changed(source)), (Ok(file), Ok(source)) if file > source)
}

/// The program's wasm and JavaScript, and the line that starts it: without inline scripts the page
/// works under strict content security policies.
fn bind(wasm: &Path, program: &str, dist: &Path) -> Outcome {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).out_name(program).typescript(false).omit_default_module_path(false);
    bindgen.remove_name_section(true).remove_producers_section(true);
    bindgen
        .web(true)
        .and_then(|bindgen| bindgen.generate(dist))
        .map_err(|problem| format!("wasm-bindgen failed on {program}: {problem}"))?;
    let start = format!("import init from \"./{program}.js\";\nawait init();\n");
    fs::write(dist.join(format!("{program}_main.js")), start)
        .map_err(|problem| format!("dist/ cannot be written: {problem}"))
}

/// Writes the list that the page offers: every folder with a `model.json`, and its bytes.
fn list_models(models: &Path) -> Outcome {
    let entries = fs::read_dir(models)
        .map_err(|problem| format!("{} cannot be read: {problem}", models.display()))?;
    let mut list = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let Ok(json) = fs::read(path.join("model.json")) else { continue };
        let manifest: Value = serde_json::from_slice(&json)
            .map_err(|problem| format!("{}: its model.json: {problem}", path.display()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let files = manifest["files"].as_object().into_iter().flat_map(|files| files.values());
        let bytes: u64 = files.filter_map(|file| file["bytes"].as_u64()).sum();
        list.push(json!({ "folder": format!("./models/{name}"), "name": name, "bytes": bytes }));
    }
    // The embedded model first, the rest by name.
    list.sort_by_key(|model| (model["name"] != "stickers", model["name"].to_string()));
    fs::write(models.join("index.json"), Value::from(list).to_string())
        .map_err(|problem| format!("the list of models cannot be written: {problem}"))
}

fn copy(from: &Path, to: &Path) -> Outcome {
    let unreadable = |problem| format!("{} cannot be read: {problem}", from.display());
    fs::create_dir_all(to).map_err(|problem| format!("{}: {problem}", to.display()))?;
    for entry in fs::read_dir(from).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let Some(name) = path.file_name() else { continue };
        if path.is_dir() {
            copy(&path, &to.join(name))?;
        } else {
            copy_file(&path, &to.join(name))?;
        }
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> Outcome {
    let outcome = fs::copy(from, to);
    outcome.map(drop).map_err(|problem| format!("{} cannot be copied: {problem}", from.display()))
}

/// What a visitor downloads of each program, wasm and JavaScript, compressed as static hosts keep it
/// ready: bytes.
pub(crate) fn download(dist: &Path, program: &str) -> Result<usize, String> {
    let mut total = 0;
    for file in [format!("{program}_bg.wasm"), format!("{program}.js")] {
        let path = dist.join(file);
        let bytes = fs::read(&path).map_err(|problem| format!("{}: {problem}", path.display()))?;
        total += compressed(&bytes)?;
    }
    Ok(total)
}

/// The length of `bytes` in brotli at its best, which for megabytes takes a minute: those get
/// quality 9, a little larger, in seconds.
fn compressed(bytes: &[u8]) -> Result<usize, String> {
    let quality = if bytes.len() > 4 << 20 { 9 } else { 11 };
    let parameters = brotli::enc::BrotliEncoderParams { quality, ..Default::default() };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &parameters)
        .map_err(|problem| format!("brotli failed: {problem}"))
}
