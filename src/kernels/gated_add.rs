//! The operation `x + h·gate`, which ends each half of a DiT block.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, Flex, backend_extension};
use burn::tensor::Tensor;
use burn_cubecl::CubeBackend;

use super::host::{in_place, is_f32, values};

/// Returns `x + h·gate`.
///
/// # Shapes
/// - `x` and `h`: `[b, n, d]`; `gate`: `[b, 1, d]`
/// - output: `[b, n, d]`
pub(crate) fn gated_add(x: Tensor<3>, h: Tensor<3>, gate: Tensor<3>) -> Tensor<3> {
    let [x, h, gate] = [x, h, gate].map(Tensor::into_dispatch);
    Tensor::from_dispatch(<Dispatch as GatedAddOp>::gated_add(x, h, gate))
}

/// Computes the plain reference.
fn reference(x: Tensor<3>, h: Tensor<3>, gate: Tensor<3>) -> Tensor<3> {
    x + h * gate
}

/// Computes the sum in a loop on the CPU.
fn fused(x: Tensor<3>, h: Tensor<3>, gate: Tensor<3>) -> Tensor<3> {
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

#[backend_extension(Flex, Cube, Autodiff: cfg(feature = "native"))]
trait GatedAddOp: Backend {
    fn gated_add(
        x: FloatTensor<Self>,
        h: FloatTensor<Self>,
        gate: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}

impl GatedAddOp for Flex {
    fn gated_add(
        x: FloatTensor<Self>,
        h: FloatTensor<Self>,
        gate: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let [x, h, gate] = [x, h, gate].map(Tensor::from_primitive::<Self>);
        let y = if is_f32(&x) { fused(x, h, gate) } else { reference(x, h, gate) };
        y.try_into_primitive::<Self>().expect("the result is a Flex tensor")
    }
}

impl GatedAddOp for CubeBackend {
    fn gated_add(
        x: FloatTensor<Self>,
        h: FloatTensor<Self>,
        gate: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let [x, h, gate] = [x, h, gate].map(Tensor::from_primitive::<Self>);
        reference(x, h, gate).try_into_primitive::<Self>().expect("the result is a GPU tensor")
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

    use super::{CubeBackend, Flex, FloatTensor, GatedAddOp, Tensor, in_place, reference, values};
    use crate::kernels::step::{Plain, output_grad, plain, record, register, tensor};

    impl<C: CheckpointStrategy> GatedAddOp for Autodiff<Flex, C> {
        fn gated_add(
            x: FloatTensor<Self>,
            h: FloatTensor<Self>,
            gate: FloatTensor<Self>,
        ) -> FloatTensor<Self> {
            let [of_x, of_h, of_gate] = [&x, &h, &gate].map(|x| x.clone().into_primitive());
            let output = Flex::gated_add(of_x, of_h.clone(), of_gate.clone());
            record::<C, 3, _>(GatedAddBackward, [&x, &h, &gate], (of_h, of_gate), output)
        }
    }

    impl<C: CheckpointStrategy> GatedAddOp for Autodiff<CubeBackend, C>
    where
        DispatchTensor: DispatchKindConversion<Self>,
    {
        fn gated_add(
            x: FloatTensor<Self>,
            h: FloatTensor<Self>,
            gate: FloatTensor<Self>,
        ) -> FloatTensor<Self> {
            let [x, h, gate] = [x, h, gate].map(Tensor::from_primitive::<Self>);
            reference(x, h, gate)
                .try_into_primitive::<Self>()
                .expect("the result is an autodiff tensor")
        }
    }

    #[derive(Debug)]
    struct GatedAddBackward;

    impl Backward<Flex, 3> for GatedAddBackward {
        type State = (Plain, Plain);

        fn backward(self, ops: Ops<Self::State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
            let (h, gate) = (tensor::<3>(&ops.state.0), tensor::<3>(&ops.state.1));
            let of_x = output_grad::<_, 3, 3>(&ops, grads);
            let ([batch, tokens, width], device) = (h.dims(), h.device());
            let gate = values(gate);
            let grad = values(of_x.clone());
            let mut of_gate = vec![0f32; batch * width];
            let of_h = in_place(h, |h| {
                let batches =
                    h.chunks_exact_mut(tokens * width).zip(grad.chunks_exact(tokens * width));
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
            register(ops, grads, [plain(of_x), plain(of_h), of_gate]);
        }
    }
}

#[cfg(all(test, feature = "native"))]
mod tests {
    use super::*;
    use crate::kernels::testing::{assert_gradients, assert_same};

    /// Shapes whose width is not a multiple of the lanes.
    const SHAPES: [[usize; 3]; 3] = [[2, 3, 21], [2, 3, 21], [2, 1, 21]];

    #[test]
    fn matches_the_reference_and_its_gradients() {
        let fused = |[x, h, gate]: [Tensor<3>; 3]| gated_add(x, h, gate);
        let plain = |[x, h, gate]: [Tensor<3>; 3]| reference(x, h, gate);
        assert_same(SHAPES, fused, plain);
        assert_gradients(SHAPES, fused, plain);
    }
}
