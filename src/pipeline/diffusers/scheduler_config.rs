//! A scheduler's configuration in diffusers' layout, in this project's terms.

use serde_json::{Map, Value};

use super::honoured::SchedulerFields;
use super::scheduler_classes::{CLASSES, Class, SCHEDULER};
use crate::diffusion::flow_levels::smallest_time;
use crate::diffusion::{Curve, FlowOptions, LevelOptions, Prediction, Schedule};
use crate::{Error, Result};

/// The part of `scheduler/scheduler_config.json` that has an effect here.
#[derive(Debug, Clone, PartialEq)]
pub struct SchedulerConfig {
    class: Class,
    fields: SchedulerFields,
    prediction: Prediction,
    not_drawn: Option<String>,
}

fn refuse<T>(problem: impl Into<String>) -> Result<T> {
    Err(Error::model(SCHEDULER, problem))
}

impl SchedulerConfig {
    /// Reads the file's JSON. `class` is the scheduler that the model's index names. As in diffusers, it
    /// takes precedence over the one that the file names.
    ///
    /// # Errors
    /// Returns an error if a field has the wrong type, or an unsupported value that the weights were
    /// trained for. Also returns an error if the scheduler is not supported and its file does not give the
    /// noise levels that the weights were trained for.
    pub fn read(json: Value, class: Option<&str>) -> Result<Self> {
        let Value::Object(json) = json else { return refuse("it is not a JSON object") };
        let named = json.get("_class_name").and_then(Value::as_str);
        let name = class.or(named).unwrap_or("DDIMScheduler").to_owned();
        let (class, not_drawn) = match Class::named(&name) {
            Some(class) => (class, None),
            None => (Class::other(&name), Some(other_scheduler(&name, &json)?)),
        };
        let (fields, more) = class.fields(json)?;
        let fields: SchedulerFields = serde_json::from_value(Value::Object(fields))
            .or_else(|problem| refuse(format!("its JSON is invalid: {problem}")))?;
        let prediction = prediction(class, &fields)?;
        let range = fields.clip_sample_range;
        if fields.clip_sample != Some(false) && !(range > 0.0 && range.is_finite()) {
            return refuse(format!("its clip_sample_range must be above 0, and is {range}"));
        }
        let not_drawn = not_drawn.or(more).or_else(|| fields.not_drawn());
        Ok(Self { class, fields, prediction, not_drawn })
    }

