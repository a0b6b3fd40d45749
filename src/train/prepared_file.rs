//! [`Prepared`] as a safetensors file, which an outside trainer can read without this program.
//!
//! | tensor | shape | what it is |
//! |---|---|---|
//! | `latents` | F16 `[pictures, channels, height, width]` | normalised latents |
//! | `text_states` | F16 `[tokens, text_dim]` | states of all captions, one after another |
//! | `text_offsets` | I64 `[captions + 1]` | caption `i` has tokens `text_offsets[i]..text_offsets[i + 1]` |
//! | `example_latent`, `example_caption` | I64 `[examples]` | the indices of a picture and its caption |
//! | `example_style` | I64 `[examples]` | the style's index; the number of styles stands for none |
//! | `example_kind` | I64 `[examples]` | the kind of the caption, an index into `kinds` |
//! | `example_weight` | F32 `[examples]` | the relative weight with which it is drawn |
//!
//! Metadata: `format` ([`FORMAT`]), `captions`, `styles` and `kinds` (lists in JSON; caption 0 is the
//! empty prompt), `latent` (channels, height and width), `text_dim`, `max_tokens`, and `origin` (the
//! hashes of the dataset and the encoders, and the seed).
//!
//! A packed file, for transfer to another machine, has `latents` quantised to 8 bits (I8, with
//! `latents.scale` for each 64 values of a row) and no text tensors: the states are computed there.

use std::path::Path;

use half::f16;
use safetensors::SafeTensors;
use safetensors::tensor::Metadata;
use serde::de::DeserializeOwned;

use super::prepared::{Example, Prepared};
use crate::dataset::teach::KINDS;
use crate::tools::files::write_target;
use crate::weights::Checkpoint;
use crate::weights::save::{Precision, Stored, to_bytes};
use crate::{Error, Result};

/// The value of `format`.
pub const FORMAT: &str = "patchwork prepared 2";

pub(super) const LATENTS: &str = "latents";
pub(super) const STATES: &str = "text_states";
const OFFSETS: &str = "text_offsets";
const WEIGHTS: &str = "example_weight";
const COLUMNS: [&str; 4] = ["example_latent", "example_caption", "example_style", "example_kind"];

