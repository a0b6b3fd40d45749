//! Loops over the values of a CPU tensor. On Flex, a tensor that nothing else holds turns into host data
//! and back without a copy, so these are plain loops over slices. `pulp` runs the version of them that
//! is compiled for the vector unit it finds at run time.

use burn::tensor::{DType, Tensor};
use pulp::Arch;

/// Returns whether a tensor's values are `f32`, for which the loops are written.
pub(super) fn is_f32<const D: usize>(x: &Tensor<D>) -> bool {
    x.dtype() == DType::F32
}

/// Returns a CPU tensor's values, without a copy if nothing else holds them.
pub(super) fn values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.into_data().try_into_vec().expect("f32, as `is_f32` has seen")
}

/// Runs a loop over a tensor's values, in place.
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

/// Runs a loop compiled for the available vector unit.
#[inline(always)]
pub(super) fn vectorised<T>(kernel: impl FnOnce() -> T) -> T {
    Arch::new().dispatch(kernel)
}

/// How many partial results fill a vector register. They are needed because Rust keeps the order of a
/// single sum.
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

/// Returns eˣ within 2 ulp, without branches, so that it compiles to vector code. It is `2ⁿ·eʳ`, where n
/// is whole, r is within ±ln(2)/2, and eʳ is its Taylor polynomial of degree 7.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    // This is 1.5·2²³: adding it rounds to a whole number, which is then in the low bits.
    const ROUND: f32 = 12_582_912.0;
    // These are ln 2 in two parts; the first has enough zero bits that n times it is exact.
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
    fn exp_is_accurate_over_the_range_of_f32() {
        for i in -87_000..=88_000 {
            let x = i as f32 / 1000.0;
            let want = f64::from(x).exp();
            assert!((f64::from(exp(x)) / want - 1.0).abs() < 2.5e-7, "{x}");
        }
        assert!(exp(-1e9) > 0.0 && exp(1e9).is_finite());
    }
}
