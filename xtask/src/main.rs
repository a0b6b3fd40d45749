//! `cargo xtask`: the project's tasks, each of which installs what it needs.

mod batch;
mod bench;
mod browser;
mod browsers;
mod build;
mod compress;
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
  build    the page as static files in dist/; with --compress also as .br and .gz
  test     all checks, the quickest first
  browsers the built page in Firefox and WebKit: open, draw, reload
  bench    speed beside PyTorch's and onnxruntime-web's, in one run; `bench batch`: one batch beside single runs
  gpu      copy program, model and data to a machine with a GPU, and train there
  renew    regenerate stored pictures, tables and reference values after a change of weights or page";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words[..] {
        ["serve"] => serve::run_all(),
        ["build"] => build::run_all(),
        ["build", "--compress"] => {
            build::run_all().and_then(|()| compress::compress(&tools::root().join("dist")))
        }
        ["test"] => gate::run_all(),
        ["browsers"] => browsers::run_all(),
        ["bench"] => bench::run_all(),
        ["bench", "batch"] => batch::run_all(),
        // The task parses the remaining arguments itself.
        ["gpu", ..] => gpu::run_all(),
        ["renew"] => renew::run_all(),
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
