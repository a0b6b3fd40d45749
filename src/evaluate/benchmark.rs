//! The benchmark: the same prompts for every model, and the measures of what it draws.

use super::colour_prompts::{colour_prompts, mean_share, real_colour};
use super::everyday::{Everyday, EverydayWords};
use super::features::{FeatureExtractor, Features};
use super::flow::{flow_error, guess_errors};
use super::held_out::{HeldOut, asked, images};
use super::interval::Interval;
use super::metrics::{FeatureMetrics, Reference};
use super::shapes::{Ranks, Shapes};
use super::shown::Drawings;
pub use super::shown::Shown;
use super::{Asked, Drawing, Errors, Pairs, Report, Rest, draw, reconstruction};
use crate::dataset::Dataset;
use crate::dataset::gather::SIDE;
use crate::dataset::names::colours::Colour;
use crate::pipeline::Pipeline;
use crate::recipe::Recipe;
use crate::tools::progress::Progress;
use crate::{Error, Result};

/// Checks whether a model can be measured.
///
/// # Errors
/// Returns an error if the model has no styles, or draws pictures of another size than a dataset's.
pub fn check(model: &Pipeline) -> Result<()> {
    if model.styles.is_empty() {
        let problem = "only a model that draws prompts in styles can be measured";
        return Err(Error::model(&model.name, problem));
    }
    model.check_draws([SIDE; 2])
}

/// A fixed set of prompts, and the real pictures that drawings are compared with.
pub struct Benchmark<'a> {
    dataset: &'a Dataset,
    features: &'a Features,
    everyday: EverydayWords<'a>,
    extractor: &'a FeatureExtractor,
    held_out: HeldOut,
    reference: Reference<'a>,
    shapes: Shapes<'a>,
    drawing: Drawing,
    real: Real,
    progress: &'a dyn Progress,
}

/// The scores of real pictures, which are the same for every model.
#[derive(Debug)]
struct Real {
    pairs: FeatureMetrics,
    concepts: FeatureMetrics,
    colour: Interval,
    pairs_ranks: Ranks,
    learnt_ranks: Ranks,
}

