//! What moves the weights: Muon for the matrices of the blocks (Jordan et al., 2024; scaled as by
//! Liu et al., arXiv 2502.16982), AdamW (Loshchilov and Hutter, arXiv 1711.05101) for all else.

use burn::module::ParamGroup;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::{AdamWConfig, AdjustLrFn, ModuleOptimizer, MuonConfig};

/// How fast weights move at each step: a linear rise, a level, and a linear fall to 0 over the last
/// part (the warm-up, stable, decay schedule of Hu et al., arXiv 2404.06395).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// The level.
    pub peak: f64,
    /// Steps of the rise.
    pub warm_up: usize,
    /// All steps.
    pub steps: usize,
    /// The part of all steps that falls, 0..1.
    pub decay: f64,
}

impl Rate {
    /// The rate of a step, counted from 0.
    pub fn at(&self, step: usize) -> f64 {
        let rise = (step + 1) as f64 / self.warm_up.max(1) as f64;
        let falling = (self.steps as f64 * self.decay).max(1.0);
        let fall = (self.steps - step.min(self.steps)) as f64 / falling;
        self.peak * rise.min(fall).min(1.0)
    }

    /// Whether a step is in the falling part.
    pub fn is_falling(&self, step: usize) -> bool {
        (step as f64) >= self.steps as f64 * (1.0 - self.decay)
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
    fn the_rate_rises_stays_and_falls() {
        let rate = Rate { peak: 1.0, warm_up: 4, steps: 100, decay: 0.2 };
        let at: Vec<f64> = [0, 3, 50, 80, 90, 99, 100].map(|step| rate.at(step)).to_vec();
        assert_eq!(at, [0.25, 1.0, 1.0, 1.0, 0.5, 0.05, 0.0]);
        assert!(!rate.is_falling(79) && rate.is_falling(80));
    }
}
