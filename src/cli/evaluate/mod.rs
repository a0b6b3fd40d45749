//! `patchwork evaluate`: measures how well models draw, in one table and one JSON file.

mod edits;
mod own;
mod table;
mod upscaled;

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use clap::Args;

use crate::cli::{DEFAULT_MODEL, MODEL_VARIABLE};

use crate::cli::sampling::SamplingOptions;
use crate::cli::terminal::note;
use crate::cli::{check_targets, load_model, picture, print_beside};
use crate::dataset::Dataset;
use crate::evaluate::benchmark::{Benchmark, Shown, check};
use crate::evaluate::everyday::{EverydayWords, WORDS};
use crate::evaluate::features::FeatureExtractor;
use crate::evaluate::flaws::{Flaws, compare};
use crate::evaluate::held_out::HeldOut;
use crate::evaluate::own::is_own;
use crate::evaluate::{Asked, Drawing, Report, draw, hundred};
use crate::image::Image;
use crate::image::file::Format;
use crate::pipeline::Pipeline;
use crate::pipeline::export::manifest;
use crate::recipe::Recipe;
use crate::tools::files::{is_stdout, write_target};
use crate::tools::progress::Progress;
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(in crate::cli) struct EvaluateArguments {
    /// The models' folders: each gets a column.
    #[arg(long, value_name = "DIR", env = MODEL_VARIABLE, default_value = DEFAULT_MODEL, num_args = 1..)]
    model: Vec<PathBuf>,
    /// The dataset, from `patchwork dataset`: the open sets, or your own pictures.
    #[arg(long, value_name = "F.safetensors")]
    data: PathBuf,
    /// Where fetched packages are kept.
    #[arg(long, value_name = "DIR", default_value = "target/packages")]
    cache: PathBuf,
    #[command(flatten)]
    sampling: SamplingOptions,
    /// The maximum number of prompts of each kind.
    #[arg(long, value_name = "N", default_value_t = 300)]
    most: usize,
    /// The maximum number of everyday words, each of which is drawn in every style of --everyday-styles.
    #[arg(long, value_name = "N", default_value_t = WORDS)]
    everyday: usize,
    /// The styles in which everyday words are drawn; by default noto, 3d and twemoji.
    #[arg(long, value_name = "A,B,…", value_delimiter = ',')]
    everyday_styles: Vec<String>,
    /// The seed of the first picture.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Only draw a sheet of 100 random prompts, concepts and styles, with the last model.
    #[arg(long, value_name = "PICTURE")]
    sheet: Option<PathBuf>,
    /// Only measure drawings of learnt and held-out pairs, for example to compare samplers.
    #[arg(long)]
    only_drawings: bool,
    /// Write a sheet here of the last model's drawings beside the true pictures: learnt pairs, then
    /// held-out ones.
    #[arg(long, value_name = "PICTURE")]
    beside: Option<PathBuf>,
    /// Write a sheet here of the last model's drawings that are most similar to training pictures, beside
    /// those.
    #[arg(long, value_name = "PICTURE")]
    copies: Option<PathBuf>,
    /// Only measure flaws in the last model's drawings of learnt pairs, and whether they come from the
    /// autoencoder or the DiT: a table, and a sheet with a row each of real pictures, their
    /// reconstructions, and drawings.
    #[arg(long, value_name = "PICTURE")]
    flaws: Option<PathBuf>,
    /// Only compare the last model's upscaler with plain resizing, on the pictures of --large: two tables,
    /// and a sheet of forty drawings at half their size, resized in the upper rows and upscaled in the
    /// lower ones.
    #[arg(long, value_name = "PICTURE", requires = "large")]
    upscaled: Option<PathBuf>,
    /// Pictures of 512 pixels, from `patchwork dataset --side 512`.
    #[arg(long, value_name = "F.safetensors", requires = "upscaled")]
    large: Option<PathBuf>,
    /// Only measure what the last model does with held-out pictures that it is given: inverted and drawn
    /// again, mended, and restyled. Tables, and a sheet.
    #[arg(long, value_name = "PICTURE")]
    edits: Option<PathBuf>,
    /// Write all numbers here, as JSON.
    #[arg(short, long, value_name = "JSON")]
    output: Option<PathBuf>,
}

