//! What Burn does in several passes over memory, in one on the CPU. Everywhere else, the same
//! formulas as tensor operations. Where gradients are wanted too, see `fused_gradients`.
//!
//! On Flex a tensor nobody else holds turns into host data and back without a copy, so these are
//! plain loops over slices; `pulp` compiles them for the vector unit that it finds at run time.

use burn::tensor::{DType, Device, Tensor, activation, module};
use pulp::Arch;

#[cfg(feature = "native")]
use super::fused_gradients as gradients;

/// `x·(1 + scale) + shift` of a layer norm of `x` that has no weights of its own: adaLN's norm.
///
/// # Shapes
/// - `x`: `[b, n, d]`; `shift` and `scale`: `[b, 1, d]`
/// - output: `[b, n, d]`
pub fn modulated_norm(x: Tensor<3>, shift: Tensor<3>, scale: Tensor<3>, eps: f64) -> Tensor<3> {
    #[cfg(feature = "native")]
    if gradients::is_wanted(&x) {
        return gradients::modulated_norm(x, shift, scale, eps);
    }
    if !is_cpu(&x) {
        let ones = Tensor::ones([x.dims()[2]], &x.device());
        return module::layer_norm(x, ones, None, eps) * (scale + 1.0) + shift;
    }
    let [_, tokens, width] = x.dims();
    let (shift, scale) = (values(shift), values(scale));
    in_place(x, |x| {
        let batches = x.chunks_exact_mut(tokens * width);
        let modulations = shift.chunks_exact(width).zip(scale.chunks_exact(width));
        for (rows, (shift, scale)) in batches.zip(modulations) {
            rows.chunks_exact_mut(width).for_each(|row| norm_row(row, shift, scale, eps as f32));
        }
    })
}

/// `x + h·gate`: the end of each half of a block.
///
/// # Shapes
/// - `x` and `h`: `[b, n, d]`; `gate`: `[b, 1, d]`
/// - output: `[b, n, d]`
pub fn add_gated(x: Tensor<3>, h: Tensor<3>, gate: Tensor<3>) -> Tensor<3> {
    #[cfg(feature = "native")]
    if gradients::is_wanted(&x) {
        return gradients::add_gated(x, h, gate);
    }
    if !is_cpu(&x) {
        return x + h * gate;
    }
    let [_, tokens, width] = x.dims();
    let (x, gate) = (values(x), values(gate));
    in_place(h, |h| {
        let batches = h.chunks_exact_mut(tokens * width).zip(x.chunks_exact(tokens * width));
        for ((h, x), gate) in batches.zip(gate.chunks_exact(width)) {
            for (h, x) in h.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
                for ((h, x), gate) in h.iter_mut().zip(x).zip(gate) {
                    *h = x + *h * gate;
                }
            }
        }
    })
}

/// GELU's tanh form (Hendrycks and Gimpel, arXiv 1606.08415), as `x·σ(2u)` with
/// `u = √(2/π)·(x + 0.044715·x³)`, since `(1 + tanh u)/2 = σ(2u)`.
pub fn gelu_tanh<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    #[cfg(feature = "native")]
    if gradients::is_wanted(&x) {
        return gradients::gelu_tanh(x);
    }
    if is_cpu(&x) {
        return in_place(x, |x| {
            for x in x {
                *x /= 1.0 + exp(-*x * (GELU_SCALE + GELU_CUBE * *x * *x));
            }
        });
    }
    let square = x.clone() * x.clone();
    let inner = (square * f64::from(GELU_CUBE) + f64::from(GELU_SCALE)) * x.clone();
    x * activation::sigmoid(inner)
}

const GELU_SCALE: f32 = 1.595_769; // 2·√(2/π)
const GELU_CUBE: f32 = 0.044_715 * GELU_SCALE;

/// The derivative of [`gelu_tanh`].
#[cfg(feature = "native")]
#[inline(always)]
pub(super) fn gelu_slope(x: f32) -> f32 {
    let square = x * x;
    let sigmoid = 1.0 / (1.0 + exp(-x * (GELU_SCALE + GELU_CUBE * square)));
    sigmoid + x * sigmoid * (1.0 - sigmoid) * (GELU_SCALE + 3.0 * GELU_CUBE * square)
}