    /// Returns the name of the sampler that its authors chose. If it is not supported, returns the name of
    /// one that can use its noise levels.
    pub fn sampler(&self) -> &'static str {
        self.class.sampler
    }

    /// Returns why its authors' way of drawing, over the levels of `schedule`, is not supported here, as
    /// part of a sentence; `None` if it is supported.
    pub fn not_drawn(&self, schedule: &Schedule) -> Option<String> {
        let largest = schedule.sigma((schedule.timesteps() - 1) as f64);
        let leaves_out =
            |&least: &f64| least > -largest.ln() && self.prediction != Prediction::Flow;
        let least = self.fields.lambda_min_clipped.filter(leaves_out);
        self.not_drawn.clone().or(least.map(|least| {
            format!(
                "its lambda_min_clipped {least} leaves levels out, which is not supported: it only \
                 affects sampling, and may be removed"
            )
        }))
    }

    /// Returns the quantity that the network predicts.
    pub fn prediction(&self) -> Prediction {
        self.prediction
    }

    /// Returns whether DDPM's steps use the variance that the network learned. Diffusers' DDPM does so only
    /// if its configuration says so. Under another scheduler's configuration, DDPM follows the paper.
    pub fn learned_variance(&self) -> bool {
        self.sampler() != "ddpm" || self.fields.variance_type.as_deref() == Some("learned_range")
    }

    /// Returns the noise schedule of training. `tokens` is how many patches a latent has, which determines
    /// the shift of some flows.
    ///
    /// # Errors
    /// Returns an error if the configured noise levels are not supported.
    pub fn schedule(&self, tokens: usize) -> Result<Schedule> {
        let SchedulerFields { num_train_timesteps: train, steps_offset, .. } = self.fields;
        if !(2..=100_000).contains(&train) {
            return refuse("num_train_timesteps must be 2 to 100000");
        }
        if steps_offset >= train {
            return refuse("its steps_offset must be below num_train_timesteps");
        }
        if self.prediction == Prediction::Flow {
            return self.flow(tokens);
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
        // Beyond this, f32 cannot distinguish the data from the noise.
        let largest = schedule.sigma((train - 1) as f64);
        if largest.is_nan() || largest > 1e6 {
            return refuse(format!(
                "betas from {from} to {to} leave no signal at the last timestep"
            ));
        }
        Ok(schedule)
    }

    fn flow(&self, tokens: usize) -> Result<Schedule> {
        let fields = &self.fields;
        let shift = match self.class.is_flow {
            true if fields.use_dynamic_shifting => fields.dynamic_shift(tokens),
            true => fields.shift,
            false => fields.flow_shift,
        };
        if !(0.01..=100.0).contains(&shift) {
            return refuse(match fields.use_dynamic_shifting {
                true => format!(
                    "its use_dynamic_shifting gives pictures of {tokens} patches a shift of {shift}, and \
                     that must be 0.01 to 100"
                ),
                false => "its shift must be 0.01 to 100".into(),
            });
        }
        if fields.num_train_timesteps != 1000 {
            return refuse("a flow's num_train_timesteps must be 1000");
        }
        if let Some(terminal) = fields.shift_terminal.filter(|end| !(0.0..1.0).contains(end)) {
            return refuse(format!("its shift_terminal must be 0 to below 1, and is {terminal}"));
        }
        Ok(Schedule::Flow { shift })
    }

    /// Returns how its authors choose the noise levels of a run. For flows, diffusers' multistep solvers
    /// pass whole timesteps to the network, truncated and not rounded.
    pub fn level_options(&self) -> LevelOptions {
        let fields = &self.fields;
        let clips_by_custom = matches!(self.class.name, "DDIMScheduler" | "DDPMScheduler");
        let clips = fields.clip_sample.unwrap_or(clips_by_custom);
        LevelOptions {
            spacing: fields.timestep_spacing,
            steps_offset: fields.steps_offset,
            karras: fields.use_karras_sigmas && !self.class.is_flow,
            ends_at_smallest: !fields.set_alpha_to_one,
            whole_timesteps: true,
            clip: clips.then_some(fields.clip_sample_range),
            flow: self.flow_options(),
        }
    }

    fn flow_options(&self) -> FlowOptions {
        let fields = &self.fields;
        let smallest = match fields.use_dynamic_shifting {
            true => smallest_time(),
            // It is shifted here, and once more together with all other times.
            false => Schedule::Flow { shift: fields.shift }.shifted(smallest_time()),
        };
        let curve = match self.class.is_flow {
            true if fields.use_karras_sigmas => Some(Curve::Karras),
            true if fields.use_exponential_sigmas => Some(Curve::Exponential),
            true if fields.use_beta_sigmas => Some(Curve::Beta),
            _ => None,
        };
        FlowOptions {
            smallest: self.class.is_flow.then_some(smallest),
            terminal: fields.shift_terminal.filter(|&terminal| terminal != 0.0),
            curve,
            even: false,
        }
    }
}

impl SchedulerFields {
    /// Returns why a combination of fields is not supported here; `None` if it is.
    fn not_drawn(&self) -> Option<String> {
        let curves = [self.use_karras_sigmas, self.use_exponential_sigmas, self.use_beta_sigmas];
        (curves.iter().filter(|is_on| **is_on).count() > 1).then(|| {
            "its use_karras_sigmas, use_exponential_sigmas and use_beta_sigmas exclude one another: set \
             only one of them to true"
                .into()
        })
    }
}

/// Returns the message about an unsupported scheduler.
///
/// # Errors
/// Returns an error if its file does not give the noise levels either.
fn other_scheduler(name: &str, json: &Map<String, Value>) -> Result<String> {
    let names = CLASSES.map(|class| class.name).join(", ");
    let problem = format!("its scheduler {name} is not supported; these are: {names}");
    let has = |fields: &[&str]| fields.iter().all(|field| json.contains_key(*field));
    if has(&["beta_start", "beta_end", "beta_schedule"]) || (name.starts_with("FlowMatch")) {
        return Ok(problem);
    }
    refuse(format!(
        "{problem}. Its file also lacks beta_start, beta_end and beta_schedule, which another sampler \
         would need"
    ))
}

