//! The options by which the noise levels of a run are chosen.

use super::curve::Curve;
use super::schedule::linspace;
use super::timesteps::Spacing;

/// The options of noise levels that a user or a model's configuration may set.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LevelOptions {
    /// The spacing of timesteps; `None` is the sampler's default in diffusers.
    pub spacing: Option<Spacing>,
    /// An offset that is added to each timestep if the spacing is leading (`steps_offset` in diffusers).
    pub steps_offset: usize,
    /// Whether the levels are even in `σ^(1/7)` instead of in time.
    pub karras: bool,
    /// Whether DDIM ends at the smallest trained level instead of at 0.
    pub ends_at_smallest: bool,
    /// Whether multistep solvers give a flow's network whole timesteps, which are rounded down.
    pub whole_timesteps: bool,
    /// The bound ± to which DDIM, DDPM and Heun clip each prediction of the clean latent, as by
    /// `clip_sample` in diffusers, which is meant for pixels.
    pub clip: Option<f64>,
    /// The options of flows alone.
    pub flow: FlowOptions,
}

/// The options of a flow's levels in a model's configuration, besides the shift.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct FlowOptions {
    /// The time of the smallest level above 0, before the shift, as with `set_timesteps(N)` of
    /// diffusers' `FlowMatch` schedulers. If `None`, it is 1/N, so that all steps are equal in
    /// time, as pipelines request by `set_timesteps(sigmas=linspace(1, 1/N, N))`.
    pub smallest: Option<f64>,
    /// The level to which the smallest above 0 is moved by stretching all levels
    /// (`shift_terminal`).
    pub terminal: Option<f64>,
    /// The curve on which levels lie between the ends that the times give.
    pub curve: Option<Curve>,
    /// Whether all steps are equal in time, regardless of `smallest` and of the sampler's default.
    pub even: bool,
}

impl FlowOptions {
    /// Returns the times from pure noise to none: `steps + 1` values that fall from 1 to 0.
    pub fn times(self, steps: usize) -> Vec<f64> {
        let Some(smallest) = self.smallest.filter(|_| !self.even) else {
            return linspace(1.0, 0.0, steps + 1);
        };
        let mut times = linspace(1.0, smallest, steps);
        times.push(0.0);
        times
    }
}
