//! `patchwork dataset`: open picture sets, or a folder of one's own, to a packed file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{check_targets, print_beside};
use crate::Result;
use crate::dataset::{Dataset, Split, folder, gather};
use crate::files::write_target;
use crate::image::Image;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Pack this folder (PNGs and metadata.jsonl) instead of the open picture sets.
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// Where fetched packages are kept.
    #[arg(long, value_name = "DIR", default_value = "target/packages")]
    cache: PathBuf,
    /// Decides what is held out.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Write a sheet of some pictures of each style here, as PNG.
    #[arg(long, value_name = "PNG")]
    sheet: Option<PathBuf>,
    /// Where the packed file goes.
    #[arg(short, long, value_name = "F.safetensors")]
    output: PathBuf,
}

/// Pictures of a style on the sheet.
const COLUMNS: usize = 16;

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let (output, sheet_path) = (&arguments.output, arguments.sheet.as_ref());
    let read: Vec<&Path> = arguments.pictures.iter().map(PathBuf::as_path).collect();
    check_targets(&[("--output", Some(output)), ("--sheet", sheet_path)], &read)?;
    let print = |line: String| print_beside(&[Some(output), sheet_path], line);
    let dataset = match &arguments.pictures {
        Some(path) => folder::read(path)?,
        None => {
            let (dataset, counts) = gather::gather(&arguments.cache, arguments.seed)?;
            print(format!(
                "{:<12} {:>6} {:>8} {:>6} {:>7}",
                "style", "taken", "unnamed", "twice", "broken"
            ))?;
            for c in counts {
                let gather::Count { style, taken, unnamed, twice, broken } = c;
                print(format!("{style:<12} {taken:>6} {unnamed:>8} {twice:>6} {broken:>7}"))?;
            }
            dataset
        }
    };
    dataset.write(&arguments.output)?;
    if let Some(path) = &arguments.sheet {
        let png = sheet(&dataset).to_png(None)?;
        write_target(path, &png)?;
    }
    let count = |split| dataset.of(split).count();
    print(format!(
        "{}: {} pictures to learn from, {} held-out pairs of concept and style, {} pictures of \
         held-out concepts",
        arguments.output.display(),
        count(Split::Train),
        count(Split::Pair),
        count(Split::Concept)
    ))
}

/// A row of each style, evenly from all of its pictures.
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