impl Prepared {
    /// Writes the unpacked file.
    ///
    /// # Errors
    /// Returns an error if it cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let [channels, height, width] = self.latent;
        let pictures = self.latents.len() / (channels * height * width);
        let latents = Stored::new(
            LATENTS,
            &[pictures, channels, height, width],
            &singles(&self.latents),
            Precision::Half,
        );
        let shape = [self.states.len() / self.text_dim, self.text_dim];
        let states = Stored::new(STATES, &shape, &singles(&self.states), Precision::Half);
        let ends = self.bounds.iter().map(|[_, end]| *end);
        let offsets = Stored::integers(OFFSETS, [0].into_iter().chain(ends));
        self.write_file(path, vec![latents, states, offsets])
    }

    pub(super) fn write_file(&self, path: &Path, mut tensors: Vec<Stored>) -> Result<()> {
        let styles = self.styles.len();
        let number = |example: &Example, column: &str| match column {
            "example_latent" => example.latent,
            "example_caption" => example.caption,
            "example_style" => example.style.unwrap_or(styles),
            _ => KINDS.iter().position(|kind| *kind == example.kind).expect("all kinds are there"),
        };
        for column in COLUMNS {
            let values = self.examples.iter().map(|example| number(example, column));
            tensors.push(Stored::integers(column, values));
        }
        let weights: Vec<f32> = self.examples.iter().map(|example| example.weight).collect();
        tensors.push(Stored::new(WEIGHTS, &[weights.len()], &weights, Precision::Full));
        let list = |values: &[String]| serde_json::to_string(values).expect("plain data");
        let metadata = [
            ("format", FORMAT.to_owned()),
            ("origin", self.origin.clone()),
            ("styles", list(&self.styles)),
            ("captions", list(&self.captions)),
            ("kinds", list(&KINDS.map(|kind| kind.name().to_owned()))),
            ("max_tokens", self.max_tokens.to_string()),
            ("text_dim", self.text_dim.to_string()),
            ("latent", serde_json::to_string(&self.latent).expect("plain data")),
        ];
        write_target(path, &to_bytes(&tensors, metadata))
    }

    /// Reads a file, packed or not.
    ///
    /// # Errors
    /// Returns an error if it is missing, or is not such a file.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|source| Error::read(path, source))?;
        let refuse = || {
            let problem = "it holds no prepared latents, or those of an earlier version; remove it, and \
                           make new ones from a dataset with `train dit` or `patchwork pack`";
            Error::dataset(path.display().to_string(), problem)
        };
        let mut prepared = Self::of_header(&bytes).ok_or_else(refuse)?;
        prepared.examples = prepared.read_examples(&bytes).ok_or_else(refuse)?;
        let offsets = column(&bytes, OFFSETS).unwrap_or_default();
        prepared.bounds = offsets.windows(2).map(|pair| [pair[0], pair[1]]).collect();
        let file = Checkpoint::new(path.display().to_string(), vec![bytes]);
        let file = file.map_err(|_| refuse())?;
        let values = |name: &str| -> Result<Vec<f16>> {
            let values = file.values(name).map_err(|_| refuse())?;
            Ok(values.into_iter().map(f16::from_f32).collect())
        };
        prepared.latents = values(LATENTS)?;
        if file.contains(STATES) {
            prepared.states = values(STATES)?;
        }
        let weights = file.values(WEIGHTS).map_err(|_| refuse())?;
        let are_weights = weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0);
        if weights.len() != prepared.examples.len() || !are_weights {
            return Err(refuse());
        }
        for (example, weight) in prepared.examples.iter_mut().zip(weights) {
            example.weight = weight;
        }
        if !prepared.is_whole() {
            return Err(refuse());
        }
        prepared.weigh();
        Ok(prepared)
    }

    /// Returns the content of the metadata; `None` if the file is of another kind.
    pub(super) fn of_header(bytes: &[u8]) -> Option<Self> {
        let metadata = metadata(bytes)?;
        let text = |key: &str| metadata.metadata().as_ref()?.get(key).map(String::as_str);
        fn json<T: DeserializeOwned>(text: Option<&str>) -> Option<T> {
            serde_json::from_str(text?).ok()
        }
        Some(Self {
            latent: json(text("latent"))?,
            max_tokens: json(text("max_tokens"))?,
            text_dim: json(text("text_dim"))?,
            styles: json(text("styles"))?,
            origin: text("origin")?.to_owned(),
            captions: json(text("captions"))?,
            examples: Vec::new(),
            draws: None,
            latents: Vec::new(),
            states: Vec::new(),
            bounds: Vec::new(),
        })
    }

    fn read_examples(&self, bytes: &[u8]) -> Option<Vec<Example>> {
        let [latents, captions, styles, kinds] = COLUMNS.map(|name| column(bytes, name));
        let (latents, captions, styles, kinds) = (latents?, captions?, styles?, kinds?);
        let places = latents.iter().zip(&captions).zip(styles.iter().zip(&kinds));
        let example =
            |((&latent, &caption), (&style, &kind)): ((&usize, &usize), (&usize, &usize))| {
                let style = (style < self.styles.len()).then_some(style);
                Some(Example { latent, caption, style, kind: *KINDS.get(kind)?, weight: 0.0 })
            };
        places.map(example).collect()
    }

    /// Returns whether all indices of the examples and all bounds of the captions are in range.
    fn is_whole(&self) -> bool {
        let size: usize = self.latent.iter().product();
        let tokens = self.states.len() / self.text_dim.max(1);
        let is_there = |example: &Example| {
            (example.latent + 1) * size <= self.latents.len()
                && example.caption < self.captions.len()
        };
        size > 0
            && self.examples.iter().all(is_there)
            && self.bounds.iter().all(|[start, end]| start <= end && *end <= tokens)
            && (self.bounds.is_empty() || self.bounds.len() == self.captions.len())
    }
}

/// Returns a column of integers.
fn column(bytes: &[u8], name: &str) -> Option<Vec<usize>> {
    let file = SafeTensors::deserialize(bytes).ok()?;
    let numbers = file.tensor(name).ok()?.data().as_chunks::<8>().0.iter();
    numbers.map(|bytes| usize::try_from(i64::from_le_bytes(*bytes)).ok()).collect()
}

fn metadata(bytes: &[u8]) -> Option<Metadata> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).ok()?;
    let format = metadata.metadata().as_ref()?.get("format")?;
    (format == FORMAT).then_some(metadata)
}

pub(super) fn singles(values: &[f16]) -> Vec<f32> {
    values.iter().map(|value| value.to_f32()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_file_that_it_writes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.safetensors");
        Prepared::tiny().write(&path).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(Prepared::read(&path).unwrap(), Prepared::tiny());
        assert!(!Prepared::is_packed(&bytes));
        // This is what an outside reader sees.
        let file = SafeTensors::deserialize(&bytes).unwrap();
        assert_eq!(file.tensor("latents").unwrap().shape(), [4, 2, 4, 4]);
        assert_eq!(column(&bytes, "example_style").unwrap(), [0, 1, 0, 2]);
        std::fs::write(&path, b"no").unwrap();
        assert!(Prepared::read(&path).unwrap_err().to_string().contains("new ones from a dataset"));
    }

    /// Checks that an index out of range is found when the file is read, not in the middle of a run.
    #[test]
    fn refuses_examples_with_an_index_out_of_range() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.safetensors");
        let mut wrong = Prepared::tiny();
        wrong.examples[2].latent = 9;
        wrong.write(&path).unwrap();
        assert!(Prepared::read(&path).is_err());
    }
}
