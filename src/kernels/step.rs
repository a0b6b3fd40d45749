//! An operation with a gradient of its own, recorded as one step of Burn's autodiff on the CPU.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};
use burn::tensor::Tensor;

/// A CPU tensor as Burn stores it.
pub(super) type Plain = FloatTensor<Flex>;
/// A CPU tensor in an autodiff graph.
pub(super) type Tracked<C> = FloatTensor<Autodiff<Flex, C>>;

/// Returns the tensor of a primitive.
pub(super) fn tensor<const D: usize>(x: &Plain) -> Tensor<D> {
    Tensor::from_primitive::<Flex>(x.clone())
}

/// Returns the primitive of a tensor.
pub(super) fn plain<const D: usize>(x: Tensor<D>) -> Plain {
    x.try_into_primitive::<Flex>().expect("the tensor is one of Flex")
}

/// Records a step from `inputs` to `output` in the graph, and keeps `state` for its gradient.
pub(super) fn record<C: CheckpointStrategy, const N: usize, S: Backward<Flex, N>>(
    step: S,
    inputs: [&Tracked<C>; N],
    state: S::State,
    output: Plain,
) -> Tracked<C> {
    let nodes = inputs.map(|input| input.node());
    match step.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prep) => prep.finish(state, output),
        OpsKind::UnTracked(prep) => prep.finish(output),
    }
}

/// Takes the gradient of a step's output out of `grads`.
pub(super) fn output_grad<S, const N: usize, const D: usize>(
    ops: &Ops<S, N>,
    grads: &mut Gradients,
) -> Tensor<D> {
    Tensor::from_primitive::<Flex>(grads.consume::<Flex>(&ops.node))
}

/// Registers the gradients of a step's inputs, for those inputs that need one.
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
