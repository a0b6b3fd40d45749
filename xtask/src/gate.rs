//! `cargo xtask test`: runs all checks that must pass before a change lands, the cheapest first.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::tools::{self, Outcome, ensure_vulkan, ensure_wasm_target};
use crate::{browser, build, rooms};

fn cargo(steps: &[&[&str]]) -> Outcome {
    steps.iter().try_for_each(|arguments| tools::run("cargo", arguments))
}

/// Runs all checks. They share one profile and take one package at a time, so that Burn is built once:
/// the features of the whole workspace would give another build than `cargo run`.
pub(crate) fn run_all() -> Outcome {
    ensure_wasm_target()?;
    let lint = |package| {
        ["clippy", "--release", "--package", package, "--all-targets", "--", "-D", "warnings"]
    };
    let mut stages = Stages::default();
    stages.time("rooms and formatting", || {
        rooms::check()?;
        cargo(&[&["fmt", "--all", "--check"]])
    })?;
    stages.time("clippy", || cargo(&[&lint("xtask"), &lint("patchwork"), &WASM_CLIPPY]))?;
    stages.time("documentation", document)?;
    stages.time("a driver and a browser", || {
        ensure_vulkan()?;
        browser::ensure()
    })?;
    let mut counts = Vec::new();
    for package in ["xtask", "patchwork"] {
        let arguments = ["test", "--release", "--package", package, "--no-fail-fast"];
        let mut command = tools::command("cargo", &arguments);
        counts.push(stages.time(package, || run_tests(&mut command, cargo_count))?);
    }
    stages.time("the page", || check_sizes(&build::build()?))?;
    counts.push(stages.time("browser tests", || run_tests(&mut browser::tests()?, node_count))?);
    stages.print();
    let sum = |count: fn(&(usize, usize)) -> usize| counts.iter().map(count).sum::<usize>();
    let (passed, failed) = (sum(|(passed, _)| *passed), sum(|(_, failed)| *failed));
    println!("\n{passed} passed, {failed} failed");
    if failed == 0 { Ok(()) } else { Err("the tests do not pass".into()) }
}

/// The stages, and how long each took.
#[derive(Default)]
struct Stages(Vec<(String, Duration)>);

impl Stages {
    /// Runs a stage and records its duration. Prints all durations if it fails.
    fn time<T>(
        &mut self,
        name: &str,
        stage: impl FnOnce() -> Result<T, String>,
    ) -> Result<T, String> {
        let start = Instant::now();
        let outcome = stage();
        self.0.push((name.to_owned(), start.elapsed()));
        if outcome.is_err() {
            self.print();
        }
        outcome
    }

    fn print(&self) {
        println!("\nMinutes of each stage:");
        for (name, duration) in &self.0 {
            println!("  {:5.1}  {name}", duration.as_secs_f64() / 60.0);
        }
    }
}

/// Builds the documentation of the library, including the parts of the page and the worker. A broken
/// link is an error.
fn document() -> Outcome {
    let arguments = ["doc", "--release", "--no-deps", "--lib", "--package", "patchwork"];
    let mut command = tools::command("cargo", &arguments);
    command.args(["--features", "page,worker"]).env("RUSTDOCFLAGS", "-D warnings");
    tools::run_command(&mut command)
}

/// Checks that the page's download sizes are within their limits.
fn check_sizes(sizes: &[build::Size]) -> Outcome {
    match sizes.iter().find(|size| size.bytes > size.most) {
        None => Ok(()),
        Some(build::Size { what, bytes, most }) => {
            Err(format!("{what} downloads {bytes} bytes, and the limit is {most}"))
        }
    }
}

/// Runs a test runner, and counts the passed and failed tests from its closing lines.
fn run_tests(
    command: &mut Command,
    count: fn(&str, &str) -> usize,
) -> Result<(usize, usize), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    eprintln!("\n$ {name} ...");
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|problem| format!("{name} cannot be started: {problem}"))?;
    let (mut passed, mut failed) = (0, 0);
    for line in child.stdout.take().into_iter().flat_map(|out| BufReader::new(out).lines()) {
        let line = line.map_err(|problem| format!("{name} cannot be read: {problem}"))?;
        println!("{line}");
        passed += count(&line, "pass");
        failed += count(&line, "fail");
    }
    let status =
        child.wait().map_err(|problem| format!("{name} cannot be waited for: {problem}"))?;
    // A runner that ends before its closing line counts as failed.
    let failed = if status.success() { failed } else { failed.max(1) };
    if passed + failed == 0 {
        return Err(format!("{name} ran no test"));
    }
    Ok((passed, failed))
}

/// Returns the number before `passed` or `failed` in a closing line of `cargo test`.
fn cargo_count(line: &str, word: &str) -> usize {
    if !line.starts_with("test result:") {
        return 0;
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    let pair = words.windows(2).find(|pair| pair[1].starts_with(word));
    pair.and_then(|pair| pair[0].parse().ok()).unwrap_or(0)
}

/// Returns the number after `pass` or `fail` in a closing line of `node --test`.
fn node_count(line: &str, word: &str) -> usize {
    match line.split_whitespace().collect::<Vec<_>>()[..] {
        ["ℹ" | "#", found, number] if found == word => number.parse().unwrap_or(0),
        _ => 0,
    }
}

/// The arguments that lint the page's two programs for browsers.
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
    fn counts_tests_in_the_summary_lines() {
        let line = "test result: FAILED. 34 passed; 2 failed; 0 ignored; 0 measured";
        assert_eq!((cargo_count(line, "pass"), cargo_count(line, "fail")), (34, 2));
        assert_eq!(cargo_count("thread said 7 passed;", "pass"), 0);
        assert_eq!((node_count("# pass 12", "pass"), node_count("ℹ fail 3", "fail")), (12, 3));
        assert_eq!(node_count("# fail 3", "pass"), 0);
    }
}
