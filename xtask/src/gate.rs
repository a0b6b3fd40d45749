//! `cargo xtask test`: everything that must hold before a change lands, cheapest first.

use crate::tools::{self, Outcome, ensure_vulkan, ensure_wasm_target};

fn cargo(steps: &[&[&str]]) -> Outcome {
    steps.iter().try_for_each(|arguments| tools::run("cargo", arguments))
}

/// Runs the gate. One profile for all of it, so that Burn is built once.
pub(crate) fn run_all() -> Outcome {
    ensure_wasm_target()?;
    cargo(&[
        &["fmt", "--all", "--check"],
        &["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"],
        &WASM_CLIPPY,
    ])?;
    ensure_vulkan()?;
    cargo(&[&["test", "--release", "--workspace"]])
}

/// The engine must build for the page's worker.
const WASM_CLIPPY: [&str; 11] = [
    "clippy",
    "--release",
    "--lib",
    "--target",
    "wasm32-unknown-unknown",
    "--no-default-features",
    "--features",
    "engine",
    "--",
    "-D",
    "warnings",
];
