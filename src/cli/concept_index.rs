//! `patchwork concept-index`: writes the index by which prompts for a picture are proposed.

use std::path::PathBuf;

use burn::tensor::Device;
use clap::Args;

use super::{load_model, print_beside};
use crate::dataset::{Dataset, Split};
use crate::pipeline::Pipeline;
use crate::pipeline::concept_index::{CONCEPTS, ConceptIndex, INDEX, TENSORS, digits, labels};
use crate::tools::files::{probe, write_whole};
use crate::tools::parallel::Workers;
use crate::tools::progress::Progress;
use crate::train::concept_index::learn;
use crate::weights::save::{Precision, Stored, to_bytes};
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct ConceptIndexArguments {
    /// Folder of a model in the embedded layout, with its list of concepts.
    #[arg(value_name = "DIR")]
    path: PathBuf,
    /// The dataset that it was trained on.
    #[arg(long, value_name = "F.safetensors")]
    data: PathBuf,
}

pub(super) fn run(arguments: &ConceptIndexArguments, progress: &dyn Progress) -> Result<()> {
    let ConceptIndexArguments { path, data } = arguments;
    let target = path.join(INDEX);
    probe(&target)?;
    let list = path.join(CONCEPTS);
    let list = std::fs::read(&list).map_err(|source| Error::read(&list, source))?;
    let labels = labels(&list);
    let dataset = Dataset::read(data)?;
    let model = pollster::block_on(load_model(path, &Device::flex(), true))?;
    // Held-out concepts have no other pictures to be learnt from.
    let rows: Vec<usize> = dataset.of(Split::Train).collect();
    let index = learn(&features(&model, &dataset, &rows, progress)?);
    tell_recall(&model, &dataset, &index, progress)?;
    let index = in_order(index, &labels);
    let width = index.directions.len() / labels.len();
    let [projection, mean, directions, of_model] = TENSORS;
    let mut stored =
        Stored::in_bytes(projection, &[index.mean.len(), width], &index.projection, width).to_vec();
    stored.extend(Stored::in_bytes(directions, &[labels.len(), width], &index.directions, width));
    stored.push(Stored::new(mean, &[index.mean.len()], &index.mean, Precision::Half));
    let hash: Vec<f32> = digits(&model.hash).map(|digit| digit as f32).collect();
    stored.push(Stored::new(of_model, &[hash.len()], &hash, Precision::Full));
    write_whole(&target, &to_bytes(&stored, None))?;
    print_beside(&[], target.display())
}

/// Returns the features of pictures, each with its label.
fn features<'a>(
    model: &Pipeline,
    dataset: &'a Dataset,
    rows: &[usize],
    progress: &dyn Progress,
) -> Result<Vec<(&'a str, Vec<f32>)>> {
    progress.begin("Looking", rows.len(), 0);
    let one = |row: &usize| {
        let latent = model.encode(&dataset.pictures[*row])?;
        let features = pollster::block_on(model.features(&latent))?;
        progress.advance(1, "");
        Ok((dataset.entries[*row].label.as_str(), features))
    };
    let found = Workers::new(&model.device, None).map(rows.iter().collect(), one);
    progress.end();
    found.into_iter().collect()
}

/// How many concepts are proposed for a picture.
const PROPOSED: usize = 16;

/// Notes how often the right concept is among those proposed for held-out pictures.
fn tell_recall(
    model: &Pipeline,
    dataset: &Dataset,
    index: &ConceptIndex,
    progress: &dyn Progress,
) -> Result<()> {
    let rows: Vec<usize> = dataset.of(Split::Pair).collect();
    let pictures = features(model, dataset, &rows, progress)?;
    let found = |most: usize| {
        let is_found = |(label, features): &&(&str, Vec<f32>)| {
            index.nearest(features, most).is_ok_and(|found| found.contains(label))
        };
        100.0 * pictures.iter().filter(is_found).count() as f64 / pictures.len().max(1) as f64
    };
    progress.note(&format!(
        "Of {} held-out pictures, the right concept is the first for {:.0} %, among five for {:.0} %, and among \
         {PROPOSED} for {:.0} %.",
        pictures.len(),
        found(1),
        found(5),
        found(PROPOSED)
    ));
    Ok(())
}

/// Returns the index in the order of the list. A concept without pictures gets no direction.
fn in_order(index: ConceptIndex, labels: &[String]) -> ConceptIndex {
    let width = index.directions.len() / index.labels.len();
    let row = |label: &String| {
        let place = index.labels.iter().position(|other| other == label);
        place.map_or(vec![0.0; width], |i| index.directions[width * i..width * (i + 1)].to_vec())
    };
    ConceptIndex {
        directions: labels.iter().flat_map(row).collect(),
        labels: labels.to_vec(),
        ..index
    }
}
