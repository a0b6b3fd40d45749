//! Euler's method (Karras et al., arXiv 2206.00364, algorithm 1, first order).

use super::{At, Capabilities, Next, Noise, Sampler};
use crate::Result;
use crate::diffusion::flow_levels::flow;
use crate::diffusion::levels::{self, Levels};
use crate::diffusion::timesteps::Family;
use crate::diffusion::{Denoised, Latent, LevelOptions, Schedule};

/// A sampler that steps along the slope at the beginning of each step.
#[derive(Debug)]
pub(super) struct Euler;

/// Returns the latent at level `next`, by Euler's step along `dx/dσ = (x − x₀)/σ`:
/// `x₀ + (σ'/σ)·(x − x₀)`.
pub(super) fn step(x: Latent, x0: Latent, sigma: f64, next: f64) -> Latent {
    let ratio = next / sigma;
    x * ratio + x0 * (1.0 - ratio)
}

/// Returns the levels of Euler, Heun and Euler ancestral.
pub(super) fn euler_levels(
    schedule: &Schedule,
    steps: usize,
    options: LevelOptions,
) -> Result<Levels> {
    match schedule {
        Schedule::Discrete { .. } => {
            Ok(levels::discrete(Family::Continuous, schedule, steps, options))
        }
        Schedule::Flow { .. } => flow(schedule, &options.flow.times(steps), options),
    }
}

impl Sampler for Euler {
    fn name(&self) -> &'static str {
        "euler"
    }

    fn label(&self) -> Option<&'static str> {
        Some("Euler")
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            order: 1,
            evaluations: 1,
            adds_noise: false,
            takes_eta: false,
            takes_karras: true,
            refuses_flow: None,
        }
    }

    fn levels(&self, schedule: &Schedule, steps: usize, options: LevelOptions) -> Result<Levels> {
        euler_levels(schedule, steps, options)
    }

    fn step(&mut self, run: At<'_>, x: Latent, found: Denoised, _: Noise<'_>) -> Next {
        let (sigma, next) = run.sigmas();
        Next::Latent(step(x, found.x0, sigma, next))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_order, one, value};
    use super::*;

    #[test]
    fn a_step_is_on_the_line_through_x_and_x0() {
        // A quarter of the noise stays: 2 + (10 − 2)/4.
        assert_eq!(value(&step(one(10.0), one(2.0), 4.0, 1.0)), 4.0);
    }

    #[test]
    fn converges_at_order_1() {
        assert_order(|| Box::new(Euler));
    }
}
