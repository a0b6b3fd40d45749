//! What a scheduler's configuration in diffusers' layout says, in our terms.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::diffusion::sampler::GridOptions;
use crate::diffusion::timesteps::Spacing;
use crate::diffusion::{Prediction, Sampler, Schedule};
use crate::{Error, Result};

/// The scheduler's file.
pub const SCHEDULER: &str = "scheduler/scheduler_config.json";

/// `scheduler/scheduler_config.json`, as far as it says anything that may differ.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default)]
pub struct SchedulerConfig {
    #[serde(rename = "_class_name")]
    class_name: String,
    num_train_timesteps: usize,
    beta_start: f64,
    beta_end: f64,
    beta_schedule: String,
    prediction_type: Option<Prediction>,
    timestep_spacing: Option<Spacing>,
    steps_offset: usize,
    set_alpha_to_one: bool,
    use_karras_sigmas: bool,
    clip_sample: Option<bool>,
    variance_type: Option<String>,
    use_flow_sigmas: bool,
    #[serde(alias = "flow_shift")]
    shift: f64,
}

impl Default for SchedulerConfig {
    fn default() -> Self {
        Self {
            class_name: "DDIMScheduler".into(),
            num_train_timesteps: 1000,
            beta_start: 1e-4,
            beta_end: 0.02,
            beta_schedule: "linear".into(),
            prediction_type: None,
            timestep_spacing: None,
            steps_offset: 0,
            set_alpha_to_one: true,
            use_karras_sigmas: false,
            clip_sample: None,
            variance_type: None,
            use_flow_sigmas: false,
            shift: 1.0,
        }
    }
}

fn refuse<T>(problem: String) -> Result<T> {
    Err(Error::config(SCHEDULER, problem))
}

impl SchedulerConfig {
    /// Reads the file's JSON.
    ///
    /// # Errors
    /// Where a field has the wrong type, or asks for something that is not supported.
    pub fn read(json: Value) -> Result<Self> {
        // Fields that change what is drawn, and the one value of each that is drawn here.
        let supported = [
            ("thresholding", vec![json!(false)]),
            ("rescale_betas_zero_snr", vec![json!(false)]),
            ("trained_betas", vec![]),
            ("use_exponential_sigmas", vec![json!(false)]),
            ("use_beta_sigmas", vec![json!(false)]),
            ("use_lu_lambdas", vec![json!(false)]),
            ("use_dynamic_shifting", vec![json!(false)]),
            ("invert_sigmas", vec![json!(false)]),
            ("stochastic_sampling", vec![json!(false)]),
            ("euler_at_final", vec![json!(false)]),
            ("shift_terminal", vec![]),
            ("lambda_min_clipped", vec![]),
            ("predict_x0", vec![json!(true)]),
            ("disable_corrector", vec![json!([])]),
            ("solver_order", vec![json!(2)]),
            ("algorithm_type", vec![json!("dpmsolver++")]),
            ("solver_type", vec![json!("midpoint"), json!("bh2")]),
            ("final_sigmas_type", vec![json!("zero")]),
            ("interpolation_type", vec![json!("linear")]),
        ];
        for (key, values) in supported {
            match json.get(key) {
                None | Some(Value::Null) => {}
                Some(value) if values.contains(value) => {}
                Some(value) => {
                    let instead = match values.first() {
                        Some(value) => format!("set it to {value}"),
                        None => "leave it out".into(),
                    };
                    return refuse(format!("its {key} {value} is not supported: {instead}"));
                }
            }
        }
        serde_json::from_value(json)
            .or_else(|problem| refuse(format!("its JSON is not as it should be: {problem}")))
    }

    /// The sampler that its makers chose.
    ///
    /// # Errors
    /// Where it is none of ours.
    pub fn sampler(&self) -> Result<Sampler> {
        Ok(match self.class_name.as_str() {
            "DDPMScheduler" => Sampler::Ddpm,
            "DDIMScheduler" => Sampler::Ddim { eta: 0.0 },
            "EulerDiscreteScheduler" | "FlowMatchEulerDiscreteScheduler" => Sampler::Euler,
            "EulerAncestralDiscreteScheduler" => Sampler::EulerAncestral,
            "HeunDiscreteScheduler" | "FlowMatchHeunDiscreteScheduler" => Sampler::Heun,
            "DPMSolverMultistepScheduler" => Sampler::Dpmpp2m,
            "UniPCMultistepScheduler" => Sampler::Unipc,
            other => {
                return refuse(format!(
                    "{other} is not supported: use DDIMScheduler or another of DDPM, Euler, \
                     EulerAncestral, Heun, DPMSolverMultistep and UniPCMultistep"
                ));
            }
        })
    }

