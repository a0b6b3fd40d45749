//! Which fields each of diffusers' schedulers knows, and which of their values are drawn here.
//!
//! A field that a scheduler does not know makes no difference in diffusers, and none here.

use serde_json::{Map, Value, json};

use super::scheduler_config::SCHEDULER;
use crate::diffusion::Sampler;
use crate::{Error, Result};

/// A scheduler of diffusers that is drawn here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Class {
    /// Its name in diffusers.
    pub name: &'static str,
    /// What it is here; DDIM without noise.
    sampler: &'static str,
    /// Whether it walks a rectified flow, and nothing else.
    pub is_flow: bool,
    /// β where the file leaves them out.
    pub betas: (f64, f64),
    /// The fields that its constructor takes, besides the levels that most have.
    fields: &'static [&'static str],
}

/// What all but the flow's schedulers know.
const LEVELS: [&str; 8] = [
    "num_train_timesteps",
    "beta_start",
    "beta_end",
    "beta_schedule",
    "trained_betas",
    "prediction_type",
    "timestep_spacing",
    "steps_offset",
];

const fn class(
    name: &'static str,
    sampler: &'static str,
    fields: &'static [&'static str],
) -> Class {
    Class { name, sampler, is_flow: false, betas: (1e-4, 0.02), fields }
}

/// Every one of them.
pub const CLASSES: [Class; 9] = [
    class(
        "DDIMScheduler",
        "ddim",
        &[
            "clip_sample",
            "set_alpha_to_one",
            "thresholding",
            "dynamic_thresholding_ratio",
            "clip_sample_range",
            "sample_max_value",
            "rescale_betas_zero_snr",
        ],
    ),
    class(
        "DDPMScheduler",
        "ddpm",
        &[
            "variance_type",
            "clip_sample",
            "thresholding",
            "dynamic_thresholding_ratio",
            "clip_sample_range",
            "sample_max_value",
            "rescale_betas_zero_snr",
        ],
    ),
    class(
        "EulerDiscreteScheduler",
        "euler",
        &[
            "interpolation_type",
            "use_karras_sigmas",
            "use_exponential_sigmas",
            "use_beta_sigmas",
            "sigma_min",
            "sigma_max",
            "timestep_type",
            "rescale_betas_zero_snr",
            "final_sigmas_type",
        ],
    ),
    class("EulerAncestralDiscreteScheduler", "euler_ancestral", &["rescale_betas_zero_snr"]),
    Class {
        betas: (0.00085, 0.012),
        ..class(
            "HeunDiscreteScheduler",
            "heun",
            &[
                "use_karras_sigmas",
                "use_exponential_sigmas",
                "use_beta_sigmas",
                "clip_sample",
                "clip_sample_range",
            ],
        )
    },
    class(
        "DPMSolverMultistepScheduler",
        "dpmpp_2m",
        &[
            "solver_order",
            "thresholding",
            "dynamic_thresholding_ratio",
            "sample_max_value",
            "algorithm_type",
            "solver_type",
            "lower_order_final",
            "euler_at_final",
            "use_karras_sigmas",
            "use_exponential_sigmas",
            "use_beta_sigmas",
            "use_lu_lambdas",
            "use_flow_sigmas",
            "flow_shift",
            "final_sigmas_type",
            "lambda_min_clipped",
            "variance_type",
            "rescale_betas_zero_snr",
            "use_dynamic_shifting",
            "time_shift_type",
        ],
    ),
    class(
        "UniPCMultistepScheduler",
        "unipc",
        &[
            "solver_order",
            "thresholding",
            "dynamic_thresholding_ratio",
            "sample_max_value",
            "predict_x0",
            "solver_type",
            "lower_order_final",
            "disable_corrector",
            "solver_p",
            "use_karras_sigmas",
            "use_exponential_sigmas",
            "use_beta_sigmas",
            "use_flow_sigmas",
            "flow_shift",
            "final_sigmas_type",
            "rescale_betas_zero_snr",
            "use_dynamic_shifting",
            "time_shift_type",
            "sigma_min",
            "sigma_max",
            "shift_terminal",
        ],
    ),
    Class {
        is_flow: true,
        ..class(
            "FlowMatchEulerDiscreteScheduler",
            "euler",
            &[
                "shift",
                "use_dynamic_shifting",
                "base_shift",
                "max_shift",
                "base_image_seq_len",
                "max_image_seq_len",
                "invert_sigmas",
                "shift_terminal",
                "use_karras_sigmas",
                "use_exponential_sigmas",
                "use_beta_sigmas",
                "time_shift_type",
                "stochastic_sampling",
            ],
        )
    },
    Class { is_flow: true, ..class("FlowMatchHeunDiscreteScheduler", "heun", &["shift"]) },
];

