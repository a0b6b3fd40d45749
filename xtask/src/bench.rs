//! `cargo xtask bench`: measures times as ratios to other engines in the same run. These are never
//! tests.

use serde_json::Value;

use crate::tools::{Outcome, ensure_python, median, output, root, run, target_folder};
use crate::{batch, browser};

/// How many rounds each side runs, alternately, so that other load on the machine affects both.
const ROUNDS: usize = 3;

pub(crate) fn run_all() -> Outcome {
    let python = ensure_python()?.to_string_lossy().into_owned();
    native(&python)?;
    training(&python)?;
    batch::run_all()?;
    in_browser(&python)
}

/// Times one forward pass of the DiT and of PyTorch.
fn native(python: &str) -> Outcome {
    run("cargo", &["bench", "--bench", "dit", "--no-run"])?;
    let (mut ours, mut theirs, mut peak) = (Vec::new(), Vec::new(), 0.0);
    let (mut whole, mut short, mut upscaler) = (Vec::new(), Vec::new(), Vec::new());
    let mut ours_short = Vec::new();
    for _ in 0..ROUNDS {
        let line = measured("cargo", &["bench", "--quiet", "--bench", "dit"])?;
        ours.push(number(&line, "forward_ms")?);
        ours_short.push(number(&line, "forward_short_ms")?);
        peak = number(&line, "peak_mib")?;
        whole.push(number(&line, "whole_ms")?);
        short.push(number(&line, "short_ms")?);
        upscaler.push(number(&line, "upscale_ms")?);
        let line = measured(python, &["benches/dit.py"])?;
        theirs.push(number(&line, "forward_ms")?);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!("One forward of the embedded DiT, batch 2, CPU, median of {ROUNDS} rounds:");
    println!("  Burn flex    {ours:.1} ms, at most {peak:.0} MiB");
    println!("  PyTorch f32  {theirs:.1} ms");
    println!("  ratio        {:.2}", ours / theirs);
    println!("  … the second row by the short path: {:.1} ms", median(ours_short));
    let (whole, short) = (median(whole), median(short));
    println!(
        "A guided step's forward on one thread, without the prompt by all blocks and by the outer ones:"
    );
    println!("  whole {whole:.1} ms, short {short:.1} ms, ratio {:.2}", short / whole);
    println!("The upscaler, 128 to 512 pixels, on one thread: {:.0} ms", median(upscaler));
    Ok(())
}

/// Times the gradient of a batch, and PyTorch's.
fn training(python: &str) -> Outcome {
    run("cargo", &["bench", "--bench", "train", "--no-run"])?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let line = measured("cargo", &["bench", "--quiet", "--bench", "train"])?;
        ours.push(number(&line, "images_per_second")?);
        let line = measured(python, &["benches/train.py"])?;
        theirs.push(number(&line, "images_per_second")?);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    println!(
        "Training the embedded DiT, gradient of 128 pictures, CPU, median of {ROUNDS} rounds:"
    );
    println!("  Burn flex    {ours:.1} pictures/s");
    println!("  PyTorch f32  {theirs:.1} pictures/s");
    println!("  ratio        {:.2}", ours / theirs);
    Ok(())
}

/// Times one guided step in the built page, and onnxruntime-web's.
fn in_browser(python: &str) -> Outcome {
    crate::build::run_all()?;
    let model = target_folder().join("dit.onnx").to_string_lossy().into_owned();
    run(python, &["benches/export_onnx.py", &model])?;
    let line = in_node("step.mjs", &model)?;
    let value = |key| number(&line, key);
    let (ours, theirs) = (value("ours_ms")?, value("theirs_ms")?);
    println!("One guided step of the embedded model in Chromium, CPU, WASM, one thread:");
    println!("  Burn flex, with both previews   {ours:.0} ms");
    println!("  onnxruntime-web, the DiT alone  {theirs:.0} ms");
    println!("  ratio                           {:.2}", ours / theirs);
    println!("The page from a cold cache, on localhost:");
    println!("  first paint   {:.0} ms", value("paint_ms")?);
    println!("  model ready   {:.0} ms", value("ready_ms")?);
    println!("  longest task  {:.0} ms, 0 if none took over 50", value("longest_task_ms")?);
    upscaler()?;
    history()?;
    println!("A first visit and the next, served compressed at full speed, 20 and 9 Mbit/s:");
    let visits = browser::node("benches/browser")?
        .arg("visit.mjs")
        .arg(root().join("dist"))
        .status()
        .map_err(|problem| format!("node cannot be started: {problem}"))?;
    if visits.success() { Ok(()) } else { Err("the visits could not be timed".into()) }
}

/// Times the upscaler in the built page.
fn upscaler() -> Outcome {
    let line = in_node("upscaler.mjs", &root().join("dist").to_string_lossy())?;
    let value = |key| number(&line, key);
    println!("The upscaler in Chromium, CPU, WASM, one thread:");
    println!("  from the finished picture to 512 pixels  {:.0} ms", value("upscale_ms")?);
    println!("  the page's process held at most          {:.0} MiB", value("peak_mib")?);
    println!("  and without upscaling                    {:.0} MiB", value("peak_without_mib")?);
    Ok(())
}

/// Counts the long tasks of the page with a full history.
fn history() -> Outcome {
    let line = in_node("history.mjs", &root().join("dist").to_string_lossy())?;
    let value = |key| number(&line, key);
    println!("The page with 1000 pictures in its history, typing, coming back and scrolling:");
    println!("  tasks of over 50 ms  {:.0}", value("long_tasks")?);
    println!("  the longest          {:.0} ms, 0 if there was none", value("longest_ms")?);
    Ok(())
}

/// Runs a script of `benches/browser` and returns its output.
fn in_node(script: &str, argument: &str) -> Result<String, String> {
    let output = browser::node("benches/browser")?
        .args([script, argument])
        .output()
        .map_err(|problem| format!("node cannot be started: {problem}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn measured(program: &str, arguments: &[&str]) -> Result<String, String> {
    output(program, arguments).ok_or_else(|| format!("`{program}` gave no measurement"))
}

/// Returns a number from a line of JSON.
fn number(json: &str, key: &str) -> Result<f64, String> {
    let value: Option<Value> = serde_json::from_str(json).ok();
    let number = value.and_then(|value| value[key].as_f64());
    number.ok_or_else(|| format!("there is no {key} in {json}"))
}
