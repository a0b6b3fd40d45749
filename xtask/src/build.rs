//! `cargo xtask build`: builds the page as static files in `dist/`.

use std::collections::BTreeMap;
use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use pulldown_cmark::{Options, Parser};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::compress::LGWIN;
use crate::tools::{Outcome, ensure_wasm_target, root, run, target_folder};
use crate::wasm::{WITHIN, bind, optimised};

const TARGET: &str = "wasm32-unknown-unknown";

/// The download size of a part of the page, in bytes, and its upper limit. Programs and texts count as
/// compressed with brotli, as hosts send them, and weights and pictures as they are.
pub(crate) struct Size {
    pub(crate) what: &'static str,
    pub(crate) bytes: usize,
    pub(crate) most: usize,
}

pub(crate) fn run_all() -> Outcome {
    build().map(drop)
}

/// Builds the page, and returns the download sizes of its two programs and of a first visit.
pub(crate) fn build() -> Result<[Size; 3], String> {
    ensure_wasm_target()?;
    let dist = root().join("dist");
    if dist.exists() {
        fs::remove_dir_all(&dist)
            .map_err(|problem| format!("dist/ cannot be emptied: {problem}"))?;
    }
    copy(&root().join("www"), &dist)?;
    copy_file(&root().join("index.html"), &dist.join("index.html"))?;
    let model = list_models(&dist.join("models"))?;
    // Each program has a profile and a feature of the same name.
    let wasm = |program: &str, name: &str| {
        let features = ["--no-default-features", "--features", name];
        let arguments = ["build", "--profile", name, "--target", TARGET, "--bin", program];
        run("cargo", &[&arguments[..], &features].concat())?;
        Ok::<_, String>(target_folder().join(TARGET).join(name).join(format!("{program}.wasm")))
    };
    for (program, profile, passes) in
        [("app", "page", &WITHIN[..]), ("worker", "worker", &["-O2", "-Os"])]
    {
        let made = wasm(program, profile)?;
        // wasm-bindgen panics on the output of some versions of wasm-opt, because it cannot parse it.
        let bound = optimised(&made, passes)?
            .and_then(|small| catch_unwind(|| bind(&small, program, &dist)).ok()?.ok());
        if bound.is_none() {
            eprintln!("the {program} was not optimised by wasm-opt, so it is larger");
            bind(&made, program, &dist)?;
        }
    }
    write_starts(&dist)?;
    let [app, worker] = [download(&dist, "app")?, download(&dist, "worker")?];
    let rest = PAGE.iter().chain(&["app_main.js", "models/index.json"]);
    let rest = rest.map(|file| compressed(&read(&dist.join(file))?)).sum::<Result<usize, _>>()?;
    let sizes = [
        Size { what: "app", bytes: app, most: 310_000 },
        Size { what: "worker", bytes: worker, most: 4_000_000 },
        Size { what: "a first visit", bytes: app + worker + rest + model, most: 37_700_000 },
    ];
    for Size { what, bytes, most } in &sizes {
        let (bytes, most) = (*bytes as f64 / 1e3, *most as f64 / 1e3);
        eprintln!("{what}: {bytes:.0} KB (limit {most:.0} KB)");
    }
    if let Ok(upscaler) = fs::metadata(dist.join("models/stickers/upscaler.safetensors")) {
        let bytes = upscaler.len() as f64 / 1e3;
        eprintln!("the upscaler, downloaded while the first picture is drawn: {bytes:.0} KB");
    }
    Ok(sizes)
}

/// Returns a version that differs between builds of the page: a hash of its files.
fn version_of(dist: &Path) -> Result<String, String> {
    let mut all = Sha256::new();
    for file in ["app_bg.wasm", "app.js", "worker_bg.wasm", "worker.js"].iter().chain(&PAGE) {
        all.update(read(&dist.join(file))?);
    }
    Ok(hex(&all.finalize()).chars().take(12).collect())
}

/// The files of the page besides its two programs and its models.
const PAGE: [&str; 6] =
    ["style.css", "boot.js", "program.js", "worker_main.js", "index.html", "icon.svg"];

