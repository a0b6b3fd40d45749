//! What moves the weights: Muon for the matrices of the blocks (Jordan et al., 2024; scaled as by
//! Liu et al., arXiv 2502.16982), AdamW (Loshchilov and Hutter, arXiv 1711.05101) for all else.

use burn::module::ParamGroup;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamWConfig, AdjustLrFn, ModuleOptimizer, MuonConfig};
use serde::{Deserialize, Serialize};

/// How fast weights move at each step: a linear rise, then a level that any later run can go on
/// from; or, in a run of its own, a linear fall to 0, in which weights settle (the warm-up, stable,
/// decay schedule of Hu et al., arXiv 2404.06395).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// The level.
    pub peak: f64,
    /// Steps of the rise.
    pub warm_up: usize,
    /// Steps of the fall; `None` stays at the level.
    pub fall: Option<usize>,
}

impl Rate {
    /// The rate of a step, counted from 0.
    pub fn at(&self, step: usize) -> f64 {
        let rise = (step + 1) as f64 / self.warm_up.max(1) as f64;
        let fall = self.fall.map_or(1.0, |fall| fall.saturating_sub(step) as f64 / fall as f64);
        self.peak * rise.min(fall).min(1.0)
    }
}

/// AdamW alone.
pub fn adamw(weight_decay: f64) -> ModuleOptimizer {
    AdamWConfig::new()
        .with_beta_1(0.9)
        .with_beta_2(0.99)
        .with_epsilon(1e-8)
        .with_weight_decay(weight_decay as f32)
        .init()
}

/// AdamW, and Muon for the matrices of a DiT's blocks.
pub fn muon_and_adamw(weight_decay: f64) -> ModuleOptimizer {
    let matrices = ParamGroup::from_regex(r"blocks\.\d+\.(attn\.(qkv|proj)|mlp\.fc[12])\.weight$")
        .expect("the expression is well formed");
    let muon = MuonConfig::new()
        .with_weight_decay(Some(WeightDecayConfig::new(weight_decay as f32)))
        .with_adjust_lr_fn(AdjustLrFn::MatchRmsAdamW)
        .build();
    adamw(weight_decay).with_group(matrices, muon, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_rises_and_stays_or_falls() {
        let stays = Rate { peak: 1.0, warm_up: 4, fall: None };
        assert_eq!([0, 3, 50, 1_000_000].map(|step| stays.at(step)), [0.25, 1.0, 1.0, 1.0]);
        let falls = Rate { warm_up: 0, fall: Some(10), ..stays };
        assert_eq!([0, 5, 9, 10, 11].map(|step| falls.at(step)), [1.0, 0.5, 0.1, 0.0, 0.0]);
    }
}
