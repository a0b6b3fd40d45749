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
    // Each worker adds up its own parts, so that there are never more gradients than workers.
    let mut groups: Vec<Vec<(P, usize)>> = (0..workers.count()).map(|_| Vec::new()).collect();
    let count = groups.len();
    for (i, part) in parts.into_iter().enumerate() {
        groups[i % count].push(part);
    }
    groups.retain(|group| !group.is_empty());
    let groups = workers.map(groups, |group| {
        let (mut losses, mut sum) = (0.0, None);
        for (part, count) in group {
            let module = own_graph(module, device);
            // Unequal parts count by their rows.
            let loss = loss(&module, part) * count as f64;
            losses += f64::from(loss.clone().inner().into_scalar::<f32>());
            let grads = GradientsParams::from_grads(loss.backward(), &module);
            sum = Some(match sum {
                Some(sum) => add(&module, sum, grads),
                None => grads,
            });
        }
        (losses, sum.expect("a group has parts"))
    });
    let (losses, grads): (Vec<f64>, Vec<GradientsParams>) = groups.into_iter().unzip();
    let (grads, grad_norm) = mean_gradient(module, grads, rows, max_grad_norm);
    LossAndGrads { loss: losses.iter().sum::<f64>() / rows, grads, grad_norm }
}