/// Returns what the network predicts, according to the class and the fields that it knows.
fn prediction(class: Class, fields: &SchedulerFields) -> Result<Prediction> {
    let has_flow_sigmas = class.is_flow || fields.use_flow_sigmas;
    let prediction = match fields.prediction_type.as_deref() {
        _ if class.is_flow => Prediction::Flow,
        None | Some("epsilon") => Prediction::Epsilon,
        Some("v_prediction") => Prediction::V,
        Some("flow_prediction") if !class.knows("use_flow_sigmas") => {
            return refuse(format!(
                "{} does not support the prediction_type flow_prediction",
                class.name
            ));
        }
        Some("flow_prediction") => Prediction::Flow,
        Some(other) => {
            return refuse(format!(
                "its prediction_type {other} is not supported, and the weights were trained with it; \
                 choose a model with epsilon, v_prediction or flow_prediction"
            ));
        }
    };
    if (prediction == Prediction::Flow) != has_flow_sigmas {
        return refuse(
            "its prediction_type flow_prediction and use_flow_sigmas true belong together, and only \
             one of them is set",
        );
    }
    Ok(prediction)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// How many patches the pictures of these tests have.
    const TOKENS: usize = 256;

    fn schedule(json: Value) -> Result<Schedule> {
        SchedulerConfig::read(json, None)?.schedule(TOKENS)
    }

    /// Returns the problem of a configuration, either with its noise levels or only with its way of
    /// drawing.
    fn problem(json: Value) -> String {
        let read = SchedulerConfig::read(json, None).and_then(|config| {
            let schedule = config.schedule(TOKENS)?;
            Ok(config.not_drawn(&schedule))
        });
        read.map_or_else(|error| error.to_string(), |not_drawn| not_drawn.expect("a problem"))
    }

    fn drawn(config: &SchedulerConfig) -> bool {
        config.schedule(TOKENS).is_ok_and(|schedule| config.not_drawn(&schedule).is_none())
    }

    #[test]
    fn reads_flows_by_their_prediction_type() {
        let euler = json!({"_class_name": "FlowMatchEulerDiscreteScheduler", "shift": 3.0,
            "flow_shift": 7.0, "prediction_type": "epsilon"});
        assert_eq!(schedule(euler).unwrap(), Schedule::Flow { shift: 3.0 });
        for class in ["DPMSolverMultistepScheduler", "UniPCMultistepScheduler"] {
            // `shift` is a field of another scheduler.
            let mut solver = json!({"_class_name": class, "flow_shift": 2.0, "shift": 7.0,
                "prediction_type": "flow_prediction", "use_flow_sigmas": true});
            assert_eq!(schedule(solver.clone()).unwrap(), Schedule::Flow { shift: 2.0 });
            solver.as_object_mut().unwrap().remove("flow_shift");
            assert_eq!(schedule(solver).unwrap(), Schedule::Flow { shift: 1.0 });
        }
    }

    /// Values are read as in Python: null is false, and 2.0 is 2. Unknown fields have no effect.
    #[test]
    fn reads_values_as_python_does() {
        let read = |json| SchedulerConfig::read(json, None).unwrap();
        let ddim = read(json!({"clip_sample": null, "set_alpha_to_one": null, "solver_order": 9}));
        assert!(drawn(&ddim) && ddim.level_options().ends_at_smallest);
        let dpm = json!({"_class_name": "DPMSolverMultistepScheduler", "solver_order": 2.0,
            "thresholding": 0, "use_dynamic_shifting": true, "timestep_spacing": null});
        assert!(drawn(&read(dpm)));
    }

    #[test]
    fn reads_the_scheduler_class_from_the_index() {
        let json = json!({"_class_name": "DDIMScheduler", "clip_sample": true, "shift": 3.0});
        let read = |class| SchedulerConfig::read(json.clone(), Some(class)).unwrap();
        assert_eq!(read("UniPCMultistepScheduler").sampler(), "unipc");
        assert!(drawn(&read("UniPCMultistepScheduler")));
        let flow = read("FlowMatchHeunDiscreteScheduler");
        assert_eq!(flow.schedule(TOKENS).unwrap(), Schedule::Flow { shift: 3.0 });
        let other = SchedulerConfig::read(json, Some("LCMScheduler")).unwrap_err().to_string();
        assert!(other.contains("LCMScheduler") && other.contains("these are"), "{other}");
        assert!(other.contains("beta_start"), "{other}");
    }

    /// An unsupported scheduler is no problem if the recipe names a sampler.
    #[test]
    fn reads_the_levels_of_unsupported_schedulers() {
        let betas = json!({"beta_start": 0.00085, "beta_end": 0.012, "timestep_spacing": "leading",
            "beta_schedule": "scaled_linear", "prediction_type": "v_prediction"});
        for class in ["PNDMScheduler", "DPMSolverSinglestepScheduler", "LMSDiscreteScheduler"] {
            let config = SchedulerConfig::read(betas.clone(), Some(class)).unwrap();
            let schedule = config.schedule(TOKENS).unwrap();
            assert_eq!(schedule, Schedule::scaled_linear(0.00085..=0.012, 1000));
            assert_eq!(config.prediction(), Prediction::V);
            assert!(config.not_drawn(&schedule).unwrap().contains(class));
        }
        let json = json!({"shift": 2.0});
        let flow = SchedulerConfig::read(json, Some("FlowMatchLCMScheduler")).unwrap();
        assert_eq!(flow.schedule(TOKENS).unwrap(), Schedule::Flow { shift: 2.0 });
        let weights = json!({"beta_start": 0.001, "beta_end": 0.012, "beta_schedule": "linear",
            "rescale_betas_zero_snr": true});
        let message =
            SchedulerConfig::read(weights, Some("PNDMScheduler")).unwrap_err().to_string();
        assert!(message.contains("rescale_betas_zero_snr"), "{message}");
    }

    /// The shift is that of `calculate_shift` in diffusers' pipelines, on a line through (256, 0.5) and
    /// (4096, 1.15).
    #[test]
    fn dynamic_shifts_depend_on_the_number_of_patches() {
        let shift = |kind: &str, tokens| {
            let json = json!({"_class_name": "FlowMatchEulerDiscreteScheduler",
                "use_dynamic_shifting": true, "time_shift_type": kind, "shift": 9.0});
            match SchedulerConfig::read(json, None).unwrap().schedule(tokens).unwrap() {
                Schedule::Flow { shift } => shift,
                Schedule::Discrete { .. } => panic!("it is a flow"),
            }
        };
        assert!((shift("linear", 256) - 0.5).abs() < 1e-12);
        assert!((shift("exponential", 4096) - 1.15f64.exp()).abs() < 1e-12);
        assert!((shift("linear", 2176) - 0.825).abs() < 1e-12);
    }

    #[test]
    fn names_unsupported_fields() {
        let (dpm, unipc) = ("DPMSolverMultistepScheduler", "UniPCMultistepScheduler");
        let flow = "FlowMatchEulerDiscreteScheduler";
        for (json, word) in [
            (json!({"clip_sample_range": 0.0}), "clip_sample_range"),
            (json!({"_class_name": flow, "stochastic_sampling": true}), "stochastic_sampling"),
            (
                json!({"_class_name": flow, "use_karras_sigmas": true, "use_beta_sigmas": true}),
                "exclude one another",
            ),
            (json!({"_class_name": flow, "shift_terminal": 1.5}), "shift_terminal"),
            (json!({"_class_name": flow, "time_shift_type": "sine"}), "time_shift_type"),
            (
                json!({"_class_name": flow, "use_dynamic_shifting": true, "base_shift": 1e9}),
                "use_dynamic_shifting",
            ),
            (json!([]), "not a JSON object"),
            (json!({"clip_sample": false, "steps_offset": 1000}), "steps_offset"),
            (json!({"clip_sample": false, "beta_start": 0.5, "beta_end": 0.9}), "betas"),
            (json!({"clip_sample": false, "beta_schedule": "sigmoid"}), "sigmoid"),
            (json!({"prediction_type": "sample"}), "prediction_type sample"),
            (json!({"prediction_type": "flow_prediction"}), "DDIMScheduler does not support"),
            (json!({"_class_name": dpm, "solver_order": 3}), "solver_order 3"),
            (json!({"_class_name": dpm, "lambda_min_clipped": -5.0}), "lambda_min_clipped"),
            (json!({"_class_name": dpm, "prediction_type": "flow_prediction"}), "use_flow_sigmas"),
            (json!({"_class_name": unipc, "use_flow_sigmas": true}), "flow_prediction"),
            (json!({"_class_name": flow, "shift": 0.0}), "shift must be"),
            (json!({"_class_name": flow, "num_train_timesteps": 500}), "must be 1000"),
            (json!({"num_train_timesteps": "many"}), "many"),
        ] {
            let message = problem(json);
            assert!(message.contains(word), "{message}");
        }
    }
}
