//! Measures of how well a model draws: whether everyday words are drawn as what they mean, the distance
//! to real pictures, whether concepts, styles and colours are those asked for, whether drawings are
//! copies, and how well the autoencoder reconstructs pictures. The same measures of real held-out
//! pictures show what can be reached, and each measure has a 90 % confidence interval.

pub mod benchmark;
mod colour_prompts;
pub mod edits;
pub mod everyday;
pub mod features;
pub mod flaws;
pub mod flow;
pub mod held_out;
pub mod interval;
pub mod kid;
pub mod lite0;
mod lite0_weights;
pub mod metrics;
mod nearest;
pub mod own;
pub mod palette;
pub mod quantise;
pub mod reconstruction;
pub mod shapes;
mod shown;
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

/// The choice of pictures to draw.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Drawing {
    /// The maximum number of prompts of each kind.
    pub most: usize,
    /// The seed of the first picture; each further picture has one more.
    pub seed: u64,
}

/// A prompt, and the style of its picture.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The prompt.
    pub prompt: String,
    /// The style.
    pub style: String,
}

impl Asked {
    /// Returns the prompt and style of a dataset's picture.
    pub fn of(entry: &Entry) -> Self {
        Self { prompt: entry.label.clone(), style: entry.style.clone() }
    }
}

/// All measures of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The model's name.
    pub model: String,
    /// The choice of pictures that it drew.
    pub drawing: Drawing,
    /// The recipe of the drawings, without prompt, style and seed.
    pub sampling: Recipe,
    /// The score of everyday words, unless only drawings of pairs were measured.
    pub everyday: Option<Everyday>,
    /// The measures of held-out pairs of concept and style.
    pub pairs: Pairs,
    /// The measures of learnt pairs.
    pub learnt: Pairs,
    /// All other measures, unless only drawings of pairs were measured.
    pub rest: Option<Rest>,
}

/// The measures of pairs of concept and style.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pairs {
    /// The metrics by features.
    pub scores: FeatureMetrics,
    /// The same of the real pictures. They are meaningful only if the pictures were not learnt.
    pub real_scores: Option<FeatureMetrics>,
    /// The ranks by shape.
    pub ranks: Ranks,
    /// The same of real pictures of the same concepts in other styles.
    pub real_ranks: Ranks,
    /// The DiT's errors, unless only drawings were measured.
    pub errors: Option<Errors>,
}

/// The errors of a DiT in its training objective, which do not depend on a sampler.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Errors {
    /// The error of the flow; see [`flow::flow_error`].
    pub flow: f64,
    /// The errors of the prediction of the clean latent; see [`flow::guess_errors`].
    pub guess: GuessErrors,
}

/// All measures except those of pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rest {
    /// The metrics of concepts that were held out in every style.
    pub concepts: FeatureMetrics,
    /// The metrics of real pictures of those concepts.
    pub real_concepts: FeatureMetrics,
    /// The share of colourful area that has the colour asked for, 0..1.
    pub colour: Interval,
    /// The same of real pictures that were painted in it.
    pub real_colour: Interval,
    /// The quality of the autoencoder on held-out pictures.
    pub reconstruction: reconstruction::Reconstruction,
}

/// Draws each prompt with the recipe `sampling`, one picture per core. The seeds count up from `seed`.
///
/// # Errors
/// Returns an error if the model cannot draw a prompt.
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

/// Returns a hundred prompts of random concepts and styles, for a sheet without hand-picked drawings.
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
