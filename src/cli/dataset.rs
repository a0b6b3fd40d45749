//! `patchwork dataset`: packs the open picture sets, or a folder of the user's own pictures, into a file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::{DEFAULT_MODEL, MODEL_VARIABLE};

use super::{check_targets, model_folder, picture, print_beside};
use crate::cli::terminal::note;
use crate::dataset::gather::{Count, Match, SIDE, folder, gather};
use crate::dataset::names::everyday;
use crate::dataset::teach::{assign, captions, hold_out};
use crate::dataset::{Dataset, Split};
use crate::image::Image;
use crate::image::file::Format;
use crate::pipeline::diffusers::INDEX;
use crate::pipeline::export::manifest;
use crate::pipeline::stickers::{MANIFEST, tokenizer};
use crate::tools::files::write_target;
use crate::tools::progress::Progress;
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct DatasetArguments {
    /// Pack this folder (pictures and metadata.jsonl) instead of the open picture sets.
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// The model that will be trained on --pictures: the program names captions that it does not read in
    /// full.
    #[arg(
        long,
        value_name = "DIR",
        env = MODEL_VARIABLE,
        default_value = DEFAULT_MODEL
    )]
    model: PathBuf,
    /// Pixels per side. More than 128 are for `train upscaler`, which takes no other file: raster sets with
    /// fewer pixels are left out.
    #[arg(long, value_name = "N", default_value_t = SIDE)]
    side: usize,
    /// Where fetched packages are kept.
    #[arg(long, value_name = "DIR", default_value = "target/packages")]
    cache: PathBuf,
    /// The seed by which pictures are held out.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// The share of --pictures that is held out for `evaluate`, at least three pictures; by default a tenth
    /// if there are thirty or more, and otherwise none.
    #[arg(long, value_name = "X", requires = "pictures", allow_negative_numbers = true)]
    held_out: Option<f64>,
    /// Write a sheet of some pictures of each style here, as .png, .webp or .jpg.
    #[arg(long, value_name = "PICTURE")]
    sheet: Option<PathBuf>,
    /// Write a table here of the concept that each icon of the open sets is matched to, and how.
    #[arg(long, value_name = "TSV")]
    matches: Option<PathBuf>,
    /// Where the packed file goes.
    #[arg(short, long, value_name = "F.safetensors")]
    output: PathBuf,
}

/// The number of pictures of each style on the sheet.
const COLUMNS: usize = 16;

impl DatasetArguments {
    /// Checks the number of pixels per side.
    fn check(&self) -> Result<()> {
        let refuse = |problem: &str| Err(Error::Options(problem.to_owned()));
        match self.side {
            SIDE => Ok(()),
            _ if self.pictures.is_some() => refuse(
                "An upscaler is trained on the open sets only: leave out --pictures or --side",
            ),
            _ if self.sheet.is_some() => {
                refuse("--sheet takes pictures of 128 pixels only: leave out --sheet or --side")
            }
            side if side.is_multiple_of(SIDE) && (SIDE..=1024).contains(&side) => Ok(()),
            side => refuse(&format!(
                "--side is {side}, and must be 128, or for an upscaler a multiple of 128 up to \
                 1024: `train upscaler` takes 512"
            )),
        }
    }
}

