//! The optimisers: Muon for the matrices of the blocks (Jordan et al., 2024; scaled as by Liu et al.,
//! arXiv 2502.16982), and AdamW (Loshchilov and Hutter, arXiv 1711.05101) for all other parameters.

use burn::module::ParamGroup;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamWConfig, AdjustLrFn, ModuleOptimizer, MuonConfig};
use serde::{Deserialize, Serialize};

/// A learning-rate schedule: a linear warm-up, then a constant rate from which any later run can go on;
/// or, in a run of its own, a linear cooldown to 0, in which the weights settle (the warm-up, stable,
/// decay schedule of Hu et al., arXiv 2404.06395).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LearningRate {
    /// The rate after the warm-up.
    pub peak: f64,
    /// The number of warm-up steps.
    #[serde(alias = "warm_up")]
    pub warmup_steps: usize,
    /// The number of cooldown steps; `None` keeps the rate constant.
    #[serde(alias = "fall")]
    pub decay_steps: Option<usize>,
}

impl LearningRate {
    /// Returns the learning rate of a step, counted from 0.
    pub fn at(&self, step: usize) -> f64 {
        let rise = (step + 1) as f64 / self.warmup_steps.max(1) as f64;
        let decay = |steps: usize| steps.saturating_sub(step) as f64 / steps as f64;
        self.peak * rise.min(self.decay_steps.map_or(1.0, decay)).min(1.0)
    }
}

/// Returns AdamW for all parameters.
pub fn adamw(weight_decay: f64) -> ModuleOptimizer {
    AdamWConfig::new()
        .with_beta_1(0.9)
        .with_beta_2(0.99)
        .with_epsilon(1e-8)
        .with_weight_decay(weight_decay as f32)
        .init()
}

/// Returns Muon for the matrices of a DiT's blocks, and AdamW for all other parameters.
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
    fn the_learning_rate_warms_up_and_stays_or_decays() {
        let stays = LearningRate { peak: 1.0, warmup_steps: 4, decay_steps: None };
        assert_eq!([0, 3, 50, 1_000_000].map(|step| stays.at(step)), [0.25, 1.0, 1.0, 1.0]);
        let falls = LearningRate { warmup_steps: 0, decay_steps: Some(10), ..stays };
        assert_eq!([0, 5, 9, 10, 11].map(|step| falls.at(step)), [1.0, 0.5, 0.1, 0.0, 0.0]);
    }
}
