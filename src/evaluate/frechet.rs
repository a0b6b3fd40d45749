//! The Fréchet distance between two sets of features, each taken for a normal distribution (Heusel
//! et al., arXiv 1706.08500): `|μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½)`.

use nalgebra::DMatrix;

/// FeatureRows of features, all of one length.
pub type FeatureRows<'a> = &'a [&'a [f32]];

/// Returns the distance. With few rows it is too large, by an amount that depends on both sets
/// (Chong and Forsyth, arXiv 1911.07023): compare it only with distances of equally many, and make
/// little of small differences.
///
/// # Panics
/// Panics if a set has fewer than two rows.
pub fn distance(first: FeatureRows<'_>, second: FeatureRows<'_>) -> f64 {
    let (few, many) = if first.len() < second.len() { (first, second) } else { (second, first) };
    let (mean_few, few) = centred(few);
    let (mean_many, many) = centred(many);
    let means = (mean_few - mean_many).norm_squared();
    // With Σ = XᵀX the eigenvalues of Σ₁Σ₂ are the squared singular values of X₁X₂ᵀ.
    let root = (&few * many.transpose()).singular_values().sum();
    means + few.norm_squared() + many.norm_squared() - 2.0 * root
}

/// Returns the mean row, and the rows about it over `√(n − 1)`.
fn centred(rows: FeatureRows<'_>) -> (nalgebra::RowDVector<f64>, DMatrix<f64>) {
    assert!(rows.len() > 1, "one row has no covariance");
    let width = rows[0].len();
    let mut matrix = DMatrix::from_fn(rows.len(), width, |i, j| f64::from(rows[i][j]));
    let mean = matrix.row_mean();
    let scale = 1.0 / ((rows.len() - 1) as f64).sqrt();
    for mut row in matrix.row_iter_mut() {
        row -= &mean;
        row *= scale;
    }
    (mean, matrix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diffusion::Generator;

    #[test]
    fn normals_have_the_distance_of_the_closed_form() {
        // In one dimension: (μ₁ − μ₂)² + (σ₁ − σ₂)².
        let normals = |seed: u64, mean: f32, deviation: f32| -> Vec<[f32; 1]> {
            let values = Generator::new(seed).randn(20_000);
            values.iter().map(|value| [mean + deviation * value]).collect()
        };
        let (a, b) = (normals(1, 0.0, 1.0), normals(2, 3.0, 2.0));
        let rows = |values: &'_ [[f32; 1]]| values.to_vec();
        let (a, b) = (rows(&a), rows(&b));
        let a: Vec<&[f32]> = a[..300].iter().map(<[f32; 1]>::as_slice).collect();
        let b: Vec<&[f32]> = b.iter().map(<[f32; 1]>::as_slice).collect();
        let got = distance(&a, &b);
        assert!((got - 10.0).abs() < 1.5, "{got}");
        assert!(distance(&a, &a).abs() < 1e-6);
    }
}
