//! The gradient of a batch, computed in parts on several threads.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};

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
            // Each part begins an autodiff graph of its own, so that threads do not share one.
            let module = module.clone().fork(device);
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

/// Returns the sum of two gradients.
fn add<M: Module>(module: &M, first: GradientsParams, second: GradientsParams) -> GradientsParams {
    struct Sum(GradientsParams, GradientsParams);
    impl ModuleVisitor for Sum {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(grad) = self.1.remove::<D>(param.id) {
                let sum = match self.0.remove::<D>(param.id) {
                    Some(own) => own + grad,
                    None => grad,
                };
                self.0.register(param.id, sum);
            }
        }
    }
    let mut sum = Sum(first, second);
    module.visit(&mut sum);
    sum.0
}

/// Returns the sum of several gradients divided by `count`, scaled to a norm over all parameters of at
/// most `max_grad_norm`, and its norm before that scaling.
fn mean_gradient<M: Module>(
    module: &M,
    parts: Vec<GradientsParams>,
    count: f64,
    max_grad_norm: f64,
) -> (GradientsParams, f64) {
    struct Mean {
        parts: Vec<GradientsParams>,
        count: f64,
        mean: GradientsParams,
        square: Option<Tensor<1>>,
    }
    impl ModuleVisitor for Mean {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            let grads = self.parts.iter_mut().filter_map(|part| part.remove::<D>(param.id));
            let Some(sum) = grads.reduce(|sum, grad| sum + grad) else { return };
            let mean = sum / self.count;
            let square = mean.clone().square().sum();
            self.square = Some(match self.square.take() {
                Some(sum) => sum + square,
                None => square,
            });
            self.mean.register(param.id, mean);
        }
    }
    struct Scale(GradientsParams, f64);
    impl ModuleVisitor for Scale {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(grad) = self.0.remove::<D>(param.id) {
                self.0.register(param.id, grad * self.1);
            }
        }
    }
    let mut mean = Mean { parts, count, mean: GradientsParams::new(), square: None };
    module.visit(&mut mean);
    let square = mean.square.map_or(0.0, |square| f64::from(square.into_scalar::<f32>()));
    let length = square.sqrt();
    if length <= max_grad_norm {
        return (mean.mean, length);
    }
    let mut scale = Scale(mean.mean, max_grad_norm / length);
    module.visit(&mut scale);
    (scale.0, length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::params::numbered;

    #[derive(Module, Debug)]
    struct Pair {
        a: Param<Tensor<1>>,
        b: Param<Tensor<2>>,
    }

    #[test]
    fn averages_and_clips_gradients() {
        let device = Device::flex();
        let module = numbered(Pair {
            a: Param::from_tensor(Tensor::zeros([1], &device)),
            b: Param::from_tensor(Tensor::zeros([1, 1], &device)),
        });
        let grads = |a: f32, b: f32| {
            let mut grads = GradientsParams::new();
            grads.register(module.a.id, Tensor::<1>::from_floats([a], &device));
            grads.register(module.b.id, Tensor::<2>::from_floats([[b]], &device));
            grads
        };
        let (mean, length) =
            mean_gradient(&module, vec![grads(2.0, 8.0), grads(4.0, 0.0)], 2.0, 1.0);
        assert_eq!(length, 5.0);
        let a = mean.get::<1>(module.a.id).unwrap().into_scalar::<f32>();
        let b = mean.get::<2>(module.b.id).unwrap().into_scalar::<f32>();
        assert!((a - 0.6).abs() < 1e-6 && (b - 0.8).abs() < 1e-6);
    }
}
