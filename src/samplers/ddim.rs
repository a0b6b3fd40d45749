//! DDIM (Song et al., arXiv 2010.02502).

use super::{At, Capabilities, Next, Noise, Sampler, euler, euler_ancestral};
use crate::diffusion::flow_levels::flow;
use crate::diffusion::levels::{self, Levels};
use crate::diffusion::timesteps::Family;
use crate::diffusion::{Denoised, Latent, LevelOptions, Schedule};
use crate::{Error, Result};

/// A sampler that equals Euler in either process if η is 0, and adds noise in proportion to η.
#[derive(Debug, Default)]
pub(super) struct Ddim {
    /// The share η of DDPM's noise that is added: 0 adds none, 1 as much as DDPM.
    eta: f64,
}

impl Sampler for Ddim {
    fn name(&self) -> &'static str {
        "ddim"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            order: 1,
            evaluations: 1,
            adds_noise: false,
            takes_eta: true,
            takes_karras: false,
            refuses_flow: None,
        }
    }

    fn levels(&self, schedule: &Schedule, steps: usize, options: LevelOptions) -> Result<Levels> {
        let Schedule::Discrete { .. } = schedule else {
            if self.eta > 0.0 {
                return Err(Error::Recipe(
                    "DDIM's eta is defined for variance-preserving models, and this model is a \
                     rectified flow: set eta to 0"
                        .into(),
                ));
            }
            return flow(schedule, &options.flow.times(steps), options);
        };
        let mut levels = levels::discrete(Family::Ancestral, schedule, steps, options);
        let end = if options.ends_at_smallest { schedule.sigma(0.0) } else { 0.0 };
        // DDIM steps to a whole stride below each timestep, regardless of where the next one is.
        let stride = (schedule.timesteps() / steps) as f64;
        for step in &mut levels.steps {
            let aim = step.timestep - stride;
            step.to = if aim < 0.0 { end } else { schedule.sigma(aim) };
        }
        Ok(levels.clipping(options.clip))
    }

    fn step(&mut self, run: At<'_>, x: Latent, found: Denoised, noise: Noise<'_>) -> Next {
        let (sigma, next) = run.sigmas();
        let x0 = found.x0;
        let latent = match self.eta {
            0.0 => euler::step(x, x0.clone(), sigma, next),
            eta => euler_ancestral::step(x, x0.clone(), (sigma, next), eta, noise),
        };
        // The noise is computed from the clean latent before clipping, as in diffusers.
        Next::Latent(match run.levels.clip {
            Some(_) => latent + run.clipped(x0.clone()) - x0,
            None => latent,
        })
    }

    fn set_eta(&mut self, eta: f64) {
        self.eta = eta;
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_keeps_variance, assert_order};
    use super::*;

    #[test]
    fn converges_at_order_1_without_noise() {
        assert_order(|| Box::new(Ddim::default()));
    }

    #[test]
    fn keeps_the_variance_of_each_level_with_any_eta() {
        for eta in [0.3, 1.0] {
            assert_keeps_variance(Box::new(Ddim { eta }));
        }
    }
}
