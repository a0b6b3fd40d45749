//! `patchwork evaluate`: how good a model draws, in one table and one JSON file.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use clap::Args;

use super::sampling::SamplingOptions;
use super::{check_targets, load_model, picture, print_beside};
use crate::cli::terminal::note;
use crate::dataset::Dataset;
use crate::diffusion::guess::{GuessErrors, LEVELS};
use crate::evaluate::benchmark::{Benchmark, check};
use crate::evaluate::features::FeatureExtractor;
use crate::evaluate::flaws::{Flaws, compare};
use crate::evaluate::held_out::HeldOut;
use crate::evaluate::metrics::FeatureMetrics;
use crate::evaluate::reconstruction::Reconstruction;
use crate::evaluate::shapes::Ranks;
use crate::evaluate::{Asked, Drawing, Errors, Pairs, Report, Rest, draw, hundred};
use crate::image::Image;
use crate::image::file::Format;
use crate::pipeline::Pipeline;
use crate::recipe::Recipe;
use crate::tools::files::{is_stdout, write_target};
use crate::tools::progress::Progress;
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct EvaluateArguments {
    /// The models' folders: each gets a column.
    #[arg(long, value_name = "DIR", default_value = "www/models/stickers", num_args = 1..)]
    model: Vec<PathBuf>,
    /// The dataset, from `patchwork dataset`.
    #[arg(long, value_name = "F.safetensors")]
    data: PathBuf,
    /// Where fetched packages are kept.
    #[arg(long, value_name = "DIR", default_value = "target/packages")]
    cache: PathBuf,
    #[command(flatten)]
    sampling: SamplingOptions,
    /// The most prompts of each kind.
    #[arg(long, value_name = "N", default_value_t = 300)]
    most: usize,
    /// The seed of the first picture.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Only draw a sheet of 100 prompts, concepts and styles at random, with the last model.
    #[arg(long, value_name = "PICTURE")]
    sheet: Option<PathBuf>,
    /// Only measure drawings of learnt and held-out pairs, as to compare samplers.
    #[arg(long)]
    only_drawings: bool,
    /// Draw the last model's drawings beside the true pictures here: learnt pairs, then held-out
    /// ones.
    #[arg(long, value_name = "PICTURE")]
    beside: Option<PathBuf>,
    /// Only look for flaws in the last model's drawings of learnt pairs, and whose fault they are:
    /// a table, and a sheet of real pictures, those through the autoencoder, and drawings, a row
    /// each.
    #[arg(long, value_name = "PICTURE")]
    flaws: Option<PathBuf>,
    /// Write all numbers here, as JSON.
    #[arg(short, long, value_name = "JSON")]
    output: Option<PathBuf>,
}

