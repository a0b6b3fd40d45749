//! `cargo xtask build`: the page as static files in `dist/`.

use std::fs;
use std::path::Path;

use wasm_bindgen_cli_support::Bindgen;

use crate::tools::{Outcome, ensure_wasm_target, root, run, target_folder};

const TARGET: &str = "wasm32-unknown-unknown";

pub(crate) fn run_all() -> Outcome {
    ensure_wasm_target()?;
    let dist = root().join("dist");
    if dist.exists() {
        fs::remove_dir_all(&dist)
            .map_err(|problem| format!("dist/ cannot be emptied: {problem}"))?;
    }
    copy(&root().join("www"), &dist)?;
    copy_file(&root().join("index.html"), &dist.join("index.html"))?;
    for (program, feature) in [("app", "page"), ("worker", "worker")] {
        let features = ["--no-default-features", "--features", feature];
        let arguments = ["build", "--profile", "web", "--target", TARGET, "--bin", program];
        run("cargo", &[&arguments[..], &features].concat())?;
        bind(program, &dist)?;
    }
    sizes(&dist)
}

/// The program's wasm and JavaScript, and the line that starts it: without inline scripts the page
/// works under strict content security policies.
fn bind(program: &str, dist: &Path) -> Outcome {
    let wasm = target_folder().join(TARGET).join("web").join(format!("{program}.wasm"));
    let mut bindgen = Bindgen::new();
    bindgen.input_path(wasm).typescript(false).omit_default_module_path(false);
    bindgen
        .web(true)
        .and_then(|bindgen| bindgen.generate(dist))
        .map_err(|problem| format!("wasm-bindgen failed on {program}: {problem}"))?;
    let start = format!("import init from \"./{program}.js\";\nawait init();\n");
    fs::write(dist.join(format!("{program}_main.js")), start)
        .map_err(|problem| format!("dist/ cannot be written: {problem}"))
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

/// What a visitor downloads, compressed as static hosts do.
fn sizes(dist: &Path) -> Outcome {
    for program in ["app", "worker"] {
        let path = dist.join(format!("{program}_bg.wasm"));
        let bytes = fs::read(&path).map_err(|problem| format!("{}: {problem}", path.display()))?;
        let compressed = compressed(&bytes)?;
        let (whole, small) = (bytes.len() as f64 / 1e6, compressed as f64 / 1e6);
        eprintln!("{program}: {whole:.2} MB, {small:.2} MB in brotli");
    }
    Ok(())
}

/// The length of `bytes` in brotli, quality 9: close to the best, in seconds.
pub(crate) fn compressed(bytes: &[u8]) -> Result<usize, String> {
    let parameters = brotli::enc::BrotliEncoderParams { quality: 9, ..Default::default() };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &parameters)
        .map_err(|problem| format!("brotli failed: {problem}"))
}
