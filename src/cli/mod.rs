//! The native program, a file a command.

mod dataset;
mod evaluate;
mod generate;
mod inspect;
mod known_answer;
mod pack;
mod quantise;
mod sampling;
mod sheet;
mod train;
mod trim;

use std::io::{Error as IoError, ErrorKind};
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use crate::pipeline::{Folder, diffusers, no_model, stickers};
use crate::train::export::check_apart;
use crate::{Error, Result};

/// Draws pictures from prompts with a Diffusion Transformer, as the page does.
#[derive(Debug, Parser)]
#[command(name = "patchwork", version, about)]
enum Command {
    /// Draw pictures from a prompt or a class.
    Generate(Box<generate::Arguments>),
    /// Draw prompts across and styles down, in one picture.
    Sheet(sheet::Arguments),
    /// Pack pictures and captions to learn from.
    Dataset(dataset::Arguments),
    /// Compute what a DiT learns from, in a small file to train on another machine.
    Pack(pack::Arguments),
    /// Train a part of a model.
    #[command(subcommand)]
    Train(train::Arguments),
    /// Measure how good models draw.
    Evaluate(evaluate::Arguments),
    /// Make a model's download smaller: a byte a value.
    Quantise(quantise::Arguments),
    /// Leave word pieces that prompts do not use out of a model's text encoder.
    Trim(trim::Arguments),
    /// Say what a model's folder holds, and whether it is whole.
    Inspect(inspect::Arguments),
    /// Write the answer that the page asks a GPU for before it trusts it, beside the weights.
    KnownAnswer(known_answer::Arguments),
}

/// Runs the command line. Exit code 0 is success, 1 an error told in a sentence, 2 a command line
/// that does not parse.
pub fn main() -> ExitCode {
    let outcome = match Command::parse() {
        Command::Generate(arguments) => generate::run(&arguments),
        Command::Sheet(arguments) => sheet::run(&arguments),
        Command::Dataset(arguments) => dataset::run(&arguments),
        Command::Pack(arguments) => pack::run(&arguments),
        Command::Train(arguments) => return told(train::run(&arguments)),
        Command::Evaluate(arguments) => evaluate::run(&arguments),
        Command::Quantise(arguments) => quantise::run(&arguments),
        Command::Trim(arguments) => trim::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::KnownAnswer(arguments) => known_answer::run(&arguments),
    };
    told(outcome.map(|()| ExitCode::SUCCESS))
}

/// The exit code of what was done; an error's sentence is printed.
fn told(outcome: Result<ExitCode>) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::FAILURE
    })
}

/// A picture that took minutes must not be lost to a misspelt path.
fn check_writable(path: &Path) -> Result<()> {
    if path.is_dir() {
        let problem = IoError::new(ErrorKind::IsADirectory, "it is a folder; name a file in it");
        return Err(Error::write(path, problem));
    }
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() && !parent.is_dir() => {
            let problem = format!("there is no folder {}", parent.display());
            Err(Error::write(path, IoError::new(ErrorKind::NotFound, problem)))
        }
        _ => Ok(()),
    }
}

/// Makes sure that a folder can be made, before long work.
fn check_folder(path: &Path) -> Result<()> {
    if path.exists() && !path.is_dir() {
        let problem = IoError::new(ErrorKind::NotADirectory, "it is a file; name a folder");
        return Err(Error::write(path, problem));
    }
    Ok(())
}

/// Makes sure that a new model is written over no other, before long work.
fn check_new_model(from: &Path, to: &Path) -> Result<()> {
    check_apart(from, to)?;
    check_folder(to)?;
    if to.join(stickers::MANIFEST).exists() {
        let output = to.display();
        return Err(Error::Recipe(format!(
            "There is a model in {output} already: choose another folder, or remove it first"
        )));
    }
    Ok(())
}

/// A model's folder, if it is there and looks like one.
fn model_folder(path: &Path) -> Result<Folder> {
    if !path.is_dir() {
        let problem = "there is no such folder; give the folder of a model";
        return Err(Error::config(path.display().to_string(), problem));
    }
    if ![stickers::MANIFEST, diffusers::INDEX].iter().any(|file| path.join(file).is_file()) {
        return Err(no_model(path.display().to_string()));
    }
    Ok(Folder(path.to_owned()))
}
