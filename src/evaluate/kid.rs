//! The kernel distance between two sets of features (KID, Bińkowski et al., arXiv 1801.01401): the
//! squared maximum mean discrepancy under the kernel `(x·y / d + 1)³`. Unlike the Fréchet distance it
//! has no bias that grows as sets get small, and does not favour bland pictures.

use nalgebra::DMatrix;

use super::interval::Interval;

/// The maximum number of rows of the reference set that are used, spaced evenly over all.
const MOST: usize = 2000;

/// A reference set, to which distances are computed.
#[derive(Debug)]
pub struct KernelDistance {
    rows: DMatrix<f32>,
    /// The mean kernel value of two different rows.
    own: f64,
}

impl KernelDistance {
    /// Creates a reference set from features, all of one length.
    ///
    /// # Panics
    /// Panics if there are fewer than two rows.
    pub fn new(rows: &[&[f32]]) -> Self {
        assert!(rows.len() > 1, "one row has no other");
        let rows: Vec<&[f32]> = rows.iter().step_by(rows.len().div_ceil(MOST)).copied().collect();
        let rows = matrix(&rows);
        let kernels = kernels(&rows, &rows);
        let count = rows.nrows() as f64;
        let own = (sum(&kernels) - kernels.diagonal().iter().map(|v| f64::from(*v)).sum::<f64>())
            / (count * (count - 1.0));
        Self { rows, own }
    }

    /// Returns the distance of other rows to the reference set, with its 90 % confidence interval.
    ///
    /// # Panics
    /// Panics if there are fewer than two rows.
    pub fn of(&self, rows: &[&[f32]]) -> Interval {
        let rows = matrix(rows);
        let (within, across) = (kernels(&rows, &rows), kernels(&rows, &self.rows));
        let across: Vec<f64> = across
            .row_iter()
            .map(|row| row.iter().map(|v| f64::from(*v)).sum::<f64>() / row.len() as f64)
            .collect();
        Interval::of(rows.nrows(), |lot| {
            let (mut sum, mut pairs) = (0.0, 0.0);
            for (at, &i) in lot.iter().enumerate() {
                // Two draws of the same row are not a pair of different rows.
                for &j in lot[..at].iter().filter(|j| **j != i) {
                    sum += f64::from(within[(i, j)]);
                    pairs += 1.0;
                }
            }
            let mean = lot.iter().map(|i| across[*i]).sum::<f64>() / lot.len() as f64;
            sum / f64::max(pairs, 1.0) + self.own - 2.0 * mean
        })
    }
}

fn matrix(rows: &[&[f32]]) -> DMatrix<f32> {
    DMatrix::from_fn(rows.len(), rows[0].len(), |i, j| rows[i][j])
}

fn kernels(a: &DMatrix<f32>, b: &DMatrix<f32>) -> DMatrix<f32> {
    let width = a.ncols() as f32;
    (a * b.transpose()).map(|product| (product / width + 1.0).powi(3))
}

fn sum(values: &DMatrix<f32>) -> f64 {
    values.iter().map(|value| f64::from(*value)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diffusion::Generator;

    /// Returns rows of 16 normal values each.
    fn normals(seed: u64, count: usize, mean: f32, deviation: f32) -> Vec<Vec<f32>> {
        let values = Generator::new(seed).randn(16 * count);
        values.chunks(16).map(|row| row.iter().map(|v| mean + deviation * v).collect()).collect()
    }

    fn rows(features: &[Vec<f32>]) -> Vec<&[f32]> {
        features.iter().map(Vec::as_slice).collect()
    }

    #[test]
    fn equal_distributions_are_nearer_than_shrunk_or_shifted_ones() {
        let reference = normals(1, 2000, 0.5, 1.0);
        let distance = KernelDistance::new(&rows(&reference));
        let equal = distance.of(&rows(&normals(2, 800, 0.5, 1.0)));
        assert!(equal.low <= 0.0 && equal.high >= 0.0, "{equal:?}");
        for (mean, deviation) in [(0.5, 0.7), (0.5, 0.1), (0.8, 1.0), (0.5, 1.3)] {
            let other = distance.of(&rows(&normals(3, 800, mean, deviation)));
            assert!(other.value > equal.high, "{mean}, {deviation}: {other:?} and {equal:?}");
        }
    }

    /// Checks that with fewer rows the distance varies more, but is not larger.
    #[test]
    fn is_unbiased_for_few_rows() {
        let reference = normals(1, 800, 0.0, 1.0);
        let distance = KernelDistance::new(&rows(&reference));
        let means: Vec<f64> = [10, 100]
            .into_iter()
            .map(|count| {
                let lots = (0..30).map(|i| distance.of(&rows(&normals(10 + i, count, 0.0, 1.0))));
                lots.map(|lot| lot.value).sum::<f64>() / 30.0
            })
            .collect();
        assert!(means.iter().all(|mean| mean.abs() < 0.02), "{means:?}");
    }
}