pub(in crate::cli) fn run(arguments: &EvaluateArguments, progress: &dyn Progress) -> Result<()> {
    let EvaluateArguments { most, seed, .. } = *arguments;
    arguments.sampling.check()?;
    if !(2..=1_000_000).contains(&most) {
        return Err(Error::Options("--most must be at least 2".into()));
    }
    if !(1..=WORDS).contains(&arguments.everyday) {
        return Err(Error::Options(format!("--everyday must be 1 to {WORDS}")));
    }
    let drawing = Drawing { most, seed };
    let device = Device::flex();
    let EvaluateArguments {
        sheet: sheet_path,
        beside: beside_path,
        copies: copies_path,
        flaws: flaws_path,
        upscaled: upscaled_path,
        edits: edits_path,
        output,
        ..
    } = arguments;
    let mut read: Vec<&Path> = arguments.model.iter().map(PathBuf::as_path).collect();
    read.push(&arguments.data);
    read.extend(arguments.large.as_deref());
    let targets = [
        ("--sheet", sheet_path.as_ref()),
        ("--beside", beside_path.as_ref()),
        ("--copies", copies_path.as_ref()),
        ("--flaws", flaws_path.as_ref()),
        ("--upscaled", upscaled_path.as_ref()),
        ("--edits", edits_path.as_ref()),
        ("--output", output.as_ref()),
    ];
    let pictures = [sheet_path, beside_path, copies_path, flaws_path, upscaled_path, edits_path];
    for path in pictures.into_iter().flatten() {
        Format::of_one(path)?;
    }
    check_targets(&targets, &read)?;
    let (dataset, hash) = Dataset::read_hashed(&arguments.data)?;
    let mut models = Vec::new();
    for path in &arguments.model {
        let model = pollster::block_on(load_model(path, &device, true))?;
        check(&model)?;
        manifest(path)?.check_latents()?;
        models.push((path, model));
    }
    if let (Some(path), Some((_, model))) = (&arguments.sheet, models.last()) {
        let sampling = arguments.sampling.recipe(model)?;
        return sheet(model, &dataset, (&sampling, seed), path, progress);
    }
    if is_own(&dataset) {
        let models: Vec<(&Path, &Pipeline)> =
            models.iter().map(|(path, model)| (path.as_path(), model)).collect();
        return own::run(arguments, &models, &dataset, progress);
    }
    let styles = common_styles(&dataset, &models);
    let held_out = HeldOut::new(&dataset, drawing, &styles)?;
    if let (Some(path), Some((_, model))) = (&arguments.flaws, models.last()) {
        let sampling = arguments.sampling.recipe(model)?;
        return flaws(model, held_out.learnt_of(&dataset), (&sampling, seed), path, progress);
    }
    let extractor = FeatureExtractor::new(&arguments.cache, &device, progress)?;
    note("Computing the features of all pictures in the dataset; later runs reuse them.");
    let features = extractor.features_of(&dataset, &hash, &arguments.data)?;
    if let (Some(path), Some((_, model))) = (edits_path, models.last()) {
        let sampling = arguments.sampling.recipe(model)?;
        let held_out = &held_out;
        let asked = edits::Asks { model, sampling: &sampling, seed, held_out, path, progress };
        return asked.answer(&dataset, &features, &extractor);
    }
    if let (Some(path), Some(large), Some((_, model))) =
        (upscaled_path, &arguments.large, models.last())
    {
        let sampling = arguments.sampling.recipe(model)?;
        let asked = upscaled::Asks {
            model,
            large,
            learnt: held_out.learnt_of(&dataset).0,
            how: (&sampling, seed),
            most,
        };
        return asked.answer((&dataset, &features, &extractor), path, progress);
    }
    let everyday =
        EverydayWords::new(&dataset, &styles, &arguments.everyday_styles, arguments.everyday)?;
    let asked = (held_out, everyday);
    let benchmark = Benchmark::new((&dataset, &features), asked, &extractor, drawing, progress);
    let (mut reports, mut shown) = (Vec::new(), Shown::default());
    for (path, model) in &models {
        note(format!("Drawing with {}.", path.display()));
        let sampling = arguments.sampling.recipe(model)?;
        let (report, drawings) = benchmark.run(model, &sampling, arguments.only_drawings)?;
        shown = drawings;
        reports.push(Report { model: path.display().to_string(), ..report });
        let file = arguments.output.as_ref().filter(|path| !is_stdout(path));
        if let Some(path) = file {
            // The reports are written after each model, because the next one may take an hour.
            write_reports(path, &reports)?;
        }
    }
    if let Some(path) = arguments.output.as_ref().filter(|path| is_stdout(path)) {
        write_reports(path, &reports)?;
    }
    for (path, images) in [(beside_path, &shown.beside), (copies_path, &shown.copies)] {
        if let Some(path) = path {
            picture::write(path, &Image::sheet(images, 16))?;
        }
    }
    print_beside(&targets.map(|(_, path)| path), table::table(&reports))
}

/// Returns the dataset's styles that all models have.
fn common_styles(dataset: &Dataset, models: &[(&PathBuf, Pipeline)]) -> Vec<String> {
    let all_have = |style: &String| models.iter().all(|(_, model)| model.styles.contains(style));
    dataset.styles().into_iter().filter(all_have).collect()
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
    picture::write(path, &Image::sheet(&images, 10))?;
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
    picture::write(path, &Image::sheet(&images, shown))
}
