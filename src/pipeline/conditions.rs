//! The conditions of a run, and the DiT under these conditions.

use std::ops::Range;

use burn::tensor::{Int, Tensor, TensorData};

use super::notes::{cleaned, looked_up, read_otherwise};
use super::{Pipeline, ShortPath};
use crate::diffusion::denoiser::{Network, Pass};
use crate::diffusion::guidance::is_within;
use crate::model::routing::ShortRows;
use crate::model::text_tokens::TextTokens;
use crate::model::{Dit, DitConfig};
use crate::recipe::Recipe;
use crate::tools::parallel::by_rows;
use crate::{Error, Result};

/// The error message if a class is requested from a model whose labels are styles.
pub(super) const LABELS_ARE_STYLES: &str = "This model has no classes, its labels are styles: choose a prompt and a style instead of a class";

/// The labels and the text of a batch.
#[derive(Debug, Clone)]
struct ConditionRows {
    labels: Tensor<1, Int>,
    text: Option<TextTokens>,
}

impl ConditionRows {
    /// Returns the rows in `range`.
    fn rows(&self, range: Range<usize>) -> Self {
        let (start, count) = (range.start, range.len());
        Self {
            labels: self.labels.clone().narrow(0, start, count),
            text: self.text.as_ref().map(|text| text.rows(start, count)),
        }
    }
}

/// The DiT under the conditions of one run.
#[derive(Debug)]
pub struct Conditioned<'a> {
    dit: &'a Dit,
    keeps_variance: bool,
    conditional: ConditionRows,
    both: ConditionRows,
    short_path: ShortPath,
    /// How many timesteps the schedule has.
    timesteps: usize,
}

impl<'a> Conditioned<'a> {
    /// Creates the conditions of `recipe`. Also returns notes about the parts of the recipe that did not
    /// fit.
    ///
    /// # Errors
    /// Returns an error if the recipe has words but the model reads none, or if it asks for a style or
    /// class that the model does not have.
    pub fn new(pipeline: &'a Pipeline, recipe: &Recipe) -> Result<(Self, Vec<String>)> {
        let (own, notes) = Conditions::of(pipeline, recipe)?;
        Ok((Self::of_rows(pipeline, &own, recipe.count), notes))
    }

    /// Creates conditions at `share` of the straight path from one recipe to another; see
    /// [`Dit::between`].
    ///
    /// # Errors
    /// See [`new`](Self::new). Also returns an error if the model reads no text, or has a conditioner
    /// for each block.
    pub fn between(
        pipeline: &'a Pipeline,
        [from, to]: [&Recipe; 2],
        share: f64,
    ) -> Result<(Self, Vec<String>)> {
        let (own, mut notes) = Conditions::of(pipeline, from)?;
        let (other, others) = Conditions::of(pipeline, to)?;
        notes.extend(others);
        let refuse = || {
            Error::Recipe("This model cannot draw between two recipes: it has no text, or a conditioner for each block".into())
        };
        let null = pipeline.dit.config().num_classes;
        let way = |from: &Option<TextTokens>, to: &Option<TextTokens>, labels: [usize; 2]| {
            let both = from.as_ref().zip(to.as_ref()).ok_or_else(refuse)?;
            let [start, end] = labels;
            let between = pipeline.dit.between((both.0, start), (both.1, end), share);
            between.map(Some).ok_or_else(refuse)
        };
        let mixed = Conditions {
            label: own.label,
            prompt: way(&own.prompt, &other.prompt, [own.label, other.label])?,
            negative: way(&own.negative, &other.negative, [null, null])?,
        };
        Ok((Self::of_rows(pipeline, &mixed, from.count), notes))
    }

    /// Repeats conditions for a batch of `count`.
    fn of_rows(pipeline: &'a Pipeline, conditions: &Conditions, count: usize) -> Self {
        let Conditions { label, prompt, negative } = conditions;
        let null = pipeline.dit.config().num_classes;
        let batch = |labels: Vec<usize>, text: Vec<&Option<TextTokens>>| ConditionRows {
            labels: labels_tensor(pipeline, &labels),
            text: text
                .into_iter()
                .map(Option::as_ref)
                .collect::<Option<Vec<_>>>()
                .map(|rows| TextTokens::cat(&rows)),
        };
        let rows = |label: usize| std::iter::repeat_n(label, count);
        let conditional = batch(rows(*label).collect(), vec![prompt; count]);
        let texts = [vec![prompt; count], vec![negative; count]].concat();
        let both = batch(rows(*label).chain(rows(null)).collect(), texts);
        Self {
            dit: &pipeline.dit,
            keeps_variance: pipeline.learned_variance,
            conditional,
            both,
            short_path: pipeline.short_path.clone(),
            timesteps: pipeline.schedule.timesteps(),
        }
    }
}

