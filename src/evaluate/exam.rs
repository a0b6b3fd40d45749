//! What every model is asked, and what comes of it.

use std::collections::BTreeMap;

use indicatif::ProgressBar;
use rand::RngExt;
use rand::seq::SliceRandom;

use super::eye::{Eye, Features};
use super::flow::flow_error;
use super::judge::{Judge, Scores};
use super::{Asked, Drawing, Report, draw, reconstruction};
use crate::dataset::colours::{COLOURS, Colour, colourfulness, painted, share};
use crate::dataset::{Dataset, Split};
use crate::image::Image;
use crate::pipeline::Pipeline;
use crate::train::examples::check_size;
use crate::train::rows::generator;
use crate::{Error, Result};

/// The pictures of a dataset that models are asked for.
#[derive(Debug)]
pub struct Questions {
    /// Held-out pairs of concept and style.
    held: Vec<usize>,
    /// Of held-out concepts, those by which they are recognised.
    known: Vec<usize>,
    /// And the others.
    unseen: Vec<usize>,
    /// Pairs that were learnt.
    learnt: Vec<usize>,
}

impl Questions {
    /// At most `drawing.most` of each kind; its seed decides which.
    ///
    /// # Errors
    /// Where the dataset holds too little back.
    pub fn new(dataset: &Dataset, drawing: Drawing) -> Result<Self> {
        let Drawing { most, seed, .. } = drawing;
        let mut rng = generator(seed, 0);
        // Every second picture of each concept, in random order, so that no style has an advantage.
        let mut met: BTreeMap<&str, usize> = BTreeMap::new();
        let mut concepts: Vec<usize> = dataset.of(Split::Concept).collect();
        concepts.shuffle(&mut rng);
        let (known, unseen): (Vec<usize>, Vec<usize>) = concepts.into_iter().partition(|&i| {
            let met = met.entry(&dataset.entries[i].label).or_default();
            *met += 1;
            *met % 2 == 1
        });
        let mut spread = |mut rows: Vec<usize>| {
            while rows.len() > most {
                rows.swap_remove(rng.random_range(0..rows.len()));
            }
            rows
        };
        let held = spread(dataset.of(Split::Pair).collect());
        let learnt = spread(dataset.of(Split::Train).collect());
        let unseen = spread(unseen);
        if [&held, &unseen, &learnt].into_iter().any(|rows| rows.len() < 2) {
            return Err(Error::Recipe(
                "A model can only be measured on a dataset with held-out pairs and concepts, such \
                 as `patchwork dataset` makes of the open picture sets"
                    .into(),
            ));
        }
        Ok(Self { held, known, unseen, learnt })
    }
}

/// Whether a model can be measured.
///
/// # Errors
/// Where it has no styles, or draws pictures of another size than a dataset's.
pub fn check(model: &Pipeline) -> Result<()> {
    if model.styles.is_empty() {
        let problem = "Only a model that draws prompts in styles can be measured";
        return Err(Error::Recipe(problem.into()));
    }
    check_size(model)
}

/// Questions, and what answers are held against.
#[derive(Debug)]
pub struct Exam<'a> {
    dataset: &'a Dataset,
    eye: &'a Eye,
    questions: Questions,
    judge: Judge<'a>,
    drawing: Drawing,
    real: Real,
}

/// What real pictures get, which no model changes.
#[derive(Debug)]
struct Real {
    pairs: Scores,
    concepts: Scores,
    colour: f64,
}

impl<'a> Exam<'a> {
    /// Of a dataset, and a row of features for each of its pictures.
    pub fn new(
        (dataset, features): (&'a Dataset, &'a Features),
        questions: Questions,
        eye: &'a Eye,
        drawing: Drawing,
    ) -> Self {
        let judge = Judge::new(dataset, features, &questions.known);
        let scores = |rows: &[usize]| {
            let real = rows.iter().map(|&i| features[i].clone()).collect();
            judge.scores(&asked(dataset, rows), &real)
        };
        let real = Real {
            pairs: scores(&questions.held),
            concepts: scores(&questions.unseen),
            colour: real_colour(&images(dataset, &questions.held), drawing.most),
        };
        Self { dataset, eye, questions, judge, drawing, real }
    }