/// Why a value that is not drawn here stands in a file, and so what may be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Belongs {
    /// To the weights: another value would draw something that they never learnt.
    ToTheWeights,
    /// To the way of drawing, which is free to be chosen anew.
    ToTheDrawing,
}

use Belongs::{ToTheDrawing, ToTheWeights};

/// Fields that change the picture, the values of each that are drawn here, and why others stand there.
/// The first value is the one to advise; none means to leave the field out.
fn limits(class: Class, json: &Map<String, Value>) -> Vec<(&'static str, Vec<Value>, Belongs)> {
    let (no, is) = (json!(false), |key: &str, value: &Value| json.get(key) == Some(value));
    let mut limits = vec![
        ("trained_betas", vec![], ToTheWeights),
        ("rescale_betas_zero_snr", vec![no.clone()], ToTheWeights),
        ("beta_schedule", vec![json!("linear"), json!("scaled_linear")], ToTheWeights),
        ("thresholding", vec![no.clone()], ToTheWeights),
        ("invert_sigmas", vec![no.clone()], ToTheWeights),
        ("shift_terminal", vec![json!(0), json!(0.0)], ToTheWeights),
        ("clip_sample", vec![no.clone()], ToTheDrawing),
        ("use_exponential_sigmas", vec![no.clone()], ToTheDrawing),
        ("use_beta_sigmas", vec![no.clone()], ToTheDrawing),
        ("use_lu_lambdas", vec![no.clone()], ToTheDrawing),
        ("stochastic_sampling", vec![no.clone()], ToTheDrawing),
        ("interpolation_type", vec![json!("linear")], ToTheDrawing),
        ("final_sigmas_type", vec![json!("zero")], ToTheDrawing),
        ("algorithm_type", vec![json!("dpmsolver++")], ToTheDrawing),
        ("solver_order", vec![json!(2)], ToTheDrawing),
        ("predict_x0", vec![json!(true)], ToTheDrawing),
        ("disable_corrector", vec![json!([])], ToTheDrawing),
        ("solver_p", vec![], ToTheDrawing),
    ];
    let is_v = is("prediction_type", &json!("v_prediction"));
    let is_karras = is("use_karras_sigmas", &json!(true));
    if is_v {
        limits.push(("timestep_type", vec![json!("discrete")], ToTheWeights));
    }
    if is_karras {
        limits.push(("sigma_min", vec![], ToTheDrawing));
        limits.push(("sigma_max", vec![], ToTheDrawing));
    }
    if class.is_flow || is("use_flow_sigmas", &json!(true)) {
        limits.push(("use_karras_sigmas", vec![no.clone()], ToTheDrawing));
    }
    if class.sampler != "dpmpp_2m" {
        // That one shifts only where a pipeline tells it by how much, and `DiTPipeline` does not.
        limits.push(("use_dynamic_shifting", vec![no.clone()], ToTheWeights));
    }
    match class.sampler {
        "ddpm" => {
            let drawn = vec![json!("fixed_small"), json!("learned_range")];
            let why =
                if is("variance_type", &json!("learned")) { ToTheWeights } else { ToTheDrawing };
            limits.push(("variance_type", drawn, why));
        }
        // Diffusers takes these names for one.
        "dpmpp_2m" => {
            let drawn = ["midpoint", "logrho", "bh1", "bh2"].map(Value::from).to_vec();
            limits.push(("solver_type", drawn, ToTheDrawing));
        }
        "unipc" => {
            let drawn = ["bh2", "midpoint", "heun", "logrho"].map(Value::from).to_vec();
            limits.push(("solver_type", drawn, ToTheDrawing));
            limits.push(("lower_order_final", vec![json!(true)], ToTheDrawing));
        }
        _ => {}
    }
    limits
}

/// Fields that are true where a file leaves them out.
const TRUE_BY_CUSTOM: [&str; 4] =
    ["set_alpha_to_one", "clip_sample", "predict_x0", "lower_order_final"];

/// Whether two values are one to Python, to which 0 is false and 2.0 is 2.
fn is_equal(a: &Value, b: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        other => other.as_f64(),
    };
    a == b || number(a).is_some_and(|a| number(b) == Some(a))
}

impl Class {
    /// The scheduler of a name.
    ///
    /// # Errors
    /// Where it is none of those that are drawn here.
    pub fn named(name: &str) -> Result<Self> {
        CLASSES.into_iter().find(|class| class.name == name).ok_or_else(|| {
            let names = CLASSES.map(|class| class.name).join(", ");
            let problem = format!("its scheduler {name} is not supported; these are: {names}");
            Error::config(SCHEDULER, problem)
        })
    }

