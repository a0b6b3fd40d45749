//! What a scheduler's configuration in diffusers' layout says, in our terms.

use serde_json::Value;

use super::honoured::SchedulerFields;
use super::scheduler_classes::{Class, SCHEDULER};
use crate::diffusion::{LevelOptions, Prediction, Schedule};
use crate::{Error, Result};

/// `scheduler/scheduler_config.json`, as far as it says anything that may differ.
#[derive(Debug, Clone, PartialEq)]
pub struct SchedulerConfig {
    class: Class,
    fields: SchedulerFields,
    prediction: Prediction,
}

fn refuse<T>(problem: impl Into<String>) -> Result<T> {
    Err(Error::model(SCHEDULER, problem))
}

impl SchedulerConfig {
    /// Reads the file's JSON. `class` is the scheduler that the model's index names, which wins
    /// over the one that the file names, as in diffusers.
    ///
    /// # Errors
    /// Returns an error if the scheduler is not supported, a field has the wrong type, or asks for
    /// something that is not drawn here.
    pub fn read(json: Value, class: Option<&str>) -> Result<Self> {
        let Value::Object(json) = json else { return refuse("it is no JSON object") };
        let named = json.get("_class_name").and_then(Value::as_str);
        let class = Class::named(class.or(named).unwrap_or("DDIMScheduler"))?;
        let fields = class.fields(json)?;
        let fields: SchedulerFields = serde_json::from_value(Value::Object(fields))
            .or_else(|problem| refuse(format!("its JSON is not as it should be: {problem}")))?;
        let prediction = prediction(class, &fields)?;
        Ok(Self { class, fields, prediction })
    }

    /// Returns the name of the sampler that its makers chose.
    pub fn sampler(&self) -> &'static str {
        self.class.sampler
    }

    /// Returns what the network predicts.
    pub fn prediction(&self) -> Prediction {
        self.prediction
    }

    /// Returns whether DDPM's steps take the variance that the network learned. Diffusers' DDPM
    /// does so only if it is told to; under another scheduler's configuration DDPM is the
    /// paper's.
    pub fn learned_variance(&self) -> bool {
        self.sampler() != "ddpm" || self.fields.variance_type.as_deref() == Some("learned_range")
    }

    /// Returns the trained levels.
    ///
    /// # Errors
    /// Returns an error if it asks for levels or clipping that are not supported.
    pub fn schedule(&self) -> Result<Schedule> {
        let SchedulerFields { num_train_timesteps: train, steps_offset, .. } = self.fields;
        let clips_by_custom = matches!(self.sampler(), "ddim" | "ddpm");
        if self.fields.clip_sample.unwrap_or(clips_by_custom) {
            return refuse(
                "it leaves clip_sample at true, which is for pictures and not for latents: it only \
                 says how to draw; with false in its place it is drawn here",
            );
        }
        if !(2..=100_000).contains(&train) {
            return refuse("num_train_timesteps must be 2 to 100000");
        }
        if steps_offset >= train {
            return refuse("its steps_offset must be below num_train_timesteps");
        }
        if self.prediction == Prediction::Flow {
            return self.flow();
        }
        let betas = self.class.betas;
        let from = self.fields.beta_start.unwrap_or(betas.0);
        let to = self.fields.beta_end.unwrap_or(betas.1);
        if !(0.0 < from && from < to && to < 1.0) {
            return refuse(format!("betas from {from} to {to} do not rise between 0 and 1"));
        }
        let schedule = match self.fields.beta_schedule.as_str() {
            "scaled_linear" => Schedule::scaled_linear(from..=to, train),
            _ => Schedule::linear(from..=to, train),
        };
        // Beyond, f32 cannot tell the data from the noise.
        let largest = schedule.sigma((train - 1) as f64);
        if largest.is_nan() || largest > 1e6 {
            return refuse(format!("betas from {from} to {to} leave nothing of the data"));
        }
        if let Some(least) = self.fields.lambda_min_clipped.filter(|&least| least > -largest.ln()) {
            return refuse(format!(
                "its lambda_min_clipped {least} leaves levels out, which is not supported: it only \
                 says how to draw, and may be left out"
            ));
        }
        Ok(schedule)
    }

    fn flow(&self) -> Result<Schedule> {
        let shift = if self.class.is_flow { self.fields.shift } else { self.fields.flow_shift };
        if !(0.01..=100.0).contains(&shift) {
            return refuse("its shift must be 0.01 to 100");
        }
        if self.fields.num_train_timesteps != 1000 {
            return refuse("a flow's num_train_timesteps must be 1000");
        }
        Ok(Schedule::Flow { shift })
    }

    /// Returns how its makers lay a run's levels. Multistep solvers of diffusers tell a flow's
    /// network whole timesteps, cut and not rounded.
    pub fn level_options(&self) -> LevelOptions {
        LevelOptions {
            spacing: self.fields.timestep_spacing,
            steps_offset: self.fields.steps_offset,
            karras: self.fields.use_karras_sigmas,
            ends_at_smallest: !self.fields.set_alpha_to_one,
            whole_timesteps: true,
        }
    }
}

