//! The native program, with one file for each command.

mod concept_index;
mod concept_list;
mod cutout;
mod dataset;
mod enlarge;
mod evaluate;
mod export;
mod finishing;
mod generate;
mod inspect;
mod known_answer;
mod morph;
mod names;
mod pack;
mod page;
mod picture;
mod progress;
mod quantise;
mod quilt;
mod restyle;
mod sampling;
mod sheet;
#[expect(clippy::disallowed_methods, reason = "the one place that talks")]
mod terminal;
mod trace;
mod train;
mod trim;
mod words;

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use burn::tensor::Device;
use clap::Parser;
use progress::Bars;
use walkdir::{DirEntry, WalkDir};

use crate::cli::terminal::{complain, is_quiet, note, print};
use crate::dataset::gather::CAPTIONS;
use crate::pipeline::export::{check_apart, manifest};
use crate::pipeline::{Folder, Pipeline, diffusers, no_model, stickers};
use crate::tools::device::named;
use crate::tools::files;
use crate::tools::progress::Progress;
use crate::{Error, Result};

/// Draws pictures from prompts with a Diffusion Transformer, as the page does.
#[derive(Debug, Parser)]
#[command(name = "patchwork", version, about, after_help = example("generate --prompt \"red apple\" -o apple.png"))]
enum Command {
    /// Draw pictures from prompts, from classes, from a list of either, or from a picture's recipe.
    #[command(after_help = example(
        "generate --prompts icons.txt --style noto,3d -o 'icons/{n:03}-{prompt}-{style}.png'"
    ))]
    Generate(Box<generate::GenerateArguments>),
    /// Draw one picture with a column for each prompt and a row for each style.
    #[command(after_help = example("sheet --prompts fox,ghost,taco --styles noto,3d -o sheet.png"))]
    Sheet(sheet::SheetArguments),
    /// Draw a picture again in other styles.
    #[command(after_help = example("restyle cat.png --source-prompt cat --style noto,3d -o cats.png"))]
    Restyle(restyle::RestyleArguments),
    /// Enlarge any picture with a model's upscaler.
    #[command(after_help = example("enlarge cat.png --size 2048 -o large.png"))]
    Enlarge(enlarge::EnlargeArguments),
    /// Trace a picture to an SVG, which is sharp at every size.
    #[command(after_help = example("trace cat.png --colours 16 -o cat.svg"))]
    Trace(trace::TraceArguments),
    /// Draw the way from one picture to another as an animated picture.
    #[command(after_help = example("morph cat.png dog.png --frames 16 --back -o cat-to-dog.png"))]
    Morph(morph::MorphArguments),
    /// Make the background of a picture transparent.
    #[command(after_help = example("cutout cat.jpg -o cat.png"))]
    Cutout(cutout::CutoutArguments),
    /// Pack pictures and captions into a dataset for training.
    #[command(after_help = example("dataset --pictures mine -o mine.safetensors"))]
    Dataset(dataset::DatasetArguments),
    /// Encode a dataset once, into a small file from which a DiT is trained on another machine.
    #[command(after_help = example("pack --data stickers.safetensors -o prepared.safetensors"))]
    Pack(pack::PackArguments),
    /// Train a part of a model.
    #[command(subcommand, after_help = example("train dit --help"))]
    Train(train::TrainArguments),
    /// Measure how well models draw.
    #[command(after_help = example(
        "evaluate --data mine.safetensors --model www/models/stickers runs/mine/model --beside mine.png"
    ))]
    Evaluate(evaluate::EvaluateArguments),
    /// Make a model's download smaller by quantisation to 8 bits.
    #[command(after_help = example("quantise --data mine.safetensors --model runs/mine/model -o small"))]
    Quantise(quantise::QuantiseArguments),
    /// Remove word pieces that prompts do not use from a model's text encoder.
    #[command(after_help = example(
        "trim --data stickers.safetensors --words words.txt --model big -o small"
    ))]
    Trim(trim::TrimArguments),
    /// Write the tables beside a model by which it reads prompts: names of emoji, and everyday words.
    #[command(alias = "emoji", after_help = example("names small --data stickers.safetensors"))]
    Names(names::NamesArguments),
    /// Show how a prompt is read, which pictures teach it, and what else the same words teach.
    #[command(after_help = example("words apple \"fire truck\" :bee:"))]
    Words(words::WordsArguments),
    /// Show what a model's folder holds and whether it is complete, or from which recipe a picture was
    /// drawn.
    #[command(after_help = example("inspect www/models/stickers --json"))]
    Inspect(inspect::InspectArguments),
    /// Write a class-conditional model in the layout that diffusers loads.
    #[command(after_help = example("export DiT-XL-2-256 --to diffusers --half -o DiT-XL-2-256-fp16"))]
    Export(export::ExportArguments),
    /// Add a model to a built page.
    #[command(after_help = example("page dist --add small --name mine"))]
    Page(page::PageArguments),
    /// Write the known answer beside the weights, with which the page checks a GPU before it uses it.
    #[command(after_help = example("known-answer small"))]
    KnownAnswer(known_answer::KnownAnswerArguments),
    /// Write the index beside the weights by which prompts for a picture are proposed.
    #[command(after_help = example("concept-index small --data stickers.safetensors"))]
    ConceptIndex(concept_index::ConceptIndexArguments),
    /// Draw the pictures that the page shows before the weights are loaded, and write them beside the
    /// weights.
    #[command(after_help = example("quilt small"))]
    Quilt(quilt::QuiltArguments),
}

