//! The way back: from a clean latent to the noise from which Euler's method draws it again.
//!
//! A step of Euler's method takes `x` at level σ to `x' = x + (σ' − σ)·v(x)`, with the slope
//! `v(x) = (x − x₀(x))/σ`. The way back looks for the `x` of a known `x'`, in which the slope is
//! that of the unknown `x`. A fixed-point iteration finds it: `x ← x' + (σ − σ')·v(x)` (Pan et al.,
//! arXiv 2309.04907; Garibi et al., arXiv 2403.14602).

use crate::diffusion::{Denoiser, Latent, Level, Levels};

/// How often a step evaluates the slope. More rounds than this gain little.
const ROUNDS: usize = 4;

/// A run backwards, one [`step`](Self::step) at a time.
#[derive(Debug)]
pub struct Inversion {
    levels: Levels,
    clean: Latent,
    /// The latent at the level where step `index` begins, or the clean one.
    x: Latent,
    index: usize,
    /// The step at whose beginning the way back ends.
    first: usize,
}

impl Inversion {
    /// Returns the way back from the clean latent `x` to the level where step `first` begins.
    pub fn new(levels: Levels, first: usize, x: Latent) -> Self {
        let index = levels.steps.len();
        Self { levels, clean: x.clone(), x, index, first }
    }

    /// Returns how many steps there are.
    pub fn steps(&self) -> usize {
        self.levels.steps.len().saturating_sub(self.first)
    }

    /// Returns the latent so far.
    pub fn latent(&self) -> Latent {
        self.x.clone()
    }

    /// Goes one step back under the conditions of `denoiser`. Returns whether there was one to go.
    pub fn step(&mut self, denoiser: &dyn Denoiser) -> bool {
        if self.index <= self.first {
            return false;
        }
        self.index -= 1;
        let step = self.levels.steps[self.index];
        let level = Level { sigma: step.from, timestep: step.timestep };
        let (after, rise) = (self.x.clone(), step.from - step.to);
        for _ in 0..ROUNDS {
            let x0 = denoiser.denoise(self.x.clone(), level).x0;
            let slope = (self.x.clone() - x0) * (1.0 / step.from);
            self.x = after.clone() + slope * rise;
        }
        true
    }

    /// Returns the noise that was found: with it, [`Levels::add_noise`] gives the latent at which
    /// the way back has arrived.
    pub fn noise(self) -> Latent {
        self.levels.noise_in(self.index, self.x, self.clean)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Gaussian, falling, no_noise, one, value};
    use super::super::{Sampling, named};
    use super::*;

    #[test]
    fn euler_draws_the_latent_again_from_its_noise() {
        for first in [0, 5] {
            let mut back = Inversion::new(falling(40), first, one(0.3));
            while back.step(&Gaussian) {}
            let noise = back.noise();
            let noisy = falling(40).add_noise(first, one(0.3), noise);
            let euler = named("euler").unwrap();
            let mut forth = Sampling::resume(euler, falling(40), first, noisy);
            while forth.step(&Gaussian, no_noise).is_some() {}
            let found = value(&forth.latent());
            assert!((found / 0.3 - 1.0).abs() < 0.01, "{first}: {found}");
        }
    }

    #[test]
    fn has_no_step_if_nothing_changes() {
        let mut back = Inversion::new(falling(4), 4, one(0.3));
        assert_eq!((back.steps(), back.step(&Gaussian)), (0, false));
    }
}