/// Writes the scripts that start both programs, and the page that loads them. Every address carries the
/// version, so a new page never loads an old program from a cache. A page that was open while a new one
/// was uploaded learns of it from the version that the worker reports.
fn write_starts(dist: &Path) -> Outcome {
    let version = version_of(dist)?;
    let unwritable = |problem| format!("dist/ cannot be written: {problem}");
    let bytes = read(&dist.join("worker_bg.wasm"))?.len();
    let app = format!(
        "globalThis.patchworkVersion = \"{version}\";\n\
         globalThis.patchworkWorker = {{ address: \"./worker_bg.wasm?v={version}\", bytes: {bytes} }};\n\
         try {{\n  const {{ default: init }} = await import(\"./app.js?v={version}\");\n  \
         await init({{ module_or_path: new URL(\"./app_bg.wasm?v={version}\", import.meta.url) }});\n\
         }} catch (error) {{\n  globalThis.patchworkFailed?.(error, [\"./app.js?v={version}\", \
         \"./app_bg.wasm?v={version}\"]);\n}}\n"
    );
    fs::write(dist.join("app_main.js"), app).map_err(unwritable)?;
    let replace = |file: &str, pairs: &[(String, String)]| -> Outcome {
        let path = dist.join(file);
        let mut text = String::from_utf8_lossy(&read(&path)?).into_owned();
        for (plain, versioned) in pairs {
            if !text.contains(plain) {
                return Err(format!("{file} does not contain {plain}"));
            }
            text = text.replace(plain, versioned);
        }
        fs::write(path, text).map_err(unwritable)
    };
    let name = |version: &str| format!("const VERSION = \"{version}\";");
    replace("worker_main.js", &[(name("unbuilt"), name(&version))])?;
    let files = ["app.js", "app_main.js", "boot.js", "program.js", "style.css"];
    let address = |file, end| format!("\"./{file}{end}\"");
    let end = format!("?v={version}");
    let pairs = files.map(|file| (address(file, ""), address(file, &end)));
    replace("index.html", &pairs)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|problem| format!("{}: {problem}", path.display()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes the list of models that the page offers: every folder with a `model.json`, and its size.
/// Returns the download size of the first model, which every visitor loads.
fn list_models(models: &Path) -> Result<usize, String> {
    let entries = fs::read_dir(models)
        .map_err(|problem| format!("{} cannot be read: {problem}", models.display()))?;
    let mut list = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let Ok(json) = fs::read(path.join("model.json")) else { continue };
        write_card(&path)?;
        let json = json.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&json);
        let manifest: Value = serde_json::from_slice(json)
            .map_err(|problem| format!("{}: its model.json: {problem}", path.display()))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let files = || manifest["files"].as_object().into_iter().flatten();
        let bytes: u64 = needed(&manifest).filter_map(|(_, file)| file["bytes"].as_u64()).sum();
        // The engine computes the hash in the same way to distinguish models of one name.
        let hashes: BTreeMap<&String, &str> = files()
            .filter(|(name, _)| *name != UPSCALER)
            .filter_map(|(name, file)| Some((name, file["sha256"].as_str()?)))
            .collect();
        let mut hashes: String = hashes.into_values().collect();
        if let Some(skips) = manifest["guidance_skips"].as_array() {
            let below = manifest["short_below"].as_f64().unwrap_or(0.0);
            hashes += &format!("skips {} {} {below}", skips[0], skips[1]);
        }
        let hash: String = hex(&Sha256::digest(hashes.to_lowercase())).chars().take(16).collect();
        let folder = format!("./models/{name}");
        let style = manifest["defaults"]["style"].as_str().unwrap_or_default();
        let mut entry =
            json!({ "folder": folder, "name": name, "bytes": bytes, "hash": hash, "style": style });
        // The quilt shows pictures of the model before the model is loaded.
        if let Ok(quilt) = fs::read(path.join("quilt.json")) {
            entry["quilt"] = serde_json::from_slice(&quilt)
                .map_err(|problem| format!("{}: its quilt.json: {problem}", path.display()))?;
        }
        list.push(entry);
    }
    // The embedded model comes first, and the rest follow by name.
    list.sort_by_key(|model| (model["name"] != "stickers", model["name"].to_string()));
    let first = list.first().and_then(|model| model["name"].as_str());
    let first = first.map_or(Ok(0), |name| download_of_model(&models.join(name)))?;
    fs::write(models.join("index.json"), Value::from(list).to_string())
        .map_err(|problem| format!("the list of models cannot be written: {problem}"))?;
    Ok(first)
}

/// The files of a model that drawing does not wait for. The page never encodes, and the upscaler is
/// loaded while the first picture is drawn.
const NOT_FOR_DRAWING: [&str; 2] = ["vae_encoder.safetensors", UPSCALER];
/// The upscaler's file. It is not part of a model's hash, because pictures are drawn without it.
const UPSCALER: &str = "upscaler.safetensors";

/// Returns the files of a manifest that drawing needs.
fn needed(manifest: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let files = manifest["files"].as_object().into_iter().flatten();
    files.filter(|(name, _)| !NOT_FOR_DRAWING.contains(&name.as_str()))
}

/// Returns the bytes of a model's folder that a first visit downloads.
fn download_of_model(folder: &Path) -> Result<usize, String> {
    let manifest = read(&folder.join("model.json"))?;
    let json: Value = serde_json::from_slice(&manifest).unwrap_or_default();
    let needed = needed(&json).map(|(name, _)| name.as_str());
    let shown = ["quilt.webp", "styles.webp"].into_iter().filter(|name| folder.join(name).exists());
    let mut total = compressed(&manifest)?;
    for name in needed.chain(shown) {
        let bytes = read(&folder.join(name))?;
        let is_packed = name.ends_with(".safetensors") || name.ends_with(".webp");
        total += if is_packed { bytes.len() } else { compressed(&bytes)? };
    }
    Ok(total)
}

/// Writes the model card, which is its README, as a page.
fn write_card(model: &Path) -> Outcome {
    let Ok(text) = fs::read_to_string(model.join("README.md")) else { return Ok(()) };
    let mut body = String::new();
    pulldown_cmark::html::push_html(&mut body, Parser::new_ext(&text, Options::ENABLE_TABLES));
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Model card</title>\n<link rel=\"stylesheet\" href=\"../../style.css\">\n\
         <main class=\"card\">\n{body}</main>\n</html>\n"
    );
    fs::write(model.join("card.html"), page)
        .map_err(|problem| format!("the model's card cannot be written: {problem}"))
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

/// Returns the download size in bytes of a program, wasm and JavaScript, compressed with brotli as
/// static hosts serve it.
fn download(dist: &Path, program: &str) -> Result<usize, String> {
    let mut total = 0;
    for file in [format!("{program}_bg.wasm"), format!("{program}.js")] {
        total += compressed(&read(&dist.join(file))?)?;
    }
    Ok(total)
}

/// Returns the length of `bytes` in brotli. The best quality takes a minute for megabytes, so large
/// inputs get quality 9, which is a little larger and takes seconds.
fn compressed(bytes: &[u8]) -> Result<usize, String> {
    let quality = if bytes.len() > 4 << 20 { 9 } else { 11 };
    let parameters =
        brotli::enc::BrotliEncoderParams { quality, lgwin: LGWIN, ..Default::default() };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut out, &parameters)
        .map_err(|problem| format!("brotli failed: {problem}"))
}
