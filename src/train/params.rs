//! Operations on all parameters of a network: numbering, and averaging over the steps.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

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

#[cfg(test)]
mod tests {
    use burn::module::Param;
    use burn::tensor::Device;

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
    fn moving_averages_move_by_their_share() {
        let moved = ema(pair(0.0, 1.0), &pair(1.0, 3.0), 0.75);
        assert_eq!(moved.a.val().into_scalar::<f32>(), 0.25);
        assert_eq!(moved.b.val().into_scalar::<f32>(), 1.5);
    }
}
