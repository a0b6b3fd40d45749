//! The data that stays the same while a DiT trains and is computed once: the latents of all pictures
//! and the text states of all captions, in half precision, and the weights with which they are drawn
//! together.

use std::collections::{BTreeMap, BTreeSet};

use burn::tensor::{Device, Tensor, TensorData};
use half::f16;
use rand::distr::Distribution;
use rand::distr::weighted::WeightedIndex;
use rand::rngs::StdRng;

use crate::dataset::names::grammar::strip_article;
use crate::dataset::teach::CaptionKind;
use crate::pipeline::detail::{coarse_shares, is_detail};

/// A picture with a caption that fits it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Example {
    /// The index of its latent.
    pub latent: usize,
    /// The index of its caption.
    pub caption: usize,
    /// The label of its style; `None` if the style is left out.
    pub style: Option<usize>,
    /// The kind of the caption.
    pub kind: CaptionKind,
    /// The relative weight with which it is drawn.
    pub weight: f32,
}

/// The latents, the text states, and the examples that pair them.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// Channels, height and width of a latent.
    pub latent: [usize; 3],
    /// The maximum number of text tokens.
    pub max_tokens: usize,
    /// Width of a text state.
    pub text_dim: usize,
    /// Names of the styles.
    pub styles: Vec<String>,
    /// The origin of the data: the hashes of the dataset and the encoders, and the seed.
    pub origin: String,
    pub(super) examples: Vec<Example>,
    /// `None` if there is nothing to draw.
    pub(super) draws: Option<WeightedIndex<f64>>,
    pub(super) latents: Vec<f16>,
    pub(super) states: Vec<f16>,
    /// The bounds of each caption's states, in tokens.
    pub(super) bounds: Vec<[usize; 2]>,
    /// The texts of the captions.
    pub(super) captions: Vec<String>,
}

impl Prepared {
    /// Computes the sampling distribution from the examples' weights.
    pub(super) fn weigh(&mut self) {
        let weights = self.examples.iter().map(|example| f64::from(example.weight));
        self.draws = WeightedIndex::new(weights).ok();
    }

    /// Returns all captions, each once, without the empty one.
    pub fn captions(&self) -> impl Iterator<Item = &str> {
        self.captions.iter().map(String::as_str).filter(|caption| !caption.is_empty())
    }

    /// Returns a latent's values.
    pub fn latent(&self, place: usize) -> &[f16] {
        let size: usize = self.latent.iter().product();
        &self.latents[place * size..(place + 1) * size]
    }

    /// Returns a caption's states, row-major `[n, text_dim]`.
    pub fn states(&self, caption: usize) -> &[f16] {
        let [start, end] = self.bounds[caption];
        &self.states[start * self.text_dim..end * self.text_dim]
    }

    /// Returns the index of the empty prompt.
    pub fn empty_text(&self) -> usize {
        0
    }

    /// Returns how many pictures there are, original ones and variants.
    pub fn pictures(&self) -> usize {
        self.examples.iter().map(|example| example.latent).collect::<BTreeSet<_>>().len()
    }

    /// Returns how many examples there are.
    pub fn count(&self) -> usize {
        self.examples.len()
    }

    /// Returns the share of all draws that each kind of caption gets.
    pub fn shares(&self) -> BTreeMap<CaptionKind, f64> {
        let mut shares: BTreeMap<CaptionKind, f64> = BTreeMap::new();
        for example in &self.examples {
            *shares.entry(example.kind).or_default() += f64::from(example.weight);
        }
        let all: f64 = shares.values().sum();
        shares.values_mut().for_each(|share| *share /= all);
        shares
    }

    /// Returns the examples of original pictures with their names: labels and everyday words.
    pub fn named(&self) -> impl Iterator<Item = &Example> + Clone {
        self.examples.iter().filter(|example| example.kind == CaptionKind::Name)
    }

    /// Returns the names of all pictures. A name with an article is left out if the bare name exists.
    pub fn names(&self) -> BTreeSet<&str> {
        let names = self.named().map(|example| self.captions[example.caption].as_str());
        let all: BTreeSet<&str> = names.filter(|name| !name.is_empty()).collect();
        let is_bare =
            |name: &&str| !all.contains(strip_article(name)) || strip_article(name) == *name;
        all.iter().copied().filter(is_bare).collect()
    }

    /// Returns a random example, drawn by weight.
    ///
    /// # Panics
    /// Panics if there is nothing to learn.
    pub fn draw(&self, rng: &mut StdRng) -> &Example {
        let draws = self.draws.as_ref().expect("there is something to learn");
        &self.examples[draws.sample(rng)]
    }

    /// Returns whether each channel of the latent is detail, measured on some original pictures, and
    /// the share of each channel's variance that a mean over 2×2 cells keeps. See [`coarse_shares`].
    pub fn detail_channels(&self) -> (Vec<bool>, Vec<f64>) {
        let [channels, height, width] = self.latent;
        let places: BTreeSet<usize> = self.named().map(|example| example.latent).collect();
        let step = places.len().div_ceil(500).max(1);
        let places: Vec<usize> = places.into_iter().step_by(step).collect();
        let latents = places.iter().flat_map(|place| self.latent(*place));
        let latents: Vec<f32> = latents.map(|value| value.to_f32()).collect();
        let shape = [places.len(), channels, height, width];
        let latents = Tensor::from_data(TensorData::new(latents, shape), &Device::flex());
        let shares = coarse_shares(latents);
        (shares.iter().map(|share| is_detail(*share)).collect(), shares)
    }

    /// Returns four examples.
    #[cfg(test)]
    pub(crate) fn tiny() -> Self {
        let mut builder = super::builder::Builder::new(
            [2, 4, 4],
            [3, 6],
            vec!["a".into(), "b".into()],
            &[0.1; 12],
        );
        for i in 0..4 {
            let values: Vec<f32> = (0..32).map(|j| ((i * 7 + j) as f32).sin()).collect();
            let states: Vec<f32> = (0..18).map(|j| (i * 5 + j) as f32 * 0.05).collect();
            let latent = builder.latent(&values);
            let caption = builder.text(&format!("thing {i}"), &states);
            let style = (i < 3).then_some(i % 2);
            let kind = CaptionKind::Name;
            builder.example(Example { latent, caption, style, kind, weight: 1.0 });
        }
        builder.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::builder::Builder;

    #[test]
    fn draws_examples_in_proportion_to_their_weights() {
        let mut builder = Builder::new([1, 1, 1], [1, 1], Vec::new(), &[0.0]);
        let kinds = [CaptionKind::Name, CaptionKind::Keyword, CaptionKind::Painted];
        for (i, (kind, weight)) in kinds.into_iter().zip([17.0, 2.0, 1.0]).enumerate() {
            let latent = builder.latent(&[i as f32]);
            builder.example(Example { latent, caption: 0, style: None, kind, weight });
        }
        let data = builder.finish();
        let mut rng = crate::tools::random::step_rng(0, 0);
        let mut counts = [0; 3];
        (0..4000).for_each(|_| counts[data.draw(&mut rng).latent] += 1);
        assert!((3300..3500).contains(&counts[0]) && (330..470).contains(&counts[1]), "{counts:?}");
        assert!((data.shares()[&CaptionKind::Keyword] - 0.1).abs() < 1e-9);
        assert_eq!((data.named().count(), data.pictures(), data.count()), (1, 3, 3));
    }
}
