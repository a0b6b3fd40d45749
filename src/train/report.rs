//! The reports of a run: one line of JSON for each step, and a curve of the loss as PNG.

use std::io::Write;
use std::path::Path;

use plotters::prelude::{
    BLUE, ChartBuilder, Color, IntoDrawingArea, LineSeries, SVGBackend, WHITE,
};
use resvg::{tiny_skia, usvg};
use serde::{Deserialize, Serialize};

use crate::diffusion::guess::GuessErrors;
use crate::image::font::svg_options;
use crate::tools::files::write_whole;
use crate::{Error, Result};

/// One step, as it is written to `metrics.jsonl`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MetricsLine {
    /// The number of the step, from 1.
    pub step: usize,
    /// Pictures seen so far.
    pub images: usize,
    /// The batch's loss.
    pub loss: f64,
    /// The learning rate.
    #[serde(alias = "rate")]
    pub learning_rate: f64,
    /// The norm of the gradient before clipping.
    #[serde(alias = "gradient")]
    pub grad_norm: f64,
    /// Seconds that the step took.
    pub seconds: f64,
    /// The errors of the moving average's (EMA) prediction of the clean latent, at some steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<GuessErrors>,
}

/// The name of the file of metrics.
pub const METRICS: &str = "metrics.jsonl";

/// Appends a line to the file of metrics.
///
/// # Errors
/// Returns an error if it cannot be written.
pub fn append(folder: &Path, line: &MetricsLine) -> Result<()> {
    let path = folder.join(METRICS);
    let write = || {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&path)?;
        writeln!(file, "{}", serde_json::to_string(line).expect("plain data"))
    };
    write().map_err(|source| Error::write(&path, source))
}

/// Removes the lines of a run beyond `step`, and returns the others. A killed run may have gone further
/// than the snapshot from which it resumes.
///
/// # Errors
/// Returns an error if the file cannot be read, or written anew.
pub fn rewind(folder: &Path, step: usize) -> Result<Vec<MetricsLine>> {
    let path = folder.join(METRICS);
    let text = match std::fs::read_to_string(&path) {
        Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => String::new(),
        read => read.map_err(|source| Error::read(&path, source))?,
    };
    let lines = text.lines().filter_map(|line| serde_json::from_str(line).ok());
    let lines: Vec<MetricsLine> = lines.filter(|line: &MetricsLine| line.step <= step).collect();
    let mut text = String::new();
    for line in &lines {
        text += &serde_json::to_string(line).expect("plain data");
        text.push('\n');
    }
    write_whole(&path, text.as_bytes())?;
    Ok(lines)
}

/// Draws the loss over the pictures seen into `curve.png`. Each point is the mean of about a hundredth
/// of the run.
///
/// # Errors
/// Returns an error if it cannot be written.
pub fn curve(folder: &Path, lines: &[MetricsLine]) -> Result<()> {
    let path = folder.join("curve.png");
    let svg = plot(lines).expect("a text takes whatever is drawn");
    let tree = usvg::Tree::from_str(&svg, &svg_options()).expect("it is well formed");
    let mut pixmap = tiny_skia::Pixmap::new(WIDTH, HEIGHT).expect("it has a size");
    resvg::render(&tree, tiny_skia::Transform::default(), &mut pixmap.as_mut());
    write_whole(&path, &pixmap.encode_png().expect("it has pixels"))
}

const WIDTH: u32 = 800;
const HEIGHT: u32 = 400;
/// The maximum number of points of the curve.
const POINTS: usize = 120;

/// Returns the curve as SVG.
fn plot(lines: &[MetricsLine]) -> Result<String, Box<dyn std::error::Error + '_>> {
    let points: Vec<(f64, f64)> = lines
        .chunks(lines.len().div_ceil(POINTS).max(1))
        .map(|chunk| {
            let mean = chunk.iter().map(|line| line.loss).sum::<f64>() / chunk.len() as f64;
            (chunk[chunk.len() - 1].images as f64, mean)
        })
        .collect();
    let most = points.iter().map(|(images, _)| *images).fold(1.0, f64::max);
    let losses = || points.iter().map(|(_, loss)| *loss);
    let (low, high) = (losses().fold(f64::INFINITY, f64::min), losses().fold(0.0, f64::max));
    let (low, high) = if low < high { (low, high) } else { (0.0, high.max(1.0)) };
    let mut svg = String::new();
    let area = SVGBackend::with_string(&mut svg, (WIDTH, HEIGHT)).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .margin(16)
        .x_label_area_size(36)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..most, low..high)?;
    let images = |images: &f64| format!("{images:.0}");
    chart
        .configure_mesh()
        .x_desc("pictures seen")
        .y_desc("loss")
        .x_label_formatter(&images)
        .draw()?;
    chart.draw_series(LineSeries::new(points, BLUE.stroke_width(2)))?;
    area.present()?;
    drop(chart);
    drop(area);
    Ok(svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(step: usize) -> MetricsLine {
        let loss = 1.0 / step as f64;
        MetricsLine {
            step,
            images: 8 * step,
            loss,
            learning_rate: 1e-3,
            grad_norm: 0.5,
            seconds: 0.1,
            errors: None,
        }
    }

    #[test]
    fn rewinds_the_metrics_to_the_snapshot() {
        let folder = tempfile::tempdir().unwrap();
        assert!(rewind(folder.path(), 0).unwrap().is_empty());
        for step in 1..=5 {
            append(folder.path(), &line(step)).unwrap();
        }
        // The run was killed in the middle of a line.
        let path = folder.path().join(METRICS);
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str("{\"step\": 6, \"ima");
        std::fs::write(&path, text).unwrap();
        let lines = rewind(folder.path(), 3).unwrap();
        assert_eq!(lines, [line(1), line(2), line(3)]);
        assert_eq!(rewind(folder.path(), 9).unwrap(), lines);
    }

    #[test]
    fn draws_a_curve_with_labels() {
        let folder = tempfile::tempdir().unwrap();
        curve(folder.path(), &(1..300).map(line).collect::<Vec<_>>()).unwrap();
        let png = std::fs::read(folder.path().join("curve.png")).unwrap();
        let image = crate::image::Image::from_png(&png).unwrap();
        let blue = image.pixels.chunks(4).filter(|p| p[2] > 200 && p[0] < 100).count();
        assert!(blue > 500, "{blue}");
        // The axis labels are left of the curve and below it.
        let dark = |left: usize, top: usize, right: usize, bottom: usize| {
            let rows = image.pixels.as_chunks::<4>().0.chunks(WIDTH as usize);
            rows.take(bottom)
                .skip(top)
                .flat_map(|row| &row[left..right])
                .filter(|p| p[0] < 90)
                .count()
        };
        let (right, bottom) = (WIDTH as usize, HEIGHT as usize);
        let (values, names) = (dark(0, 0, 70, bottom - 60), dark(85, bottom - 45, right, bottom));
        assert!(values > 100 && names > 100, "{values} {names}");
    }
}
