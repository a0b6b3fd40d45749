//! How good a model draws, in numbers: distance to real pictures, whether concepts, styles and
//! colours are what was asked for, whether pictures are copies, and how well the autoencoder keeps
//! them. The same numbers of real held-out pictures say what could be reached.

pub mod eye;
pub mod frechet;
pub mod judge;
pub mod lite0;
pub mod loss;
pub mod reconstruction;

use std::collections::BTreeMap;

use burn::tensor::Tensor;
use indicatif::ProgressBar;
use rand::RngExt;
use rand::seq::IndexedRandom;
use serde::{Deserialize, Serialize};

use crate::dataset::colours::{COLOURS, Colour, colourfulness, painted, share};
use crate::dataset::{Dataset, Split};
use crate::image::Image;
use crate::pipeline::Pipeline;
use crate::pipeline::pixels::to_images;
use crate::recipe::Recipe;
use crate::train::rows::generator;
use crate::{Error, Result};
use eye::{Eye, Features};
use judge::{Judge, Scores};
use loss::flow_loss;

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
    /// The loss of training on held-out pairs; see [`loss::flow_loss`].
    pub pairs_loss: f64,
    /// The same on pairs that were learnt.
    pub plain_loss: f64,
    /// The share of colourful area that has the colour asked for, 0..1.
    pub colour: f64,
    /// The same of real pictures that were painted in it.
    pub real_colour: f64,
    /// The autoencoder on held-out pictures.
    pub reconstruction: reconstruction::Scores,
}

/// Measures a model on a dataset whose features are `features`.
///
/// # Errors
/// Where the model cannot draw what the dataset holds.
pub fn evaluate(
    model: &Pipeline,
    dataset: &Dataset,
    features: &Features,
    eye: &Eye,
    drawing: Drawing,
) -> Result<Report> {
    let enough = |split| dataset.of(split).nth(1).is_some();
    let all = [Split::Train, Split::Pair, Split::Concept].into_iter().all(enough);
    if !all || model.styles.is_empty() {
        return Err(Error::Recipe(
            "Only a model with styles can be measured, on a dataset with held-out pairs and \
             concepts, such as `patchwork dataset` makes of the open picture sets"
                .into(),
        ));
    }
    let coloured = colour_prompts(model, drawing.most);
    // Concepts that nobody has learnt are recognised by every second of their pictures, and asked
    // for in the styles of the others.
    let mut met: BTreeMap<&str, usize> = BTreeMap::new();
    let (known, unseen): (Vec<usize>, Vec<usize>) = dataset.of(Split::Concept).partition(|&i| {
        let met = met.entry(&dataset.entries[i].label).or_default();
        *met += 1;
        *met % 2 == 1
    });
    let held = spread(dataset.of(Split::Pair).collect(), drawing.most, drawing.seed);
    let learnt = spread(dataset.of(Split::Train).collect(), drawing.most, drawing.seed + 1);
    let unseen = spread(unseen, drawing.most, drawing.seed);

    let judge = Judge::new(dataset, features, known);
    let count = held.len() + learnt.len() + unseen.len() + coloured.len();
    let bar = ProgressBar::new(count as u64);
    let asked = |rows: &[usize]| -> Vec<Asked> {
        let entry = |&i: &usize| {
            let entry = &dataset.entries[i];
            Asked { prompt: entry.label.clone(), style: entry.style.clone() }
        };
        rows.iter().map(entry).collect()
    };
    let images = |rows: &[usize]| rows.iter().map(|&i| &dataset.pictures[i]).collect::<Vec<_>>();
    let measure = |rows: &[usize]| -> Result<[Scores; 2]> {
        let drawn = draw(model, &asked(rows), drawing, &bar)?;
        let real: Features = rows.iter().map(|&i| features[i].clone()).collect();
        let drawn = eye.features(&drawn.iter().collect::<Vec<_>>());
        Ok([drawn, real].map(|features| judge.scores(&asked(rows), &features)))
    };
    let [pairs, real_pairs] = measure(&held)?;
    let [concepts, real_concepts] = measure(&unseen)?;
    let [plain, _] = measure(&learnt)?;
    let loss = |rows: &[usize]| flow_loss(model, &asked(rows), &images(rows));
    let (pairs_loss, plain_loss) = (loss(&held)?, loss(&learnt)?);

    let (colours, prompts): (Vec<Colour>, Vec<Asked>) = coloured.into_iter().unzip();
    let drawn = draw(model, &prompts, drawing, &bar)?;
    let shares = |images: &mut dyn Iterator<Item = (Image, Colour)>| {
        let shares: Vec<f64> =
            images.map(|(image, colour)| share(&image, colour).unwrap_or(0.0)).collect();
        shares.iter().sum::<f64>() / shares.len().max(1) as f64
    };
    let colour = shares(&mut drawn.into_iter().zip(colours.iter().copied()));
    let colourful = held.iter().filter(|&&i| colourfulness(&dataset.pictures[i]) >= 0.2);
    let mut painted = colourful
        .zip(colours.iter().cycle())
        .map(|(&i, colour)| (painted(&dataset.pictures[i], *colour), *colour));
    let real_colour = shares(&mut painted);
    bar.finish_and_clear();
    Ok(Report {
        model: model.name.clone(),
        drawing,
        pairs,
        real_pairs,
        concepts,
        real_concepts,
        plain,
        pairs_loss,
        plain_loss,
        colour,
        real_colour,
        reconstruction: reconstruction::measure(model, &images(&held)),
    })
}

/// At most `most` of `rows`, at random.
fn spread(mut rows: Vec<usize>, most: usize, seed: u64) -> Vec<usize> {
    let mut rng = generator(seed, 0);
    while rows.len() > most {
        rows.swap_remove(rng.random_range(0..rows.len()));
    }
    rows
}

/// “blue car” and so on, in styles by turns.
fn colour_prompts(model: &Pipeline, most: usize) -> Vec<(Colour, Asked)> {
    const THINGS: [&str; 12] = [
        "car", "apple", "heart", "cat", "house", "fish", "flower", "ball", "hat", "cup", "bird",
        "book",
    ];
    let hues = COLOURS.into_iter().filter(|colour| colour.hue.is_some());
    let pairs = THINGS.iter().flat_map(|thing| hues.clone().map(move |colour| (thing, colour)));
    pairs
        .enumerate()
        .map(|(i, (thing, colour))| {
            let style = model.styles[i % model.styles.len()].clone();
            (colour, Asked { prompt: format!("{} {thing}", colour.name), style })
        })
        .take(most)
        .collect()
}

/// Draws what is asked for, several at a time.
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
            seed: drawing.seed + i as u64,
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
