//! The settings of an upscaler's training, and the schedule of its discriminators.

use burn::lr_scheduler::linear::LinearLrSchedulerConfig;
use burn::lr_scheduler::module_lr_scheduler::{ModuleLearningRate, ModuleLrSchedulerConfig};
use burn::module::ParamGroup;
use burn::optim::{AdamWConfig, ModuleOptimizer};
use serde::{Deserialize, Serialize};

use crate::train::optimiser::LearningRate;

/// The settings that decide what a run learns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpscalerSettings {
    /// The SHA-256 of the pictures and of the weights that the run began with, and the number of
    /// pictures.
    pub origin: String,
    /// The seed of everything that is drawn at random.
    pub seed: u64,
    /// Crops per step.
    pub batch_size: usize,
    /// The learning-rate schedule of the upscaler.
    pub learning_rate: LearningRate,
    /// The decay of the moving average (EMA) per step.
    pub ema: f64,
    /// The maximum gradient norm, for gradient clipping.
    pub max_grad_norm: f64,
    /// The weight of the adversarial loss.
    pub adversarial: f64,
    /// The step from which the adversarial loss counts, and the number of steps over which its weight
    /// rises. The discriminators learn from the first step.
    pub heard: [usize; 2],
    /// Whether the upscaler learns before the adversarial loss counts. An upscaler that was trained
    /// with other discriminators would unlearn what they taught it, so it waits until the new ones have
    /// learnt something.
    pub learns_alone: bool,
}

/// The learning rate of the discriminators, and their learning rate while the upscaler waits.
const JUDGES: f64 = 3e-4;
const JUDGES_ALONE: f64 = 1e-3;

/// Returns the parameter group of the discriminators.
fn judges() -> ParamGroup {
    ParamGroup::from_regex(r"^judges\.").expect("the expression is well formed")
}

impl UpscalerSettings {
    /// Returns AdamW, with a smaller β₁ for the discriminators.
    pub fn optimiser(&self) -> ModuleOptimizer {
        let adamw = |beta: f32| {
            AdamWConfig::new().with_beta_1(beta).with_beta_2(0.99).with_weight_decay(1e-4)
        };
        adamw(0.9).init().with_group(judges(), adamw(0.5).build(), None)
    }

    /// Returns the learning rates of a step; `planned` is that of the upscaler. The discriminators have
    /// their own, without a warm-up, because new ones are behind the upscaler.
    pub(super) fn learning_rates(&self, planned: f64, step: usize) -> ModuleLearningRate {
        let peak = if self.waits(step) { JUDGES_ALONE } else { JUDGES };
        let rate = LearningRate { peak, warmup_steps: 0, ..self.learning_rate }.at(step);
        let constant = |rate: f64| LinearLrSchedulerConfig::new(rate, rate, 1);
        let rates = ModuleLrSchedulerConfig::new(constant(planned).into());
        let rates = rates.with_group(judges(), constant(rate)).init();
        rates.expect("both are rates").step()
    }

    /// Returns the weight of the adversarial loss at a step.
    pub(super) fn adversarial_at(&self, step: usize) -> f64 {
        let [from, over] = self.heard;
        let risen = (step + 1).saturating_sub(from) as f64 / over.max(1) as f64;
        self.adversarial * risen.min(1.0)
    }

    /// Returns whether only the discriminators learn at a step.
    pub(super) fn waits(&self, step: usize) -> bool {
        !self.learns_alone && self.adversarial > 0.0 && step < self.heard[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weight_of_the_discriminators_rises_slowly() {
        let settings = UpscalerSettings {
            origin: String::new(),
            seed: 0,
            batch_size: 1,
            learning_rate: LearningRate { peak: 1e-4, warmup_steps: 0, decay_steps: None },
            ema: 0.9,
            max_grad_norm: 1.0,
            adversarial: 0.2,
            heard: [10, 4],
            learns_alone: true,
        };
        let heard = [0, 9, 10, 13, 99].map(|step| settings.adversarial_at(step));
        assert_eq!(heard, [0.0, 0.0, 0.05, 0.2, 0.2]);
        assert!(!settings.waits(0));
        let begun = UpscalerSettings { learns_alone: false, heard: [10, 1], ..settings.clone() };
        // The upscaler waits until the adversarial loss counts in full, so it takes no step without it.
        assert_eq!([0, 9, 10].map(|step| begun.waits(step)), [true, true, false]);
        assert_eq!(begun.adversarial_at(10), 0.2);
        assert!(!UpscalerSettings { adversarial: 0.0, ..begun }.waits(0));
    }
}
