//! The index of concepts: where each concept's pictures lie among the DiT's features, in a small space
//! in which pictures of one concept are near each other. It holds no pictures.

use burn::tensor::{Int, Tensor};

use super::{Pipeline, Source};
use crate::diffusion::{Generator, Latent};
use crate::weights::Checkpoint;
use crate::{Error, Result};

/// The file's name, beside a model. It is no part of the model, and its manifest does not list it.
pub const INDEX: &str = "concept_index.safetensors";
/// The names of its tensors: the projection `[features, width]`, the mean features, the concepts'
/// directions `[concepts, width]`, in the order of the list, and the model's hash, a number for each of
/// its digits.
pub const TENSORS: [&str; 4] = ["projection", "mean", "directions", "model"];
/// The list of concepts, beside a model: a line for each, with a tab behind the label.
pub const CONCEPTS: &str = "concepts.tsv";

/// After how many of the DiT's blocks features are taken, and at which noise level.
const BLOCKS: usize = 6;
const LEVEL: f64 = 0.1;

/// The index, read.
#[derive(Debug, Clone)]
pub struct ConceptIndex {
    /// The labels of the concepts.
    pub labels: Vec<String>,
    /// A row for each feature, in one piece.
    pub projection: Vec<f32>,
    /// The mean of the features of all pictures.
    pub mean: Vec<f32>,
    /// A row for each concept, of length 1, in one piece.
    pub directions: Vec<f32>,
}

impl ConceptIndex {
    /// Reads the index in the folder of the model with this hash.
    ///
    /// # Errors
    /// Returns an error if the file is missing or damaged, or was made for another model.
    pub async fn load<S: Source>(source: &S, hash: &str) -> Result<Self> {
        let file = Checkpoint::new(INDEX, vec![source.read(INDEX).await?])?;
        let [projection, mean, directions, model] = TENSORS.map(|name| file.values(name));
        if !model?.into_iter().map(|digit| digit as usize).eq(digits(hash)) {
            return Err(Error::model(INDEX, OTHER));
        }
        let (projection, mean, directions) = (projection?, mean?, directions?);
        let labels = labels(&source.read(CONCEPTS).await?);
        let width = directions.len() / labels.len().max(1);
        match width > 0
            && directions.len() == width * labels.len()
            && projection.len() == width * mean.len()
        {
            true => Ok(Self { labels, projection, mean, directions }),
            false => Err(Error::model(INDEX, "its tensors do not fit each other: fetch it again")),
        }
    }

    /// Returns the labels of the `most` concepts nearest to a picture's features, the nearest first.
    ///
    /// # Errors
    /// Returns an error if the features are those of another model.
    pub fn nearest(&self, features: &[f32], most: usize) -> Result<Vec<&str>> {
        let width = self.directions.len() / self.labels.len();
        if features.len() != self.mean.len() {
            return Err(Error::model(INDEX, OTHER));
        }
        let mut place = vec![0.0; width];
        let rows = features.iter().zip(&self.mean).zip(self.projection.chunks_exact(width));
        for ((value, mean), row) in rows {
            place.iter_mut().zip(row).for_each(|(place, factor)| *place += (value - mean) * factor);
        }
        let near =
            |direction: &[f32]| direction.iter().zip(&place).map(|(a, b)| a * b).sum::<f32>();
        let mut found: Vec<(f32, &str)> = (self.directions.chunks_exact(width).map(near))
            .zip(self.labels.iter().map(String::as_str))
            .collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        Ok(found.into_iter().take(most).map(|(_, label)| label).collect())
    }
}

const OTHER: &str = "it was made for another model: write it again with `patchwork concept-index`";

/// Returns the digits of a model's hash.
pub fn digits(hash: &str) -> impl Iterator<Item = usize> {
    hash.chars().filter_map(|digit| digit.to_digit(16)).map(|digit| digit as usize)
}

/// Returns the labels in a list of concepts, in its order.
pub fn labels(list: &[u8]) -> Vec<String> {
    let list = String::from_utf8_lossy(list);
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| Some(line.split_once('\t')?.0.to_owned())).collect()
}

impl Pipeline {
    /// Returns the DiT's features of a picture's latent, `[1, c, h, w]`, under no prompt and no style.
    ///
    /// # Errors
    /// Returns an error if the device fails.
    pub async fn features(&self, latent: &Latent) -> Result<Vec<f32>> {
        let noise = latent.noise_like(&mut Generator::new(0));
        let noisy = latent.clone() * (1.0 - LEVEL) + noise * LEVEL;
        let text = match &self.text {
            Some(reader) => self.dit.embed_text(reader.read("")?.0),
            None => None,
        };
        let null = self.dit.config().num_classes as i32;
        let label = Tensor::<1, Int>::from_ints([null], &self.device);
        let timestep = LEVEL * self.schedule.timesteps() as f64;
        let x = self.dit.features(noisy.tensor(), &[timestep], &label, text.as_ref(), BLOCKS);
        let failed = |problem| Error::Device(format!("The device gave no features: {problem}"));
        Ok(x.into_data_async().await.map_err(failed)?.iter::<f32>().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_nearest_concepts() {
        let index = ConceptIndex {
            labels: ["up", "right", "left"].map(str::to_owned).to_vec(),
            projection: vec![0.0, 2.0, 2.0, 0.0],
            mean: vec![1.0, 1.0],
            directions: vec![0.0, 1.0, 1.0, 0.0, -1.0, 0.0],
        };
        // The features' first value is the second in the index's space.
        assert_eq!(index.nearest(&[5.0, 2.0], 2).unwrap(), ["up", "right"]);
        assert_eq!(index.nearest(&[1.0, 0.0], 1).unwrap(), ["left"]);
        assert!(index.nearest(&[1.0], 1).is_err());
    }
}
