//! The passes of [`fused`](super::fused) where gradients are wanted on the CPU: each is one step of
//! Burn's autodiff, with its gradient written by hand.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};
use burn::tensor::{DType, Device, Tensor, TensorData};

use super::fused::{self, LANES, in_place, reduce, values};

pub(super) type Plain = FloatTensor<Flex>;
pub(super) type Tracked = FloatTensor<Autodiff<Flex>>;

/// Whether gradients are wanted of `x`, on the CPU.
pub(super) fn is_wanted<const D: usize>(x: &Tensor<D>) -> bool {
    let device = x.device();
    x.dtype() == DType::F32 && device.is_autodiff() && device == Device::flex()
}

pub(super) fn tracked<const D: usize>(x: Tensor<D>) -> Tracked {
    x.autodiff().try_into_primitive::<Autodiff<Flex>>().expect("`is_wanted` has seen")
}

pub(super) fn tensor<const D: usize>(x: &Plain) -> Tensor<D> {
    Tensor::from_primitive::<Flex>(x.clone())
}

pub(super) fn plain<const D: usize>(x: Tensor<D>) -> Plain {
    x.try_into_primitive::<Flex>().expect("it was made of Flex's")
}

/// Puts a step into the graph: `output` comes of `inputs`, and `state` is kept for its gradient.
pub(super) fn record<const D: usize, const N: usize, S: Backward<Flex, N>>(
    step: S,
    inputs: [&Tracked; N],
    state: S::State,
    output: Tensor<D>,
) -> Tensor<D> {
    let output = plain(output);
    let nodes = inputs.map(|input| input.node());
    let output = match step.prepare::<NoCheckpointing>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prep) => prep.finish(state, output),
        OpsKind::UnTracked(prep) => prep.finish(output),
    };
    Tensor::from_primitive::<Autodiff<Flex>>(output)
}

/// Hands the gradients of a step's inputs on, to those that want theirs.
pub(super) fn register<const N: usize, S>(
    ops: Ops<S, N>,
    grads: &mut Gradients,
    values: [Plain; N],
) {
    for (parent, value) in ops.parents.into_iter().zip(values) {
        if let Some(parent) = parent {
            grads.register::<Flex>(parent.id, value);
        }
    }
}

/// See [`fused::modulated_norm`].
pub(super) fn modulated_norm(
    x: Tensor<3>,
    shift: Tensor<3>,
    scale: Tensor<3>,
    eps: f64,
) -> Tensor<3> {
    let (x, shift, scale) = (tracked(x), tracked(shift), tracked(scale));
    let [of_x, of_shift, of_scale] = [&x, &shift, &scale].map(|x| x.clone().into_primitive());
    let output = fused::modulated_norm(tensor(&of_x), tensor(&of_shift), tensor(&of_scale), eps);
    record(ModulatedNorm, [&x, &shift, &scale], (of_x, of_scale, eps), output)
}

#[derive(Debug)]
struct ModulatedNorm;

impl Backward<Flex, 3> for ModulatedNorm {
    type State = (Plain, Plain, f64);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let (x, scale, eps) = &ops.state;
        let (x, scale) = (tensor::<3>(x), tensor::<3>(scale));
        let grad = Tensor::<3>::from_primitive::<Flex>(grads.consume::<Flex>(&ops.node));
        let ([batch, tokens, width], device) = (x.dims(), x.device());
        let (x, scale) = (values(x), values(scale));
        let mut of_shift = vec![0f32; batch * width];
        let mut of_scale = vec![0f32; batch * width];
        let of_x = in_place(grad, |grad| {
            let batches = grad.chunks_exact_mut(tokens * width).zip(x.chunks_exact(tokens * width));
            let sums = of_shift.chunks_exact_mut(width).zip(of_scale.chunks_exact_mut(width));
            for (((grad, x), scale), (of_shift, of_scale)) in
                batches.zip(scale.chunks_exact(width)).zip(sums)
            {
                for (grad, x) in grad.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
                    norm_row(grad, x, scale, *eps as f32, of_shift, of_scale);
                }
            }
        });
        let modulation =
            |sums| plain(Tensor::<3>::from_data(TensorData::new(sums, [batch, 1, width]), &device));
        let values = [plain(of_x), modulation(of_shift), modulation(of_scale)];
        register(ops, grads, values);
    }
}

/// One row of a modulated norm's gradient: `grad`, of the output, becomes that of the input. With
/// `n` the normalised row and `g = grad·(1 + scale)`, it is `(g − mean g − n·mean(g·n))/σ`.
#[inline(always)]
fn norm_row(
    grad: &mut [f32],
    x: &[f32],
    scale: &[f32],
    eps: f32,
    of_shift: &mut [f32],
    of_scale: &mut [f32],
) {
    let count = x.len() as f32;
    let mean = reduce(x, 0.0, |sum, x| sum + x).iter().sum::<f32>() / count;
    let square = |sum: f32, x: f32| sum + (x - mean) * (x - mean);
    let variance = reduce(x, 0.0, square).iter().sum::<f32>() / count;
    let inverse = 1.0 / (variance + eps).sqrt();

    let (mut sum, mut product) = ([0f32; LANES], [0f32; LANES]);
    let width = x.len();
    let whole = width / LANES * LANES;
    let mut visit = |i: usize, lane: usize| {
        let normal = (x[i] - mean) * inverse;
        of_shift[i] += grad[i];
        of_scale[i] += grad[i] * normal;
        grad[i] *= 1.0 + scale[i];
        sum[lane] += grad[i];
        product[lane] += grad[i] * normal;
    };
    for start in (0..whole).step_by(LANES) {
        for lane in 0..LANES {
            visit(start + lane, lane);
        }
    }
    (whole..width).for_each(|i| visit(i, i - whole));
    let sum = sum.iter().sum::<f32>() / count;
    let product = product.iter().sum::<f32>() / count;
    for (grad, x) in grad.iter_mut().zip(x) {
        *grad = (*grad - sum - (x - mean) * inverse * product) * inverse;
    }
}

