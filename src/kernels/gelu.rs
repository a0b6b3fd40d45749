//! GELU in its tanh form (Hendrycks and Gimpel, arXiv 1606.08415), computed as `x·σ(2u)` with
//! `u = √(2/π)·(x + 0.044715·x³)`, because `(1 + tanh u)/2 = σ(2u)`.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, Flex, backend_extension};
use burn::tensor::{Tensor, activation};
use burn_cubecl::CubeBackend;

use super::host::{exp, in_place, is_f32};

const SCALE: f32 = 1.595_769; // 2·√(2/π)
const CUBE: f32 = 0.044_715 * SCALE;

/// Returns the GELU of each value.
pub(crate) fn gelu_tanh(x: Tensor<3>) -> Tensor<3> {
    Tensor::from_dispatch(<Dispatch as GeluTanhOp>::gelu_tanh(x.into_dispatch()))
}

/// Computes the plain reference.
fn reference(x: Tensor<3>) -> Tensor<3> {
    let square = x.clone() * x.clone();
    let inner = (square * f64::from(CUBE) + f64::from(SCALE)) * x.clone();
    x * activation::sigmoid(inner)
}

/// Computes the GELU in a loop on the CPU.
fn fused(x: Tensor<3>) -> Tensor<3> {
    in_place(x, |x| {
        for x in x {
            *x /= 1.0 + exp(-*x * (SCALE + CUBE * *x * *x));
        }
    })
}

#[backend_extension(Flex, Cube, Autodiff: cfg(feature = "native"))]
trait GeluTanhOp: Backend {
    fn gelu_tanh(x: FloatTensor<Self>) -> FloatTensor<Self>;
}

impl GeluTanhOp for Flex {
    fn gelu_tanh(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let x = Tensor::from_primitive::<Self>(x);
        let y = if is_f32(&x) { fused(x) } else { reference(x) };
        y.try_into_primitive::<Self>().expect("the result is a Flex tensor")
    }
}

impl GeluTanhOp for CubeBackend {
    fn gelu_tanh(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let y = reference(Tensor::from_primitive::<Self>(x));
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

    use super::{
        CUBE, CubeBackend, Flex, FloatTensor, GeluTanhOp, SCALE, Tensor, exp, in_place, reference,
    };
    use crate::kernels::host::values;
    use crate::kernels::step::{Plain, output_grad, plain, record, register, tensor};

    impl<C: CheckpointStrategy> GeluTanhOp for Autodiff<Flex, C> {
        fn gelu_tanh(x: FloatTensor<Self>) -> FloatTensor<Self> {
            let of_x = x.clone().into_primitive();
            let output = Flex::gelu_tanh(of_x.clone());
            record::<C, 1, _>(GeluBackward, [&x], of_x, output)
        }
    }

    impl<C: CheckpointStrategy> GeluTanhOp for Autodiff<CubeBackend, C>
    where
        DispatchTensor: DispatchKindConversion<Self>,
    {
        fn gelu_tanh(x: FloatTensor<Self>) -> FloatTensor<Self> {
            let y = reference(Tensor::from_primitive::<Self>(x));
            y.try_into_primitive::<Self>().expect("the result is an autodiff tensor")
        }
    }

    #[derive(Debug)]
    struct GeluBackward;

    impl Backward<Flex, 1> for GeluBackward {
        type State = Plain;

        fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
            let x = values(tensor::<3>(&ops.state));
            let of_x = in_place(output_grad::<_, 1, 3>(&ops, grads), |grad| {
                for (grad, x) in grad.iter_mut().zip(&x) {
                    *grad *= slope(*x);
                }
            });
            register(ops, grads, [plain(of_x)]);
        }
    }

    /// Returns the derivative of the GELU.
    #[inline(always)]
    fn slope(x: f32) -> f32 {
        let square = x * x;
        let sigmoid = 1.0 / (1.0 + exp(-x * (SCALE + CUBE * square)));
        sigmoid + x * sigmoid * (1.0 - sigmoid) * (SCALE + 3.0 * CUBE * square)
    }
}

#[cfg(all(test, feature = "native"))]
mod tests {
    use super::*;
    use crate::kernels::testing::{assert_gradients, assert_same};

    #[test]
    fn matches_burn_and_the_reference() {
        assert_same([[2, 3, 21]], |[x]| gelu_tanh(x), |[x]| activation::gelu_approximate(x));
        assert_same([[2, 3, 21]], |[x]| gelu_tanh(x), |[x]| reference(x));
    }

    #[test]
    fn has_the_gradients_of_burn() {
        assert_gradients([[2, 3, 21]], |[x]| gelu_tanh(x), |[x]| activation::gelu_approximate(x));
    }
}
