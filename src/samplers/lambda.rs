//! The steps of DPM-Solver++ and UniPC in λ = ln(α/σ), half the logarithm of the signal-to-noise
//! ratio.

use crate::Result;
use crate::diffusion::flow_levels::flow;
use crate::diffusion::levels::{self, Levels};
use crate::diffusion::schedule::linspace;
use crate::diffusion::timesteps::Family;
use crate::diffusion::{Latent, LevelOptions, Process, Schedule};

/// A level that was passed, and the prediction of the clean latent there.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// σ of the level.
    pub(super) sigma: f64,
    /// The prediction of the clean latent (x₀).
    pub(super) x0: Latent,
}

/// The coefficients of a step from σ to σ'.
pub(super) struct Stride {
    /// The factor of `x`, `σ'/σ`.
    pub(super) keep: f64,
    /// The factor of the clean latent, `α'·(1 − e⁻ʰ)`.
    pub(super) gain: f64,
    /// The length of the step in λ, `λ' − λ`.
    pub(super) h: f64,
}

impl Stride {
    /// Returns the coefficients of the step from `sigma` to `next`.
    pub(super) fn new(process: Process, sigma: f64, next: f64) -> Self {
        let h = process.lambda(next) - process.lambda(sigma);
        Self { keep: next / sigma, gain: -process.alpha(next) * (-h).exp_m1(), h }
    }
}

/// Returns the levels of DPM-Solver++.
pub(super) fn solver_levels(
    schedule: &Schedule,
    steps: usize,
    options: LevelOptions,
) -> Result<Levels> {
    if let Schedule::Discrete { .. } = schedule {
        return Ok(levels::discrete(Family::Multistep, schedule, steps, options));
    }
    // λ is infinite at σ = 1, so the first time is a thousandth below 1.
    let last = 1.0 / schedule.timesteps() as f64;
    let mut times: Vec<f64> = match options.flow.even {
        true => options.flow.times(steps),
        false => linspace(1.0, last, steps + 1).iter().rev().map(|alpha| 1.0 - alpha).collect(),
    };
    times[0] = times[0].min(1.0 - last);
    let levels = flow(schedule, &times, options)?;
    Ok(levels.rounded_down(options.whole_timesteps))
}
