//! How good a model draws, in numbers: distance to real pictures, whether concepts, styles and
//! colours are what was asked for, whether pictures are copies, and how well the autoencoder keeps
//! them. The same numbers of real held-out pictures say what could be reached.

pub mod exam;
pub mod eye;
pub mod flow;
pub mod frechet;
pub mod judge;
pub mod lite0;
pub mod reconstruction;

use burn::tensor::Tensor;
use indicatif::ProgressBar;
use rand::seq::IndexedRandom;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::dataset::{Dataset, Entry, Split};
use crate::image::Image;
use crate::pipeline::Pipeline;
use crate::pipeline::pixels::to_images;
use crate::recipe::Recipe;
use crate::train::rows::generator;
use judge::Scores;

/// How pictures are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Drawing {
    /// Steps of the sampler.
    pub steps: usize,
    /// Scale of guidance.
    pub guidance: f64,
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
    /// What a dataset's picture is the answer to.
    pub fn of(entry: &Entry) -> Self {
        Self { prompt: entry.label.clone(), style: entry.style.clone() }
    }
}

/// Everything that is measured of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The model's name.
    pub model: String,
    /// How it drew.
    pub drawing: Drawing,
    /// Held-out pairs of concept and style.
    pub pairs: Scores,
    /// The real pictures of those pairs.
    pub real_pairs: Scores,
    /// Concepts that were held out in every style.
    pub concepts: Scores,
    /// Real pictures of those concepts.
    pub real_concepts: Scores,
    /// Pairs that were learnt.
    pub plain: Scores,
    /// The error of the flow on held-out pairs; see [`flow::flow_error`].
    pub pairs_error: f64,
    /// The same on pairs that were learnt.
    pub plain_error: f64,
    /// The share of colourful area that has the colour asked for, 0..1.
    pub colour: f64,
    /// The same of real pictures that were painted in it.
    pub real_colour: f64,
    /// The autoencoder on held-out pictures.
    pub reconstruction: reconstruction::Scores,
}

/// Draws what is asked for, one by one.
///
/// # Errors
/// Where the model cannot.
pub fn draw(
    model: &Pipeline,
    asked: &[Asked],
    drawing: Drawing,
    bar: &ProgressBar,
) -> Result<Vec<Image>> {
    let mut images = Vec::new();
    for (i, Asked { prompt, style }) in asked.iter().enumerate() {
        let recipe = Recipe {
            prompt: prompt.clone(),
            style: style.clone(),
            seed: drawing.seed.wrapping_add(i as u64),
            steps: drawing.steps,
            guidance: drawing.guidance,
            ..Recipe::default()
        };
        let picture: Tensor<4> = model.draw(&recipe)?;
        images.extend(pollster::block_on(to_images(picture))?);
        bar.inc(1);
    }
    Ok(images)
}

/// A hundred prompts for a sheet that flatters nobody: concepts and styles at random.
pub fn hundred(dataset: &Dataset, styles: &[String], seed: u64) -> Vec<Asked> {
    let mut rng = generator(seed, 1);
    let train: Vec<usize> = dataset.of(Split::Train).collect();
    (0..100)
        .filter_map(|_| {
            let label = dataset.entries[*train.choose(&mut rng)?].label.clone();
            Some(Asked { prompt: label, style: styles.choose(&mut rng)?.clone() })
        })
        .collect()
}