/// See [`fused::add_gated`].
pub(super) fn add_gated(x: Tensor<3>, h: Tensor<3>, gate: Tensor<3>) -> Tensor<3> {
    let (x, h, gate) = (tracked(x), tracked(h), tracked(gate));
    let [of_x, of_h, of_gate] = [&x, &h, &gate].map(|x| x.clone().into_primitive());
    let output = fused::add_gated(tensor(&of_x), tensor(&of_h), tensor(&of_gate));
    record(AddGated, [&x, &h, &gate], (of_h, of_gate), output)
}

#[derive(Debug)]
struct AddGated;

impl Backward<Flex, 3> for AddGated {
    type State = (Plain, Plain);

    fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let (h, gate) = (tensor::<3>(&ops.state.0), tensor::<3>(&ops.state.1));
        let of_x = Tensor::<3>::from_primitive::<Flex>(grads.consume::<Flex>(&ops.node));
        let ([batch, tokens, width], device) = (h.dims(), h.device());
        let gate = values(gate);
        let grad = values(of_x.clone());
        let mut of_gate = vec![0f32; batch * width];
        let of_h = in_place(h, |h| {
            let batches = h.chunks_exact_mut(tokens * width).zip(grad.chunks_exact(tokens * width));
            let gates = gate.chunks_exact(width).zip(of_gate.chunks_exact_mut(width));
            for ((h, grad), (gate, of_gate)) in batches.zip(gates) {
                for (h, grad) in h.chunks_exact_mut(width).zip(grad.chunks_exact(width)) {
                    for (((h, grad), gate), of_gate) in
                        h.iter_mut().zip(grad).zip(gate).zip(of_gate.iter_mut())
                    {
                        *of_gate += *h * grad;
                        *h = grad * gate;
                    }
                }
            }
        });
        let of_gate = TensorData::new(of_gate, [batch, 1, width]);
        let of_gate = plain(Tensor::<3>::from_data(of_gate, &device));
        let values = [plain(of_x), plain(of_h), of_gate];
        register(ops, grads, values);
    }
}

/// See [`fused::gelu_tanh`].
pub(super) fn gelu_tanh<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    let x = tracked(x);
    let of_x = x.clone().into_primitive();
    let output = fused::gelu_tanh(tensor::<D>(&of_x));
    record(GeluTanh::<D>, [&x], of_x, output)
}

#[derive(Debug)]
struct GeluTanh<const D: usize>;

impl<const D: usize> Backward<Flex, 1> for GeluTanh<D> {
    type State = Plain;

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let x = values(tensor::<D>(&ops.state));
        let grad = Tensor::<D>::from_primitive::<Flex>(grads.consume::<Flex>(&ops.node));
        let of_x = in_place(grad, |grad| {
            for (grad, x) in grad.iter_mut().zip(&x) {
                *grad *= fused::gelu_slope(*x);
            }
        });
        let values = [plain(of_x)];
        register(ops, grads, values);
    }
}

#[cfg(test)]
pub(super) mod tests {
    use burn::tensor::{Distribution, Tolerance, activation, module};

    use super::*;

    /// Gradients of `fused` are those of `plain`, which Burn finds by itself.
    pub(crate) fn compare<const N: usize>(
        shapes: [[usize; 3]; N],
        fused: impl Fn([Tensor<3>; N]) -> Tensor<3>,
        plain: impl Fn([Tensor<3>; N]) -> Tensor<3>,
    ) {
        let device = Device::flex();
        let inputs = shapes
            .map(|shape| Tensor::<3>::random(shape, Distribution::Uniform(-2.0, 2.0), &device));
        let run = |f: &dyn Fn([Tensor<3>; N]) -> Tensor<3>| {
            let inputs = inputs.clone().map(|input| input.autodiff().require_grad());
            let output = f(inputs.clone());
            // Another weight for each value, so that no two gradients can be mistaken.
            let count = output.shape().num_elements() as i64;
            let weights = Tensor::<1, burn::tensor::Int>::arange(0..count, &device).float().sin();
            let loss = (output.clone() * weights.reshape(output.dims()).autodiff()).sum();
            let grads = loss.backward();
            let mut all = vec![output.inner().into_data()];
            all.extend(inputs.iter().map(|input| input.grad(&grads).unwrap().into_data()));
            all
        };
        for (got, want) in run(&fused).iter().zip(run(&plain)) {
            got.assert_approx_eq::<f32>(&want, Tolerance::absolute(2e-5));
        }
    }

    #[test]
    fn gradients_are_burns() {
        // A width that is no multiple of the lanes.
        let (x, one) = ([2, 3, 21], [2, 1, 21]);
        compare(
            [x, one, one],
            |[x, shift, scale]| modulated_norm(x, shift, scale, 1e-6),
            |[x, shift, scale]| {
                let ones = Tensor::ones([21], &x.device());
                module::layer_norm(x, ones, None, 1e-6) * (scale + 1.0) + shift
            },
        );
        compare([x, x, one], |[x, h, gate]| add_gated(x, h, gate), |[x, h, gate]| x + h * gate);
        compare([x], |[x]| gelu_tanh(x), |[x]| activation::gelu_approximate(x));
    }
}
