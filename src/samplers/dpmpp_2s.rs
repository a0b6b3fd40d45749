//! DPM-Solver++(2S), midpoint (Lu et al., arXiv 2211.01095, algorithm 1 with r = 1/2).

use super::lambda::{Stride, solver_levels};
use super::{At, Capabilities, Next, Noise, Sampler};
use crate::Result;
use crate::diffusion::{Denoised, Latent, Level, LevelOptions, Levels, Schedule};

/// A sampler that evaluates the middle of each step in λ, with two evaluations per step and no
/// memory.
#[derive(Debug, Default)]
pub(super) struct Dpmpp2s {
    /// The latent at the beginning of the step, while its middle is evaluated.
    began: Option<Latent>,
}

impl Sampler for Dpmpp2s {
    fn name(&self) -> &'static str {
        "dpmpp_2s"
    }

    fn label(&self) -> Option<&'static str> {
        Some("DPM-Solver++(2S)")
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
        solver_levels(schedule, steps, options)
    }

    /// Takes a step of second order, or of first order if σ ends at 0, where λ has no middle.
    fn step(&mut self, run: At<'_>, x: Latent, found: Denoised, _: Noise<'_>) -> Next {
        let (process, (sigma, next)) = (run.levels.process(), run.sigmas());
        let whole = Stride::new(process, sigma, next);
        if let Some(began) = self.began.take() {
            return Next::Latent(began * whole.keep + found.x0 * whole.gain);
        }
        if next == 0.0 {
            return Next::Latent(x * whole.keep + found.x0 * whole.gain);
        }
        let middle = process.sigma((process.lambda(sigma) + process.lambda(next)) / 2.0);
        let half = Stride::new(process, sigma, middle);
        let ahead = x.clone() * half.keep + found.x0 * half.gain;
        self.began = Some(x);
        let timestep = run.levels.timestep_at(middle);
        Next::Evaluate(ahead, Level { sigma: middle, timestep })
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
        assert_order(|| Box::new(Dpmpp2s::default()));
    }
}
