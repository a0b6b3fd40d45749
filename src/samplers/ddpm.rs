//! DDPM (Ho et al., arXiv 2006.11239), with the variance of the network if it learned one (Nichol
//! and Dhariwal, arXiv 2102.09672).

use super::{At, Capabilities, Next, Noise, Sampler, euler, euler_ancestral};
use crate::Result;
use crate::diffusion::levels::{self, Levels};
use crate::diffusion::timesteps::Family;
use crate::diffusion::{Denoised, Latent, LevelOptions, Schedule};

/// A sampler that reverses the chain of training, with fresh noise at each step.
#[derive(Debug)]
pub(super) struct Ddpm;

/// Takes a step whose log-variance the network interpolates between that of the posterior (−1) and
/// that of β (1): arXiv 2102.09672, eq. 15.
fn learned(
    x: Latent,
    x0: Latent,
    variance: Latent,
    (sigma, next): (f64, f64),
    noise: Noise<'_>,
) -> Latent {
    let (down, up) = euler_ancestral::split(sigma, next, 1.0);
    let mean = euler::step(x, x0, sigma, down);
    if up == 0.0 {
        return mean;
    }
    // β = 1 − ᾱ/ᾱ' is scaled to the variance-exploding process by 1/ᾱ' = 1 + σ'².
    let beta = (sigma * sigma - next * next) / (1.0 + sigma * sigma) * (1.0 + next * next);
    let (low, high) = ((up * up).ln(), beta.ln());
    let log_variance = (variance + 1.0) * ((high - low) / 2.0) + low;
    mean + noise() * (log_variance * 0.5).exp()
}

impl Sampler for Ddpm {
    fn name(&self) -> &'static str {
        "ddpm"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            order: 1,
            evaluations: 1,
            adds_noise: true,
            takes_eta: false,
            takes_karras: false,
            refuses_flow: Some("DDPM samples the reverse of a variance-preserving chain"),
        }
    }

    fn levels(&self, schedule: &Schedule, steps: usize, options: LevelOptions) -> Result<Levels> {
        Ok(levels::discrete(Family::Ancestral, schedule, steps, options).clipping(options.clip))
    }

    fn step(&mut self, run: At<'_>, x: Latent, found: Denoised, noise: Noise<'_>) -> Next {
        let (Denoised { x0, variance }, sigmas) = (found, run.sigmas());
        let x0 = run.clipped(x0);
        Next::Latent(match variance {
            Some(variance) => learned(x, x0, variance, sigmas, noise),
            None => euler_ancestral::step(x, x0, sigmas, 1.0, noise),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_keeps_variance, one, value};
    use super::*;

    #[test]
    fn keeps_the_variance_of_each_level() {
        assert_keeps_variance(Box::new(Ddpm));
    }

    #[test]
    fn a_learned_variance_spans_the_posterior_variance_to_beta() {
        let spread =
            |v: f64| value(&learned(one(0.0), one(0.0), one(v), (2.0, 1.0), &mut || one(1.0)));
        let (_, up) = euler_ancestral::split(2.0, 1.0, 1.0);
        assert!((spread(-1.0) - up).abs() < 1e-6);
        // β is 1 − (1/5)/(1/2) = 0.6, scaled by 1/ᾱ' = 2.
        assert!((spread(1.0) - 1.2f64.sqrt()).abs() < 1e-6);
    }
}