    /// What the network predicts.
    pub fn prediction(&self) -> Prediction {
        let is_flow = self.class_name.starts_with("FlowMatch");
        let customary = if is_flow { Prediction::Flow } else { Prediction::Epsilon };
        self.prediction_type.unwrap_or(customary)
    }

    /// Whether DDPM's steps take the variance that the network learned. Diffusers' DDPM does so
    /// only where it is told to; under another scheduler's configuration DDPM is the paper's.
    pub fn learned_variance(&self) -> bool {
        self.class_name != "DDPMScheduler" || self.variance_type.as_deref() == Some("learned_range")
    }

    /// The trained levels.
    ///
    /// # Errors
    /// Where it asks for levels or clipping that are not supported.
    pub fn schedule(&self) -> Result<Schedule> {
        let clips_by_custom = matches!(self.class_name.as_str(), "DDIMScheduler" | "DDPMScheduler");
        if self.clip_sample.unwrap_or(clips_by_custom) {
            return refuse("clip_sample is for pictures, not for latents: set it to false".into());
        }
        if !(2..=100_000).contains(&self.num_train_timesteps) {
            return refuse("num_train_timesteps must be 2 to 100000".into());
        }
        let variances = [None, Some("fixed_small"), Some("learned_range")];
        if !variances.contains(&self.variance_type.as_deref()) {
            return refuse("its variance_type must be fixed_small or learned_range".into());
        }
        if self.steps_offset >= self.num_train_timesteps {
            return refuse("its steps_offset must be below num_train_timesteps".into());
        }
        let is_flow = self.prediction() == Prediction::Flow;
        if self.use_flow_sigmas && !is_flow {
            return refuse("use_flow_sigmas needs prediction_type flow_prediction".into());
        }
        if is_flow {
            return self.flow();
        }
        let (from, to) = (self.beta_start, self.beta_end);
        if !(0.0 < from && from < to && to < 1.0) {
            return refuse(format!("betas from {from} to {to} do not rise between 0 and 1"));
        }
        let schedule = match self.beta_schedule.as_str() {
            "linear" => Schedule::linear(from..=to, self.num_train_timesteps),
            "scaled_linear" => Schedule::scaled_linear(from..=to, self.num_train_timesteps),
            other => {
                return refuse(format!(
                    "its beta_schedule is {other}, and only linear and scaled_linear are supported"
                ));
            }
        };
        // Beyond, f32 cannot tell the data from the noise.
        let largest = schedule.sigma((self.num_train_timesteps - 1) as f64);
        if largest.is_nan() || largest > 1e6 {
            return refuse(format!("betas from {from} to {to} leave nothing of the data"));
        }
        Ok(schedule)
    }

    fn flow(&self) -> Result<Schedule> {
        if !(0.01..=100.0).contains(&self.shift) {
            return refuse("its shift must be 0.01 to 100".into());
        }
        if self.num_train_timesteps != 1000 {
            return refuse("a flow's num_train_timesteps must be 1000".into());
        }
        Ok(Schedule::Flow { shift: self.shift })
    }

    /// How its makers lay a run's levels.
    pub fn grid(&self) -> GridOptions {
        GridOptions {
            spacing: self.timestep_spacing,
            offset: self.steps_offset,
            karras: self.use_karras_sigmas,
            end_at_smallest: !self.set_alpha_to_one,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(json: Value) -> Result<Schedule> {
        SchedulerConfig::read(json)?.schedule()
    }

    #[test]
    fn flows_are_flows() {
        let euler = json!({"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0});
        assert_eq!(schedule(euler).unwrap(), Schedule::Flow { shift: 3.0 });
        let solver = json!({"_class_name": "DPMSolverMultistepScheduler", "flow_shift": 2.0,
            "prediction_type": "flow_prediction", "use_flow_sigmas": true});
        assert_eq!(schedule(solver).unwrap(), Schedule::Flow { shift: 2.0 });
    }

    #[test]
    fn what_is_not_supported_is_named() {
        for (json, word) in [
            (json!({}), "clip_sample"),
            (json!({"clip_sample": false, "steps_offset": u64::MAX}), "steps_offset"),
            (json!({"clip_sample": false, "beta_start": 0.5, "beta_end": 0.9}), "betas"),
            (json!({"clip_sample": false, "beta_schedule": "sigmoid"}), "sigmoid"),
            (json!({"solver_order": 3}), "solver_order 3"),
            (json!({"trained_betas": [0.1]}), "leave it out"),
            (json!({"num_train_timesteps": "many"}), "many"),
        ] {
            let message = schedule(json).unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        }
    }
}
