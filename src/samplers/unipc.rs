//! UniPC of order 2 with B(h) = e⁻ʰ − 1 and data prediction (Zhao et al., arXiv 2302.04867).

use super::lambda::{Seen, Stride};
use super::{At, Capabilities, Next, Noise, Sampler};
use crate::Result;
use crate::diffusion::flow_levels::flow;
use crate::diffusion::levels::{self, Levels};
use crate::diffusion::schedule::linspace;
use crate::diffusion::timesteps::Family;
use crate::diffusion::{Denoised, Latent, LevelOptions, Process, Schedule};

/// A sampler that predicts each latent and corrects it once the clean latent there is known, with
/// one evaluation per step.
#[derive(Debug, Default)]
pub(super) struct Unipc {
    /// The last two levels, the later one first.
    seen: [Option<Seen>; 2],
    /// The latent at the beginning of the last step, which the corrector repeats.
    began: Option<Latent>,
}

impl Sampler for Unipc {
    fn name(&self) -> &'static str {
        "unipc"
    }

    fn label(&self) -> Option<&'static str> {
        Some("UniPC")
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
        if let Schedule::Discrete { .. } = schedule {
            return Ok(levels::discrete(Family::Multistep, schedule, steps, options));
        }
        let last = 1.0 / schedule.timesteps() as f64;
        let times = match options.flow.even {
            true => options.flow.times(steps),
            false => linspace(1.0, last, steps + 1),
        };
        let mut levels = flow(schedule, &times, options)?;
        // λ is infinite at σ = 1, so the first level is a millionth below 1.
        let first = &mut levels.steps[0];
        first.from = first.from.min(1.0 - 1e-6);
        first.timestep = schedule.timestep(first.from);
        Ok(levels.rounded_down(options.whole_timesteps))
    }

    fn step(&mut self, run: At<'_>, x: Latent, found: Denoised, _: Noise<'_>) -> Next {
        let (process, (sigma, next)) = (run.levels.process(), run.sigmas());
        let now = Seen { sigma, x0: found.x0 };
        let [last, before] = std::mem::take(&mut self.seen);
        let x = match (&last, self.began.take()) {
            (Some(last), Some(began)) => correct(process, began, last, before.as_ref(), &now),
            _ => x,
        };
        self.began = Some(x.clone());
        // The last step is of first order.
        let remembers = if run.is_last() { None } else { last.as_ref() };
        let x = predict(process, x, &now, remembers, next);
        self.seen = [Some(now), last];
        Next::Latent(x)
    }

    /// Skips the corrector once, because it would repeat the last step and lose the new latent.
    fn replaced(&mut self) {
        self.began = None;
    }
}

/// Applies the predictor (algorithm 7), of order 2 with `before`, else of order 1.
fn predict(process: Process, x: Latent, now: &Seen, before: Option<&Seen>, next: f64) -> Latent {
    let stride = Stride::new(process, now.sigma, next);
    let mut x0 = now.x0.clone();
    if let Some(before) = before {
        let r = ratio(process, now, before, stride.h);
        x0 = x0 + (before.x0.clone() - now.x0.clone()) * (0.5 / r);
    }
    x * stride.keep + x0 * stride.gain
}

/// Applies the corrector (algorithm 5): it repeats the step from `x` at `from` to `here`, now that
/// the clean latent at `here` is known. It is of order 2 with `before`, else of order 1.
fn correct(process: Process, x: Latent, from: &Seen, before: Option<&Seen>, here: &Seen) -> Latent {
    let stride = Stride::new(process, from.sigma, here.sigma);
    let step = here.x0.clone() - from.x0.clone();
    let mut x0 = from.x0.clone();
    match before {
        None => x0 = x0 + step * 0.5,
        Some(before) => {
            let r = ratio(process, from, before, stride.h);
            let (b1, b2) = bh2(stride.h);
            // `rho` solves [1 1; r 1]·ρ = b.
            let rho = (b1 - b2) / (1.0 - r);
            let bend = (before.x0.clone() - from.x0.clone()) * (rho / r);
            x0 = x0 + bend + step * (b1 - rho);
        }
    }
    x * stride.keep + x0 * stride.gain
}

/// Returns `(λ_before − λ_now) / h`, which is negative.
fn ratio(process: Process, now: &Seen, before: &Seen, h: f64) -> f64 {
    (process.lambda(before.sigma) - process.lambda(now.sigma)) / h
}

/// Returns `k!·φ_{k+1}(−h)·(−h) / B(h)` for k = 1, 2: the right side of UniPC's conditions.
fn bh2(h: f64) -> (f64, f64) {
    let hh = -h;
    let b = hh.exp_m1();
    let phi = b / hh - 1.0;
    (phi / b, 2.0 * (phi / hh - 0.5) / b)
}

#[cfg(test)]
mod tests {
    use super::super::testing::assert_order;
    use super::*;

    #[test]
    fn converges_at_order_2() {
        assert_order(|| Box::new(Unipc::default()));
    }
}