pub(super) fn run(arguments: &EvaluateArguments, progress: &dyn Progress) -> Result<()> {
    let EvaluateArguments { most, seed, .. } = *arguments;
    arguments.sampling.check()?;
    if !(2..=1_000_000).contains(&most) {
        return Err(Error::Options("--most must be at least 2".into()));
    }
    let drawing = Drawing { most, seed };
    let device = Device::flex();
    let EvaluateArguments {
        sheet: sheet_path, beside: beside_path, flaws: flaws_path, output, ..
    } = arguments;
    let mut read: Vec<&Path> = arguments.model.iter().map(PathBuf::as_path).collect();
    read.push(&arguments.data);
    let targets = [
        ("--sheet", sheet_path.as_ref()),
        ("--beside", beside_path.as_ref()),
        ("--flaws", flaws_path.as_ref()),
        ("--output", output.as_ref()),
    ];
    for path in [sheet_path, beside_path, flaws_path].into_iter().flatten() {
        Format::of(path)?;
    }
    check_targets(&targets, &read)?;
    let (dataset, hash) = Dataset::read_hashed(&arguments.data)?;
    let mut models = Vec::new();
    for path in &arguments.model {
        let model = pollster::block_on(load_model(path, &device, true))?;
        check(&model)?;
        models.push((path, model));
    }
    if let (Some(path), Some((_, model))) = (&arguments.sheet, models.last()) {
        let sampling = arguments.sampling.recipe(model)?;
        return sheet(model, &dataset, (&sampling, seed), path, progress);
    }
    let held_out = HeldOut::new(&dataset, drawing)?;
    if let (Some(path), Some((_, model))) = (&arguments.flaws, models.last()) {
        let sampling = arguments.sampling.recipe(model)?;
        return flaws(model, held_out.learnt_of(&dataset), (&sampling, seed), path, progress);
    }
    let extractor = FeatureExtractor::new(&arguments.cache, &device, progress)?;
    note("Looking at all pictures of the dataset, once.");
    let features = extractor.features_of(&dataset, &hash, &arguments.data)?;
    let benchmark = Benchmark::new((&dataset, &features), held_out, &extractor, drawing, progress);
    let (mut reports, mut beside) = (Vec::new(), Vec::new());
    for (path, model) in &models {
        note(format!("Drawing with {}.", path.display()));
        let sampling = arguments.sampling.recipe(model)?;
        let (report, drawings) = benchmark.run(model, &sampling, arguments.only_drawings)?;
        beside = drawings;
        reports.push(Report { model: path.display().to_string(), ..report });
        let file = arguments.output.as_ref().filter(|path| !is_stdout(path));
        if let Some(path) = file {
            // As soon as there is something: another model may take an hour.
            write_reports(path, &reports)?;
        }
    }
    if let Some(path) = arguments.output.as_ref().filter(|path| is_stdout(path)) {
        write_reports(path, &reports)?;
    }
    if let Some(path) = &arguments.beside {
        picture::write(path, &Image::sheet(&beside, 16), None)?;
    }
    print_beside(&targets.map(|(_, path)| path), table(&reports))
}

fn write_reports(path: &Path, reports: &[Report]) -> Result<()> {
    let json = serde_json::to_string_pretty(reports).expect("plain data");
    write_target(path, (json + "\n").as_bytes())
}

fn sheet(
    model: &Pipeline,
    dataset: &Dataset,
    how: (&Recipe, u64),
    path: &PathBuf,
    progress: &dyn Progress,
) -> Result<()> {
    let asked = hundred(dataset, &model.styles, how.1);
    progress.begin("Drawing", asked.len(), 0);
    let images = draw(model, &asked, how, progress)?;
    progress.end();
    picture::write(path, &Image::sheet(&images, 10), None)?;
    for (i, row) in asked.chunks(10).enumerate() {
        let names = row.iter().map(|asked| format!("{} ({})", asked.prompt, asked.style));
        print_beside(
            &[Some(path)],
            format!("Row {}: {}.", i + 1, names.collect::<Vec<_>>().join("; ")),
        )?;
    }
    Ok(())
}

fn flaws(
    model: &Pipeline,
    (asked, real): (Vec<Asked>, Vec<&Image>),
    how: (&Recipe, u64),
    path: &PathBuf,
    progress: &dyn Progress,
) -> Result<()> {
    let rows = compare(model, (&asked, &real), how, progress)?;
    let table = format!(
        "| {} learnt pairs | mottling | specks | outline |\n|---|---|---|---|",
        asked.len()
    );
    print_beside(&[Some(path)], table)?;
    for (what, Flaws { mottling, specks, outline }, _) in &rows {
        print_beside(
            &[Some(path)],
            format!("| {what} | {mottling:.2} | {specks:.2} | {outline:.0} px |"),
        )?;
    }
    let shown = asked.len().min(16);
    let images: Vec<&Image> = rows.iter().flat_map(|(_, _, images)| &images[..shown]).collect();
    picture::write(path, &Image::sheet(&images, shown), None)
}

