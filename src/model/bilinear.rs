//! Bilinear enlargement, as PyTorch does it without `align_corners`. Burn's own operation gives the same,
//! but would add a kernel of each kind to the page.

use burn::tensor::Tensor;

/// Returns a picture enlarged to `factor` times its height and width.
///
/// # Shapes
/// `[b, c, h, w]` → `[b, c, factor·h, factor·w]`
pub fn enlarged(x: Tensor<4>, factor: usize) -> Tensor<4> {
    if factor == 1 {
        return x;
    }
    along(along(x, 2, factor), 3, factor)
}

/// Enlarges along one dimension. The centres of the new cells are evenly spaced in the old cell: of four,
/// they are at −3/8, −1/8, 1/8 and 3/8 of it.
fn along(x: Tensor<4>, dim: usize, factor: usize) -> Tensor<4> {
    let mut shape = x.dims();
    let side = shape[dim];
    shape[dim] = factor * side;
    if side == 1 {
        return x.expand(shape);
    }
    let part = |start: usize, length: usize| x.clone().narrow(dim, start, length);
    let before = Tensor::cat(vec![part(0, 1), part(0, side - 1)], dim);
    let after = Tensor::cat(vec![part(1, side - 1), part(side - 1, 1)], dim);
    let cell = |i: usize| {
        let place = (i as f64 + 0.5) / factor as f64 - 0.5;
        let near = if place < 0.0 { &before } else { &after };
        x.clone() * (1.0 - place.abs()) + near.clone() * place.abs()
    };
    let cells = (0..factor).map(cell).collect();
    Tensor::stack::<5>(cells, dim + 1).reshape(shape)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    /// Returns a row, enlarged.
    fn row(values: &[f32], factor: usize) -> Vec<f32> {
        let x = Tensor::<1>::from_floats(values, &Device::flex()).reshape([1, 1, 1, values.len()]);
        let y = enlarged(x, factor);
        assert_eq!(y.dims(), [1, 1, factor, factor * values.len()]);
        y.narrow(2, 0, 1).into_data().try_to_vec().unwrap()
    }

    #[test]
    fn the_values_between_two_centres_lie_on_a_line() {
        assert_eq!(row(&[0.0, 4.0], 2), [0.0, 1.0, 3.0, 4.0]);
        assert_eq!(row(&[0.0, 8.0], 4), [0.0, 0.0, 1.0, 3.0, 5.0, 7.0, 8.0, 8.0]);
    }

    #[test]
    fn an_odd_factor_keeps_the_old_centres() {
        assert_eq!(row(&[0.0, 3.0], 3), [0.0, 0.0, 1.0, 2.0, 3.0, 3.0]);
        assert_eq!(row(&[5.0, 7.0], 1), [5.0, 7.0]);
    }

    #[test]
    fn a_single_cell_becomes_a_plain_area() {
        assert_eq!(row(&[6.0], 2), [6.0, 6.0]);
    }
}
