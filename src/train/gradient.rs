//! The gradient of a batch, found in parts on several threads.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};

use super::params::{add, mean_gradient, own_graph};
use crate::tools::parallel::Workers;

/// What a step found.
#[derive(Debug)]
pub struct LossAndGrads {
    /// The mean loss of the batch.
    pub loss: f64,
    /// The gradient, cut to length.
    pub grads: GradientsParams,
    /// The gradient's norm before that.
    pub grad_norm: f64,
}

/// Returns the gradient of `loss` over `parts`, each with the number of its rows. A gradient whose
/// norm is above `max_grad_norm` is scaled down to it.
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
    // A part for each worker at a time, added up in the parts' order: there are never more gradients
    // than workers, and their sum does not depend on how many these are.
    let (mut losses, mut sum) = (0.0, None);
    let mut parts = parts.into_iter();
    loop {
        let round: Vec<(P, usize)> = parts.by_ref().take(workers.count()).collect();
        if round.is_empty() {
            break;
        }
        let found = workers.map(round, |(part, count)| {
            let module = own_graph(module, device);
            // Unequal parts count by their rows.
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
