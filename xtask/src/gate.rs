//! `cargo xtask test`: everything that must hold before a change lands, cheapest first.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

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
    run_tests(&["test", "--release", "--workspace", "--no-fail-fast"])
}

/// Runs `cargo test` and closes with one line for all of its programs.
fn run_tests(arguments: &[&str]) -> Outcome {
    eprintln!("\n$ cargo {}", arguments.join(" "));
    let mut command = tools::command("cargo", arguments);
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|problem| format!("cargo cannot be started: {problem}"))?;
    let (mut passed, mut failed) = (0, 0);
    for line in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()) {
        let line = line.map_err(|problem| format!("cargo cannot be read: {problem}"))?;
        println!("{line}");
        passed += count(&line, "passed");
        failed += count(&line, "failed");
    }
    let status = child.wait().map_err(|problem| format!("cargo was lost: {problem}"))?;
    println!("\n{passed} passed, {failed} failed");
    if status.success() && failed == 0 && passed > 0 {
        return Ok(());
    }
    Err("the tests do not pass".into())
}

/// The number before `word` in one of the runner's closing lines.
fn count(line: &str, word: &str) -> usize {
    if !line.starts_with("test result:") {
        return 0;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let pair = words.windows(2).find(|pair| pair[1].trim_end_matches(';') == word);
    pair.and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
}

/// The page's two programs must build for browsers.
const WASM_CLIPPY: [&str; 14] = [
    "clippy",
    "--release",
    "--bin",
    "app",
    "--bin",
    "worker",
    "--target",
    "wasm32-unknown-unknown",
    "--no-default-features",
    "--features",
    "page,worker",
    "--",
    "-D",
    "warnings",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_counted() {
        let line = "test result: FAILED. 34 passed; 2 failed; 0 ignored; 0 measured";
        assert_eq!((count(line, "passed"), count(line, "failed")), (34, 2));
        assert_eq!(count("thread said 7 passed;", "passed"), 0);
    }
}
