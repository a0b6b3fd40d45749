//! The quality of a model on a user's own pictures, of which there are few and no open sets to compare
//! with.

use serde::Serialize;

use super::flow::guess_errors;
use super::shapes::{Ranks, Shapes};
use super::{Asked, draw};
use crate::dataset::OWN;
use crate::dataset::teach::small::{Small, are_near, distance, small};
use crate::dataset::{Dataset, Split};
use crate::diffusion::guess::GuessErrors;
use crate::image::Image;
use crate::pipeline::Pipeline;
use crate::recipe::Recipe;
use crate::tools::progress::Progress;
use crate::{Error, Result};

/// The measures on a user's own pictures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OwnReport {
    /// The model's name.
    pub model: String,
    /// Whether the pictures were held out rather than learnt.
    pub held_out: bool,
    /// How many pictures were drawn.
    pub pictures: usize,
    /// The recipe of the drawings, without prompt, style and seed.
    pub sampling: Recipe,
    /// The errors of the prediction of the clean latent.
    pub guess: GuessErrors,
    /// The ranks of the true pictures among the user's own, by shape.
    pub ranks: Ranks,
    /// The drawings that are most similar to a learnt picture, the most similar first.
    pub copies: Vec<Copied>,
}

/// A drawing, and the learnt picture that is most similar to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Copied {
    /// The prompt of the drawing.
    pub prompt: String,
    /// The label of the learnt picture.
    pub nearest: String,
    /// The distance: the root mean square of differences at 32×32 pixels, in values of 0..1.
    pub distance: f64,
    /// Whether the two are near duplicates; see [`are_near`].
    pub is_near: bool,
}

/// The maximum number of copies in the report.
const COPIES: usize = 5;

/// Returns whether a dataset holds a user's own pictures alone.
pub fn is_own(dataset: &Dataset) -> bool {
    !dataset.entries.is_empty() && dataset.entries.iter().all(|entry| entry.group == OWN)
}

/// Measures a model on the held-out pictures, or on the learnt ones if none are held out. Returns pairs
/// of drawings and true pictures too.
///
/// # Errors
/// Returns an error if there are fewer than two such pictures, or the model cannot draw them.
pub fn measure(
    model: &Pipeline,
    dataset: &Dataset,
    (sampling, seed, most): (&Recipe, u64, usize),
    progress: &dyn Progress,
) -> Result<(OwnReport, Vec<Image>)> {
    let held_out: Vec<usize> = dataset.of(Split::Concept).collect();
    let is_held_out = !held_out.is_empty();
    let mut rows = if is_held_out { held_out } else { dataset.of(Split::Train).collect() };
    rows.truncate(most);
    if rows.len() < 2 {
        return Err(Error::dataset(
            "The dataset",
            "it has but one picture to measure with, and a rank needs two: add pictures, or hold out more of them \
             (`patchwork dataset --held-out`)",
        ));
    }
    let asked: Vec<Asked> = rows
        .iter()
        .map(|&i| {
            let asked = Asked::of(&dataset.entries[i]);
            // A style that the model lacks was learnt as none.
            let style = if model.style(&asked.style).is_ok() { asked.style } else { String::new() };
            Asked { style, ..asked }
        })
        .collect();
    progress.begin("Drawing", rows.len(), 0);
    let drawn = draw(model, &asked, (sampling, seed), progress)?;
    progress.end();
    let real: Vec<&Image> = rows.iter().map(|&i| &dataset.pictures[i]).collect();
    let learnt: Vec<(usize, Small)> =
        dataset.of(Split::Train).map(|i| (i, small(&dataset.pictures[i]))).collect();
    let report = OwnReport {
        model: model.name.clone(),
        held_out: is_held_out,
        pictures: rows.len(),
        sampling: sampling.clone(),
        guess: guess_errors(model, &asked, &real)?,
        ranks: Shapes::new(dataset).ranks(&rows, &drawn),
        copies: copies(dataset, &asked, &drawn, &learnt),
    };
    let beside = drawn.into_iter().zip(real).flat_map(|(drawn, real)| [drawn, real.clone()]);
    Ok((report, beside.collect()))
}

/// Returns the drawings that are most similar to a learnt picture.
fn copies(
    dataset: &Dataset,
    asked: &[Asked],
    drawn: &[Image],
    learnt: &[(usize, Small)],
) -> Vec<Copied> {
    let nearest = |(asked, drawn): (&Asked, &Image)| {
        let drawn = small(drawn);
        let far = learnt.iter().map(|(i, picture)| (distance(&drawn, picture), *i, picture));
        let (sum, i, picture) = far.min_by(|a, b| a.0.total_cmp(&b.0))?;
        Some(Copied {
            prompt: asked.prompt.clone(),
            nearest: dataset.entries[i].label.clone(),
            distance: f64::from(sum / drawn.len() as f32).sqrt(),
            is_near: are_near(&drawn, picture),
        })
    };
    let mut copies: Vec<Copied> = asked.iter().zip(drawn).filter_map(nearest).collect();
    copies.sort_by(|a, b| a.distance.total_cmp(&b.distance));
    copies.truncate(COPIES);
    copies
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Entry;

    #[test]
    fn lists_the_nearest_copies_first() {
        let plain =
            |value: u8| Image { width: 32, height: 32, pixels: [value, 0, 0, 255].repeat(1024) };
        let entry =
            |label: &str| Entry { label: label.into(), group: OWN.into(), ..Entry::default() };
        let dataset = Dataset {
            entries: ["dark", "light"].map(entry).to_vec(),
            pictures: vec![plain(10), plain(200)],
        };
        assert!(is_own(&dataset) && !is_own(&Dataset::default()));
        let learnt: Vec<_> = (0..2).map(|i| (i, small(&dataset.pictures[i]))).collect();
        let asked = ["a", "b"].map(|prompt| Asked { prompt: prompt.into(), style: String::new() });
        let found = copies(&dataset, &asked, &[plain(60), plain(199)], &learnt);
        let told: Vec<(&str, &str)> =
            found.iter().map(|copy| (copy.prompt.as_str(), copy.nearest.as_str())).collect();
        assert_eq!(told, [("b", "light"), ("a", "dark")]);
    }
}
