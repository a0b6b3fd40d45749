//! Features of pictures, and class prototypes by which the subject of a picture is recognised.

use std::collections::BTreeMap;
use std::path::Path;

use burn::tensor::{Device, Tensor};
use nalgebra::{Cholesky, DMatrix, DVector, Dyn};
use safetensors::SafeTensors;

use super::lite0::{FEATURES, Lite0, TEXTURE};
use super::palette::{PALETTE, palette};
use crate::dataset::Dataset;
use crate::image::Image;
use crate::tools::files::write_whole;
use crate::tools::parallel::Workers;
use crate::tools::progress::Progress;
use crate::weights::Checkpoint;
use crate::weights::save::{Precision, Stored, to_bytes};
use crate::{Error, Result};

/// The features of pictures, one row each: those of the subject, then those of the style.
pub type Features = Vec<Vec<f32>>;

const WIDTH: usize = FEATURES + TEXTURE + PALETTE;

/// Returns the part of a row that describes the subject of its picture.
pub fn subject(row: &[f32]) -> &[f32] {
    &row[..FEATURES.min(row.len())]
}

/// Returns the part of a row that describes the style of its picture: its texture and its colours.
pub fn manner(row: &[f32]) -> &[f32] {
    &row[FEATURES.min(row.len())..]
}

/// An extractor of features.
#[derive(Debug)]
pub struct FeatureExtractor {
    network: Lite0,
    workers: Workers,
    device: Device,
}

impl FeatureExtractor {
    /// Creates an extractor with the weights of the package in `cache`.
    ///
    /// # Errors
    /// See [`Lite0::load`].
    pub fn new(cache: &Path, device: &Device, progress: &dyn Progress) -> Result<Self> {
        let network = Lite0::load(cache, device, progress)?;
        Ok(Self { network, workers: Workers::new(device, None), device: device.clone() })
    }

    /// Returns a row of features for each picture.
    pub fn features(&self, images: &[&Image]) -> Features {
        let parts = images.chunks(16).collect();
        let rows = self.workers.map(parts, |images: &[&Image]| {
            let features = Tensor::cat(self.network.features(images, &self.device).into(), 1);
            let values: Vec<f32> = features.into_data().iter::<f32>().collect();
            let rows = values.chunks_exact(FEATURES + TEXTURE).zip(images);
            rows.map(|(row, image)| [row, &palette(image)].concat()).collect::<Features>()
        });
        rows.into_iter().flatten().collect()
    }

    /// Returns the features of a whole dataset, which are kept in a file beside it. `hash` is that of
    /// the dataset's file.
    ///
    /// # Errors
    /// Returns an error if the file of features cannot be read or written.
    pub fn features_of(&self, dataset: &Dataset, hash: &str, path: &Path) -> Result<Features> {
        let path = path.with_extension("features.safetensors");
        let shape = [dataset.pictures.len(), WIDTH];
        let bytes = if let Some(bytes) = kept(&path, hash)? {
            bytes
        } else {
            let features = self.features(&dataset.pictures.iter().collect::<Vec<_>>());
            let stored = Stored::new(TENSOR, &shape, &features.concat(), Precision::Half);
            let bytes = to_bytes(&[stored], Some((DATASET, hash.to_owned())));
            write_whole(&path, &bytes)?;
            bytes
        };
        let file = Checkpoint::new(path.display().to_string(), vec![bytes])?;
        Ok(file.values(TENSOR)?.chunks_exact(WIDTH).map(<[f32]>::to_vec).collect())
    }
}

const TENSOR: &str = "subject and manner";
const DATASET: &str = "dataset";

/// Returns the bytes of a file of features, if it was made of the dataset with this hash.
fn kept(path: &Path, hash: &str) -> Result<Option<Vec<u8>>> {
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = std::fs::read(path).map_err(|source| Error::read(path, source))?;
    let header = SafeTensors::read_metadata(&bytes).ok();
    let found = header.as_ref().and_then(|(_, header)| {
        let shape = header.info(TENSOR)?.shape.last().copied();
        header.metadata().as_ref()?.get(DATASET).filter(|_| shape == Some(WIDTH))
    });
    Ok(found.is_some_and(|found| found == hash).then_some(bytes))
}

/// Class prototypes: the mean features of each name. Distances are cosine distances from the centre of
/// all, after within-class whitening (as in linear discriminant analysis, Fisher 1936), so that
/// variation within names counts little.
#[derive(Debug)]
pub struct Prototypes {
    names: Vec<String>,
    /// How many pictures each name has.
    counts: Vec<usize>,
    /// The class means, and their whitened directions from the centre.
    means: Vec<DVector<f64>>,
    directions: Vec<DVector<f64>>,
    centre: DVector<f64>,
    within: Cholesky<f64, Dyn>,
}

/// The ridge that is added to the covariance's diagonal, relative to the mean of the diagonal.
const RIDGE: f64 = 1.0;