    /// Measures a model.
    ///
    /// # Errors
    /// Where it cannot draw what the dataset holds.
    pub fn take(&self, model: &Pipeline) -> Result<Report> {
        let Questions { held, unseen, learnt, .. } = &self.questions;
        let coloured = colour_prompts(model, self.drawing.most);
        let count = held.len() + learnt.len() + unseen.len() + coloured.len();
        let bar = ProgressBar::new(count as u64);
        let measure = |rows: &[usize]| -> Result<Scores> {
            let asked = asked(self.dataset, rows);
            let drawn = draw(model, &asked, self.drawing, &bar)?;
            let features = self.eye.features(&drawn.iter().collect::<Vec<_>>());
            Ok(self.judge.scores(&asked, &features))
        };
        let (pairs, concepts, plain) = (measure(held)?, measure(unseen)?, measure(learnt)?);
        let (colours, prompts): (Vec<Colour>, Vec<Asked>) = coloured.into_iter().unzip();
        let drawn = draw(model, &prompts, self.drawing, &bar)?;
        bar.finish_and_clear();
        let error = |rows: &[usize]| {
            flow_error(model, &asked(self.dataset, rows), &images(self.dataset, rows))
        };
        Ok(Report {
            model: model.name.clone(),
            drawing: self.drawing,
            pairs,
            real_pairs: self.real.pairs.clone(),
            concepts,
            real_concepts: self.real.concepts.clone(),
            plain,
            pairs_error: error(held)?,
            plain_error: error(learnt)?,
            colour: mean_share(drawn.into_iter().zip(colours)),
            real_colour: self.real.colour,
            reconstruction: reconstruction::measure(model, &images(self.dataset, held)),
        })
    }
}

fn asked(dataset: &Dataset, rows: &[usize]) -> Vec<Asked> {
    rows.iter().map(|&i| Asked::of(&dataset.entries[i])).collect()
}

fn images<'a>(dataset: &'a Dataset, rows: &[usize]) -> Vec<&'a Image> {
    rows.iter().map(|&i| &dataset.pictures[i]).collect()
}

/// Colour obedience of pictures that were painted, in the colours of the first `most` prompts.
fn real_colour(images: &[&Image], most: usize) -> f64 {
    let colours: Vec<Colour> = coloured_things(most).map(|(colour, _)| colour).collect();
    let colourful = images.iter().filter(|image| colourfulness(image) >= 0.2);
    let painted = colourful
        .zip(colours.iter().cycle())
        .map(|(image, colour)| (painted(image, *colour), *colour));
    mean_share(painted)
}

fn mean_share(images: impl Iterator<Item = (Image, Colour)>) -> f64 {
    let shares: Vec<f64> =
        images.map(|(image, colour)| share(&image, colour).unwrap_or(0.0)).collect();
    shares.iter().sum::<f64>() / shares.len().max(1) as f64
}

/// Blue and “blue car”, and so on.
fn coloured_things(most: usize) -> impl Iterator<Item = (Colour, String)> {
    const THINGS: [&str; 12] = [
        "car", "apple", "heart", "cat", "house", "fish", "flower", "ball", "hat", "cup", "bird",
        "book",
    ];
    let hues = COLOURS.into_iter().filter(|colour| colour.hue.is_some());
    let named = |(thing, colour): (&str, Colour)| (colour, format!("{} {thing}", colour.name));
    let pairs = THINGS.iter().flat_map(move |thing| hues.clone().map(move |hue| (*thing, hue)));
    pairs.map(named).take(most)
}

/// Those, in styles by turns.
fn colour_prompts(model: &Pipeline, most: usize) -> Vec<(Colour, Asked)> {
    let styles = model.styles.iter().cycle().cloned();
    let things = coloured_things(most).zip(styles);
    things.map(|((colour, prompt), style)| (colour, Asked { prompt, style })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Entry;

    #[test]
    fn held_out_concepts_are_halved_each() {
        let entry = |i: usize| Entry {
            label: format!("thing {}", i % 10),
            tags: Vec::new(),
            style: format!("style {}", i / 10),
            group: String::new(),
            licence: String::new(),
            split: [Split::Train, Split::Pair, Split::Concept, Split::Concept][i % 4],
        };
        let dataset = Dataset { entries: (0..160).map(entry).collect(), pictures: Vec::new() };
        let drawing = Drawing { steps: 1, guidance: 1.0, most: 100, seed: u64::MAX };
        let Questions { known, unseen, .. } = Questions::new(&dataset, drawing).unwrap();
        let count = |rows: &[usize], label: &str| {
            rows.iter().filter(|&&i| dataset.entries[i].label == label).count()
        };
        for label in (0..10).map(|i| format!("thing {i}")) {
            let (known, unseen) = (count(&known, &label), count(&unseen, &label));
            assert!(known.abs_diff(unseen) <= 1 && known > 0, "{label}: {known} and {unseen}");
        }
        let few = Dataset { entries: (0..4).map(entry).collect(), pictures: Vec::new() };
        assert!(Questions::new(&few, drawing).is_err());
    }
}
