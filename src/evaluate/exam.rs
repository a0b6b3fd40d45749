//! What every model is asked, and what comes of it.

use std::collections::BTreeMap;

use rand::RngExt;
use rand::seq::SliceRandom;

use super::eye::{Eye, Features};
use super::flow::{flow_error, guess_errors};
use super::judge::{Judge, Scores};
use super::shapes::{Ranks, Shapes};
use super::{Asked, Drawing, Errors, Pairs, Report, Rest, draw, reconstruction};
use crate::dataset::colours::{COLOURS, Colour, colourfulness, painted, share};
use crate::dataset::render::SIDE;
use crate::dataset::{Dataset, Split};
use crate::image::Image;
use crate::pipeline::Pipeline;
use crate::recipe::Recipe;
use crate::tools::progress::Progress;
use crate::tools::random::step_rng;
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
        let mut rng = step_rng(seed, 0);
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

impl Questions {
    /// The learnt pairs and their pictures.
    pub fn learnt_of<'a>(&self, dataset: &'a Dataset) -> (Vec<Asked>, Vec<&'a Image>) {
        (asked(dataset, &self.learnt), images(dataset, &self.learnt))
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
    model.check_draws([SIDE; 2])
}

/// Questions, and what answers are held against.
pub struct Exam<'a> {
    dataset: &'a Dataset,
    eye: &'a Eye,
    questions: Questions,
    judge: Judge<'a>,
    shapes: Shapes<'a>,
    drawing: Drawing,
    real: Real,
    progress: &'a dyn Progress,
}

/// What real pictures get, which no model changes.
#[derive(Debug)]
struct Real {
    pairs: Scores,
    concepts: Scores,
    colour: f64,
    pairs_ranks: Ranks,
    learnt_ranks: Ranks,
}

/// Drawings beside the true pictures: drawn, true, drawn, true and so on.
pub type Beside = Vec<Image>;

/// Pairs of each kind that are shown beside each other.
const SHOWN: usize = 40;

impl<'a> Exam<'a> {
    /// Of a dataset, and a row of features for each of its pictures.
    pub fn new(
        (dataset, features): (&'a Dataset, &'a Features),
        questions: Questions,
        eye: &'a Eye,
        drawing: Drawing,
        progress: &'a dyn Progress,
    ) -> Self {
        let judge = Judge::new(dataset, features, &questions.known);
        let scores = |rows: &[usize]| {
            let real = rows.iter().map(|&i| features[i].clone()).collect();
            judge.scores(&asked(dataset, rows), &real)
        };
        let shapes = Shapes::new(dataset);
        let real = Real {
            pairs: scores(&questions.held),
            concepts: scores(&questions.unseen),
            colour: real_colour(&images(dataset, &questions.held), drawing.most),
            pairs_ranks: shapes.real_ranks(&questions.held),
            learnt_ranks: shapes.real_ranks(&questions.learnt),
        };
        Self { dataset, eye, questions, judge, shapes, drawing, real, progress }
    }

    /// Measures a model that draws as `sampling` says: its drawings of learnt and held-out pairs and,
    /// unless `only_drawings`, all else; and some drawings beside the true pictures, learnt ones first.
    ///
    /// # Errors
    /// Where it cannot draw what the dataset holds.
    pub fn take(
        &self,
        model: &Pipeline,
        sampling: &Recipe,
        only_drawings: bool,
    ) -> Result<(Report, Beside)> {
        let Questions { held, learnt, .. } = &self.questions;
        self.progress.begin("Drawing", held.len() + learnt.len(), 0);
        let real = &self.real;
        let scores = Some(real.pairs.clone());
        let (drawn_learnt, mut beside) =
            self.pairs(model, sampling, (learnt, None, real.learnt_ranks))?;
        let (pairs, beside_held) = self.pairs(model, sampling, (held, scores, real.pairs_ranks))?;
        beside.extend(beside_held);
        self.progress.end();
        let errors = |rows: &[usize]| match only_drawings {
            true => Ok(None),
            false => self.errors(model, rows).map(Some),
        };
        let report = Report {
            model: model.name.clone(),
            drawing: self.drawing,
            sampling: sampling.clone(),
            pairs: Pairs { errors: errors(held)?, ..pairs },
            learnt: Pairs { errors: errors(learnt)?, ..drawn_learnt },
            rest: match only_drawings {
                true => None,
                false => Some(self.rest(model, sampling)?),
            },
        };
        Ok((report, beside))
    }

    fn pairs(
        &self,
        model: &Pipeline,
        sampling: &Recipe,
        (rows, real_scores, real_ranks): (&[usize], Option<Scores>, Ranks),
    ) -> Result<(Pairs, Beside)> {
        let (asked, real) = (asked(self.dataset, rows), images(self.dataset, rows));
        let drawn = draw(model, &asked, (sampling, self.drawing.seed), self.progress)?;
        let features = self.eye.features(&drawn.iter().collect::<Vec<_>>());
        let pairs = Pairs {
            scores: self.judge.scores(&asked, &features),
            real_scores,
            ranks: self.shapes.ranks(rows, &drawn),
            real_ranks,
            errors: None,
        };
        let beside = drawn.into_iter().zip(real.into_iter().cloned()).take(SHOWN);
        Ok((pairs, beside.flat_map(<[Image; 2]>::from).collect()))
    }

    fn errors(&self, model: &Pipeline, rows: &[usize]) -> Result<Errors> {
        let (asked, real) = (asked(self.dataset, rows), images(self.dataset, rows));
        Ok(Errors {
            flow: flow_error(model, &asked, &real)?,
            guess: guess_errors(model, &asked, &real)?,
        })
    }

    fn rest(&self, model: &Pipeline, sampling: &Recipe) -> Result<Rest> {
        let Questions { held, unseen, .. } = &self.questions;
        let how = (sampling, self.drawing.seed);
        let (colours, prompts): (Vec<Colour>, Vec<Asked>) =
            colour_prompts(model, self.drawing.most).into_iter().unzip();
        self.progress.begin("Drawing", unseen.len() + prompts.len(), 0);
        let unseen = asked(self.dataset, unseen);
        let concepts = draw(model, &unseen, how, self.progress)?;
        let features = self.eye.features(&concepts.iter().collect::<Vec<_>>());
        let drawn = draw(model, &prompts, how, self.progress)?;
        self.progress.end();
        Ok(Rest {
            concepts: self.judge.scores(&unseen, &features),
            real_concepts: self.real.concepts.clone(),
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
        let drawing = Drawing { most: 100, seed: u64::MAX };
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
