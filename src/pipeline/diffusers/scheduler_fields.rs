//! The supported values of the fields of diffusers' schedulers, and the messages about others.

use serde_json::{Map, Value, json};

use super::scheduler_classes::Class;
use super::scheduler_classes::SCHEDULER;
use crate::tools::words::short;
use crate::{Error, Result};

/// The reason for an unsupported value in a file, which decides what can be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Belongs {
    /// The value belongs to the weights: another value would draw something that they never learnt.
    ToTheWeights,
    /// The value belongs to the way of drawing, which can be chosen freely.
    ToTheDrawing,
}

use Belongs::{ToTheDrawing, ToTheWeights};

/// Returns the fields that change the picture, the supported values of each, and why others occur. The
/// first value is the advised one; without any, the advice is to leave the field out.
fn limits(class: Class, json: &Map<String, Value>) -> Vec<(&'static str, Vec<Value>, Belongs)> {
    let (no, is) = (json!(false), |key: &str, value: &Value| json.get(key) == Some(value));
    let mut limits = vec![
        ("trained_betas", vec![], ToTheWeights),
        ("rescale_betas_zero_snr", vec![no.clone()], ToTheWeights),
        ("beta_schedule", vec![json!("linear"), json!("scaled_linear")], ToTheWeights),
        ("thresholding", vec![no.clone()], ToTheDrawing),
        ("invert_sigmas", vec![no.clone()], ToTheWeights),
        ("time_shift_type", vec![json!("exponential"), json!("linear")], ToTheDrawing),
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
    if !class.is_flow {
        limits.push(("use_exponential_sigmas", vec![no.clone()], ToTheDrawing));
        limits.push(("use_beta_sigmas", vec![no.clone()], ToTheDrawing));
        if is("use_flow_sigmas", &json!(true)) {
            limits.push(("use_karras_sigmas", vec![no.clone()], ToTheDrawing));
        }
        if class.sampler != "dpmpp_2m" {
            // DPM-Solver++ shifts only if a pipeline passes the amount, and `DiTPipeline` does not.
            limits.push(("use_dynamic_shifting", vec![no.clone()], ToTheWeights));
        }
    }
    match class.sampler {
        "ddpm" => {
            let drawn = vec![json!("fixed_small"), json!("learned_range")];
            let why =
                if is("variance_type", &json!("learned")) { ToTheWeights } else { ToTheDrawing };
            limits.push(("variance_type", drawn, why));
        }
        // Diffusers treats these names as the same.
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

/// The fields that are true if a file leaves them out.
const TRUE_BY_CUSTOM: [&str; 4] =
    ["set_alpha_to_one", "clip_sample", "predict_x0", "lower_order_final"];

/// Returns whether two values are equal in Python, where 0 equals false and 2.0 equals 2.
fn is_equal(a: &Value, b: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        other => other.as_f64(),
    };
    a == b || number(a).is_some_and(|a| number(b) == Some(a))
}

impl Class {
    /// Returns the fields that the scheduler knows and that are not null. Also returns why the way of
    /// drawing is not supported here, as part of a sentence; `None` if it is supported.
    ///
    /// # Errors
    /// Returns an error if a field has an unsupported value that the weights were trained for.
    pub fn fields(
        self,
        mut json: Map<String, Value>,
    ) -> Result<(Map<String, Value>, Option<String>)> {
        for field in TRUE_BY_CUSTOM {
            // `None` is false in Python.
            if let Some(value) = json.get_mut(field).filter(|value| value.is_null()) {
                *value = Value::Bool(false);
            }
        }
        json.retain(|field, value| self.knows(field) && !value.is_null());
        let mut not_drawn = None;
        for (field, drawn, belongs) in limits(self, &json) {
            let Some(value) =
                json.get(field).filter(|value| !drawn.iter().any(|drawn| is_equal(drawn, value)))
            else {
                continue;
            };
            let value = short(&value.to_string(), 60);
            let advice = match (belongs, drawn.first()) {
                (ToTheWeights, _) => {
                    let problem = format!(
                        "its {field} {value} is not supported, and the weights were trained with it, so \
                         pictures without it would be wrong; choose a model without it"
                    );
                    return Err(Error::model(SCHEDULER, problem));
                }
                (ToTheDrawing, Some(drawn)) => {
                    format!("it only affects sampling; set it to {drawn}")
                }
                (ToTheDrawing, None) => "it only affects sampling, and may be removed".into(),
            };
            not_drawn.get_or_insert(format!("its {field} {value} is not supported: {advice}"));
        }
        Ok((json, not_drawn))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_never_changes_fields_of_training() {
        let read = |class: &str, json: &Value| {
            let json = json.as_object().expect("an object").clone();
            Class::named(class).expect("a class").fields(json)
        };
        for (class, json) in [
            ("DDIMScheduler", json!({"rescale_betas_zero_snr": true})),
            ("EulerDiscreteScheduler", json!({"trained_betas": [0.1]})),
            ("UniPCMultistepScheduler", json!({"beta_schedule": "squaredcos_cap_v2"})),
            ("FlowMatchEulerDiscreteScheduler", json!({"invert_sigmas": true})),
            (
                "EulerDiscreteScheduler",
                json!({"timestep_type": "continuous", "prediction_type": "v_prediction"}),
            ),
        ] {
            let message =
                read(class, &json).expect_err("the weights were trained with it").to_string();
            let named =
                json.as_object().into_iter().flatten().any(|(key, _)| message.contains(key));
            assert!(named && message.contains("choose a model without it"), "{message}");
        }
        for (class, json, word) in [
            ("DDIMScheduler", json!({"thresholding": true}), "thresholding"),
            ("UniPCMultistepScheduler", json!({"predict_x0": null}), "predict_x0"),
            ("UniPCMultistepScheduler", json!({"lower_order_final": null}), "lower_order_final"),
            ("DPMSolverMultistepScheduler", json!({"solver_order": 3}), "set it to 2"),
            ("UniPCMultistepScheduler", json!({"lower_order_final": false}), "lower_order_final"),
            ("UniPCMultistepScheduler", json!({"solver_p": {}}), "may be removed"),
            (
                "EulerDiscreteScheduler",
                json!({"sigma_max": 9.0, "use_karras_sigmas": true}),
                "sigma_max",
            ),
            (
                "FlowMatchEulerDiscreteScheduler",
                json!({"stochastic_sampling": true}),
                "stochastic_sampling",
            ),
            ("EulerDiscreteScheduler", json!({"use_beta_sigmas": true}), "use_beta_sigmas"),
            (
                "UniPCMultistepScheduler",
                json!({"use_karras_sigmas": true, "use_flow_sigmas": true}),
                "use_karras_sigmas",
            ),
        ] {
            let (_, not_drawn) = read(class, &json).expect("the weights can be drawn with");
            let message = not_drawn.expect("it is not drawn here");
            assert!(
                message.contains(word) && message.contains("only affects sampling"),
                "{message}"
            );
        }
    }
}