    /// The sampler that it is.
    pub fn sampler(self) -> Sampler {
        self.sampler.parse().expect("it is one of ours")
    }

    /// Whether its constructor takes a field.
    pub fn knows(self, field: &str) -> bool {
        let levels: &[&str] = if self.is_flow { &LEVELS[..1] } else { &LEVELS };
        levels.contains(&field) || self.fields.contains(&field)
    }

    /// The fields that it knows, less those that are null.
    ///
    /// # Errors
    /// Where a field has a value that would change the picture and is not drawn here.
    pub fn fields(self, mut json: Map<String, Value>) -> Result<Map<String, Value>> {
        for field in TRUE_BY_CUSTOM {
            // Nothing is false in Python.
            if let Some(value) = json.get_mut(field).filter(|value| value.is_null()) {
                *value = Value::Bool(false);
            }
        }
        json.retain(|field, value| self.knows(field) && !value.is_null());
        for (field, drawn, belongs) in limits(self, &json) {
            let Some(value) =
                json.get(field).filter(|value| !drawn.iter().any(|drawn| is_equal(drawn, value)))
            else {
                continue;
            };
            let advice = match (belongs, drawn.first()) {
                (ToTheWeights, _) => "the weights were made for it, so that no other would draw \
                                      right; take a model without it"
                    .into(),
                (ToTheDrawing, Some(drawn)) => {
                    format!("it only says how to draw, and {drawn} can be drawn here")
                }
                (ToTheDrawing, None) => "it only says how to draw, and may be left out".into(),
            };
            let problem = format!("its {field} {value} is not supported: {advice}");
            return Err(Error::config(SCHEDULER, problem));
        }
        Ok(json)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// The golden lists come from diffusers' own constructors.
    #[test]
    fn every_field_that_diffusers_knows_is_known_and_no_other() {
        let bytes = include_bytes!("../../tests/golden/scheduler_fields.json");
        let golden: BTreeMap<String, BTreeSet<String>> =
            serde_json::from_slice(bytes).expect("the fixture is JSON");
        assert_eq!(golden.len(), CLASSES.len());
        for class in CLASSES {
            let levels: &[&str] = if class.is_flow { &LEVELS[..1] } else { &LEVELS };
            let known = levels.iter().chain(class.fields).map(|&field| field.to_owned());
            assert_eq!(golden[class.name], known.collect(), "{}", class.name);
        }
    }

    #[test]
    fn advice_never_changes_what_the_weights_were_made_for() {
        let refused = |class: &str, json: Value| {
            let json = json.as_object().expect("an object").clone();
            let class = Class::named(class).expect("a class");
            class.fields(json).expect_err("it is not drawn here").to_string()
        };
        for (class, json) in [
            ("DDIMScheduler", json!({"rescale_betas_zero_snr": true})),
            ("DDIMScheduler", json!({"thresholding": true})),
            ("EulerDiscreteScheduler", json!({"trained_betas": [0.1]})),
            ("UniPCMultistepScheduler", json!({"beta_schedule": "squaredcos_cap_v2"})),
            ("FlowMatchEulerDiscreteScheduler", json!({"invert_sigmas": true})),
            (
                "EulerDiscreteScheduler",
                json!({"timestep_type": "continuous", "prediction_type": "v_prediction"}),
            ),
        ] {
            let message = refused(class, json.clone());
            let named =
                json.as_object().into_iter().flatten().any(|(key, _)| message.contains(key));
            assert!(named && message.contains("take a model without it"), "{message}");
        }
        for (class, json, word) in [
            ("UniPCMultistepScheduler", json!({"predict_x0": null}), "predict_x0"),
            ("UniPCMultistepScheduler", json!({"lower_order_final": null}), "lower_order_final"),
            ("DPMSolverMultistepScheduler", json!({"solver_order": 3}), "and 2 can be drawn"),
            ("UniPCMultistepScheduler", json!({"lower_order_final": false}), "lower_order_final"),
            ("UniPCMultistepScheduler", json!({"solver_p": {}}), "may be left out"),
            (
                "EulerDiscreteScheduler",
                json!({"sigma_max": 9.0, "use_karras_sigmas": true}),
                "sigma_max",
            ),
            (
                "FlowMatchEulerDiscreteScheduler",
                json!({"use_karras_sigmas": true}),
                "use_karras_sigmas",
            ),
            (
                "UniPCMultistepScheduler",
                json!({"use_karras_sigmas": true, "use_flow_sigmas": true}),
                "use_karras_sigmas",
            ),
        ] {
            let message = refused(class, json);
            assert!(
                message.contains(word) && message.contains("only says how to draw"),
                "{message}"
            );
        }
    }
}
