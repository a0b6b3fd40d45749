//! A run through a grid's levels.

use burn::tensor::Tensor;

use super::denoiser::{Denoiser, Level};
use super::multistep::{self, Seen};
use super::onestep;
use super::sampler::Sampler;
use super::schedule::{NoiseGrid, Stretch};

/// What a step leaves behind: progress, preview and test trace in one.
#[derive(Debug, Clone)]
pub struct Step {
    /// 0 for the first.
    pub index: usize,
    /// The level the step ends at.
    pub sigma: f64,
    /// The model's estimate of the clean latent at the level the step began at.
    pub denoised: Tensor<4>,
    /// The latent at the step's end.
    pub latent: Tensor<4>,
}

/// A run through a grid's levels, one [`step`](Self::step) at a time, so that whoever drives it
/// can show a preview, let a page breathe, or stop.
#[derive(Debug)]
pub struct Sampling {
    sampler: Sampler,
    grid: NoiseGrid,
    x: Tensor<4>,
    index: usize,
    /// The last two levels seen, and the latent that the last step began with.
    seen: [Option<Seen>; 2],
    began: Option<Tensor<4>>,
}

impl Sampling {
    /// A run that begins with `noise`, `[b, c, h, w]`, of unit variance.
    pub fn new(sampler: Sampler, grid: NoiseGrid, noise: Tensor<4>) -> Self {
        let x = noise * grid.initial;
        Self { sampler, grid, x, index: 0, seen: [None, None], began: None }
    }

    /// How many steps the run has.
    pub fn steps(&self) -> usize {
        self.grid.stretches.len()
    }

    /// The latent so far; after the last step, the result.
    pub fn into_latent(self) -> Tensor<4> {
        self.x
    }

    /// One step; `None` when all are done. `noise` draws `[b, c, h, w]` of unit variance, and is
    /// asked only by the samplers that add noise, and not on a step that ends at 0.
    pub fn step(
        &mut self,
        denoiser: &dyn Denoiser,
        noise: impl FnOnce() -> Tensor<4>,
    ) -> Option<Step> {
        let index = self.index;
        let Stretch { timestep, from: sigma, to: next } = *self.grid.stretches.get(index)?;
        let x = self.x.clone();
        let denoised = denoiser.denoise(x.clone(), Level { sigma, timestep });
        let x0 = denoised.x0.clone();

        let latent = match self.sampler {
            Sampler::Euler => onestep::euler(x, x0, sigma, next),
            Sampler::Heun => self.heun(denoiser, x, x0),
            Sampler::Ddpm => onestep::ddpm_learned(x, denoised.clone(), sigma, next, noise),
            Sampler::Ddim { eta: 0.0 } => onestep::euler(x, x0, sigma, next),
            Sampler::Ddim { eta } => onestep::ancestral(x, x0, sigma, next, eta, noise),
            Sampler::EulerAncestral => onestep::ancestral(x, x0, sigma, next, 1.0, noise),
            Sampler::Dpmpp2m => {
                let now = Seen { sigma, x0 };
                let process = self.grid.process;
                let before = self.seen[0].as_ref();
                let x = multistep::dpmpp_2m(process, x, &now, before, next);
                self.seen[0] = Some(now);
                x
            }
            Sampler::Unipc => self.unipc(x, Seen { sigma, x0 }, next),
        };
        self.index += 1;
        self.x = match self.grid.handover(index) {
            1.0 => latent.clone(),
            factor => latent.clone() * factor,
        };
        Some(Step { index, sigma: next, denoised: denoised.x0, latent })
    }

    fn heun(&self, denoiser: &dyn Denoiser, x: Tensor<4>, x0: Tensor<4>) -> Tensor<4> {
        let Stretch { from: sigma, to: next, .. } = self.grid.stretches[self.index];
        let ahead = onestep::euler(x.clone(), x0.clone(), sigma, next);
        // At the last level there is nothing to look ahead to.
        let Some(end) = self.grid.stretches.get(self.index + 1) else { return ahead };
        let level = Level { sigma: next, timestep: end.timestep };
        let there = denoiser.denoise(ahead.clone(), level);
        onestep::heun(x, x0, ahead, there.x0, sigma, next)
    }

    fn unipc(&mut self, x: Tensor<4>, now: Seen, next: f64) -> Tensor<4> {
        let process = self.grid.process;
        let [last, before] = self.seen.clone();
        let x = match (&last, self.began.take()) {
            (Some(last), Some(began)) => {
                multistep::unipc_correct(process, began, last, before.as_ref(), &now)
            }
            _ => x,
        };
        self.began = Some(x.clone());
        // The last step is of first order, as in diffusers.
        let remembers = if self.index + 1 < self.steps() { last.as_ref() } else { None };
        let x = multistep::unipc_predict(process, x, &now, remembers, next);
        self.seen = [Some(now), last];
        x
    }
}
