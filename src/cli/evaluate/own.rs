//! `patchwork evaluate` with the user's own pictures.

use std::path::Path;

use super::EvaluateArguments;
use crate::cli::terminal::note;
use crate::cli::{picture, print_beside};
use crate::dataset::Dataset;
use crate::diffusion::guess::LEVELS;
use crate::evaluate::own::{Copied, OwnReport, measure};
use crate::image::Image;
use crate::pipeline::Pipeline;
use crate::tools::files::write_target;
use crate::tools::progress::Progress;
use crate::{Error, Result};

/// The number of drawings and pictures in a row of the sheet.
const COLUMNS: usize = 8;

pub(super) fn run(
    arguments: &EvaluateArguments,
    models: &[(&Path, &Pipeline)],
    dataset: &Dataset,
    progress: &dyn Progress,
) -> Result<()> {
    let open_only = [
        ("--copies", arguments.copies.is_some()),
        ("--flaws", arguments.flaws.is_some()),
        ("--upscaled", arguments.upscaled.is_some()),
        ("--only-drawings", arguments.only_drawings),
    ];
    if let Some((option, _)) = open_only.iter().find(|(_, is_given)| *is_given) {
        return Err(Error::Options(format!(
            "{option} needs the open picture sets, and this dataset is of your own pictures: leave it out"
        )));
    }
    let (mut reports, mut shown) = (Vec::new(), Vec::new());
    for (path, model) in models {
        let sampling = arguments.sampling.recipe(model)?;
        let how = (&sampling, arguments.seed, arguments.most);
        let (report, beside) = measure(model, dataset, how, progress)?;
        reports.push(OwnReport { model: path.display().to_string(), ..report });
        shown = beside;
    }
    if reports.iter().any(|report| !report.held_out) {
        note(
            "No picture was held out, so the training pictures are measured: that shows how well \
             the model fits them, not how well it draws new prompts. Hold some out with `patchwork \
             dataset --held-out 0.1`.",
        );
    }
    if let Some(path) = &arguments.output {
        let json = serde_json::to_string_pretty(&reports).expect("plain data");
        write_target(path, (json + "\n").as_bytes())?;
    }
    if let Some(path) = &arguments.beside {
        picture::write(path, &Image::sheet(&shown, COLUMNS))?;
    }
    let targets = [arguments.output.as_ref(), arguments.beside.as_ref()];
    print_beside(&targets, table(&reports))
}

/// Returns the table in Markdown, followed by the drawings that are most similar to a training picture.
fn table(reports: &[OwnReport]) -> String {
    let row = |what: &str, cell: &dyn Fn(&OwnReport) -> String| {
        let cells: Vec<String> = reports.iter().map(cell).collect();
        format!("| {what} | {} |\n", cells.join(" | "))
    };
    let mut text = row("", &|report| report.model.clone());
    text += &format!("|---|{}\n", "---|".repeat(reports.len()));
    text += &row("pictures", &|report| {
        let what = if report.held_out { "held out" } else { "learnt" };
        format!("{} {what}", report.pictures)
    });
    for (i, t) in LEVELS.iter().enumerate() {
        let what = format!("error of the predicted picture at noise {t}, right and wrong prompt");
        text += &row(&what, &|OwnReport { guess, .. }| {
            format!("{:.3}, {:.3}", guess.right[i], guess.wrong[i])
        });
    }
    let what = "the true picture is the nearest of your own at 32×32";
    text += &row(what, &|report| report.ranks.first.percent());
    text += &row("… one of the nearest five", &|report| report.ranks.of_five.percent());
    text +=
        &row("… median rank, 0 being the nearest", &|report| report.ranks.median.text(1.0, 0));
    for OwnReport { model, copies, .. } in reports {
        text += &format!("\nDrawings of {model} that are most similar to a training picture:\n");
        for Copied { prompt, nearest, distance, is_near } in copies {
            let near = if *is_near { ", a near copy" } else { "" };
            text += &format!("- “{prompt}” is like “{nearest}”: {distance:.3}{near}\n");
        }
    }
    text.trim_end().to_owned()
}
