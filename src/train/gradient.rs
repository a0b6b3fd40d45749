//! The gradient of a batch, computed in parts on several threads.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};

use super::params::{add, mean_gradient, own_graph};
use crate::tools::parallel::Workers;

/// The loss and the gradient of a step.
#[derive(Debug)]
pub struct LossAndGrads {
    /// The mean loss of the batch.
    pub loss: f64,
    /// The gradient after clipping.
    pub grads: GradientsParams,
    /// The norm of the gradient before clipping.
    pub grad_norm: f64,
}

/// Returns the mean of `loss` and its gradient over `parts`, each of which comes with its number of
/// rows. A gradient whose norm is above `max_grad_norm` is scaled down to it.
///
/// # Panics
/// Panics if the loss does not depend on the module.
pub fn gradient<M: Module + Sync, P: Send>(
    module: &M,
    parts: Vec<(P, usize)>,
    loss: impl Fn(&M, P) -> Tensor<1> + Sync,
    workers: &Workers,
    max_grad_norm: f64,
    device: &Device,
) -> LossAndGrads {
    let rows = parts.iter().map(|(_, count)| *count as f64).sum::<f64>();
    // Each round takes one part per worker, and the gradients are summed in the order of the parts. So
    // there are never more gradients than workers, and their sum does not depend on the number of
    // workers.
    let (mut losses, mut sum) = (0.0, None);
    let mut parts = parts.into_iter();
    loop {
        let round: Vec<(P, usize)> = parts.by_ref().take(workers.count()).collect();
        if round.is_empty() {
            break;
        }
        let found = workers.map(round, |(part, count)| {
            let module = own_graph(module, device);
            // Each part is weighted by its number of rows.
            let loss = loss(&module, part) * count as f64;
            let value = f64::from(loss.clone().inner().into_scalar::<f32>());
            (value, GradientsParams::from_grads(loss.backward(), &module))
        });
        for (value, grads) in found {
            losses += value;
            sum = Some(match sum {
                Some(sum) => add(module, sum, grads),
                None => grads,
            });
        }
    }
    let grads = sum.into_iter().collect();
    let (grads, grad_norm) = mean_gradient(module, grads, rows, max_grad_norm);
    LossAndGrads { loss: losses / rows, grads, grad_norm }
}
