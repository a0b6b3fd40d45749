//! A user's own pictures: a folder of PNGs and a `metadata.jsonl` that says what each shows, a line
//! of JSON each: `{"file_name": "cat.png", "text": "a cat", "style": "noto"}` (style may be left
//! out), the layout that image datasets are commonly shared in.

use std::path::Path;

use serde::Deserialize;

use super::{Dataset, Entry, Split, render};
use crate::image::Image;
use crate::pipeline::source::is_inside;
use crate::{Error, Result};

/// The file of captions.
pub const CAPTIONS: &str = "metadata.jsonl";

#[derive(Deserialize)]
struct Line {
    file_name: String,
    text: String,
    #[serde(default)]
    style: String,
    #[serde(default)]
    tags: Vec<String>,
}

/// Reads a folder; pictures are scaled to 128×128.
///
/// # Errors
/// Where a caption has no picture, or a line or a picture cannot be read; the line is named.
pub fn read(folder: &Path) -> Result<Dataset> {
    let path = folder.join(CAPTIONS);
    let text = std::fs::read_to_string(&path).map_err(|source| Error::read(&path, source))?;
    let mut dataset = Dataset::default();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let refuse = |problem: String| {
            let problem = problem.trim_end_matches('.');
            Error::config(path.display().to_string(), format!("line {}: {problem}", number + 1))
        };
        let line: Line = serde_json::from_str(line).map_err(|problem| {
            refuse(format!(
                "it should look like {{\"file_name\": \"cat.png\", \"text\": \"a cat\"}} ({problem})"
            ))
        })?;
        if !is_inside(&line.file_name) {
            let problem = "is not a file in its folder: put the picture there, and name it so";
            return Err(refuse(format!("“{}” {problem}", line.file_name)));
        }
        let picture = folder.join(&line.file_name);
        let bytes = std::fs::read(&picture)
            .map_err(|problem| refuse(format!("{} cannot be read: {problem}", line.file_name)))?;
        let image = Image::from_png(&bytes)
            .map_err(|problem| refuse(format!("{}: {problem}", line.file_name)))?;
        let image = render::resized(&image)
            .ok_or_else(|| refuse(format!("{} has no pixels", line.file_name)))?;
        dataset.entries.push(Entry {
            label: line.text.trim().to_lowercase(),
            tags: line.tags,
            style: line.style,
            group: "own".into(),
            licence: String::new(),
            split: Split::Train,
        });
        dataset.pictures.push(image);
    }
    if dataset.entries.is_empty() {
        return Err(Error::config(path.display().to_string(), "it names no picture"));
    }
    Ok(dataset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_and_a_wrong_line_named() {
        let folder = tempfile::tempdir().unwrap();
        let picture = Image { width: 64, height: 32, pixels: [9, 8, 7, 255].repeat(64 * 32) };
        std::fs::write(folder.path().join("a.png"), picture.to_png(None).unwrap()).unwrap();
        let captions = folder.path().join(CAPTIONS);
        std::fs::write(&captions, "{\"file_name\": \"a.png\", \"text\": \"A Brick\"}\n\n").unwrap();
        let dataset = read(folder.path()).unwrap();
        assert_eq!(dataset.entries[0].label, "a brick");
        assert_eq!(dataset.pictures[0].width, render::SIDE);

        std::fs::write(&captions, "{\"file_name\": \"b.png\", \"text\": \"x\"}").unwrap();
        let error = read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("line 1") && error.contains("b.png"), "{error}");
    }
}