/// Returns the example with which a command's help ends.
fn example(arguments: &str) -> String {
    format!("Example:\n  patchwork {arguments}")
}

/// The model of a command that names none with `--model`, and the variable that names another.
const DEFAULT_MODEL: &str = "www/models/stickers";
const MODEL_VARIABLE: &str = "PATCHWORK_MODEL";

/// Runs the command line. The exit code is 0 for success, 1 for an error, which is printed as a sentence,
/// and 2 for a command line that does not parse.
pub fn main() -> ExitCode {
    let bars = Bars::default();
    let outcome = match Command::parse() {
        Command::Generate(arguments) => return told(generate::run(&arguments, &bars), &bars),
        Command::Sheet(arguments) => sheet::run(&arguments, &bars),
        Command::Restyle(arguments) => restyle::run(&arguments, &bars),
        Command::Enlarge(arguments) => enlarge::run(&arguments, &bars),
        Command::Trace(arguments) => trace::run(&arguments),
        Command::Morph(arguments) => morph::run(&arguments, &bars),
        Command::Cutout(arguments) => cutout::run(&arguments),
        Command::Dataset(arguments) => dataset::run(&arguments, &bars),
        Command::Pack(arguments) => pack::run(&arguments, &bars),
        Command::Train(arguments) => return told(train::run(&arguments, &bars), &bars),
        Command::Evaluate(arguments) => evaluate::run(&arguments, &bars),
        Command::Quantise(arguments) => quantise::run(&arguments),
        Command::Trim(arguments) => trim::run(&arguments),
        Command::Names(arguments) => names::run(&arguments, &bars),
        Command::Words(arguments) => words::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Page(arguments) => page::run(&arguments, &bars),
        Command::KnownAnswer(arguments) => known_answer::run(&arguments),
        Command::ConceptIndex(arguments) => concept_index::run(&arguments, &bars),
        Command::Quilt(arguments) => quilt::run(&arguments, &bars),
    };
    told(outcome.map(|()| ExitCode::SUCCESS), &bars)
}

/// Returns the exit code of a result, and prints the error if there is one.
fn told(outcome: Result<ExitCode>, bars: &Bars) -> ExitCode {
    outcome.unwrap_or_else(|error| {
        bars.end();
        complain(error);
        ExitCode::FAILURE
    })
}

