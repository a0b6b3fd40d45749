//! `cargo xtask`: the project's chores, each of which installs what it needs.

mod bench;
mod browser;
mod build;
mod gate;
mod gpu;
mod renew;
mod rooms;
mod serve;
mod tools;
mod wasm;

use std::process::ExitCode;

const USAGE: &str = "cargo xtask <command>

  serve    build the page, serve it on this machine and open the browser
  build    the page as static files in dist/
  test     the whole gate, cheapest checks first
  bench    speed beside PyTorch's and onnxruntime-web's, in one run
  gpu      carry program, model and data to a machine with a GPU, and train there
  renew    make what is stored anew, after the weights or the page have changed";

fn main() -> ExitCode {
    let command = std::env::args().nth(1);
    let outcome = match command.as_deref() {
        Some("serve") => serve::run_all(),
        Some("build") => build::run_all(),
        Some("test") => gate::run_all(),
        Some("bench") => bench::run_all(),
        Some("gpu") => gpu::run_all(),
        Some("renew") => renew::run_all(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("xtask: {problem}");
            ExitCode::FAILURE
        }
    }
}
