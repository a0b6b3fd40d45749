//! Notes for the author of a folder of pictures about data that training may treat differently than
//! expected.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use walkdir::WalkDir;

use crate::image::Image;
use crate::tools::words::short;

/// The name of the file of captions.
pub const CAPTIONS: &str = "metadata.jsonl";
/// The extensions of picture files.
const PICTURES: [&str; 4] = ["png", "jpg", "jpeg", "webp"];
/// How many names a note quotes.
const QUOTED: usize = 5;
/// The greatest difference between values of a plain background, of 255.
const EVEN: u8 = 8;

/// Observations about a folder, by the names of its pictures.
#[derive(Debug, Default)]
pub(super) struct FolderNotes {
    empty: Vec<String>,
    unknown: BTreeSet<String>,
    captions: BTreeMap<String, BTreeSet<String>>,
    clear: BTreeSet<String>,
    grounds: BTreeSet<String>,
    endless: BTreeSet<String>,
}

impl FolderNotes {
    /// Records a line of captions: its number, the picture that it names, and its label.
    pub(super) fn see(&mut self, (number, name, label): (usize, &str, &str), picture: &Image) {
        if label.is_empty() {
            self.empty.push(format!("{name} (line {number})"));
        }
        let captions = self.captions.entry(name.to_owned()).or_default();
        captions.extend(Some(label.to_owned()).filter(|label| !label.is_empty()));
        if picture.pixels.as_chunks::<4>().0.iter().all(|pixel| pixel[3] == 0) {
            self.clear.insert(name.to_owned());
        } else if has_plain_ground(picture) {
            self.grounds.insert(name.to_owned());
        }
    }

    /// Records a picture whose file lacks its end.
    pub(super) fn see_endless(&mut self, name: &str) {
        self.endless.insert(name.to_owned());
    }

    /// Records fields that are not used.
    pub(super) fn see_unknown(&mut self, fields: impl IntoIterator<Item = String>) {
        self.unknown.extend(fields);
    }

    /// Returns all notes, as sentences.
    pub(super) fn sentences(&self, folder: &Path, lines: usize) -> Vec<String> {
        let is_unnamed = |name: &&String| !self.captions.contains_key(name.as_str());
        let all = pictures_in(folder);
        let unnamed: Vec<&String> = all.iter().filter(is_unnamed).collect();
        let several = self.captions.iter().filter(|(_, labels)| labels.len() > 1);
        let several: Vec<String> = several
            .map(|(name, labels)| {
                let labels = labels.iter().map(|label| format!("“{}”", short(label, 40)));
                format!("{name} ({})", labels.collect::<Vec<_>>().join(", "))
            })
            .collect();
        let mut notes = Vec::new();
        let mut note = |names: &[String], sentence: &dyn Fn(usize, String) -> String| {
            if !names.is_empty() {
                notes.push(sentence(names.len(), quoted(names)));
            }
        };
        let owned = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>();
        note(&self.empty, &|count, names| {
            format!(
                "Captions are empty for {count} of {lines} pictures, which are trained on without a prompt: {names}."
            )
        });
        note(&unnamed.into_iter().cloned().collect::<Vec<_>>(), &|count, names| {
            format!(
                "{CAPTIONS} does not name {count} of the pictures in the folder, which are left out: {names}."
            )
        });
        note(&several, &|count, names| {
            format!("Pictures with several captions, each of which is used: {count}: {names}.")
        });
        note(&owned(&self.clear), &|count, names| {
            format!(
                "Fully transparent, so there is nothing to train on: {count} of {lines}: {names}."
            )
        });
        note(&owned(&self.endless), &|count, names| {
            format!(
                "Files whose end is cut off, though no pixel is missing: {count} of {lines}: {names}."
            )
        });
        note(&owned(&self.grounds), &|count, names| {
            format!(
                "On an opaque background of one colour: {count} of {lines}: {names}. The model draws stickers \
                 without a background, and will learn to draw this one: remove it unless you want that."
            )
        });
        let fields: Vec<String> =
            self.unknown.iter().map(|field| format!("“{}”", short(field, 40))).collect();
        note(&fields, &|_, names| {
            format!(
                "Fields of {CAPTIONS} that are not used: {names}. It uses file_name, text, style and tags."
            )
        });
        notes
    }
}

