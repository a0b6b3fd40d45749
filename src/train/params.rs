//! Operations on all parameters of a network: numbering, averaging, adding and clipping gradients.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};

/// Numbers the parameters in their order, so that the optimiser's state of an earlier run matches them.
pub fn numbered<M: Module>(module: M) -> M {
    struct Number(u64);
    impl ModuleMapper for Number {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            self.0 += 1;
            Param::initialized(ParamId::from(self.0), param.val())
        }
    }
    module.map(&mut Number(0))
}

/// Returns the module with numbered parameters that all learn.
pub fn trainable<M: Module>(module: M) -> M {
    numbered(module).set_require_grad(true).train()
}

/// Returns a copy whose parameters begin an autodiff graph of their own, so that several threads can
/// compute gradients.
pub fn own_graph<M: Module>(module: &M, device: &Device) -> M {
    module.clone().fork(device)
}

/// Moves `ema` towards `module`: `ema·decay + module·(1 − decay)`, the exponential moving average of
/// Polyak and others, which samples better than the last weights.
pub fn ema<M: Module>(ema: M, module: &M, decay: f64) -> M {
    struct Collect(GradientsParams);
    impl ModuleVisitor for Collect {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.0.register(param.id, param.val().inner());
        }
    }
    struct Move(GradientsParams, f64);
    impl ModuleMapper for Move {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let (id, old) = (param.id, param.val());
            let new = match self.0.remove::<D>(id) {
                Some(new) => old * self.1 + new * (1.0 - self.1),
                None => old,
            };
            Param::initialized(id, new)
        }
    }
    let mut collect = Collect(GradientsParams::new());
    module.visit(&mut collect);
    ema.map(&mut Move(collect.0, decay))
}

/// Returns the sum of two gradients.
pub fn add<M: Module>(
    module: &M,
    first: GradientsParams,
    second: GradientsParams,
) -> GradientsParams {
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
pub fn mean_gradient<M: Module>(
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
    use burn::module::Param;

    use super::*;

    #[derive(Module, Debug)]
    struct Pair {
        a: Param<Tensor<1>>,
        b: Param<Tensor<2>>,
    }

    fn pair(a: f32, b: f32) -> Pair {
        let device = Device::flex();
        numbered(Pair {
            a: Param::from_tensor(Tensor::from_floats([a], &device)),
            b: Param::from_tensor(Tensor::from_floats([[b]], &device)),
        })
    }

    #[test]
    fn averages_move_by_their_part() {
        let moved = ema(pair(0.0, 1.0), &pair(1.0, 3.0), 0.75);
        assert_eq!(moved.a.val().into_scalar::<f32>(), 0.25);
        assert_eq!(moved.b.val().into_scalar::<f32>(), 1.5);
    }

    #[test]
    fn gradients_are_averaged_and_cut_to_length() {
        let device = Device::flex();
        let module = pair(0.0, 0.0);
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
