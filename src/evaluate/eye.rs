//! What the features say of a picture: the nearest concept, the nearest style, and how near the
//! nearest picture is that was learnt from.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::Device;

use super::lite0::{FEATURES, Lite0};
use crate::dataset::{Dataset, Split};
use crate::image::Image;
use crate::train::parallel::Workers;
use crate::weights::Checkpoint;
use crate::weights::save::{Precision, Stored, to_bytes, write_whole};
use crate::{Error, Result};

/// Features of pictures, a row each.
pub type Features = Vec<Vec<f32>>;

/// Computes features.
#[derive(Debug)]
pub struct Eye {
    network: Lite0,
    workers: Workers,
    device: Device,
}

impl Eye {
    /// With the weights of the package in `cache`.
    ///
    /// # Errors
    /// See [`Lite0::load`].
    pub fn new(cache: &Path, device: &Device) -> Result<Self> {
        let network = Lite0::load(cache, device)?;
        Ok(Self { network, workers: Workers::new(device), device: device.clone() })
    }

    /// A row of features for each picture.
    pub fn features(&self, images: &[&Image]) -> Features {
        let parts = images.chunks(16).collect();
        let rows = self.workers.map(parts, |images: &[&Image]| {
            let features = self.network.features(images, &self.device).into_data();
            let values: Vec<f32> = features.iter::<f32>().collect();
            values.chunks_exact(FEATURES).map(<[f32]>::to_vec).collect::<Features>()
        });
        rows.into_iter().flatten().collect()
    }

    /// The features of a whole dataset, kept in a file beside it.
    ///
    /// # Errors
    /// Where that file cannot be read or written.
    pub fn features_of(&self, dataset: &Dataset, path: &Path) -> Result<Features> {
        let (path, count) = (path.with_extension("features.safetensors"), dataset.pictures.len());
        if path.is_file() {
            let bytes = std::fs::read(&path).map_err(|source| Error::read(&path, source))?;
            let file = Checkpoint::new(path.display().to_string(), vec![bytes])?;
            if file.shape("features") == Some(&[count, FEATURES]) {
                let values = file.values("features")?;
                return Ok(values.chunks_exact(FEATURES).map(<[f32]>::to_vec).collect());
            }
        }
        let features = self.features(&dataset.pictures.iter().collect::<Vec<_>>());
        let shape = [count, FEATURES];
        let stored = Stored::new("features", &shape, &features.concat(), Precision::Half);
        write_whole(&path, &to_bytes(&[stored], None))?;
        Ok(features)
    }
}

/// Mean features of whatever has a name.
#[derive(Debug)]
pub struct Prototypes {
    names: Vec<String>,
    means: Features,
    centre: Vec<f32>,
}

impl Prototypes {
    /// Of what `name` calls the pictures of the training split.
    pub fn new(dataset: &Dataset, features: &[Vec<f32>], name: impl Fn(usize) -> String) -> Self {
        let train: Vec<usize> = dataset.of(Split::Train).collect();
        let mean = |rows: &[usize]| {
            let mut mean = vec![0f32; FEATURES];
            for &i in rows {
                mean.iter_mut().zip(&features[i]).for_each(|(mean, value)| *mean += value);
            }
            mean.iter().map(|sum| sum / rows.len() as f32).collect::<Vec<f32>>()
        };
        let centre = mean(&train);
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for &i in &train {
            groups.entry(name(i)).or_default().push(i);
        }
        let means = groups.values().map(|rows| direction(&mean(rows), &centre)).collect();
        Self { names: groups.into_keys().collect(), means, centre }
    }

    /// The rank of `name` among all, 0 being the nearest; `None` where it is not among them.
    pub fn rank(&self, features: &[f32], name: &str) -> Option<usize> {
        let place = self.names.iter().position(|known| known == name)?;
        let direction = direction(features, &self.centre);
        let own = dot(&direction, &self.means[place]);
        Some(self.means.iter().filter(|mean| dot(&direction, mean) > own).count())
    }
}

/// The cosine distance to the nearest of `rows`, 0..2.
pub fn nearest(features: &[f32], rows: &[&[f32]]) -> f64 {
    let length = |row: &[f32]| dot(row, row).sqrt().max(1e-12);
    let own = length(features);
    let near = rows.iter().map(|row| dot(features, row) / length(row) / own);
    1.0 - f64::from(near.fold(-1.0, f32::max))
}

/// From the centre towards features, of length 1.
fn direction(features: &[f32], centre: &[f32]) -> Vec<f32> {
    let difference: Vec<f32> = features.iter().zip(centre).map(|(a, b)| a - b).collect();
    let length = dot(&difference, &difference).sqrt().max(1e-12);
    difference.iter().map(|value| value / length).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