/// Returns a column a model, and one of real pictures.
fn table(reports: &[Report]) -> String {
    let text = RefCell::new(String::new());
    let Some(first) = reports.first() else { return text.into_inner() };
    let line = |what: &str, of: &dyn Fn(&Report) -> String, real: String| {
        let cells: Vec<String> = reports.iter().map(of).chain([real]).collect();
        *text.borrow_mut() += &format!("| {what} | {} |\n", cells.join(" | "));
    };
    line("", &|report| report.model.clone(), "real pictures".into());
    *text.borrow_mut() += &format!("|---|{}\n", "---|".repeat(reports.len() + 1));
    type Cell<'a, T> = &'a dyn Fn(&T) -> String;
    let scores: [(&str, Cell<'_, FeatureMetrics>); 5] = [
        ("Fréchet distance", &|scores| format!("{:.1}", scores.frechet)),
        ("nearest concept is right", &|scores| percent(scores.concept)),
        ("… one of the nearest five", &|scores| percent(scores.concept_of_five)),
        ("nearest style is right", &|scores| percent(scores.style)),
        ("distance to the nearest picture learnt", &|scores| format!("{:.3}", scores.nearest)),
    ];
    let ranks: [(&str, Cell<'_, Ranks>); 3] = [
        ("true picture is the nearest of its style at 32×32", &|ranks| percent(ranks.first)),
        ("… one of the nearest five", &|ranks| percent(ranks.of_five)),
        ("… median rank", &|ranks| format!("{:.0}", ranks.median)),
    ];
    for (kind, of) in [
        ("learnt pairs", (|r| &r.learnt) as fn(&Report) -> &Pairs),
        ("held-out pairs", |r| &r.pairs),
    ] {
        line(&format!("{kind}: pictures"), &|r| of(r).scores.pictures.to_string(), String::new());
        for (what, cell) in ranks {
            let real = cell(&of(first).real_ranks);
            line(&format!("{kind}: {what}"), &|report| cell(&of(report).ranks), real);
        }
        for (what, cell) in scores {
            let real = of(first).real_scores.as_ref().map_or_else(String::new, cell);
            line(&format!("{kind}: {what}"), &|report| cell(&of(report).scores), real);
        }
        if of(first).errors.is_none() {
            continue;
        }
        let errors = |of_errors: &dyn Fn(Errors) -> String, what: String| {
            let cell = |r: &Report| of(r).errors.map_or_else(String::new, of_errors);
            line(&format!("{kind}: {what}"), &cell, String::new());
        };
        errors(&|errors| format!("{:.4}", errors.flow), "error of the flow".into());
        for (i, t) in LEVELS.iter().enumerate() {
            let both = |Errors { guess: GuessErrors { right, wrong }, .. }: Errors| {
                format!("{:.3}, {:.3}", right[i], wrong[i])
            };
            errors(&both, format!("error of the guess at {t}, right and wrong prompt"));
        }
    }
    let Some(real) = &first.rest else { return text.take() };
    let rest = |what: &str, cell: Cell<'_, Rest>, real: String| {
        line(what, &|report| report.rest.as_ref().map_or_else(String::new, cell), real);
    };
    for (what, cell) in scores {
        let real = cell(&real.real_concepts);
        rest(&format!("held-out concepts: {what}"), &|rest| cell(&rest.concepts), real);
    }
    rest("colour obeyed", &|rest| percent(rest.colour), percent(real.real_colour));
    let kept: [(&str, Cell<'_, Reconstruction>); 4] = [
        ("autoencoder: PSNR", &|kept| format!("{:.2} dB", kept.psnr)),
        ("… with noise", &|kept| format!("{:.2} dB", kept.psnr_noisy)),
        ("autoencoder: edge error", &|kept| format!("{:.3}", kept.edge_error)),
        ("… with noise", &|kept| format!("{:.3}", kept.edge_error_noisy)),
    ];
    for (what, cell) in kept {
        rest(what, &|rest| cell(&rest.reconstruction), String::new());
    }
    text.take()
}

fn percent(part: f64) -> String {
    format!("{:.1} %", 100.0 * part)
}