/// Softmax over the last dimension of `scale·x`.
pub fn scaled_softmax(x: Tensor<4>, scale: f64) -> Tensor<4> {
    if !is_cpu(&x) {
        return activation::softmax(x * scale, 3);
    }
    let [_, _, _, width] = x.dims();
    in_place(x, |x| {
        x.chunks_exact_mut(width).for_each(|row| softmax_row(row, scale as f32));
    })
}

/// Whether `x` lives where this module's loops can reach it, and no gradients are wanted: to a
/// graph of autodiff they would be invisible.
pub fn is_cpu<const D: usize>(x: &Tensor<D>) -> bool {
    let device = x.device();
    x.dtype() == DType::F32 && device == Device::flex() && !device.is_autodiff()
}

/// A CPU tensor's values, without a copy where nobody else holds them.
pub(super) fn values<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.into_data().try_into_vec().expect("f32, as `is_cpu` has seen")
}

pub(super) fn in_place<const D: usize>(x: Tensor<D>, kernel: impl FnOnce(&mut [f32])) -> Tensor<D> {
    let device = x.device();
    let mut data = x.into_data();
    let slice = data.as_mut_slice::<f32>().expect("f32, as `is_cpu` has seen");
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

#[inline(always)]
fn norm_row(row: &mut [f32], shift: &[f32], scale: &[f32], eps: f32) {
    let count = row.len() as f32;
    let mean = reduce(row, 0.0, |sum, x| sum + x).iter().sum::<f32>() / count;
    let square = |sum: f32, x: f32| sum + (x - mean) * (x - mean);
    let variance = reduce(row, 0.0, square).iter().sum::<f32>() / count;
    let inverse = 1.0 / (variance + eps).sqrt();
    for ((x, shift), scale) in row.iter_mut().zip(shift).zip(scale) {
        *x = (*x - mean) * inverse * (1.0 + scale) + shift;
    }
}

#[inline(always)]
fn softmax_row(row: &mut [f32], scale: f32) {
    let larger = |a: f32, b: f32| if a > b { a } else { b };
    let max = reduce(row, f32::NEG_INFINITY, larger).into_iter().fold(f32::NEG_INFINITY, larger);
    for x in row.iter_mut() {
        *x = exp((*x - max) * scale);
    }
    let inverse = 1.0 / reduce(row, 0.0, |sum, x| sum + x).iter().sum::<f32>();
    for x in row {
        *x *= inverse;
    }
}

/// eˣ within 2 ulp, without branches, so that it becomes vector code: `2ⁿ·eʳ`, n whole, r within
/// ±ln(2)/2, eʳ by its Taylor polynomial of degree 7.
#[inline(always)]
fn exp(x: f32) -> f32 {
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
    use burn::tensor::{Distribution, Tolerance};

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

    #[test]
    fn gelu_is_burns() {
        let device = Device::flex();
        let x = Tensor::<1>::from_floats([-30.0, -3.0, -0.5, 0.0, 0.1, 2.0, 30.0], &device);
        let want = activation::gelu_approximate(x.clone()).into_data();
        gelu_tanh(x).into_data().assert_approx_eq::<f32>(&want, Tolerance::absolute(1e-6));
    }

    #[test]
    fn loops_are_the_tensor_formulas() {
        let device = Device::flex();
        let random = |shape: [usize; 3]| {
            Tensor::<3>::random(shape, Distribution::Uniform(-2.0, 2.0), &device)
        };
        // A width that is no multiple of the lanes.
        let (x, h) = (random([2, 3, 21]), random([2, 3, 21]));
        let (shift, scale) = (random([2, 1, 21]), random([2, 1, 21]));
        let close = Tolerance::<f32>::absolute(1e-5);

        let ones = Tensor::ones([21], &device);
        let want =
            module::layer_norm(x.clone(), ones, None, 1e-6) * (scale.clone() + 1.0) + shift.clone();
        let got = modulated_norm(x.clone(), shift.clone(), scale, 1e-6);
        got.into_data().assert_approx_eq(&want.into_data(), close);

        let want = x.clone() + h.clone() * shift.clone();
        let got = add_gated(x.clone(), h, shift);
        got.into_data().assert_approx_eq(&want.into_data(), close);

        let x = x.unsqueeze::<4>();
        let want = activation::softmax(x.clone() * 3.0, 3);
        let got = scaled_softmax(x, 3.0);
        got.into_data().assert_approx_eq(&want.into_data(), close);
    }
}
