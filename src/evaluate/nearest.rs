//! The nearest of many pictures, by their features.

/// Returns the cosine distance to the nearest of `rows`, 0..2, and its index.
pub(super) fn nearest(features: &[f32], rows: &[&[f32]]) -> (f64, usize) {
    let length = |row: &[f32]| dot(row, row).sqrt().max(1e-12);
    let own = length(features);
    let near = rows.iter().map(|row| dot(features, row) / length(row) / own);
    // NaN is propagated, because comparisons would ignore it.
    let larger = |(a, i): (f32, usize), (b, j): (f32, usize)| match a.is_nan() || b.is_nan() {
        true => (f32::NAN, j),
        false if b > a => (b, j),
        false => (a, i),
    };
    let (near, place) = near.zip(0..).fold((-1.0, 0), larger);
    (1.0 - f64::from(near), place)
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nan_gives_a_nan_distance() {
        let rows: [&[f32]; 3] = [&[1.0, 0.0], &[0.0, 1.0], &[1.0, 1.0]];
        assert!(nearest(&[2.0, 1.9], &rows).0 < 1e-3 && nearest(&[2.0, 1.9], &rows).1 == 2);
        assert!(nearest(&[f32::NAN, 0.0], &rows).0.is_nan());
        for i in 0..3 {
            let mut rows = rows;
            rows[i] = &[f32::NAN, 1.0];
            assert!(nearest(&[2.0, 0.0], &rows).0.is_nan(), "{i}");
        }
    }
}