/// Checks, before long work, that the files that a command writes can be written, and that none of them
/// overwrites a file that it reads or another one that it writes. Each target comes with the name of its
/// option.
fn check_targets(targets: &[(&str, Option<&PathBuf>)], read: &[&Path]) -> Result<()> {
    let given =
        targets.iter().filter_map(|(option, path)| Some((*option, path.as_ref()?.as_path())));
    let given: Vec<(&str, &Path)> = given.collect();
    given.iter().try_for_each(|(_, path)| files::probe(path))?;
    files::check_apart(&given, read)?;
    for (option, path) in given {
        if let Some(folder) = read.iter().find(|folder| is_part_of(path, folder)) {
            return Err(Error::Options(format!(
                "{option} names {}, which is a part of {}: choose another name",
                path.display(),
                folder.display()
            )));
        }
    }
    Ok(())
}

/// How many levels of folders are searched for the files of a model and for pictures.
const DEPTH: usize = 3;

/// Returns the files in a folder and its subfolders, sorted. A link counts as a file, even if it leads to a
/// folder.
fn files_in(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = WalkDir::new(folder).max_depth(DEPTH).sort_by_file_name().into_iter().flatten();
    entries.filter(|entry| !entry.file_type().is_dir()).map(DirEntry::into_path)
}

/// Returns whether a folder holds the index file of a model.
fn is_model(folder: &Path) -> bool {
    [stickers::MANIFEST, diffusers::INDEX].iter().any(|file| folder.join(file).is_file())
}

/// Returns whether a file exists and belongs to a model, or to a folder of pictures and captions.
fn is_part_of(path: &Path, folder: &Path) -> bool {
    let kinds: &[&str] = match (is_model(folder), folder.join(CAPTIONS).is_file()) {
        (true, _) => &["json", "safetensors", "tsv", "txt"],
        (false, true) => &["jsonl", "png", "jpg", "jpeg", "webp"],
        (false, false) => return false,
    };
    let is_kind = |file: &Path| {
        let kind = file.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
        kinds.contains(&kind.to_lowercase().as_str())
    };
    path.exists() && files_in(folder).any(|file| is_kind(&file) && files::is_same(path, &file))
}

/// Prints a line of the result to the standard output, or to the standard error if a target is the standard
/// output.
fn print_beside(targets: &[Option<&PathBuf>], line: impl Display) -> Result<()> {
    if is_quiet() {
        return Ok(());
    }
    if targets.iter().flatten().any(|path| files::is_stdout(path)) {
        note(line);
        return Ok(());
    }
    print(line)
}

/// Checks, before long work, that a new model overwrites no other one, and that the old model has a
/// manifest.
fn check_new_model(from: &Path, to: &Path) -> Result<()> {
    check_apart(from, to)?;
    files::probe_folder(to)?;
    let there = stickers::FILES.iter().chain([&stickers::MANIFEST]).find(|f| to.join(f).exists());
    if let Some(file) = there {
        return Err(Error::Options(format!(
            "There is a {file} in {} already: choose another folder, or remove it first",
            to.display()
        )));
    }
    manifest(from).map(drop)
}

/// Starts the device that an option names, and prints the notes about it.
async fn device(name: &str) -> Result<Device> {
    let (device, told) = named(name).await?;
    told.iter().for_each(note);
    Ok(device)
}

/// Returns the model in a folder, with the encoder of its autoencoder if `whole` is true.
async fn load_model(path: &Path, device: &Device, whole: bool) -> Result<Pipeline> {
    let folder = model_folder(path)?;
    let loaded = match whole {
        true => Pipeline::load_with_encoder(&folder, device).await,
        false => Pipeline::load(&folder, device).await,
    };
    loaded.map_err(|error| error.within(path))
}

/// Returns a model's folder, if it exists and holds a model's index file.
fn model_folder(path: &Path) -> Result<Folder> {
    if path.is_file() {
        let problem = "it is a file; name the folder of the model that it is in";
        return Err(Error::model(path.display().to_string(), problem));
    }
    if !path.is_dir() {
        let problem = "there is no such folder; name the folder of a model";
        return Err(Error::model(path.display().to_string(), problem));
    }
    if !is_model(path) {
        return Err(no_model(path.display().to_string()));
    }
    Ok(Folder(path.to_owned()))
}
