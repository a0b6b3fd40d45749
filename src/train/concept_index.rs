//! Learning of the index of concepts: a space in which pictures of one concept are near each other
//! (linear discriminant analysis, Fisher 1936), and each concept's direction in it.

use std::collections::BTreeMap;

use nalgebra::{DMatrix, DVector, SymmetricEigen};

use crate::pipeline::concept_index::ConceptIndex;

/// How many dimensions the space has.
const WIDTH: usize = 24;
/// The ridge that is added to the covariance's diagonal, relative to the mean of the diagonal.
const RIDGE: f64 = 0.1;

/// Learns an index from features of pictures, all of one length, each with its label.
///
/// # Panics
/// Panics if there are no pictures.
pub fn learn(pictures: &[(&str, Vec<f32>)]) -> ConceptIndex {
    let length = pictures[0].1.len();
    let vector =
        |features: &[f32]| DVector::from_iterator(length, features.iter().map(|x| f64::from(*x)));
    let mean_of = |rows: &[DVector<f64>]| rows.iter().sum::<DVector<f64>>() / rows.len() as f64;
    let mut groups: BTreeMap<&str, Vec<DVector<f64>>> = BTreeMap::new();
    for (label, features) in pictures {
        groups.entry(label).or_default().push(vector(features));
    }
    let all: Vec<DVector<f64>> = groups.values().flatten().cloned().collect();
    let mean = mean_of(&all);
    let means: Vec<DVector<f64>> = groups.values().map(|rows| mean_of(rows) - &mean).collect();
    let apart: Vec<DVector<f64>> = groups
        .values()
        .zip(&means)
        .flat_map(|(rows, centre)| rows.iter().map(|row| row - &mean - centre).collect::<Vec<_>>())
        .collect();
    let covariance = |rows: &[DVector<f64>]| {
        let rows = DMatrix::from_columns(rows);
        &rows * rows.transpose() / rows.ncols() as f64
    };
    let whitening = whitening(covariance(&apart));
    let white: Vec<DVector<f64>> = means.iter().map(|mean| &whitening * mean).collect();
    let between = SymmetricEigen::new(covariance(&white));
    let mut order: Vec<usize> = (0..length).collect();
    order.sort_by(|a, b| between.eigenvalues[*b].total_cmp(&between.eigenvalues[*a]));
    order.truncate(WIDTH);
    let axes: Vec<DVector<f64>> =
        order.iter().map(|i| between.eigenvectors.column(*i).into_owned()).collect();
    let projection = DMatrix::from_columns(&axes).transpose() * whitening; // [width, length]
    let directions = means.iter().map(|mean| (&projection * mean).normalize());
    let single = |x: &f64| *x as f32;
    ConceptIndex {
        labels: groups.keys().map(|label| (*label).to_owned()).collect(),
        // In memory a column of the matrix is a row of the file.
        projection: projection.iter().map(single).collect(),
        mean: mean.iter().map(single).collect(),
        directions: directions.flat_map(|row| row.iter().map(single).collect::<Vec<_>>()).collect(),
    }
}

/// Returns the symmetric matrix that makes a covariance, with a ridge, the identity.
fn whitening(covariance: DMatrix<f64>) -> DMatrix<f64> {
    let ridge = (RIDGE * covariance.diagonal().mean()).max(1e-12);
    let SymmetricEigen { eigenvectors, eigenvalues } = SymmetricEigen::new(covariance);
    let scales = eigenvalues.map(|value| 1.0 / (value.max(0.0) + ridge).sqrt());
    &eigenvectors * DMatrix::from_diagonal(&scales) * eigenvectors.transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_concepts_by_the_values_that_tell_them_apart() {
        // The first value varies a lot within each concept, the second and the third tell them apart.
        let names = ["a", "b", "c"];
        let picture = |i: usize| {
            let of = i % 3;
            let noise = 0.02 * (i as f32).cos();
            let value = vec![
                5.0 * (i as f32 * 1.7).sin(),
                f32::from(of == 1) + noise,
                f32::from(of == 2) - noise,
            ];
            (names[of], value)
        };
        let learnt: Vec<_> = (0..60).map(picture).collect();
        let index = learn(&learnt);
        for (name, features) in (60..90).map(picture) {
            assert_eq!(index.nearest(&features, 1).unwrap(), [name]);
        }
    }
}
