//! Pictures to train on, with captions, styles and licences, in one packed file. It is a safetensors
//! file whose tensor `pictures`, `[n, 128, 128, 4]`, holds RGBA with straight alpha, and whose metadata
//! `entries` describes each picture in JSON.

pub mod gather;
pub mod names;
pub mod teach;

use std::collections::{BTreeSet, HashMap};
use std::fmt::Display;
use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use serde::{Deserialize, Serialize};

use crate::image::Image;
use crate::tools::files::write_target;
use crate::tools::foreign::misplaced;
use crate::tools::hash::FileFacts;
use crate::{Error, Result};
use gather::SIDE;
use names::Families;

/// The part of a dataset that a picture is in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    /// The training split.
    #[default]
    Train,
    /// A held-out pair of concept and style. The training split has the concept in other styles, and the
    /// style with other concepts.
    Pair,
    /// A picture of a concept that is held out in every style.
    Concept,
}

/// The group of a user's own pictures. Their captions are used unchanged, alone and with each of their
/// tags.
pub const OWN: &str = "own";

/// The metadata of a picture.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its caption.
    pub label: String,
    /// Keywords.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Everyday words for the subject, which serve as captions just as the label does.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// The dominant colour, if the style shows things in their own colours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    /// The name of its style; empty if it has none.
    #[serde(default)]
    pub style: String,
    /// The name of its group.
    #[serde(default)]
    pub group: String,
    /// The licence and the credit.
    #[serde(default)]
    pub licence: String,
    /// The split: training or held out.
    pub split: Split,
}

/// Pictures and their metadata, in the same order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Dataset {
    /// The metadata of each picture.
    pub entries: Vec<Entry>,
    /// The pictures, each of 128×128 pixels.
    pub pictures: Vec<Image>,
}

const PICTURES: &str = "pictures";
const ENTRIES: &str = "entries";

impl Dataset {
    /// Writes the packed file.
    ///
    /// # Errors
    /// Returns an error if the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let unwritten = |problem: safetensors::SafeTensorError| {
            Error::write(path, std::io::Error::other(problem.to_string()))
        };
        let pixels: Vec<u8> =
            self.pictures.iter().flat_map(|picture| &picture.pixels).copied().collect();
        let shape = vec![self.pictures.len(), SIDE, SIDE, 4];
        let view = TensorView::new(Dtype::U8, shape, &pixels).map_err(unwritten)?;
        let entries = serde_json::to_string(&self.entries).expect("plain data");
        let metadata = HashMap::from([(ENTRIES.to_owned(), entries)]);
        let bytes = serialize([(PICTURES, view)], Some(metadata)).map_err(unwritten)?;
        write_target(path, &bytes)
    }

    /// Reads a packed file.
    ///
    /// # Errors
    /// Returns an error if the file is missing or does not have the format of [`write`](Self::write).
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|source| Error::read(path, source))?;
        Self::from_bytes(&bytes, path)
    }

    /// Reads a packed file and computes its SHA-256.
    ///
    /// # Errors
    /// See [`read`](Self::read).
    pub fn read_hashed(path: &Path) -> Result<(Self, String)> {
        let bytes = std::fs::read(path).map_err(|source| Error::read(path, source))?;
        Ok((Self::from_bytes(&bytes, path)?, FileFacts::of(&bytes).sha256))
    }

    /// Parses the bytes of a packed file; `path` is the name in error messages.
    ///
    /// # Errors
    /// Returns an error if the bytes do not have the format of [`write`](Self::write).
    pub fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self> {
        let refuse = |problem: &dyn Display| not_a_dataset(path, problem);
        let entries = Self::entries_of(bytes, path)?;
        let file = SafeTensors::deserialize(bytes).map_err(|problem| refuse(&problem))?;
        let tensor = file.tensor(PICTURES).map_err(|problem| refuse(&problem))?;
        if tensor.dtype() != Dtype::U8 || tensor.shape() != [entries.len(), SIDE, SIDE, 4] {
            return Err(refuse(&"it has another number of pictures than of entries"));
        }
        let image = |pixels: &[u8]| Image { width: SIDE, height: SIDE, pixels: pixels.to_vec() };
        let pictures = tensor.data().chunks_exact(4 * SIDE * SIDE).map(image).collect();
        Ok(Self { entries, pictures })
    }

    /// Parses the metadata alone of the bytes of a packed file.
    ///
    /// # Errors
    /// See [`from_bytes`](Self::from_bytes).
    pub fn entries_of(bytes: &[u8], path: &Path) -> Result<Vec<Entry>> {
        let refuse = |problem: &dyn Display| not_a_dataset(path, problem);
        if let Some(problem) = misplaced(bytes) {
            return Err(Error::dataset(path.display().to_string(), problem));
        }
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|problem| refuse(&problem))?;
        let entries = header.metadata().as_ref().and_then(|metadata| metadata.get(ENTRIES));
        let entries = entries.ok_or_else(|| refuse(&"it has no entries"))?;
        serde_json::from_str(entries).map_err(|problem| refuse(&problem))
    }

    /// Returns the names of all styles, sorted.
    pub fn styles(&self) -> Vec<String> {
        styles(&self.entries)
    }

    /// Returns the families of all labels.
    pub fn families(&self) -> Families {
        Families::new(self.entries.iter().map(|entry| entry.label.as_str()))
    }

    /// Returns the indices of a split's pictures.
    pub fn of(&self, split: Split) -> impl Iterator<Item = usize> {
        let of_split = move |(i, entry): (usize, &Entry)| (entry.split == split).then_some(i);
        self.entries.iter().enumerate().filter_map(of_split)
    }
}

fn not_a_dataset(path: &Path, problem: &dyn Display) -> Error {
    let problem = format!(
        "it is not a dataset ({problem}); make a new one with `patchwork dataset`, of your own pictures \
         with its `--pictures`"
    );
    Error::dataset(path.display().to_string(), problem)
}

/// Returns the names of all styles of the entries, sorted.
pub fn styles(entries: &[Entry]) -> Vec<String> {
    let styles: BTreeSet<&String> = entries.iter().map(|entry| &entry.style).collect();
    styles.into_iter().filter(|style| !style.is_empty()).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn tiny() -> Dataset {
        let entry = |label: &str, split| Entry {
            label: label.into(),
            tags: vec!["thing".into()],
            style: "noto".into(),
            group: "objects".into(),
            licence: "MIT (nobody)".into(),
            split,
            ..Entry::default()
        };
        let picture = |value: u8| Image {
            width: SIDE,
            height: SIDE,
            pixels: [value, 0, 255 - value, 255].repeat(SIDE * SIDE),
        };
        Dataset {
            entries: vec![entry("ball", Split::Train), entry("box", Split::Pair)],
            pictures: vec![picture(10), picture(200)],
        }
    }

    #[test]
    fn reads_the_dataset_that_it_writes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d.safetensors");
        tiny().write(&path).unwrap();
        let read = Dataset::read(&path).unwrap();
        assert_eq!(read, tiny());
        assert_eq!(read.of(Split::Pair).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn refuses_other_files_and_says_how_to_make_a_dataset() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("d.safetensors");
        std::fs::write(&path, b"nothing of the kind").unwrap();
        let error = Dataset::read(&path).unwrap_err().to_string();
        assert!(error.contains("patchwork dataset"), "{error}");
    }
}
