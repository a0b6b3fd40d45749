//! What never changes while a DiT trains, computed once: latents of all pictures and states of all
//! captions, in half precision, in one safetensors file.

use std::collections::HashMap;
use std::path::Path;

use half::f16;
use rand::RngExt;
use rand::rngs::StdRng;
use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};

use crate::weights::save::{Precision, Stored, to_bytes, write_whole};
use crate::{Error, Result};

/// A picture and the captions that fit it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// Place of its latent.
    pub latent: usize,
    /// Places of its captions.
    pub texts: Vec<usize>,
    /// Its style's label, if it has one.
    pub style: Option<usize>,
}

/// Latents, states, and which belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// Channels, height and width of a latent.
    pub latent: [usize; 3],
    /// Places for text tokens.
    pub places: usize,
    /// Width of a text state.
    pub text_dim: usize,
    /// Names of the styles.
    pub styles: Vec<String>,
    /// What it was made of: hashes of dataset and encoders, and the seed.
    pub origin: String,
    /// Pictures as they are, and then those made of them.
    kinds: Vec<Kind>,
    latents: Vec<f16>,
    states: Vec<f16>,
    /// Where each caption's states begin and end, in tokens.
    bounds: Vec<[usize; 2]>,
}

/// Examples that are drawn as often as each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Kind {
    /// How often, beside the other kinds.
    pub weight: f64,
    /// The examples.
    pub examples: Vec<Example>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    origin: String,
    latent: [usize; 3],
    places: usize,
    text_dim: usize,
    styles: Vec<String>,
    kinds: Vec<Kind>,
    bounds: Vec<[usize; 2]>,
}

const HEADER: &str = "prepared";
const LATENTS: &str = "latents";
const STATES: &str = "states";

/// Puts a [`Prepared`] together.
#[derive(Debug)]
pub struct Builder {
    prepared: Prepared,
    known: HashMap<String, usize>,
}

impl Builder {
    /// Nothing yet. `empty` are the states of the empty prompt.
    pub fn new(
        latent: [usize; 3],
        [places, text_dim]: [usize; 2],
        styles: Vec<String>,
        empty: &[f32],
    ) -> Self {
        let prepared = Prepared {
            latent,
            places,
            text_dim,
            styles,
            origin: String::new(),
            kinds: Vec::new(),
            latents: Vec::new(),
            states: Vec::new(),
            bounds: Vec::new(),
        };
        let mut builder = Self { prepared, known: HashMap::new() };
        builder.text("", empty);
        builder
    }

    /// The place of a caption, if it is known.
    pub fn place(&self, caption: &str) -> Option<usize> {
        self.known.get(caption).copied()
    }

    /// Adds a caption's states, row-major `[n, text_dim]`; its place.
    pub fn text(&mut self, caption: &str, states: &[f32]) -> usize {
        let data = &mut self.prepared;
        let start = data.states.len() / data.text_dim;
        data.states.extend(states.iter().map(|value| f16::from_f32(*value)));
        data.bounds.push([start, data.states.len() / data.text_dim]);
        let place = data.bounds.len() - 1;
        self.known.insert(caption.to_owned(), place);
        place
    }

    /// The place of a new latent.
    pub fn latent(&mut self, values: &[f32]) -> usize {
        let data = &mut self.prepared;
        let size: usize = data.latent.iter().product();
        assert_eq!(values.len(), size, "one latent");
        data.latents.extend(values.iter().map(|value| f16::from_f32(*value)));
        data.latents.len() / size - 1
    }

    /// Adds examples of one kind.
    pub fn kind(&mut self, weight: f64, examples: Vec<Example>) {
        if !examples.is_empty() {
            self.prepared.kinds.push(Kind { weight, examples });
        }
    }

    /// All of it.
    pub fn finish(self) -> Prepared {
        self.prepared
    }
}

impl Prepared {
    /// A latent's values.
    pub fn latent(&self, place: usize) -> &[f16] {
        let size: usize = self.latent.iter().product();
        &self.latents[place * size..(place + 1) * size]
    }

