//! Comparisons of operations with their references.

use burn::tensor::{Device, Distribution, Int, Tensor, TensorData, Tolerance};

fn random<const N: usize>(shapes: [[usize; 3]; N]) -> [Tensor<3>; N] {
    let uniform = Distribution::Uniform(-2.0, 2.0);
    shapes.map(|shape| Tensor::<3>::random(shape, uniform, &Device::flex()))
}

/// Asserts that the values of `fused` are those of `plain`.
pub(super) fn assert_same<const N: usize>(
    shapes: [[usize; 3]; N],
    fused: impl Fn([Tensor<3>; N]) -> Tensor<3>,
    plain: impl Fn([Tensor<3>; N]) -> Tensor<3>,
) {
    let inputs = random(shapes);
    let (got, want) = (fused(inputs.clone()).into_data(), plain(inputs).into_data());
    got.assert_approx_eq::<f32>(&want, Tolerance::absolute(1e-5));
}

/// Asserts that values and gradients of `fused` are those of `plain`, which Burn differentiates itself.
pub(super) fn assert_gradients<const N: usize>(
    shapes: [[usize; 3]; N],
    fused: impl Fn([Tensor<3>; N]) -> Tensor<3>,
    plain: impl Fn([Tensor<3>; N]) -> Tensor<3>,
) {
    let inputs = random(shapes);
    let run = |f: &dyn Fn([Tensor<3>; N]) -> Tensor<3>| -> Vec<TensorData> {
        let inputs = inputs.clone().map(|input| input.autodiff().require_grad());
        let output = f(inputs.clone());
        // Each value has a weight of its own, so that no two gradients can be confused.
        let count = output.shape().num_elements() as i64;
        let weights = Tensor::<1, Int>::arange(0..count, &Device::flex()).float().sin();
        let loss = (output.clone() * weights.reshape(output.dims()).autodiff()).sum();
        let grads = loss.backward();
        let mut all = vec![output.inner().into_data()];
        all.extend(
            inputs.iter().map(|input| input.grad(&grads).expect("each input has one").into_data()),
        );
        all
    };
    for (got, want) in run(&fused).iter().zip(run(&plain)) {
        got.assert_approx_eq::<f32>(&want, Tolerance::absolute(2e-5));
    }
}
