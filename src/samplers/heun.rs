//! Heun's method (Karras et al., arXiv 2206.00364, algorithm 1, second order), with two evaluations
//! per step.

use super::{At, Capabilities, Next, Noise, Sampler, euler};
use crate::Result;
use crate::diffusion::{Denoised, Latent, Level, LevelOptions, Levels, Schedule};

/// A sampler that steps along the mean of the slopes at both ends of a step.
#[derive(Debug, Default)]
pub(super) struct Heun {
    /// The latent at the beginning of the step and the prediction of the clean latent there, while
    /// the end of the Euler step from it is evaluated.
    began: Option<(Latent, Latent)>,
}

impl Sampler for Heun {
    fn name(&self) -> &'static str {
        "heun"
    }

    fn label(&self) -> Option<&'static str> {
        Some("Heun")
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            order: 2,
            evaluations: 2,
            adds_noise: false,
            takes_eta: false,
            takes_karras: true,
            refuses_flow: None,
        }
    }

    fn levels(&self, schedule: &Schedule, steps: usize, options: LevelOptions) -> Result<Levels> {
        Ok(euler::euler_levels(schedule, steps, options)?.clipping(options.clip))
    }

    fn step(&mut self, run: At<'_>, x: Latent, found: Denoised, _: Noise<'_>) -> Next {
        let (sigma, next) = run.sigmas();
        let found = Denoised { x0: run.clipped(found.x0), ..found };
        if let Some((began, x0)) = self.began.take() {
            let half = (next - sigma) / 2.0;
            let here = (began.clone() - x0) * (half / sigma);
            let there = (x - found.x0) * (half / next);
            return Next::Latent(began + here + there);
        }
        let ahead = euler::step(x.clone(), found.x0.clone(), sigma, next);
        // After the last step there is no level to evaluate.
        let Some(after) = run.levels.steps.get(run.index + 1) else { return Next::Latent(ahead) };
        let level = Level { sigma: next, timestep: after.timestep };
        self.began = Some((x, found.x0));
        Next::Evaluate(ahead, level)
    }

    fn replaced(&mut self) {
        self.began = None;
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::assert_order;
    use super::*;

    #[test]
    fn converges_at_order_2() {
        assert_order(|| Box::new(Heun::default()));
    }
}
