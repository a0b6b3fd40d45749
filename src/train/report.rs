//! What a run tells while it goes: a line of JSON for each step, and a curve of the loss as PNG.

use std::fmt::Write;
use std::io::Write as _;
use std::path::Path;

use resvg::{tiny_skia, usvg};
use serde::{Deserialize, Serialize};

use crate::diffusion::guess::GuessErrors;
use crate::tools::files::write_whole;
use crate::{Error, Result};

/// One step, as it stands in `metrics.jsonl`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Its number, from 1.
    pub step: usize,
    /// Pictures seen so far.
    pub images: usize,
    /// The batch's loss.
    pub loss: f64,
    /// The learning rate.
    pub rate: f64,
    /// Length of the gradient before it was cut.
    pub gradient: f64,
    /// Seconds that the step took.
    pub seconds: f64,
    /// How well the average guesses pictures, at some steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<GuessErrors>,
}

/// The file of lines.
pub const METRICS: &str = "metrics.jsonl";

/// Adds a line.
///
/// # Errors
/// Where it cannot be written.
pub fn append(folder: &Path, line: &Line) -> Result<()> {
    let path = folder.join(METRICS);
    let write = || {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&path)?;
        writeln!(file, "{}", serde_json::to_string(line).expect("plain data"))
    };
    write().map_err(|source| Error::write(&path, source))
}

/// The lines of a run up to `step`, and none beyond: a killed run had gone further than the
/// checkpoint that it goes on from.
///
/// # Errors
/// Where the file cannot be read, or written anew.
pub fn rewind(folder: &Path, step: usize) -> Result<Vec<Line>> {
    let path = folder.join(METRICS);
    let text = match std::fs::read_to_string(&path) {
        Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => String::new(),
        read => read.map_err(|source| Error::read(&path, source))?,
    };
    let lines = text.lines().filter_map(|line| serde_json::from_str(line).ok());
    let lines: Vec<Line> = lines.filter(|line: &Line| line.step <= step).collect();
    let mut text = String::new();
    for line in &lines {
        text += &serde_json::to_string(line).expect("plain data");
        text.push('\n');
    }
    write_whole(&path, text.as_bytes())?;
    Ok(lines)
}

/// Draws the loss over the pictures seen, a mean of some hundredth of the run each, into
/// `curve.png`.
///
/// # Errors
/// Where it cannot be written.
pub fn curve(folder: &Path, lines: &[Line]) -> Result<()> {
    let path = folder.join("curve.png");
    let mut options = usvg::Options::default();
    options.fontdb_mut().load_system_fonts();
    let tree = usvg::Tree::from_str(&plot(lines), &options).expect("it is well formed");
    let mut pixmap = tiny_skia::Pixmap::new(WIDTH as u32, HEIGHT as u32).expect("it has a size");
    resvg::render(&tree, tiny_skia::Transform::default(), &mut pixmap.as_mut());
    write_whole(&path, &pixmap.encode_png().expect("it has pixels"))
}

const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 400.0;

/// The curve as SVG.
fn plot(lines: &[Line]) -> String {
    let points: Vec<(f64, f64)> = lines
        .chunks(lines.len().div_ceil(120).max(1))
        .map(|chunk| {
            let mean = chunk.iter().map(|line| line.loss).sum::<f64>() / chunk.len() as f64;
            (chunk[chunk.len() - 1].images as f64, mean)
        })
        .collect();
    let most = points.iter().map(|(images, _)| *images).fold(1.0, f64::max);
    let bound = |start: f64, pick: fn(f64, f64) -> f64| {
        points.iter().map(|(_, loss)| *loss).fold(start, pick)
    };
    let (low, high) = (bound(f64::INFINITY, f64::min), bound(f64::NEG_INFINITY, f64::max));
    let span = (high - low).max(1e-6);
    let x = |images: f64| 60.0 + images / most * (WIDTH - 80.0);
    let y = |loss: f64| 20.0 + (high - loss) / span * (HEIGHT - 60.0);
    let mut svg = format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='{WIDTH}' height='{HEIGHT}' \
         font-family='sans-serif' font-size='12'><rect width='100%' height='100%' fill='white'/>"
    );
    for i in 0..=4 {
        let part = f64::from(i) / 4.0;
        let (loss, images) = (low + part * span, part * most);
        let (height, left, bottom) = (y(loss), x(images), HEIGHT - 20.0);
        let _ = write!(
            svg,
            "<path d='M60 {height}H{}' stroke='#ddd'/><text x='8' y='{}'>{loss:.4}</text>\
             <text x='{left}' y='{bottom}' text-anchor='middle'>{images:.0}</text>",
            WIDTH - 20.0,
            height + 4.0
        );
    }
    let path: Vec<String> =
        points.iter().map(|(images, loss)| format!("{:.1},{:.1}", x(*images), y(*loss))).collect();
    let _ = write!(
        svg,
        "<polyline points='{}' fill='none' stroke='#2563eb' stroke-width='2'/>\
         <text x='400' y='{}' text-anchor='middle'>loss over pictures seen</text></svg>",
        path.join(" "),
        HEIGHT - 4.0
    );
    svg
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(step: usize) -> Line {
        let loss = 1.0 / step as f64;
        Line { step, images: 8 * step, loss, rate: 1e-3, gradient: 0.5, seconds: 0.1, errors: None }
    }

    #[test]
    fn a_run_goes_on_from_its_checkpoint() {
        let folder = tempfile::tempdir().unwrap();
        assert!(rewind(folder.path(), 0).unwrap().is_empty());
        for step in 1..=5 {
            append(folder.path(), &line(step)).unwrap();
        }
        // A kill in the middle of a line.
        let path = folder.path().join(METRICS);
        let mut text = std::fs::read_to_string(&path).unwrap();
        text.push_str("{\"step\": 6, \"ima");
        std::fs::write(&path, text).unwrap();
        let lines = rewind(folder.path(), 3).unwrap();
        assert_eq!(lines, [line(1), line(2), line(3)]);
        assert_eq!(rewind(folder.path(), 9).unwrap(), lines);
    }

    #[test]
    fn a_curve_is_drawn() {
        let folder = tempfile::tempdir().unwrap();
        curve(folder.path(), &(1..300).map(line).collect::<Vec<_>>()).unwrap();
        let png = std::fs::read(folder.path().join("curve.png")).unwrap();
        let image = crate::image::Image::from_png(&png).unwrap();
        let blue = image.pixels.chunks(4).filter(|p| p[2] > 200 && p[0] < 100).count();
        assert!(blue > 500, "{blue}");
    }
}