pub(super) fn run(arguments: &DatasetArguments, progress: &dyn Progress) -> Result<()> {
    arguments.check()?;
    let (output, sheet_path) = (&arguments.output, arguments.sheet.as_ref());
    sheet_path.map_or(Ok(Format::Png), |path| Format::of_one(path))?;
    let read: Vec<&Path> = arguments.pictures.iter().map(PathBuf::as_path).collect();
    let matches = arguments.matches.as_ref();
    let targets = [("--output", Some(output)), ("--sheet", sheet_path), ("--matches", matches)];
    check_targets(&targets, &read)?;
    let print = |line: String| print_beside(&[Some(output), sheet_path, matches], line);
    let dataset = match &arguments.pictures {
        Some(path) => {
            let (mut dataset, notes) = folder::read(path)?;
            let held = hold_out(&mut dataset, arguments.held_out, arguments.seed)?;
            if held > 0 && arguments.held_out.is_none() {
                note(format!(
                    "{held} of {} pictures are held out for `evaluate`: to train on all, give \
                     --held-out 0.",
                    dataset.entries.len()
                ));
            }
            notes.into_iter().chain(read_by(&arguments.model, &dataset)?).for_each(note);
            dataset
        }
        None => {
            let mut gathered = gather(&arguments.cache, progress)?;
            assign(&mut gathered.dataset, &everyday(), arguments.seed);
            let head = ("style", "package", "taken", "unnamed", "twice", "broken");
            let (a, b, c, d, e, f) = head;
            print(format!("{a:<12} {b:<26} {c:>6} {d:>8} {e:>6} {f:>7}"))?;
            for count in &gathered.counts {
                let Count { package, style, taken, unnamed, twice, broken } = count;
                print(format!(
                    "{style:<12} {package:<26} {taken:>6} {unnamed:>8} {twice:>6} {broken:>7}"
                ))?;
            }
            let credits: BTreeSet<&str> =
                gathered.dataset.entries.iter().map(|entry| entry.licence.as_str()).collect();
            print("If you publish a model that was trained on these pictures, credit:".into())?;
            credits.into_iter().try_for_each(|credit| print(format!("- {credit}")))?;
            if let Some(path) = &arguments.matches {
                write_matches(path, &gathered.matches)?;
            }
            if arguments.side != SIDE {
                let large = gathered.large(arguments.side, progress)?;
                large.write(output)?;
                let (all, side) = (gathered.dataset.entries.len(), large.side);
                let (count, output) = (large.entries.len(), output.display());
                return print(format!("{output}: {count} of {all} pictures, {side} pixels a side"));
            }
            gathered.dataset
        }
    };
    dataset.write(&arguments.output)?;
    if let Some(path) = &arguments.sheet {
        picture::write(path, &sheet(&dataset))?;
    }
    let count = |split| dataset.of(split).count();
    if arguments.pictures.is_some() {
        return print(format!(
            "{}: {} training pictures, {} held out",
            arguments.output.display(),
            count(Split::Train),
            count(Split::Concept)
        ));
    }
    print(format!(
        "{}: {} training pictures, {} held-out pairs of concept and style, {} pictures of held-out \
         concepts",
        arguments.output.display(),
        count(Split::Train),
        count(Split::Pair),
        count(Split::Concept)
    ))
}

fn write_matches(path: &Path, matches: &[Match]) -> Result<()> {
    let mut table = "package\ticon\tlabel\thow\n".to_owned();
    for Match { package, icon, label, how } in matches {
        table += &format!("{package}\t{icon}\t{label}\t{how}\n");
    }
    write_target(path, table.as_bytes())
}

/// Returns a sentence about each caption that a model does not read in full and each style that it lacks.
fn read_by(model: &Path, dataset: &Dataset) -> Result<Vec<String>> {
    if !model.join(MANIFEST).is_file() && !model.join(INDEX).is_file() {
        let why =
            format!("There is no model in {}, so the captions were not checked.", model.display());
        return Ok(vec![why + " Name the model that will be trained on them with --model."]);
    }
    let manifest = manifest(model)?;
    let source = model_folder(model)?;
    let tokenizer = pollster::block_on(tokenizer(&source, &manifest))?;
    // Empty captions were reported already, with their files.
    let named = captions::of(&dataset.entries).filter(|caption| !caption.is_empty());
    let mut notes = captions::notes(named, &tokenizer, manifest.text_tokens)?;
    notes.extend(captions::unknown_styles(&dataset.entries, &manifest.styles));
    Ok(notes)
}

/// Returns a sheet with a row for each style, of pictures that are evenly spaced among all of that style.
fn sheet(dataset: &Dataset) -> Image {
    let styles: BTreeSet<&str> = dataset.entries.iter().map(|entry| entry.style.as_str()).collect();
    let blank = Image { width: 128, height: 128, pixels: vec![0; 4 * 128 * 128] };
    let mut images: Vec<&Image> = Vec::new();
    for style in styles {
        let own: Vec<&Image> = dataset
            .entries
            .iter()
            .zip(&dataset.pictures)
            .filter(|(entry, _)| entry.style == style)
            .map(|(_, picture)| picture)
            .collect();
        let evenly = |i: usize| own.get(i * own.len().max(COLUMNS) / COLUMNS).copied();
        images.extend((0..COLUMNS).map(|i| evenly(i).unwrap_or(&blank)));
    }
    Image::sheet(&images, COLUMNS)
}
