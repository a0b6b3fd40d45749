//! `patchwork evaluate`: how good a model draws, in one table and one JSON file.

use std::path::PathBuf;

use burn::tensor::Device;
use clap::Args;
use indicatif::ProgressBar;

use super::{check_writable, model_folder};
use crate::dataset::Dataset;
use crate::evaluate::exam::{Exam, Questions, check};
use crate::evaluate::eye::Eye;
use crate::evaluate::judge::Scores;
use crate::evaluate::{Drawing, Report, draw, hundred};
use crate::image::Image;
use crate::pipeline::Pipeline;
use crate::weights::save::write_whole;
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The models' folders: each gets a column.
    #[arg(long, value_name = "DIR", default_value = "www/models/stickers", num_args = 1..)]
    model: Vec<PathBuf>,
    /// The dataset, from `patchwork dataset`.
    #[arg(long, value_name = "F.safetensors")]
    data: PathBuf,
    /// Where fetched packages are kept.
    #[arg(long, value_name = "DIR", default_value = "target/packages")]
    cache: PathBuf,
    /// Steps of the sampler.
    #[arg(long, value_name = "N", default_value_t = 20)]
    steps: usize,
    /// Scale of classifier-free guidance.
    #[arg(long, value_name = "X", default_value_t = 3.0)]
    guidance: f64,
    /// The most prompts of each kind.
    #[arg(long, value_name = "N", default_value_t = 300)]
    most: usize,
    /// The seed of the first picture.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Only draw a sheet of 100 prompts, concepts and styles at random, with the last model.
    #[arg(long, value_name = "PNG")]
    sheet: Option<PathBuf>,
    /// Write all numbers here, as JSON.
    #[arg(short, long, value_name = "JSON")]
    output: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let Arguments { steps, guidance, most, seed, .. } = *arguments;
    if !(2..=1_000_000).contains(&most) || steps == 0 {
        return Err(Error::Recipe("--most must be at least 2, and --steps at least 1".into()));
    }
    let drawing = Drawing { steps, guidance, most, seed };
    let device = Device::flex();
    for path in arguments.sheet.iter().chain(&arguments.output) {
        check_writable(path)?;
    }
    let (dataset, hash) = Dataset::read_hashed(&arguments.data)?;
    let mut models = Vec::new();
    for path in &arguments.model {
        let model = pollster::block_on(Pipeline::load(&model_folder(path)?, &device))?;
        check(&model)?;
        models.push((path, model));
    }
    if let (Some(path), Some((_, model))) = (&arguments.sheet, models.last()) {
        return sheet(model, &dataset, drawing, path);
    }
    let questions = Questions::new(&dataset, drawing)?;
    let eye = Eye::new(&arguments.cache, &device)?;
    eprintln!("Looking at all pictures of the dataset, once.");
    let features = eye.features_of(&dataset, &hash, &arguments.data)?;
    let exam = Exam::new((&dataset, &features), questions, &eye, drawing);
    let mut reports = Vec::new();
    for (path, model) in &models {
        eprintln!("Drawing with {}.", path.display());
        reports.push(Report { model: path.display().to_string(), ..exam.take(model)? });
        if let Some(path) = &arguments.output {
            let json = serde_json::to_string_pretty(&reports).expect("plain data");
            write_whole(path, (json + "\n").as_bytes())?;
        }
    }
    print(&reports);
    Ok(())
}

fn sheet(
    model: &Pipeline,
    dataset: &Dataset,
    drawing: Drawing,
    path: &std::path::Path,
) -> Result<()> {
    let asked = hundred(dataset, &model.styles, drawing.seed);
    let bar = ProgressBar::new(asked.len() as u64);
    let images = draw(model, &asked, drawing, &bar)?;
    bar.finish_and_clear();
    write_whole(path, &Image::sheet(&images, 10).to_png(None)?)?;
    for (i, row) in asked.chunks(10).enumerate() {
        let names = row.iter().map(|asked| format!("{} ({})", asked.prompt, asked.style));
        println!("Row {}: {}.", i + 1, names.collect::<Vec<_>>().join("; "));
    }
    Ok(())
}

/// A column a model, and one of real pictures.
fn print(reports: &[Report]) {
    let Some(first) = reports.first() else { return };
    let line = |what: &str, of: &dyn Fn(&Report) -> String, real: String| {
        let cells: Vec<String> = reports.iter().map(of).chain([real]).collect();
        println!("| {what} | {} |", cells.join(" | "));
    };
    line("", &|report| report.model.clone(), "real pictures".into());
    println!("|---|{}", "---|".repeat(reports.len() + 1));
    let rows = |kind: &str, of: fn(&Report) -> &Scores, real: Option<&Scores>| {
        let row = |what: &str, value: &dyn Fn(&Scores) -> String| {
            let real = real.map_or_else(String::new, value);
            line(&format!("{kind}: {what}"), &|report| value(of(report)), real);
        };
        row("pictures", &|scores| scores.pictures.to_string());
        row("Fréchet distance", &|scores| format!("{:.1}", scores.frechet));
        row("nearest concept is right", &|scores| percent(scores.concept));
        row("… one of the nearest five", &|scores| percent(scores.concept_of_five));
        row("nearest style is right", &|scores| percent(scores.style));
        row("distance to the nearest picture learnt", &|scores| format!("{:.3}", scores.nearest));
    };
    rows("held-out pairs", |report| &report.pairs, Some(&first.real_pairs));
    rows("held-out concepts", |report| &report.concepts, Some(&first.real_concepts));
    rows("learnt pairs", |report| &report.plain, None);
    line(
        "held-out pairs: error of the flow",
        &|report| format!("{:.4}", report.pairs_error),
        String::new(),
    );
    line(
        "learnt pairs: error of the flow",
        &|report| format!("{:.4}", report.plain_error),
        String::new(),
    );
    line("colour obeyed", &|report| percent(report.colour), percent(first.real_colour));
    let kept = |report: &Report| report.reconstruction;
    line("autoencoder: PSNR", &|r| format!("{:.2} dB", kept(r).psnr), String::new());
    line("… with noise", &|r| format!("{:.2} dB", kept(r).psnr_noisy), String::new());
    line("autoencoder: edge error", &|r| format!("{:.3}", kept(r).edge_error), String::new());
    line("… with noise", &|r| format!("{:.3}", kept(r).edge_error_noisy), String::new());
}

fn percent(part: f64) -> String {
    format!("{:.1} %", 100.0 * part)
}
