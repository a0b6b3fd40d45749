//! What decides what an upscaler learns, and when its judges are heard.

use burn::lr_scheduler::linear::LinearLrSchedulerConfig;
use burn::lr_scheduler::module_lr_scheduler::{ModuleLearningRate, ModuleLrSchedulerConfig};
use burn::module::ParamGroup;
use burn::optim::{AdamWConfig, ModuleOptimizer};
use serde::{Deserialize, Serialize};

use crate::train::optimiser::LearningRate;

/// The settings that decide what a run learns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpscalerSettings {
    /// SHA-256 of the pictures and of the weights that it began with, and how many pictures.
    pub origin: String,
    /// Decides everything that is drawn at random.
    pub seed: u64,
    /// Crops a step.
    pub batch_size: usize,
    /// How fast the upscaler's weights move.
    pub learning_rate: LearningRate,
    /// How much of the average stays at each step.
    pub ema: f64,
    /// The gradient is cut to this length.
    pub max_grad_norm: f64,
    /// How much it counts what the discriminators say.
    pub adversarial: f64,
    /// The step from which they are heard, and over how many their weight rises; they learn from the first.
    pub heard: [usize; 2],
    /// Whether the upscaler learns before they are heard. One that has learnt from others would unlearn what
    /// those said, so it waits until the new ones know something.
    pub learns_alone: bool,
}

/// The learning rate of the discriminators, and of those that learn while the upscaler waits.
const JUDGES: f64 = 3e-4;
const JUDGES_ALONE: f64 = 1e-3;

/// The discriminators' parameters.
fn judges() -> ParamGroup {
    ParamGroup::from_regex(r"^judges\.").expect("the expression is well formed")
}

impl UpscalerSettings {
    /// AdamW, for the discriminators with a shorter memory.
    pub fn optimiser(&self) -> ModuleOptimizer {
        let adamw = |beta: f32| {
            AdamWConfig::new().with_beta_1(beta).with_beta_2(0.99).with_weight_decay(1e-4)
        };
        adamw(0.9).init().with_group(judges(), adamw(0.5).build(), None)
    }

    /// Returns the learning rates of a step, `planned` for the upscaler. The discriminators have their own, which
    /// does not warm up: new ones are behind, not ahead.
    pub(super) fn learning_rates(&self, planned: f64, step: usize) -> ModuleLearningRate {
        let peak = if self.waits(step) { JUDGES_ALONE } else { JUDGES };
        let rate = LearningRate { peak, warmup_steps: 0, ..self.learning_rate }.at(step);
        let constant = |rate: f64| LinearLrSchedulerConfig::new(rate, rate, 1);
        let rates = ModuleLrSchedulerConfig::new(constant(planned).into());
        let rates = rates.with_group(judges(), constant(rate)).init();
        rates.expect("both are rates").step()
    }

    /// Returns how much the discriminators count at a step.
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
    fn judges_are_heard_little_by_little() {
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
        // No step without judges: it waits until they count in full.
        assert_eq!([0, 9, 10].map(|step| begun.waits(step)), [true, true, false]);
        assert_eq!(begun.adversarial_at(10), 0.2);
        assert!(!UpscalerSettings { adversarial: 0.0, ..begun }.waits(0));
    }
}
