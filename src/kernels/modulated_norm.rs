//! The norm of adaLN, `norm(x)·(1 + scale) + shift`, where `norm` is a layer norm without weights of its
//! own.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Tensor, module};
use burn_cubecl::CubeBackend;

use super::host::{in_place, is_f32, mean_and_inverse_deviation, values};

/// Returns the modulated norm of each token.
///
/// # Shapes
/// - `x`: `[b, n, d]`; `shift` and `scale`: `[b, 1, d]`
/// - output: `[b, n, d]`
pub(crate) fn modulated_norm(
    x: Tensor<3>,
    shift: Tensor<3>,
    scale: Tensor<3>,
    eps: f64,
) -> Tensor<3> {
    let [x, shift, scale] = [x, shift, scale].map(Tensor::into_dispatch);
    Tensor::from_dispatch(<Dispatch as ModulatedNormOp>::modulated_norm(x, shift, scale, eps))
}

/// Computes the reference, with Burn's layer norm.
fn reference(x: Tensor<3>, shift: Tensor<3>, scale: Tensor<3>, eps: f64) -> Tensor<3> {
    let ones = Tensor::ones([x.dims()[2]], &x.device());
    module::layer_norm(x, ones, None, eps) * (scale + 1.0) + shift
}

/// Computes the modulated norm in a loop on the CPU.
fn fused(x: Tensor<3>, shift: Tensor<3>, scale: Tensor<3>, eps: f64) -> Tensor<3> {
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

#[inline(always)]
fn norm_row(row: &mut [f32], shift: &[f32], scale: &[f32], eps: f32) {
    let (mean, inverse) = mean_and_inverse_deviation(row, eps);
    for ((x, shift), scale) in row.iter_mut().zip(shift).zip(scale) {
        *x = (*x - mean) * inverse * (1.0 + scale) + shift;
    }
}

#[backend_extension(Flex, Cube, Autodiff: cfg(feature = "native"))]
trait ModulatedNormOp: Backend {
    fn modulated_norm(
        x: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        eps: f64,
    ) -> FloatTensor<Self>;
}

impl ModulatedNormOp for Flex {
    fn modulated_norm(
        x: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        eps: f64,
    ) -> FloatTensor<Self> {
        let [x, shift, scale] = [x, shift, scale].map(Tensor::from_primitive::<Self>);
        let fused = if is_f32(&x) { fused } else { reference };
        fused(x, shift, scale, eps)
            .try_into_primitive::<Self>()
            .expect("the result is a Flex tensor")
    }
}

impl ModulatedNormOp for CubeBackend {
    fn modulated_norm(
        x: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        eps: f64,
    ) -> FloatTensor<Self> {
        let [x, shift, scale] = [x, shift, scale].map(Tensor::from_primitive::<Self>);
        let y = reference(x, shift, scale, eps);
        y.try_into_primitive::<Self>().expect("the result is a GPU tensor")
    }
}

#[cfg(feature = "native")]
mod gradient {
    use burn::backend::autodiff::checkpoint::base::Checkpointer;
    use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
    use burn::backend::autodiff::grads::Gradients;
    use burn::backend::autodiff::ops::{Backward, Ops};
    use burn::backend::{Autodiff, DispatchKindConversion, DispatchTensor};
    use burn::tensor::TensorData;

    use super::{
        CubeBackend, Flex, FloatTensor, ModulatedNormOp, Tensor, in_place,
        mean_and_inverse_deviation, reference, values,
    };
    use crate::kernels::host::LANES;
    use crate::kernels::step::{Plain, output_grad, plain, record, register, tensor};

    impl<C: CheckpointStrategy> ModulatedNormOp for Autodiff<Flex, C> {
        fn modulated_norm(
            x: FloatTensor<Self>,
            shift: FloatTensor<Self>,
            scale: FloatTensor<Self>,
            eps: f64,
        ) -> FloatTensor<Self> {
            let [of_x, of_shift, of_scale] =
                [&x, &shift, &scale].map(|x| x.clone().into_primitive());
            let output = Flex::modulated_norm(of_x.clone(), of_shift, of_scale.clone(), eps);
            record::<C, 3, _>(
                ModulatedNormBackward,
                [&x, &shift, &scale],
                (of_x, of_scale, eps),
                output,
            )
        }
    }

    impl<C: CheckpointStrategy> ModulatedNormOp for Autodiff<CubeBackend, C>
    where
        DispatchTensor: DispatchKindConversion<Self>,
    {
        fn modulated_norm(
            x: FloatTensor<Self>,
            shift: FloatTensor<Self>,
            scale: FloatTensor<Self>,
            eps: f64,
        ) -> FloatTensor<Self> {
            let [x, shift, scale] = [x, shift, scale].map(Tensor::from_primitive::<Self>);
            let y = reference(x, shift, scale, eps);
            y.try_into_primitive::<Self>().expect("the result is an autodiff tensor")
        }
    }

    #[derive(Debug)]
    struct ModulatedNormBackward;

    impl Backward<Flex, 3> for ModulatedNormBackward {
        type State = (Plain, Plain, f64);

        fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
            let (x, scale, eps) = &ops.state;
            let (x, scale, eps) = (tensor::<3>(x), tensor::<3>(scale), *eps as f32);
            let ([batch, tokens, width], device) = (x.dims(), x.device());
            let (x, scale) = (values(x), values(scale));
            let mut of_shift = vec![0f32; batch * width];
            let mut of_scale = vec![0f32; batch * width];
            let of_x = in_place(output_grad::<_, 3, 3>(&ops, grads), |grad| {
                let batches =
                    grad.chunks_exact_mut(tokens * width).zip(x.chunks_exact(tokens * width));
                let sums = of_shift.chunks_exact_mut(width).zip(of_scale.chunks_exact_mut(width));
                for (((grad, x), scale), (of_shift, of_scale)) in
                    batches.zip(scale.chunks_exact(width)).zip(sums)
                {
                    for (grad, x) in grad.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
                        grad_row(grad, x, scale, eps, of_shift, of_scale);
                    }
                }
            });
            let modulation = |sums| {
                plain(Tensor::<3>::from_data(TensorData::new(sums, [batch, 1, width]), &device))
            };
            register(ops, grads, [plain(of_x), modulation(of_shift), modulation(of_scale)]);
        }
    }

    /// Computes one row: `grad`, the gradient of the output, becomes that of the input. With `n` the
    /// normalised row and `g = grad·(1 + scale)`, it is `(g − mean g − n·mean(g·n))/σ`.
    #[inline(always)]
    fn grad_row(
        grad: &mut [f32],
        x: &[f32],
        scale: &[f32],
        eps: f32,
        of_shift: &mut [f32],
        of_scale: &mut [f32],
    ) {
        let (mean, inverse) = mean_and_inverse_deviation(x, eps);
        let (mut sum, mut product) = ([0f32; LANES], [0f32; LANES]);
        let (width, count) = (x.len(), x.len() as f32);
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
}

#[cfg(all(test, feature = "native"))]
mod tests {
    use super::*;
    use crate::kernels::testing::{assert_gradients, assert_same};

    /// Shapes whose width is not a multiple of the lanes.
    const SHAPES: [[usize; 3]; 3] = [[2, 3, 21], [2, 1, 21], [2, 1, 21]];

    #[test]
    fn matches_the_reference_and_its_gradients() {
        let fused = |[x, shift, scale]: [Tensor<3>; 3]| modulated_norm(x, shift, scale, 1e-6);
        let plain = |[x, shift, scale]: [Tensor<3>; 3]| reference(x, shift, scale, 1e-6);
        assert_same(SHAPES, fused, plain);
        assert_gradients(SHAPES, fused, plain);
    }
}
