//! What never changes while a DiT trains, computed once: latents of all pictures and states of all
//! captions, in half precision, in one safetensors file.

use std::collections::HashMap;

use burn::tensor::{Device, Tensor, TensorData};
use half::f16;
use rand::RngExt;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use crate::pipeline::detail::{coarse_shares, is_detail};
use crate::tools::random::weighted;

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
    pub max_tokens: usize,
    /// Width of a text state.
    pub text_dim: usize,
    /// Names of the styles.
    pub styles: Vec<String>,
    /// What it was made of: hashes of dataset and encoders, and the seed.
    pub origin: String,
    /// Pictures as they are, and then those made of them.
    pub(super) kinds: Vec<ExampleKind>,
    pub(super) latents: Vec<f16>,
    pub(super) states: Vec<f16>,
    /// Where each caption's states begin and end, in tokens.
    pub(super) bounds: Vec<[usize; 2]>,
    /// The captions themselves.
    pub(super) captions: Vec<String>,
}

/// Examples of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExampleKind {
    /// The examples.
    pub examples: Vec<Example>,
}

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
        [max_tokens, text_dim]: [usize; 2],
        styles: Vec<String>,
        empty: &[f32],
    ) -> Self {
        let prepared = Prepared {
            latent,
            max_tokens,
            text_dim,
            styles,
            origin: String::new(),
            kinds: Vec::new(),
            latents: Vec::new(),
            states: Vec::new(),
            bounds: Vec::new(),
            captions: Vec::new(),
        };
        let mut builder = Self { prepared, known: HashMap::new() };
        builder.text("", empty);
        builder
    }

    /// Returns the place of a caption, if it is known.
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
        data.captions.push(caption.to_owned());
        self.known.insert(caption.to_owned(), place);
        place
    }

    /// Returns the place of a new latent.
    pub fn latent(&mut self, values: &[f32]) -> usize {
        let data = &mut self.prepared;
        let size: usize = data.latent.iter().product();
        assert_eq!(values.len(), size, "one latent");
        data.latents.extend(values.iter().map(|value| f16::from_f32(*value)));
        data.latents.len() / size - 1
    }

    /// Adds examples of one kind; the first are pictures as they are.
    pub fn kind(&mut self, examples: Vec<Example>) {
        self.prepared.kinds.push(ExampleKind { examples });
    }

    /// Returns all of it.
    pub fn finish(self) -> Prepared {
        self.prepared
    }
}

impl Prepared {
    /// Returns all captions, each once, besides the empty one of no words.
    pub fn captions(&self) -> impl Iterator<Item = &str> {
        self.captions.iter().map(String::as_str).filter(|caption| !caption.is_empty())
    }

    /// Returns a latent's values.
    pub fn latent(&self, place: usize) -> &[f16] {
        let size: usize = self.latent.iter().product();
        &self.latents[place * size..(place + 1) * size]
    }

    /// Returns a caption's states, row-major `[n, text_dim]`.
    pub fn states(&self, text: usize) -> &[f16] {
        let [start, end] = self.bounds[text];
        &self.states[start * self.text_dim..end * self.text_dim]
    }

    /// Returns the place of the empty prompt.
    pub fn empty_text(&self) -> usize {
        0
    }

    /// Returns how many examples there are.
    pub fn count(&self) -> usize {
        self.kinds.iter().map(|kind| kind.examples.len()).sum()
    }

    /// Returns pictures as they are.
    ///
    /// # Panics
    /// Panics if there is nothing to learn.
    pub fn plain(&self) -> &[Example] {
        &self.kinds.first().expect("there is something to learn").examples
    }

    /// Returns a random example: first its kind, by its share of all draws, then any of that kind.
    /// Kinds of which there are no examples, or no share, are not drawn.
    pub fn draw(&self, shares: &[f64], rng: &mut StdRng) -> &Example {
        let kinds: Vec<(&ExampleKind, f64)> =
            self.kinds.iter().zip(shares.iter().copied()).collect();
        let kinds = kinds.iter().filter(|(kind, _)| !kind.examples.is_empty());
        let place = weighted(kinds.clone().map(|(_, share)| *share), rng);
        let kind = place.and_then(|place| kinds.clone().nth(place));
        let examples = kind.map_or(self.plain(), |(kind, _)| &kind.examples);
        &examples[rng.random_range(0..examples.len())]
    }

    /// Returns which channels of the latent are detail, by some pictures as they are; and how much
    /// of each a mean over 2×2 cells keeps. See [`coarse_shares`].
    pub fn detail_channels(&self) -> (Vec<bool>, Vec<f64>) {
        let [channels, height, width] = self.latent;
        let examples = self.plain();
        let examples: Vec<&Example> =
            examples.iter().step_by(examples.len().div_ceil(500)).collect();
        let latents = examples.iter().flat_map(|example| self.latent(example.latent));
        let latents: Vec<f32> = latents.map(|value| value.to_f32()).collect();
        let shape = [examples.len(), channels, height, width];
        let latents = Tensor::from_data(TensorData::new(latents, shape), &Device::flex());
        let shares = coarse_shares(latents);
        (shares.iter().map(|share| is_detail(*share)).collect(), shares)
    }

    /// Returns a handful of examples.
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
        builder.kind(examples);
        builder.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_decide_which_kind_is_drawn() {
        let mut builder = Builder::new([1, 1, 1], [1, 1], Vec::new(), &[0.0]);
        for i in 0..3 {
            let latent = builder.latent(&[i as f32]);
            builder.kind(vec![Example { latent, texts: vec![0], style: None }]);
        }
        let data = builder.finish();
        let mut rng = crate::tools::random::step_rng(0, 0);
        let mut counts = [0; 3];
        (0..4000).for_each(|_| counts[data.draw(&[0.85, 0.10, 0.05], &mut rng).latent] += 1);
        assert!((3300..3500).contains(&counts[0]) && (330..470).contains(&counts[1]), "{counts:?}");
        // Kinds without a share are not drawn, nor are those without examples, which keep theirs.
        let mut gap = data.clone();
        gap.kinds[1].examples.clear();
        assert!((0..100).all(|_| gap.draw(&[0.0, 1.0, 0.1], &mut rng).latent == 2));
        assert!((0..100).all(|_| data.draw(&[0.0, 1.0], &mut rng).latent == 1));
    }
}
