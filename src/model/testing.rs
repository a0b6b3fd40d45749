//! Helpers that tests of networks share.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Int, Tensor};

/// Replaces all parameters, because a new DiT is the identity and would test nothing.
pub(crate) fn scrambled<M: Module>(module: M, seed: u64) -> M {
    struct Scramble(i64);
    impl ModuleMapper for Scramble {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            let old = param.val();
            let count = old.shape().num_elements() as i64;
            let places = Tensor::<1, Int>::arange(self.0..self.0 + count, &old.device());
            self.0 += count;
            // No two parameters of a network have the same values.
            let new = (places.float() * 12.9898).sin() * 0.4;
            Param::initialized(param.id, new.reshape(old.dims()))
        }
    }
    module.map(&mut Scramble(seed as i64))
}
