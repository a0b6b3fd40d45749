//! What tests of networks share.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::Tensor;

use crate::diffusion::Generator;

/// Random values in place of all parameters: a new DiT is the identity, and would test nothing.
pub(crate) fn scrambled<M: Module>(module: M, seed: u64) -> M {
    struct Scramble(Generator);
    impl ModuleMapper for Scramble {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let old = param.val();
            let new = self.0.randn_tensor(old.dims(), &old.device()) * 0.3;
            Param::initialized(param.id, new)
        }
    }
    module.map(&mut Scramble(Generator::new(seed)))
}
