//! A user's own pictures: a folder with a `metadata.jsonl` in which each line of JSON describes one
//! picture: `{"file_name": "cat.png", "text": "a cat", "style": "noto"}`. The style is optional. Image
//! datasets are commonly shared in this layout.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::fit::resized;
use super::folder_notes::{CAPTIONS, FolderNotes};
use crate::dataset::{Dataset, Entry, OWN};
use crate::image::cut::lacks_end;
use crate::image::file as picture_file;
use crate::tools::foreign::{is_inside, misplaced, without_infinities};
use crate::{Error, Result};

#[derive(Deserialize)]
struct CaptionLine {
    file_name: String,
    text: String,
    // The style may be null, because NaN is read as null.
    style: Option<String>,
    tags: Option<Vec<String>>,
    /// The fields that this version does not know.
    #[serde(flatten)]
    unknown: BTreeMap<String, serde_json::Value>,
}

/// Reads a folder. Pictures (PNG, JPEG or WebP) are scaled to 128×128. The second value holds notes for
/// the user, each a sentence.
///
/// # Errors
/// Returns an error if a caption has no picture, or if a line or a picture cannot be read. The error
/// names the line.
pub fn read(folder: &Path) -> Result<(Dataset, Vec<String>)> {
    let path = folder.join(CAPTIONS);
    let refuse =
        |place: &Path, problem: &str| Err(Error::dataset(place.display().to_string(), problem));
    if folder.is_file() {
        let of = folder.parent().filter(|of| !of.as_os_str().is_empty()).unwrap_or(Path::new("."));
        return refuse(
            folder,
            &format!("it is a file; give the folder that it is in: {}", of.display()),
        );
    }
    if !folder.is_dir() {
        return refuse(
            folder,
            "there is no such folder; give one with pictures and a metadata.jsonl",
        );
    }
    if !path.is_file() {
        return refuse(
            &path,
            "it is missing; write it, with one line for each picture, such as {\"file_name\": \"cat.png\", \
             \"text\": \"a cat\"}",
        );
    }
    let bytes = std::fs::read(&path).map_err(|source| Error::read(&path, source))?;
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return refuse(&path, "it is in UTF-16; save it as UTF-8");
    }
    let Ok(text) = String::from_utf8(bytes) else {
        return refuse(&path, "it is not in UTF-8; save it as UTF-8");
    };
    if let Some(problem) = misplaced(text.as_bytes()) {
        return Err(Error::dataset(path.display().to_string(), problem));
    }
    let (mut dataset, mut notes) = (Dataset::default(), FolderNotes::default());
    let lines = text.trim_start_matches('\u{feff}').lines().zip(1..);
    for (line, number) in lines.filter(|(line, _)| !line.trim().is_empty()) {
        let refuse = |problem: String| {
            let problem = problem.trim_end_matches('.');
            Error::dataset(path.display().to_string(), format!("line {number}: {problem}"))
        };
        // Python writes NaN for missing values, also in fields that are not read here.
        let json = without_infinities(line.as_bytes());
        let line: CaptionLine = serde_json::from_slice(&json).map_err(|problem| {
            refuse(format!(
                "it should look like {{\"file_name\": \"cat.png\", \"text\": \"a cat\"}} ({problem})"
            ))
        })?;
        notes.see_unknown(line.unknown.into_keys());
        // Windows separates paths with backslashes, but a file of that very name takes precedence.
        let is_plain =
            cfg!(unix) && !line.file_name.contains('/') && folder.join(&line.file_name).is_file();
        let name = match is_plain {
            true => line.file_name.clone(),
            false => line.file_name.replace('\\', "/"),
        };
        let name = name.trim_start_matches("./");
        if !is_plain && !is_inside(name) {
            let problem = "is not a file in its folder: put the picture there, and name it so";
            return Err(refuse(format!("“{name}” {problem}")));
        }
        let bytes = std::fs::read(folder.join(name))
            .map_err(|problem| refuse(format!("{name} cannot be read: {problem}")))?;
        let image = match misplaced(&bytes) {
            Some(problem) => Err(problem.to_owned()),
            None => picture_file::read(&bytes),
        };
        let image = image.map_err(|problem| refuse(format!("{name}: {problem}")))?;
        let label = line.text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        notes.see((number, name, &label), &image);
        if lacks_end(&bytes) {
            notes.see_endless(name);
        }
        let image = resized(&image).ok_or_else(|| refuse(format!("{name} has no pixels")))?;
        dataset.entries.push(Entry {
            label,
            tags: line.tags.unwrap_or_default(),
            style: line.style.unwrap_or_default().trim().to_owned(),
            group: OWN.into(),
            ..Entry::default()
        });
        dataset.pictures.push(image);
    }
    if dataset.entries.is_empty() {
        return Err(Error::dataset(path.display().to_string(), "it names no picture"));
    }
    let notes = notes.sentences(folder, dataset.entries.len());
    Ok((dataset, notes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Image;

    #[test]
    fn reads_a_folder_and_names_an_invalid_line() {
        let folder = tempfile::tempdir().unwrap();
        let row = [&[0; 8][..], &[9, 8, 7, 255].repeat(62)].concat();
        let picture = Image { width: 64, height: 32, pixels: row.repeat(32) };
        std::fs::write(folder.path().join("a.png"), picture.to_png(None).unwrap()).unwrap();
        let captions = folder.path().join(CAPTIONS);
        std::fs::write(&captions, "{\"file_name\": \"a.png\", \"text\": \"A Brick\"}\n\n").unwrap();
        let (dataset, notes) = read(folder.path()).unwrap();
        assert!(notes.is_empty());
        assert_eq!(dataset.entries[0].label, "a brick");
        assert_eq!(dataset.pictures[0].width, crate::dataset::gather::SIDE);

        let error = read(&captions).unwrap_err().to_string();
        assert!(
            error.contains(&format!("give the folder that it is in: {}", folder.path().display()))
        );

        std::fs::write(&captions, "{\"file_name\": \"b.png\", \"text\": \"x\"}").unwrap();
        let error = read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("line 1") && error.contains("b.png"), "{error}");

        // Editors on Windows write a byte order mark and CRLF. Empty captions are counted.
        let text = "\u{feff}{\"file_name\": \"./a.png\", \"text\": \" \"}\r\n\
                    {\"file_name\": \"a.png\", \"text\": \"\"}\r\n{\"file_name\": \"a.png\", \"text\": \"x\"}";
        std::fs::write(&captions, text).unwrap();
        let (dataset, notes) = read(folder.path()).unwrap();
        assert_eq!(dataset.entries.len(), 3);
        assert_eq!(notes.len(), 1);
        assert!(notes[0].contains("2 of 3") && notes[0].contains("a.png (line 2)"), "{notes:?}");

        // The file is complete except for its end.
        let png = std::fs::read(folder.path().join("a.png")).unwrap();
        std::fs::write(folder.path().join("end.png"), &png[..png.len() - 12]).unwrap();
        std::fs::write(&captions, "{\"file_name\": \"end.png\", \"text\": \"x\"}").unwrap();
        let notes = read(folder.path()).unwrap().1.join(" ");
        assert!(notes.contains("no pixel is missing: 1 of 1: end.png"), "{notes}");
        std::fs::remove_file(folder.path().join("end.png")).unwrap();

        std::fs::write(&captions, "{\"file_name\": \"a.png\", \"text\": \"x\", \"caption\": 1}")
            .unwrap();
        let notes = read(folder.path()).unwrap().1;
        assert!(notes[0].contains("“caption”") && notes[0].contains("style"), "{notes:?}");

        // pandas on Windows writes backslashes, and NaN for missing values.
        std::fs::create_dir(folder.path().join("in")).unwrap();
        std::fs::copy(folder.path().join("a.png"), folder.path().join("in/b.png")).unwrap();
        let text =
            "{\"file_name\": \"in\\\\b.png\", \"text\": \"x\", \"style\": NaN, \"score\": NaN}";
        std::fs::write(&captions, text).unwrap();
        assert_eq!(read(folder.path()).unwrap().0.entries.len(), 1);
        for outside in ["..\\\\a.png", "C:\\\\a.png", "\\\\a.png"] {
            let text = format!("{{\"file_name\": \"{outside}\", \"text\": \"x\"}}");
            std::fs::write(&captions, text).unwrap();
            let error = read(folder.path()).unwrap_err().to_string();
            assert!(error.contains("not a file in its folder"), "{error}");
        }
        std::fs::write(&captions, "{\"file_name\": \"a.png\", \"text\": \"x\"}").unwrap();

        for (bytes, word) in [
            (&b"version https://git-lfs.github.com/spec/v1\noid sha256:0"[..], "git lfs pull"),
            (b"<!DOCTYPE html>", "web page"),
            (b"GIF89a", "PNG, JPEG or WebP"),
        ] {
            std::fs::write(folder.path().join("a.png"), bytes).unwrap();
            let error = read(folder.path()).unwrap_err().to_string();
            assert!(error.contains(word) && error.contains("line 1"), "{error}");
        }
    }
}
