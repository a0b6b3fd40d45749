//! How good a model draws, in numbers: whether everyday words are drawn as what they mean, distance
//! to real pictures, whether concepts, styles and colours are what was asked for, whether pictures
//! are copies, and how well the autoencoder keeps them. The same numbers of real held-out pictures
//! say what could be reached, and an interval says what each number is worth.

pub mod benchmark;
mod colour_prompts;
pub mod everyday;
pub mod features;
pub mod flaws;
pub mod flow;
pub mod held_out;
pub mod interval;
pub mod kid;
pub mod lite0;
pub mod metrics;
mod nearest;
pub mod own;
pub mod palette;
pub mod quantise;
pub mod reconstruction;
pub mod shapes;
pub mod style_judge;
pub mod upscaled;

use rand::seq::IndexedRandom;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::dataset::{Dataset, Entry, Split};
use crate::diffusion::guess::GuessErrors;
use crate::image::Image;
use crate::pipeline::Pipeline;
use crate::recipe::Recipe;
use crate::tools::parallel::Workers;
use crate::tools::progress::Progress;
use crate::tools::random::step_rng;
use everyday::Everyday;
use interval::Interval;
use metrics::FeatureMetrics;
use shapes::Ranks;

/// Which pictures are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Drawing {
    /// The most prompts of each kind.
    pub most: usize,
    /// Seed of the first picture; each has one more.
    pub seed: u64,
}

/// A prompt and what its picture should be.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The prompt.
    pub prompt: String,
    /// The style.
    pub style: String,
}

impl Asked {
    /// Returns what a dataset's picture is the answer to.
    pub fn of(entry: &Entry) -> Self {
        Self { prompt: entry.label.clone(), style: entry.style.clone() }
    }
}

/// Everything that is measured of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The model's name.
    pub model: String,
    /// Which pictures it drew.
    pub drawing: Drawing,
    /// How: a recipe without prompt, style and seed.
    pub sampling: Recipe,
    /// Everyday words, unless only drawings of pairs were looked at.
    pub everyday: Option<Everyday>,
    /// Held-out pairs of concept and style.
    pub pairs: Pairs,
    /// Pairs that were learnt.
    pub learnt: Pairs,
    /// What else was looked at, unless only drawings of pairs were.
    pub rest: Option<Rest>,
}

/// What is measured of pairs of concept and style.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pairs {
    /// By features.
    pub scores: FeatureMetrics,
    /// The same of the real pictures; it means something only if they were not learnt.
    pub real_scores: Option<FeatureMetrics>,
    /// By shape.
    pub ranks: Ranks,
    /// The same of real pictures of the same concepts in other styles.
    pub real_ranks: Ranks,
    /// The DiT's errors, unless only drawings were looked at.
    pub errors: Option<Errors>,
}

/// How far a DiT is from what it learns; nothing of a sampler is in it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Errors {
    /// Of the flow; see [`flow::flow_error`].
    pub flow: f64,
    /// Of the guess of the clean latent; see [`flow::guess_errors`].
    pub guess: GuessErrors,
}

/// What is measured beside pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rest {
    /// Concepts that were held out in every style.
    pub concepts: FeatureMetrics,
    /// Real pictures of those concepts.
    pub real_concepts: FeatureMetrics,
    /// The share of colourful area that has the colour asked for, 0..1.
    pub colour: Interval,
    /// The same of real pictures that were painted in it.
    pub real_colour: Interval,
    /// The autoencoder on held-out pictures.
    pub reconstruction: reconstruction::Reconstruction,
}

/// Draws what is asked for, a picture on each core, as `sampling` says, each with the next seed from `seed` on.
///
/// # Errors
/// Returns an error if the model cannot.
pub fn draw(
    model: &Pipeline,
    asked: &[Asked],
    (sampling, seed): (&Recipe, u64),
    progress: &dyn Progress,
) -> Result<Vec<Image>> {
    let one = |(i, Asked { prompt, style }): (usize, &Asked)| {
        let recipe = Recipe {
            prompt: prompt.clone(),
            style: style.clone(),
            seed: seed.wrapping_add(i as u64),
            ..sampling.clone()
        };
        let images = pollster::block_on(model.images(&recipe));
        progress.advance(1, "");
        images
    };
    let workers = Workers::new(&model.device, None);
    let drawn = workers.map(asked.iter().enumerate().collect(), one);
    Ok(drawn.into_iter().collect::<Result<Vec<_>>>()?.concat())
}

/// Returns a hundred prompts for a sheet that flatters nobody: concepts and styles at random.
pub fn hundred(dataset: &Dataset, styles: &[String], seed: u64) -> Vec<Asked> {
    let mut rng = step_rng(seed, 1);
    let train: Vec<usize> = dataset.of(Split::Train).collect();
    (0..100)
        .filter_map(|_| {
            let label = dataset.entries[*train.choose(&mut rng)?].label.clone();
            Some(Asked { prompt: label, style: styles.choose(&mut rng)?.clone() })
        })
        .collect()
}
