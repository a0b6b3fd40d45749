//! The packed form of [`Prepared`], for transfer to another machine: the latents are quantised to 8
//! bits, and the captions are text whose states are computed there. See
//! [`prepared_file`](super::prepared_file).

use std::path::Path;

use half::f16;
use safetensors::SafeTensors;

use super::prepared::{Example, Prepared};
use super::prepared_file::{LATENTS, STATES, singles};
use crate::Result;
use crate::dataset::teach::CaptionKind;
use crate::tools::parallel::Workers;
use crate::weights::save::{GROUP, Stored};

impl Prepared {
    /// Writes the packed file, which is a fifth of the size. It holds the original pictures and every
    /// `every`th variant, whose weight is multiplied by `every` because it stands for the others.
    ///
    /// # Errors
    /// Returns an error if it cannot be written.
    pub fn write_packed(&self, path: &Path, every: usize) -> Result<()> {
        let size: usize = self.latent.iter().product();
        let every = every.max(1);
        let mut packed = Self { latents: Vec::new(), examples: Vec::new(), ..self.clone() };
        let (mut places, mut made) = (vec![None; self.latents.len() / size], 0);
        for example in &self.examples {
            let is_made = matches!(example.kind, CaptionKind::Painted | CaptionKind::Composed);
            let mut weight = example.weight;
            if is_made {
                made += 1;
                weight *= every as f32;
                if (made - 1) % every != 0 {
                    continue;
                }
            }
            let latent = *places[example.latent].get_or_insert_with(|| {
                packed.latents.extend(self.latent(example.latent));
                packed.latents.len() / size - 1
            });
            packed.examples.push(Example { latent, weight, ..*example });
        }
        let shape = [packed.latents.len() / size, size];
        let group = if size.is_multiple_of(GROUP) { GROUP } else { size };
        let tensors = Stored::in_bytes(LATENTS, &shape, &singles(&packed.latents), group);
        packed.write_file(path, tensors.into())
    }

    /// Returns whether `bytes` are a packed file of prepared data, neither an unpacked one nor a
    /// dataset.
    pub fn is_packed(bytes: &[u8]) -> bool {
        let tensors = SafeTensors::deserialize(bytes);
        Self::of_header(bytes).is_some() && tensors.is_ok_and(|file| file.tensor(STATES).is_err())
    }

    /// Computes the states of a packed file's captions with `encode`, which returns them row-major,
    /// `[n, text_dim]`.
    ///
    /// # Errors
    /// Returns an error if a caption cannot be read.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packing_keeps_latents_within_a_hundredth() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.safetensors");
        let mut whole = Prepared::tiny();
        whole.examples[2].kind = CaptionKind::Painted;
        whole.examples[3].kind = CaptionKind::Composed;
        whole.write_packed(&path, 1).unwrap();
        assert!(Prepared::is_packed(&std::fs::read(&path).unwrap()));
        let mut packed = Prepared::read(&path).unwrap();
        // A text encoder computes the states; here they are the original ones.
        let states = |caption: &str| {
            let place = whole.captions.iter().position(|known| known == caption);
            Ok(whole.states(place.expect("a caption")).iter().map(|v| v.to_f32()).collect())
        };
        packed.read_captions(states, &Workers::of(2)).unwrap();
        assert_eq!((&packed.states, &packed.bounds), (&whole.states, &whole.bounds));
        assert_eq!(packed.examples, whole.examples);
        for (a, b) in packed.latents.iter().zip(&whole.latents) {
            assert!((a.to_f32() - b.to_f32()).abs() < 0.01, "{a} is not {b}");
        }
        // Every second variant is kept, with twice the weight.
        whole.write_packed(&path, 2).unwrap();
        let packed = Prepared::read(&path).unwrap();
        let kept: Vec<_> =
            packed.examples.iter().map(|e| (e.latent, e.caption, e.weight)).collect();
        assert_eq!(kept, [(0, 1, 1.0), (1, 2, 1.0), (2, 3, 2.0)]);
    }
}