impl<'a> Benchmark<'a> {
    /// Creates a benchmark from a dataset, a row of features for each of its pictures, and the choice
    /// of pictures to draw.
    pub fn new(
        (dataset, features): (&'a Dataset, &'a Features),
        (held_out, everyday): (HeldOut, EverydayWords<'a>),
        extractor: &'a FeatureExtractor,
        drawing: Drawing,
        progress: &'a dyn Progress,
    ) -> Self {
        let reference = Reference::new(dataset, features, &held_out.known);
        let scores = |rows: &[usize]| {
            let real = rows.iter().map(|&i| features[i].clone()).collect();
            reference.scores(&asked(dataset, rows), &real)
        };
        let shapes = Shapes::new(dataset);
        let real = Real {
            pairs: scores(&held_out.held),
            concepts: scores(&held_out.unseen),
            colour: real_colour(&images(dataset, &held_out.held), drawing.most),
            pairs_ranks: shapes.real_ranks(&held_out.held),
            learnt_ranks: shapes.real_ranks(&held_out.learnt),
        };
        Self {
            dataset,
            features,
            everyday,
            extractor,
            held_out,
            reference,
            shapes,
            drawing,
            real,
            progress,
        }
    }

    /// Measures a model that draws with the recipe `sampling`: its drawings of learnt and held-out
    /// pairs and, unless `only_drawings`, all else. Returns a selection of the drawings too.
    ///
    /// # Errors
    /// Returns an error if the model cannot draw what the dataset holds.
    pub fn run(
        &self,
        model: &Pipeline,
        sampling: &Recipe,
        only_drawings: bool,
    ) -> Result<(Report, Shown)> {
        let HeldOut { held, learnt, .. } = &self.held_out;
        self.progress.begin("Drawing", held.len() + learnt.len(), 0);
        let real = &self.real;
        let scores = Some(real.pairs.clone());
        let (drawn_learnt, learnt_drawings) =
            self.pairs(model, sampling, (learnt, None, real.learnt_ranks))?;
        let (pairs, drawings) = self.pairs(model, sampling, (held, scores, real.pairs_ranks))?;
        self.progress.end();
        let drawings = [(&learnt[..], learnt_drawings), (&held[..], drawings)];
        let nearest = |features: &[f32]| self.reference.nearest(features);
        let shown = Shown::of(&self.dataset.pictures, drawings, nearest);
        let errors = |rows: &[usize]| match only_drawings {
            true => Ok(None),
            false => self.errors(model, rows).map(Some),
        };
        let report = Report {
            model: model.name.clone(),
            drawing: self.drawing,
            sampling: sampling.clone(),
            everyday: match only_drawings {
                true => None,
                false => Some(self.everyday(model, sampling)?),
            },
            pairs: Pairs { errors: errors(held)?, ..pairs },
            learnt: Pairs { errors: errors(learnt)?, ..drawn_learnt },
            rest: match only_drawings {
                true => None,
                false => Some(self.rest(model, sampling)?),
            },
        };
        Ok((report, shown))
    }

    fn pairs(
        &self,
        model: &Pipeline,
        sampling: &Recipe,
        (rows, real_scores, real_ranks): (&[usize], Option<FeatureMetrics>, Ranks),
    ) -> Result<(Pairs, Drawings)> {
        let asked = asked(self.dataset, rows);
        let drawn = draw(model, &asked, (sampling, self.drawing.seed), self.progress)?;
        let features = self.extractor.features(&drawn.iter().collect::<Vec<_>>());
        let pairs = Pairs {
            scores: self.reference.scores(&asked, &features),
            real_scores,
            ranks: self.shapes.ranks(rows, &drawn),
            real_ranks,
            errors: None,
        };
        Ok((pairs, drawn.into_iter().zip(features).collect()))
    }

    fn everyday(&self, model: &Pipeline, sampling: &Recipe) -> Result<Everyday> {
        let asked = self.everyday.asked();
        self.progress.begin("Drawing everyday words", asked.len(), 0);
        let drawn = draw(model, &asked, (sampling, self.drawing.seed), self.progress)?;
        self.progress.end();
        let features = self.extractor.features(&drawn.iter().collect::<Vec<_>>());
        Ok(self.everyday.judge(&self.reference, &features, self.features))
    }

    fn errors(&self, model: &Pipeline, rows: &[usize]) -> Result<Errors> {
        let (asked, real) = (asked(self.dataset, rows), images(self.dataset, rows));
        Ok(Errors {
            flow: flow_error(model, &asked, &real)?,
            guess: guess_errors(model, &asked, &real)?,
        })
    }

    fn rest(&self, model: &Pipeline, sampling: &Recipe) -> Result<Rest> {
        let HeldOut { styles, held, unseen, .. } = &self.held_out;
        let how = (sampling, self.drawing.seed);
        let (colours, prompts): (Vec<Colour>, Vec<Asked>) =
            colour_prompts(styles, self.drawing.most).into_iter().unzip();
        self.progress.begin("Drawing", unseen.len() + prompts.len(), 0);
        let unseen = asked(self.dataset, unseen);
        let concepts = draw(model, &unseen, how, self.progress)?;
        let features = self.extractor.features(&concepts.iter().collect::<Vec<_>>());
        let drawn = draw(model, &prompts, how, self.progress)?;
        self.progress.end();
        Ok(Rest {
            concepts: self.reference.scores(&unseen, &features),
            real_concepts: self.real.concepts.clone(),
            colour: mean_share(drawn.into_iter().zip(colours)),
            real_colour: self.real.colour,
            reconstruction: reconstruction::measure(model, &images(self.dataset, held))?,
        })
    }
}