/// The label and the texts of one recipe, as the DiT reads them.
struct Conditions {
    label: usize,
    prompt: Option<TextTokens>,
    negative: Option<TextTokens>,
}

impl Conditions {
    fn of(pipeline: &Pipeline, recipe: &Recipe) -> Result<(Self, Vec<String>)> {
        let label = label(pipeline, recipe)?;
        let mut notes = Vec::new();
        let (mut prompt, mut negative) = (recipe.prompt.clone(), recipe.negative.clone());
        if let Some(reader) = &pipeline.text {
            let typed = reader.typed(&prompt);
            notes.extend(cleaned("prompt", &typed));
            let found = reader.look_up(&typed.text);
            notes.extend(looked_up(&typed.text, &found));
            prompt = found.text;
            let typed = reader.typed(&negative);
            notes.extend(cleaned("negative prompt", &typed));
            negative = typed.text;
        }
        let mut read = |what: &str, text: &str| read(pipeline, what, text, &mut notes);
        let prompt = read("prompt", &prompt)?;
        let negative = read("negative prompt", &negative)?;
        Ok((Self { label, prompt, negative }, notes))
    }
}

impl Network for Conditioned<'_> {
    fn predict(&self, x: Tensor<4>, timestep: f64, pass: Pass) -> Tensor<4> {
        let [rows, channels, _, _] = x.dims();
        let batch = match pass {
            Pass::Conditional => &self.conditional,
            Pass::Both => &self.both,
        };
        let ShortPath { blocks, below } = &self.short_path;
        let long = match pass {
            // A level on the bound is not below it, despite rounding errors.
            _ if !is_within(timestep / self.timesteps as f64, (*below, f64::INFINITY)) => 0,
            Pass::Both => rows / 2,
            Pass::Conditional => rows,
        };
        let output = by_rows(&x.device(), rows, |range| {
            let ConditionRows { labels, text } = batch.rows(range.clone());
            let x = x.clone().narrow(0, range.start, range.len());
            let (timesteps, text) = (vec![timestep; range.len()], text.as_ref());
            match range.end.saturating_sub(range.start.max(long)) {
                rows if rows > 0 && !blocks.is_empty() => {
                    let short = ShortRows { rows, blocks: blocks.clone() };
                    self.dit.forward_short(x, &timesteps, &labels, text, &short)
                }
                _ => self.dit.forward(x, &timesteps, &labels, text),
            }
        });
        if self.keeps_variance { output } else { output.narrow(1, 0, channels) }
    }
}

fn labels_tensor(pipeline: &Pipeline, labels: &[usize]) -> Tensor<1, Int> {
    let labels: Vec<i32> = labels.iter().map(|&label| label as i32).collect();
    let count = labels.len();
    Tensor::from_data(TensorData::new(labels, [count]), &pipeline.device)
}

/// Returns the label of a recipe's style or class; the null label if it has neither.
pub(super) fn label(pipeline: &Pipeline, recipe: &Recipe) -> Result<usize> {
    let DitConfig { num_classes, .. } = *pipeline.dit.config();
    let refuse = |problem: String| Err(Error::Recipe(problem));
    if recipe.class.is_some() && !recipe.style.is_empty() {
        return refuse("A recipe has a class or a style, not both: leave one out".into());
    }
    if let Some(label) = pipeline.style(&recipe.style)? {
        return Ok(label);
    }
    match recipe.class {
        Some(_) if !pipeline.styles.is_empty() => refuse(LABELS_ARE_STYLES.into()),
        Some(class) if class >= num_classes => {
            refuse(format!("There is no class {class}: choose 0 to {}", num_classes - 1))
        }
        Some(class) => Ok(class),
        None if pipeline.text.is_none() => refuse(format!(
            "This model draws classes, not words: choose a class, 0 to {}",
            num_classes.saturating_sub(1)
        )),
        None => Ok(num_classes),
    }
}

/// Returns an error if the recipe's `what`, such as its prompt, has words, because the model reads none.
pub(super) fn refuse_words(what: &str, text: &str) -> Result<()> {
    if text.trim().is_empty() {
        return Ok(());
    }
    Err(Error::Recipe(format!(
        "This model draws classes, not words: leave the {what} out and choose a class"
    )))
}

/// Returns a text's tokens for the DiT, and adds notes about how it was read.
fn read(
    pipeline: &Pipeline,
    what: &str,
    text: &str,
    notes: &mut Vec<String>,
) -> Result<Option<TextTokens>> {
    let Some(reader) = &pipeline.text else { return refuse_words(what, text).map(|()| None) };
    let (states, tokens) = reader.read(text)?;
    notes.extend(read_otherwise(what, text, &tokens, reader.max_tokens));
    Ok(pipeline.dit.embed_text(states))
}
