//! The fields of a scheduler's configuration that have an effect here.

use serde::Deserialize;

use crate::diffusion::timesteps::Spacing;

/// The fields that have an effect here. Fields that the file leaves out have the class's default in
/// diffusers.
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
    pub(super) clip_sample_range: f64,
    pub(super) use_exponential_sigmas: bool,
    pub(super) use_beta_sigmas: bool,
    pub(super) shift_terminal: Option<f64>,
    pub(super) use_dynamic_shifting: bool,
    pub(super) time_shift_type: String,
    pub(super) base_shift: f64,
    pub(super) max_shift: f64,
    pub(super) base_image_seq_len: usize,
    pub(super) max_image_seq_len: usize,
}

impl SchedulerFields {
    /// Returns the shift of a picture of `tokens` patches under dynamic shifting. It, or its logarithm if
    /// the type is exponential, lies on the line between the base and the largest shift, as in
    /// `calculate_shift` of diffusers' pipelines.
    pub(super) fn dynamic_shift(&self, tokens: usize) -> f64 {
        let (from, to) = (self.base_image_seq_len as f64, self.max_image_seq_len as f64);
        let slope = (self.max_shift - self.base_shift) / (to - from);
        let mu = self.base_shift + (tokens as f64 - from) * slope;
        if self.time_shift_type == "linear" { mu } else { mu.exp() }
    }
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
            clip_sample_range: 1.0,
            use_exponential_sigmas: false,
            use_beta_sigmas: false,
            shift_terminal: None,
            use_dynamic_shifting: false,
            time_shift_type: "exponential".into(),
            base_shift: 0.5,
            max_shift: 1.15,
            base_image_seq_len: 256,
            max_image_seq_len: 4096,
        }
    }
}