impl Prototypes {
    /// Computes the prototypes of the pictures at `rows` from their subject features, all of one
    /// length. `name` returns the name of a picture.
    ///
    /// # Panics
    /// Panics if there are no rows.
    pub fn new(rows: &[usize], features: &[&[f32]], name: impl Fn(usize) -> String) -> Self {
        let length = features[rows[0]].len();
        let mean = |rows: &[usize]| {
            let mut mean = DVector::zeros(length);
            rows.iter().for_each(|&i| mean += vector(features[i]));
            mean / rows.len() as f64
        };
        let centre = mean(rows);
        let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for &i in rows {
            groups.entry(name(i)).or_default().push(i);
        }
        let means: Vec<DVector<f64>> = groups.values().map(|rows| mean(rows)).collect();
        let members = groups.values().zip(&means);
        let apart: Vec<DVector<f64>> = members
            .flat_map(|(rows, mean)| rows.iter().map(move |&i| vector(features[i]) - mean))
            .collect();
        let apart = DMatrix::from_columns(&apart);
        let covariance = &apart * apart.transpose() / rows.len() as f64;
        let within = ridged(covariance, RIDGE);
        let directions = means.iter().map(|mean| direction(&within, &(mean - &centre))).collect();
        let counts = groups.values().map(Vec::len).collect();
        Self { names: groups.into_keys().collect(), counts, means, directions, centre, within }
    }

    /// Returns how many names there are.
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// Returns the rank of `name` among all names, 0 being the nearest; `None` if it is not among them.
    pub fn rank(&self, features: &[f32], name: &str) -> Option<usize> {
        let place = self.place(name)?;
        self.rank_of(features, place, &self.directions[place])
    }

    /// Returns the rank for one of the pictures of `name`, computed as if it were not part of the
    /// prototype; `None` also if the name has no other picture.
    pub fn rank_without(&self, features: &[f32], name: &str) -> Option<usize> {
        let place = self.place(name)?;
        let count = self.counts[place];
        if count < 2 {
            return None;
        }
        let others = (&self.means[place] * count as f64 - vector(features)) / (count - 1) as f64;
        self.rank_of(features, place, &direction(&self.within, &(others - &self.centre)))
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    fn rank_of(&self, features: &[f32], place: usize, own: &DVector<f64>) -> Option<usize> {
        let row = direction(&self.within, &(vector(features) - &self.centre));
        let own = row.dot(own);
        if !own.is_finite() {
            return None; // The prototype lies at the centre, as that of a single name does.
        }
        let others = self.directions.iter().enumerate().filter(|(i, _)| *i != place);
        Some(others.filter(|(_, other)| row.dot(other) > own).count())
    }
}

/// Returns the Cholesky factor of a covariance, for whitening, after a ridge of `part` times its mean
/// variance is added to the diagonal.
pub(super) fn ridged(mut covariance: DMatrix<f64>, part: f64) -> Cholesky<f64, Dyn> {
    let ridge = (part * covariance.diagonal().mean()).max(1e-12);
    (0..covariance.nrows()).for_each(|i| covariance[(i, i)] += ridge);
    covariance.cholesky().expect("a covariance with a ridge is positive")
}

fn vector(features: &[f32]) -> DVector<f64> {
    DVector::from_iterator(features.len(), features.iter().map(|&value| f64::from(value)))
}

/// Returns a whitened difference, scaled to length 1.
fn direction(within: &Cholesky<f64, Dyn>, difference: &DVector<f64>) -> DVector<f64> {
    let white = within.l_dirty().solve_lower_triangular(difference);
    white.expect("its diagonal is positive").normalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whitening_discounts_variation_within_classes() {
        // Three names lie on a small circle. Each varies ten times as much across it, about a mean of
        // its own.
        let row = |i: usize| {
            let mut row = vec![0f32; 50];
            let angle = 2.1 * (i % 3) as f32;
            (row[0], row[1]) = (0.5 * angle.cos(), 0.5 * angle.sin());
            row[2] = [2.0, -2.0, 0.0][i % 3] + 6.0 * (i as f32 * 1.7).sin();
            row
        };
        let features: Features = (0..60).map(row).collect();
        let name = |i: usize| ["a", "b", "c"][i % 3].to_owned();
        let rows: Vec<&[f32]> = features.iter().map(Vec::as_slice).collect();
        let prototypes = Prototypes::new(&(0..60).collect::<Vec<_>>(), &rows, name);
        for i in 60..120 {
            assert_eq!(prototypes.rank(&row(i), &name(i)), Some(0), "{i}");
        }
        assert_eq!(prototypes.rank(&row(0), "none"), None);
        // A name with nineteen other pictures is still recognised; a name without another is not.
        assert_eq!(prototypes.rank_without(&row(0), "a"), Some(0));
        let name = |i: usize| if i == 0 { "a".to_owned() } else { "b".to_owned() };
        let alone = Prototypes::new(&(0..60).collect::<Vec<_>>(), &rows, name);
        assert_eq!(alone.rank_without(&row(0), "a"), None);
    }
}
