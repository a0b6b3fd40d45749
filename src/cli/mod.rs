//! The native program: `patchwork generate`, `sheet` and `inspect`.

mod generate;
mod inspect;
mod sheet;

use std::process::ExitCode;

use clap::Parser;

/// Draws pictures from prompts with a Diffusion Transformer, as the page does.
#[derive(Debug, Parser)]
#[command(name = "patchwork", version, about)]
enum Command {
    /// Draw pictures from a prompt or a class.
    Generate(Box<generate::Arguments>),
    /// Draw prompts across and styles down, in one picture.
    Sheet(sheet::Arguments),
    /// Say what a model's folder holds, and whether it is whole.
    Inspect(inspect::Arguments),
}

/// Runs the command line. Exit code 0 is success, 1 an error told in a sentence, 2 a command line
/// that does not parse.
pub fn main() -> ExitCode {
    let outcome = match Command::parse() {
        Command::Generate(arguments) => generate::run(&arguments),
        Command::Sheet(arguments) => sheet::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