    /// A caption's states, row-major `[n, text_dim]`.
    pub fn states(&self, text: usize) -> &[f16] {
        let [start, end] = self.bounds[text];
        &self.states[start * self.text_dim..end * self.text_dim]
    }

    /// The place of the empty prompt.
    pub fn empty_text(&self) -> usize {
        0
    }

    /// How many examples there are.
    pub fn count(&self) -> usize {
        self.kinds.iter().map(|kind| kind.examples.len()).sum()
    }

    /// A random example: first its kind, by weight, then any of that kind.
    pub fn draw(&self, rng: &mut StdRng) -> &Example {
        let total: f64 = self.kinds.iter().map(|kind| kind.weight).sum();
        let mut at = rng.random::<f64>() * total;
        let kind = self.kinds.iter().find(|kind| {
            at -= kind.weight;
            at < 0.0
        });
        let kind = kind.or(self.kinds.last()).expect("there is something to learn");
        &kind.examples[rng.random_range(0..kind.examples.len())]
    }

    /// Writes the file.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let header = Header {
            origin: self.origin.clone(),
            latent: self.latent,
            places: self.places,
            text_dim: self.text_dim,
            styles: self.styles.clone(),
            kinds: self.kinds.clone(),
            bounds: self.bounds.clone(),
        };
        let half = |name: &str, values: &[f16]| {
            let values: Vec<f32> = values.iter().map(|value| value.to_f32()).collect();
            Stored::new(name, &[values.len()], &values, Precision::Half)
        };
        let tensors = [half(LATENTS, &self.latents), half(STATES, &self.states)];
        let header = serde_json::to_string(&header).expect("plain data");
        write_whole(path, &to_bytes(&tensors, Some((HEADER, header))))
    }

    /// Reads the file.
    ///
    /// # Errors
    /// Where it is missing, or not what [`write`](Self::write) writes.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|source| Error::read(path, source))?;
        let refuse = || {
            let problem = "it does not hold prepared latents; remove it, and they are made anew";
            Error::weights(path.display().to_string(), problem)
        };
        let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(|_| refuse())?;
        let header = metadata.metadata().as_ref().and_then(|m| m.get(HEADER)).ok_or_else(refuse)?;
        let header: Header = serde_json::from_str(header).map_err(|_| refuse())?;
        let file = SafeTensors::deserialize(&bytes).map_err(|_| refuse())?;
        let values = |name: &str| -> Result<Vec<f16>> {
            let tensor = file.tensor(name).map_err(|_| refuse())?;
            Ok(tensor.data().as_chunks::<2>().0.iter().map(|&b| f16::from_le_bytes(b)).collect())
        };
        Ok(Self {
            origin: header.origin,
            latent: header.latent,
            places: header.places,
            text_dim: header.text_dim,
            styles: header.styles,
            kinds: header.kinds,
            bounds: header.bounds,
            latents: values(LATENTS)?,
            states: values(STATES)?,
        })
    }

    /// A handful of examples.
    #[cfg(test)]
    pub(crate) fn tiny() -> Self {
        let mut builder = Builder::new([2, 4, 4], [3, 6], vec!["a".into(), "b".into()], &[0.1; 12]);
        let examples = (0..4)
            .map(|i| {
                let values: Vec<f32> = (0..32).map(|j| ((i * 7 + j) as f32).sin()).collect();
                let caption = format!("thing {i}");
                let states: Vec<f32> = (0..18).map(|j| (i * 5 + j) as f32 * 0.05).collect();
                let latent = builder.latent(&values);
                let text = builder.text(&caption, &states);
                Example { latent, texts: vec![text], style: (i < 3).then_some(i % 2) }
            })
            .collect();
        builder.kind(1.0, examples);
        builder.finish()
    }
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
        std::fs::write(&path, b"no").unwrap();
        assert!(Prepared::read(&path).unwrap_err().to_string().contains("made anew"));
    }
}
