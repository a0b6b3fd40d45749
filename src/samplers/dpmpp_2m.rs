//! DPM-Solver++(2M), midpoint (Lu et al., arXiv 2211.01095, algorithm 2).

use super::lambda::{Seen, Stride, solver_levels};
use super::{At, Capabilities, Next, Noise, Sampler};
use crate::Result;
use crate::diffusion::{Denoised, Latent, LevelOptions, Levels, Schedule};

/// A sampler that extrapolates the clean latent from the last two levels, with one evaluation per
/// step.
#[derive(Debug, Default)]
pub(super) struct Dpmpp2m {
    before: Option<Seen>,
}

impl Sampler for Dpmpp2m {
    fn name(&self) -> &'static str {
        "dpmpp_2m"
    }

    fn label(&self) -> Option<&'static str> {
        Some("DPM-Solver++(2M)")
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            order: 2,
            evaluations: 1,
            adds_noise: false,
            takes_eta: false,
            takes_karras: true,
            refuses_flow: None,
        }
    }

    fn levels(&self, schedule: &Schedule, steps: usize, options: LevelOptions) -> Result<Levels> {
        solver_levels(schedule, steps, options)
    }

    /// Takes a step of second order, or of first order if there is no earlier level or σ ends at 0.
    fn step(&mut self, run: At<'_>, x: Latent, found: Denoised, _: Noise<'_>) -> Next {
        let (process, (sigma, next)) = (run.levels.process(), run.sigmas());
        let stride = Stride::new(process, sigma, next);
        let x0 = match &self.before {
            Some(before) if next > 0.0 => {
                let h_before = process.lambda(sigma) - process.lambda(before.sigma);
                let slope = stride.h / h_before / 2.0;
                found.x0.clone() * (1.0 + slope) - before.x0.clone() * slope
            }
            _ => found.x0.clone(),
        };
        self.before = Some(Seen { sigma, x0: found.x0 });
        Next::Latent(x * stride.keep + x0 * stride.gain)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::assert_order;
    use super::*;

    #[test]
    fn converges_at_order_2() {
        assert_order(|| Box::new(Dpmpp2m::default()));
    }
}
