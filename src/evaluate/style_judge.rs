//! A classifier of the style of a picture. It uses the colours, and the means and deviations of a
//! network's early layers, which see lines, edges and shading but not yet the subject (as in style
//! transfer, Gatys et al., arXiv 1508.06576).

use std::collections::BTreeMap;

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use super::features::ridged;

/// The ridge that is added to the covariance's diagonal, relative to the mean of the diagonal.
const RIDGE: f64 = 0.001;

/// A classifier of styles by the nearest class mean, after whitening by the covariance within styles
/// (linear discriminant analysis, Fisher 1936).
#[derive(Debug)]
pub struct StyleJudge {
    names: Vec<String>,
    means: Vec<DVector<f64>>,
    /// The mean and standard deviation of each value.
    scale: Vec<(f64, f64)>,
    within: Cholesky<f64, Dyn>,
}

impl StyleJudge {
    /// Fits the classifier to rows of style features, of one length, and their styles.
    ///
    /// # Panics
    /// Panics if there are no rows.
    pub fn new<'a>(pictures: impl Iterator<Item = (&'a str, &'a [f32])> + Clone) -> Self {
        let length = pictures.clone().next().expect("there are pictures").1.len();
        let count = pictures.clone().count() as f64;
        let scale: Vec<(f64, f64)> = (0..length)
            .map(|i| {
                let values = pictures.clone().map(|(_, row)| f64::from(row[i]));
                let mean = values.clone().sum::<f64>() / count;
                let square = values.map(|value| (value - mean).powi(2)).sum::<f64>() / count;
                (mean, square.sqrt().max(1e-9))
            })
            .collect();
        let mut groups: BTreeMap<&str, Vec<DVector<f64>>> = BTreeMap::new();
        for (style, row) in pictures {
            groups.entry(style).or_default().push(scaled(row, &scale));
        }
        let mean = |rows: &Vec<DVector<f64>>| rows.iter().sum::<DVector<f64>>() / rows.len() as f64;
        let means: Vec<DVector<f64>> = groups.values().map(mean).collect();
        let mut covariance = DMatrix::zeros(length, length);
        for (rows, mean) in groups.values().zip(&means) {
            let apart: Vec<DVector<f64>> = rows.iter().map(|row| row - mean).collect();
            let apart = DMatrix::from_columns(&apart);
            // Each style has the same weight, however many pictures it has.
            covariance += &apart * apart.transpose() / (rows.len() as f64 * groups.len() as f64);
        }
        let within = ridged(covariance, RIDGE);
        let names = groups.into_keys().map(str::to_owned).collect();
        Self { names, means, scale, within }
    }

    /// Returns the style whose mean is nearest to a picture's style features.
    pub fn style(&self, manner: &[f32]) -> &str {
        let row = scaled(manner, &self.scale);
        let far = |mean: &DVector<f64>| {
            let white = self.within.l_dirty().solve_lower_triangular(&(&row - mean));
            white.expect("its diagonal is positive").norm_squared()
        };
        let nearest = (0..self.names.len())
            .min_by(|a, b| far(&self.means[*a]).total_cmp(&far(&self.means[*b])));
        nearest.map_or("", |i| &self.names[i])
    }
}

fn scaled(row: &[f32], scale: &[(f64, f64)]) -> DVector<f64> {
    let values = row.iter().zip(scale).map(|(value, (mean, std))| (f64::from(*value) - mean) / std);
    DVector::from_iterator(row.len(), values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinguishes_styles_despite_larger_variation_within_them() {
        // The first value varies a lot within each style, the second tells them apart.
        let row = |i: usize| {
            let style = i % 3;
            vec![50.0 * (i as f32 * 1.7).sin(), style as f32 * 0.1 + 0.02 * (i as f32).cos(), 1.0]
        };
        let names = ["a", "b", "c"];
        let rows: Vec<Vec<f32>> = (0..60).map(row).collect();
        let pictures = rows.iter().enumerate().map(|(i, row)| (names[i % 3], row.as_slice()));
        let judge = StyleJudge::new(pictures);
        for i in 60..120 {
            assert_eq!(judge.style(&row(i)), names[i % 3], "{i}");
        }
    }
}
