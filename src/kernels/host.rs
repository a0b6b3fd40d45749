//! Loops over a CPU tensor's values. On Flex a tensor nobody else holds turns into host data and
//! back without a copy, so these are plain loops over slices; `pulp` compiles them for the vector
//! unit that it finds at run time.

use burn::tensor::{DType, Tensor};
use pulp::Arch;

/// Returns whether values are those that the loops are written for.
pub(super) fn is_f32<const D: usize>(x: &Tensor<D>) -> bool {
    x.dtype() == DType::F32
}

/// Returns a CPU tensor's values, without a copy if nobody else holds them.
pub(super) fn values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.into_data().try_into_vec().expect("f32, as `is_f32` has seen")
}

/// Runs a loop over a tensor's values, in their place.
pub(super) fn in_place<const D: usize>(x: Tensor<D>, kernel: impl FnOnce(&mut [f32])) -> Tensor<D> {
    let device = x.device();
    let mut data = x.into_data();
    let slice = data.as_mut_slice::<f32>().expect("f32, as `is_f32` has seen");
    vectorised(
        #[inline(always)]
        || kernel(slice),
    );
    Tensor::from_data(data, &device)
}

/// Runs a loop compiled for the vector unit that is there.
#[inline(always)]
pub(super) fn vectorised<T>(kernel: impl FnOnce() -> T) -> T {
    Arch::new().dispatch(kernel)
}

/// Partial results that fill a vector register: Rust keeps the order of one sum.
pub(super) const LANES: usize = 16;

/// Folds a row into [`LANES`] partial results.
#[inline(always)]
pub(super) fn reduce(
    row: &[f32],
    start: f32,
    mut with: impl FnMut(f32, f32) -> f32,
) -> [f32; LANES] {
    let mut lanes = [start; LANES];
    let chunks = row.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, x) in lanes.iter_mut().zip(chunk) {
            *lane = with(*lane, *x);
        }
    }
    for (lane, x) in lanes.iter_mut().zip(rest) {
        *lane = with(*lane, *x);
    }
    lanes
}

/// Returns a row's mean, and 1 over its standard deviation.
#[inline(always)]
pub(super) fn mean_and_inverse_deviation(row: &[f32], eps: f32) -> (f32, f32) {
    let count = row.len() as f32;
    let mean = reduce(row, 0.0, |sum, x| sum + x).iter().sum::<f32>() / count;
    let square = |sum: f32, x: f32| sum + (x - mean) * (x - mean);
    let variance = reduce(row, 0.0, square).iter().sum::<f32>() / count;
    (mean, 1.0 / (variance + eps).sqrt())
}

/// eˣ within 2 ulp, without branches, so that it becomes vector code: `2ⁿ·eʳ`, n whole, r within
/// ±ln(2)/2, eʳ by its Taylor polynomial of degree 7.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    // 1.5·2²³: adding it rounds to a whole number, which then stands in the low bits.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts, the first with zeros enough that n times it is exact.
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * LN2_HIGH - n * LN2_LOW;
    let p = 1.0 / 720.0 + r * (1.0 / 5040.0);
    let p = 1.0 / 24.0 + r * (1.0 / 120.0 + r * p);
    let p = 1.0 + r * (1.0 + r * (0.5 + r * (1.0 / 6.0 + r * p)));
    let power = shifted.to_bits().wrapping_add(127).wrapping_shl(23);
    p * f32::from_bits(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_exp() {
        for i in -87_000..=88_000 {
            let x = i as f32 / 1000.0;
            let want = f64::from(x).exp();
            assert!((f64::from(exp(x)) / want - 1.0).abs() < 2.5e-7, "{x}");
        }
        assert!(exp(-1e9) > 0.0 && exp(1e9).is_finite());
    }
}
