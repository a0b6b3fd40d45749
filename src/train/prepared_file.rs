//! [`Prepared`] as a safetensors file: whole, as a run keeps it; or packed, to be carried to
//! another machine, with latents in a byte a value and captions as text, whose states are computed
//! there.

use std::path::Path;

use half::f16;
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};

use super::prepared::{Example, ExampleKind, Prepared};
use crate::tools::files::write_target;
use crate::tools::parallel::Workers;
use crate::weights::Checkpoint;
use crate::weights::save::{Precision, Stored, to_bytes};
use crate::{Error, Result};

#[derive(Serialize, Deserialize)]
struct Header {
    origin: String,
    latent: [usize; 3],
    #[serde(rename = "places")]
    max_tokens: usize,
    text_dim: usize,
    styles: Vec<String>,
    kinds: Vec<ExampleKind>,
    bounds: Vec<[usize; 2]>,
    #[serde(default)]
    captions: Vec<String>,
}

const HEADER: &str = "prepared";
const LATENTS: &str = "latents";
const STATES: &str = "states";

impl Prepared {
    /// Writes the whole file.
    ///
    /// # Errors
    /// Returns an error if it cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let half = |name: &str, values: &[f16]| {
            Stored::new(name, &[values.len()], &singles(values), Precision::Half)
        };
        let tensors = [half(LATENTS, &self.latents), half(STATES, &self.states)];
        self.write_file(path, &tensors)
    }

    /// Writes the packed file, a fifth of the size: with pictures as they are, and each `every`th
    /// of those made of them.
    ///
    /// # Errors
    /// Returns an error if it cannot be written.
    pub fn write_packed(&self, path: &Path, every: usize) -> Result<()> {
        let mut packed = Self { states: Vec::new(), latents: Vec::new(), ..self.clone() };
        for (i, kind) in packed.kinds.iter_mut().enumerate() {
            let step = if i == 0 { 1 } else { every.max(1) };
            let examples = std::mem::take(&mut kind.examples).into_iter().step_by(step);
            let size: usize = self.latent.iter().product();
            kind.examples = examples
                .map(|example| {
                    packed.latents.extend(self.latent(example.latent));
                    Example { latent: packed.latents.len() / size - 1, ..example }
                })
                .collect();
        }
        let size: usize = self.latent.iter().product();
        let shape = [packed.latents.len() / size, size];
        let tensors = Stored::in_bytes(LATENTS, &shape, &singles(&packed.latents));
        packed.write_file(path, &tensors)
    }

    fn write_file(&self, path: &Path, tensors: &[Stored]) -> Result<()> {
        let header = Header {
            origin: self.origin.clone(),
            latent: self.latent,
            max_tokens: self.max_tokens,
            text_dim: self.text_dim,
            styles: self.styles.clone(),
            kinds: self.kinds.clone(),
            bounds: self.bounds.clone(),
            captions: self.captions.clone(),
        };
        let header = serde_json::to_string(&header).expect("plain data");
        write_target(path, &to_bytes(tensors, Some((HEADER, header))))
    }

    /// Reads either file.
    ///
    /// # Errors
    /// Returns an error if it is missing, or not what was written.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|source| Error::read(path, source))?;
        let refuse = || {
            let problem = "it does not hold prepared latents; remove it, and `train dit` makes them \
                           anew from a dataset, as does `patchwork pack`";
            Error::dataset(path.display().to_string(), problem)
        };
        let header = header(&bytes).ok_or_else(refuse)?;
        let file = Checkpoint::new(path.display().to_string(), vec![bytes]);
        let file = file.map_err(|_| refuse())?;
        let values = |name: &str| -> Result<Vec<f16>> {
            let values = file.values(name).map_err(|_| refuse())?;
            Ok(values.into_iter().map(f16::from_f32).collect())
        };
        Ok(Self {
            origin: header.origin,
            latent: header.latent,
            max_tokens: header.max_tokens,
            text_dim: header.text_dim,
            styles: header.styles,
            kinds: header.kinds,
            bounds: header.bounds,
            captions: header.captions,
            latents: values(LATENTS)?,
            states: if file.contains(STATES) { values(STATES)? } else { Vec::new() },
        })
    }

    /// Returns whether a file is of this kind and packed, and no dataset.
    pub fn is_packed(bytes: &[u8]) -> bool {
        let tensors = SafeTensors::deserialize(bytes);
        header(bytes).is_some() && tensors.is_ok_and(|file| file.tensor(STATES).is_err())
    }

    /// Returns a packed file's captions, read by `encode`: states, row-major `[n, text_dim]`.
    ///
    /// # Errors
    /// Returns an error if one cannot be read.
    pub fn read_captions(
        &mut self,
        encode: impl Fn(&str) -> Result<Vec<f32>> + Sync,
        workers: &Workers,
    ) -> Result<()> {
        let captions = self.captions.iter().map(String::as_str).collect();
        self.bounds.clear();
        self.states.clear();
        for states in workers.map(captions, encode) {
            let start = self.states.len() / self.text_dim;
            self.states.extend(states?.into_iter().map(f16::from_f32));
            self.bounds.push([start, self.states.len() / self.text_dim]);
        }
        Ok(())
    }
}

fn header(bytes: &[u8]) -> Option<Header> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).ok()?;
    serde_json::from_str(metadata.metadata().as_ref()?.get(HEADER)?).ok()
}

fn singles(values: &[f16]) -> Vec<f32> {
    values.iter().map(|value| value.to_f32()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.safetensors");
        Prepared::tiny().write(&path).unwrap();
        assert_eq!(Prepared::read(&path).unwrap(), Prepared::tiny());
        assert!(!Prepared::is_packed(&std::fs::read(&path).unwrap()));
        std::fs::write(&path, b"no").unwrap();
        assert!(Prepared::read(&path).unwrap_err().to_string().contains("anew from a dataset"));
    }

    #[test]
    fn what_is_packed_is_nearly_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.safetensors");
        let whole = Prepared::tiny();
        whole.write_packed(&path, 1).unwrap();
        assert!(Prepared::is_packed(&std::fs::read(&path).unwrap()));
        let mut packed = Prepared::read(&path).unwrap();
        // The states come from a text encoder; here, from what they were.
        let states = |caption: &str| {
            let place = whole.captions.iter().position(|known| known == caption);
            Ok(whole.states(place.expect("a caption")).iter().map(|v| v.to_f32()).collect())
        };
        packed.read_captions(states, &Workers::of(2)).unwrap();
        assert_eq!((&packed.states, &packed.bounds), (&whole.states, &whole.bounds));
        assert_eq!(packed.kinds, whole.kinds);
        for (a, b) in packed.latents.iter().zip(&whole.latents) {
            assert!((a.to_f32() - b.to_f32()).abs() < 0.01, "{a} is not {b}");
        }
        // Of made pictures every second one, with its own latent.
        let mut two = whole.clone();
        two.kinds.push(two.kinds[0].clone());
        two.write_packed(&path, 2).unwrap();
        let packed = Prepared::read(&path).unwrap();
        assert_eq!(packed.kinds.iter().map(|k| k.examples.len()).collect::<Vec<_>>(), [4, 2]);
        for (example, from) in packed.kinds[1].examples.iter().zip([0, 2]) {
            let (a, b) = (packed.latent(example.latent)[5], whole.latent(from)[5]);
            assert!((a.to_f32() - b.to_f32()).abs() < 0.01, "{a} is not {b}");
        }
    }
}