/// Returns the first names, with an ellipsis if there are more.
fn quoted(names: &[String]) -> String {
    let more = if names.len() > QUOTED { ", …" } else { "" };
    names[..names.len().min(QUOTED)].join(", ") + more
}

/// Returns the pictures in a folder and its subfolders, in order, as relative paths with slashes.
fn pictures_in(folder: &Path) -> Vec<String> {
    let is_picture = |path: &Path| {
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        ending.is_some_and(|ending| PICTURES.contains(&ending.as_str()))
    };
    let entries = WalkDir::new(folder).sort_by_file_name().into_iter().flatten();
    let files = entries.filter(|entry| entry.file_type().is_file() && is_picture(entry.path()));
    let name = |path: &Path| {
        let parts = path.strip_prefix(folder).ok()?.components();
        let parts = parts.map(|part| part.as_os_str().to_string_lossy().into_owned());
        Some(parts.collect::<Vec<_>>().join("/"))
    };
    files.filter_map(|entry| name(entry.path())).collect()
}

/// Returns whether a picture's border is opaque and of one colour.
fn has_plain_ground(picture: &Image) -> bool {
    let Image { width, height, pixels } = picture;
    let pixels = pixels.as_chunks::<4>().0;
    let Some(first) = pixels.first() else { return false };
    let is_even = |i: usize| (0..4).all(|c| pixels[i][c].abs_diff(first[c]) <= EVEN);
    let rows = (0..*width).flat_map(|x| [x, (height - 1) * width + x]);
    let columns = (0..*height).flat_map(|y| [y * width, y * width + width - 1]);
    first[3] == 255 && rows.chain(columns).all(is_even)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(ground: [u8; 4], inside: [u8; 4]) -> Image {
        let pixel = |i: usize| match (i % 8, i / 8) {
            (2..6, 2..6) => inside,
            _ => ground,
        };
        Image { width: 8, height: 8, pixels: (0..64).flat_map(pixel).collect() }
    }

    #[test]
    fn distinguishes_opaque_grounds_from_stickers() {
        let (white, red) = ([255; 4], [200, 0, 0, 255]);
        assert!(has_plain_ground(&framed(white, red)));
        assert!(has_plain_ground(&framed([3, 5, 2, 255], red)));
        assert!(!has_plain_ground(&framed([0; 4], red)));
        let mut photo = framed(white, red);
        photo.pixels[..4].copy_from_slice(&[90, 120, 80, 255]);
        assert!(!has_plain_ground(&photo));
    }

    #[test]
    fn notes_count_and_quote_pictures_with_unusual_captions() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("in")).unwrap();
        for name in ["a.png", "b.PNG", "in/c.jpg", "notes.txt"] {
            std::fs::write(folder.path().join(name), b"").unwrap();
        }
        let mut notes = FolderNotes::default();
        notes.see((1, "a.png", "a cat"), &framed([255; 4], [9; 4]));
        notes.see((2, "a.png", "a dog"), &framed([255; 4], [9; 4]));
        notes.see((3, "in/c.jpg", ""), &framed([0; 4], [0; 4]));
        notes.see_unknown(["score".to_owned()]);
        let text = notes.sentences(folder.path(), 3).join("\n");
        for part in [
            "empty for 1 of 3 pictures, which are trained on without a prompt: in/c.jpg (line 3).",
            "not name 1 of the pictures in the folder, which are left out: b.PNG.",
            "1: a.png (“a cat”, “a dog”).",
            "nothing to train on: 1 of 3: in/c.jpg.",
            "of one colour: 1 of 3: a.png.",
            "“score”",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(!text.contains("notes.txt"));
    }
}
