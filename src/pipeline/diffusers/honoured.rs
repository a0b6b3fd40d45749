//! The fields of a scheduler's configuration that are honoured.

use serde::Deserialize;

use crate::diffusion::timesteps::Spacing;

/// The fields that are honoured. What the file leaves out is the class's own in diffusers.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default)]
pub(super) struct SchedulerFields {
    pub(super) num_train_timesteps: usize,
    pub(super) beta_start: Option<f64>,
    pub(super) beta_end: Option<f64>,
    pub(super) beta_schedule: String,
    pub(super) prediction_type: Option<String>,
    pub(super) timestep_spacing: Option<Spacing>,
    pub(super) steps_offset: usize,
    pub(super) set_alpha_to_one: bool,
    pub(super) use_karras_sigmas: bool,
    pub(super) clip_sample: Option<bool>,
    pub(super) variance_type: Option<String>,
    pub(super) use_flow_sigmas: bool,
    pub(super) lambda_min_clipped: Option<f64>,
    pub(super) flow_shift: f64,
    pub(super) shift: f64,
}

impl Default for SchedulerFields {
    fn default() -> Self {
        Self {
            num_train_timesteps: 1000,
            beta_start: None,
            beta_end: None,
            beta_schedule: "linear".into(),
            prediction_type: None,
            timestep_spacing: None,
            steps_offset: 0,
            set_alpha_to_one: true,
            use_karras_sigmas: false,
            clip_sample: None,
            variance_type: None,
            use_flow_sigmas: false,
            lambda_min_clipped: None,
            flow_shift: 1.0,
            shift: 1.0,
        }
    }
}
