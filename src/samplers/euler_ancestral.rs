//! Euler ancestral: DDPM's noise at each step, on Euler's levels (Karras et al., arXiv 2206.00364;
//! k-diffusion gave it its name).

use super::{At, Capabilities, Next, Noise, Sampler, euler};
use crate::Result;
use crate::diffusion::{Denoised, Latent, LevelOptions, Levels, Schedule};

/// A sampler that steps below the end of each step and adds noise to return to it.
#[derive(Debug)]
pub(super) struct EulerAncestral;

/// Returns the level to step down to and the standard deviation of the noise to add, so that their
/// sum has level `next`.
pub(super) fn split(sigma: f64, next: f64, eta: f64) -> (f64, f64) {
    let up = eta * next / sigma * (sigma * sigma - next * next).sqrt();
    ((next * next - up * up).max(0.0).sqrt(), up)
}

/// Takes an ancestral step in the variance-exploding process, with noise of standard deviation
/// `η·(σ'/σ)·√(σ² − σ'²)`.
///
/// This step has three names: with η = 1 it is that of DDPM with the small variance (Ho et al.,
/// arXiv 2006.11239) and of Euler ancestral; with any η it is that of DDIM (Song et al.,
/// arXiv 2010.02502, eq. 12 and 16).
pub(super) fn step(
    x: Latent,
    x0: Latent,
    (sigma, next): (f64, f64),
    eta: f64,
    noise: Noise<'_>,
) -> Latent {
    let (down, up) = split(sigma, next, eta);
    let x = euler::step(x, x0, sigma, down);
    if up > 0.0 { x + noise() * up } else { x }
}

impl Sampler for EulerAncestral {
    fn name(&self) -> &'static str {
        "euler_ancestral"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            order: 1,
            evaluations: 1,
            adds_noise: true,
            takes_eta: false,
            takes_karras: true,
            refuses_flow: Some("Euler ancestral adds noise as a variance-exploding chain does"),
        }
    }

    fn levels(&self, schedule: &Schedule, steps: usize, options: LevelOptions) -> Result<Levels> {
        euler::euler_levels(schedule, steps, options)
    }

    fn step(&mut self, run: At<'_>, x: Latent, found: Denoised, noise: Noise<'_>) -> Next {
        Next::Latent(step(x, found.x0, run.sigmas(), 1.0, noise))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::assert_keeps_variance;
    use super::*;

    #[test]
    fn splits_the_next_level_into_down_and_up() {
        let (down, up) = split(5.0, 3.0, 1.0);
        assert!((up - 2.4).abs() < 1e-12 && (down - 1.8).abs() < 1e-12);
        assert_eq!(split(5.0, 3.0, 0.0), (3.0, 0.0));
        assert_eq!(split(5.0, 0.0, 1.0), (0.0, 0.0));
    }

    #[test]
    fn keeps_the_variance_of_each_level() {
        assert_keeps_variance(Box::new(EulerAncestral));
    }
}
