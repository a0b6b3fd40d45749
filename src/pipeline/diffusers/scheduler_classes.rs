//! The schedulers of diffusers that are supported here, and the fields that each knows.
//!
//! A field that a scheduler does not know has no effect in diffusers, and none here.

/// The path of the scheduler's configuration.
pub const SCHEDULER: &str = "scheduler/scheduler_config.json";

/// A scheduler of diffusers that is supported here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Class {
    /// Its name in diffusers.
    pub name: &'static str,
    /// The name of the corresponding sampler here.
    pub sampler: &'static str,
    /// Whether it supports rectified flows and nothing else.
    pub is_flow: bool,
    /// The first and the last β if the file leaves them out.
    pub betas: (f64, f64),
    /// The fields that its constructor takes, besides those in `LEVELS`.
    fields: &'static [&'static str],
}

/// The fields that all schedulers know, except those of flows, which know only the first.
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

/// All supported schedulers.
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

/// The fields of an unsupported scheduler that determine the noise levels that the weights were trained
/// for.
const OTHER: [&str; 13] = [
    "rescale_betas_zero_snr",
    "use_flow_sigmas",
    "flow_shift",
    "shift",
    "use_dynamic_shifting",
    "time_shift_type",
    "base_shift",
    "max_shift",
    "base_image_seq_len",
    "max_image_seq_len",
    "invert_sigmas",
    "shift_terminal",
    "timestep_type",
];

impl Class {
    /// Returns the scheduler of a name; `None` if it is not supported.
    pub fn named(name: &str) -> Option<Self> {
        CLASSES.into_iter().find(|class| class.name == name)
    }

    /// Returns a stand-in for an unsupported scheduler. With it, other samplers use its noise levels, as
    /// far as its file gives them.
    pub fn other(name: &str) -> Self {
        let is_flow = name.starts_with("FlowMatch");
        Self { is_flow, ..class("the scheduler", "euler", &OTHER) }
    }

    /// Returns whether its constructor takes a field.
    pub fn knows(self, field: &str) -> bool {
        let levels: &[&str] = if self.is_flow { &LEVELS[..1] } else { &LEVELS };
        levels.contains(&field) || self.fields.contains(&field)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// The golden lists come from diffusers' own constructors.
    #[test]
    fn lists_exactly_the_fields_of_diffusers() {
        let bytes = include_bytes!("../../../tests/golden/scheduler_fields.json");
        let golden: BTreeMap<String, BTreeSet<String>> =
            serde_json::from_slice(bytes).expect("the fixture is JSON");
        assert_eq!(golden.len(), CLASSES.len());
        for class in CLASSES {
            let levels: &[&str] = if class.is_flow { &LEVELS[..1] } else { &LEVELS };
            let known = levels.iter().chain(class.fields).map(|&field| field.to_owned());
            assert_eq!(golden[class.name], known.collect(), "{}", class.name);
        }
    }
}