/// Returns what the network predicts, by the class and the fields that it knows.
fn prediction(class: Class, fields: &SchedulerFields) -> Result<Prediction> {
    let has_flow_sigmas = class.is_flow || fields.use_flow_sigmas;
    let prediction = match fields.prediction_type.as_deref() {
        _ if class.is_flow => Prediction::Flow,
        None | Some("epsilon") => Prediction::Epsilon,
        Some("v_prediction") => Prediction::V,
        Some("flow_prediction") if !class.knows("use_flow_sigmas") => {
            return refuse(format!("{} knows no prediction_type flow_prediction", class.name));
        }
        Some("flow_prediction") => Prediction::Flow,
        Some(other) => {
            return refuse(format!(
                "its prediction_type {other} is not supported: the weights were made for it; take a \
                 model of epsilon, v_prediction or flow_prediction"
            ));
        }
    };
    if (prediction == Prediction::Flow) != has_flow_sigmas {
        return refuse(
            "its prediction_type flow_prediction and use_flow_sigmas true belong together, and only \
             one of them is there",
        );
    }
    Ok(prediction)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schedule(json: Value) -> Result<Schedule> {
        SchedulerConfig::read(json, None)?.schedule()
    }

    #[test]
    fn flows_are_flows() {
        let euler = json!({"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0,
            "flow_shift": 7.0, "prediction_type": "epsilon"});
        assert_eq!(schedule(euler).unwrap(), Schedule::Flow { shift: 3.0 });
        for class in ["DPMSolverMultistepScheduler", "UniPCMultistepScheduler"] {
            // `shift` is another scheduler's word.
            let mut solver = json!({"_class_name": class, "flow_shift": 2.0, "shift": 7.0,
                "prediction_type": "flow_prediction", "use_flow_sigmas": true});
            assert_eq!(schedule(solver.clone()).unwrap(), Schedule::Flow { shift: 2.0 });
            solver.as_object_mut().unwrap().remove("flow_shift");
            assert_eq!(schedule(solver).unwrap(), Schedule::Flow { shift: 1.0 });
        }
    }

    /// As Python reads them: null is false, 2.0 is 2, and what a scheduler does not know is
    /// nothing.
    #[test]
    fn values_mean_what_they_mean_in_python() {
        let read = |json| SchedulerConfig::read(json, None).unwrap();
        let ddim = read(json!({"clip_sample": null, "set_alpha_to_one": null, "solver_order": 9}));
        assert!(ddim.schedule().is_ok() && ddim.level_options().ends_at_smallest);
        let dpm = json!({"_class_name": "DPMSolverMultistepScheduler", "solver_order": 2.0,
            "thresholding": 0, "use_dynamic_shifting": true, "timestep_spacing": null});
        assert!(read(dpm).schedule().is_ok());
    }

    #[test]
    fn the_index_names_the_scheduler() {
        let json = json!({"_class_name": "DDIMScheduler", "clip_sample": true, "shift": 3.0});
        let read = |class| SchedulerConfig::read(json.clone(), Some(class)).unwrap();
        assert_eq!(read("UniPCMultistepScheduler").sampler(), "unipc");
        assert!(read("UniPCMultistepScheduler").schedule().is_ok());
        let flow = read("FlowMatchHeunDiscreteScheduler");
        assert_eq!(flow.schedule().unwrap(), Schedule::Flow { shift: 3.0 });
        let other = SchedulerConfig::read(json, Some("LCMScheduler")).unwrap_err().to_string();
        assert!(other.contains("LCMScheduler") && other.contains("these are"), "{other}");
    }

    #[test]
    fn what_is_not_supported_is_named() {
        let (dpm, unipc) = ("DPMSolverMultistepScheduler", "UniPCMultistepScheduler");
        let flow = "FlowMatchEulerDiscreteScheduler";
        for (json, word) in [
            (json!({}), "clip_sample"),
            (json!([]), "no JSON object"),
            (json!({"clip_sample": false, "steps_offset": 1000}), "steps_offset"),
            (json!({"clip_sample": false, "beta_start": 0.5, "beta_end": 0.9}), "betas"),
            (json!({"clip_sample": false, "beta_schedule": "sigmoid"}), "sigmoid"),
            (json!({"prediction_type": "sample"}), "prediction_type sample"),
            (json!({"prediction_type": "flow_prediction"}), "DDIMScheduler knows no"),
            (json!({"_class_name": dpm, "solver_order": 3}), "solver_order 3"),
            (json!({"_class_name": dpm, "lambda_min_clipped": -5.0}), "lambda_min_clipped"),
            (json!({"_class_name": dpm, "prediction_type": "flow_prediction"}), "use_flow_sigmas"),
            (json!({"_class_name": unipc, "use_flow_sigmas": true}), "flow_prediction"),
            (json!({"_class_name": flow, "shift": 0.0}), "shift must be"),
            (json!({"_class_name": flow, "num_train_timesteps": 500}), "must be 1000"),
            (json!({"num_train_timesteps": "many"}), "many"),
        ] {
            let message = schedule(json).unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        }
    }
}
