//! A run of a sampler through its levels.

use super::{At, Next, Noise, Sampler};
use crate::diffusion::levels::Levels;
use crate::diffusion::{Denoised, Denoiser, Latent, Level};

/// The result of a step, used for progress, previews and test traces.
#[derive(Debug, Clone)]
pub struct Step {
    /// The index of the step, 0 for the first.
    pub index: usize,
    /// The level at the end of the step.
    pub sigma: f64,
    /// The prediction of the clean latent at the beginning of the step.
    pub denoised: Latent,
    /// The latent at the end of the step.
    pub latent: Latent,
}

/// A run, one [`step`](Self::step) at a time. Between steps its caller can show a preview, let the
/// page handle events, replace the latent, or stop.
#[derive(Debug)]
pub struct Sampling {
    sampler: Box<dyn Sampler>,
    levels: Levels,
    /// The latent at the beginning of the next step.
    x: Latent,
    index: usize,
    /// The state within a step: the clean latent of its first evaluation, and the next latent to
    /// evaluate with its level.
    midway: Option<(Latent, Latent, Level)>,
}

impl Sampling {
    /// Returns a run that begins with `noise` of unit variance.
    pub fn new(sampler: Box<dyn Sampler>, levels: Levels, noise: Latent) -> Self {
        let x = noise * levels.init_noise_sigma;
        Self::resume(sampler, levels, 0, x)
    }

    /// Returns a run that begins at step `index` with a latent at the level where that step begins.
    /// [`Levels::add_noise`] makes such a latent from a clean one. A run that begins after the last
    /// step is over, and its result is `latent`.
    pub fn resume(sampler: Box<dyn Sampler>, levels: Levels, index: usize, latent: Latent) -> Self {
        Self { sampler, levels, x: latent, index, midway: None }
    }

    /// Returns the levels of the run.
    pub fn levels(&self) -> &Levels {
        &self.levels
    }

    /// Returns the latent at the beginning of the next step, or the result after the last step.
    pub fn latent(&self) -> Latent {
        self.x.clone()
    }

    /// Replaces [`latent`](Self::latent) by `latent`, as inpainting does between steps.
    pub fn replace_latent(&mut self, latent: Latent) {
        self.x = latent;
        self.midway = None;
        self.sampler.replaced();
    }

    /// Returns the index of the next step, or the number of steps if all are done.
    pub fn index(&self) -> usize {
        self.index
    }

    /// Returns the latent to evaluate next and its level, or `None` if all steps are done.
    pub fn question(&self) -> Option<(Latent, Level)> {
        let step = self.levels.steps.get(self.index)?;
        let first = || (self.x.clone(), Level { sigma: step.from, timestep: step.timestep });
        Some(self.midway.as_ref().map_or_else(first, |(_, x, level)| (x.clone(), *level)))
    }

    /// Takes the denoiser's output for the latent of [`question`](Self::question), and returns the
    /// step if it is done now. `noise` draws noise of unit variance. Samplers that add noise call
    /// it, except on a step that ends at 0.
    ///
    /// # Panics
    /// Panics if all steps are done.
    pub fn answer(&mut self, found: Denoised, noise: Noise<'_>) -> Option<Step> {
        let (x, _) = self.question().expect("no step is left to answer for");
        let denoised = self.midway.take().map_or_else(|| found.x0.clone(), |(first, ..)| first);
        let index = self.index;
        let latent = match self.sampler.step(At { levels: &self.levels, index }, x, found, noise) {
            Next::Latent(latent) => latent,
            Next::Evaluate(x, level) => {
                self.midway = Some((denoised, x, level));
                return None;
            }
        };
        self.index += 1;
        self.x = match self.levels.rescale(index) {
            1.0 => latent.clone(),
            factor => latent.clone() * factor,
        };
        Some(Step { index, sigma: self.levels.steps[index].to, denoised, latent })
    }

    /// Takes one whole step, or returns `None` if all are done.
    pub fn step(
        &mut self,
        denoiser: &dyn Denoiser,
        mut noise: impl FnMut() -> Latent,
    ) -> Option<Step> {
        loop {
            let (x, level) = self.question()?;
            let found = denoiser.denoise(x, level);
            if let Some(step) = self.answer(found, &mut noise) {
                return Some(step);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Gaussian, falling, no_noise, one, value};
    use super::super::{ALL, Sampler};
    use super::*;

    fn run(mut sampling: Sampling) -> f64 {
        while sampling.step(&Gaussian, no_noise).is_some() {}
        value(&sampling.latent())
    }

    fn deterministic() -> impl Iterator<Item = &'static fn() -> Box<dyn Sampler>> {
        ALL.iter().filter(|new| !new().capabilities().adds_noise)
    }

    /// The next step depends on the latent of a step alone. So a run that is cut in two ends near
    /// one that is not, or at the same latent if the sampler has no memory.
    #[test]
    fn a_run_resumed_at_any_step_ends_near_the_whole_run() {
        for new in deterministic() {
            let whole = run(Sampling::new(new(), falling(20), one(1.0)));
            for cut in [0, 1, 7, 19] {
                let mut first = Sampling::new(new(), falling(20), one(1.0));
                for _ in 0..cut {
                    first.step(&Gaussian, no_noise);
                }
                let rest = run(Sampling::resume(new(), falling(20), cut, first.latent()));
                let slack = if new().capabilities().remembers() { 0.05 } else { 0.0 };
                let name = new().name();
                assert!((rest / whole - 1.0).abs() <= slack, "{name} {cut}: {rest} {whole}");
            }
        }
    }

    #[test]
    fn begins_the_next_step_with_a_replaced_latent() {
        for new in deterministic() {
            let mut sampling = Sampling::new(new(), falling(10), one(1.0));
            for _ in 0..4 {
                sampling.step(&Gaussian, no_noise);
            }
            // The flow of this denoiser is linear, so twice the latent ends at about twice the
            // result.
            let once = {
                let mut other = Sampling::new(new(), falling(10), one(1.0));
                (0..4).for_each(|_| drop(other.step(&Gaussian, no_noise)));
                other.replace_latent(sampling.latent());
                run(other)
            };
            let latent = sampling.latent();
            sampling.replace_latent(latent * 2.0);
            let twice = run(sampling);
            let name = new().name();
            assert!((twice / once / 2.0 - 1.0).abs() < 0.1, "{name}: {twice} {once}");
        }
    }

    /// The caller may evaluate by itself and abandon a step in the middle.
    #[test]
    fn a_caller_can_evaluate_each_step_itself() {
        for new in deterministic() {
            let mut sampling = Sampling::new(new(), falling(6), one(1.0));
            let mut asked = 0;
            while let Some((x, level)) = sampling.question() {
                if asked == 1 {
                    // Heun is in the middle of its first step here and begins it again.
                    let latent = sampling.latent();
                    sampling.replace_latent(latent);
                    asked += 1;
                    continue;
                }
                sampling.answer(Gaussian.denoise(x, level), &mut no_noise);
                asked += 1;
            }
            let whole = run(Sampling::new(new(), falling(6), one(1.0)));
            let name = new().name();
            assert!((value(&sampling.latent()) / whole - 1.0).abs() < 0.2, "{name}");
        }
    }
}
