//! The noise levels of one run and how they are chosen, as pure functions of f64 on the host.

use super::curve::Curve;
use super::latent::Latent;
use super::options::LevelOptions;
use super::schedule::{Process, Schedule};
use super::timesteps::{Family, Spacing, timesteps};

/// The noise levels of one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepLevels {
    /// The timestep that the network gets at the beginning of the step.
    pub timestep: f64,
    /// σ at the beginning of the step.
    pub from: f64,
    /// σ at its end.
    pub to: f64,
}

/// The noise levels of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Levels {
    /// The schedule that they were chosen from.
    schedule: Schedule,
    /// The steps. Each begins where the one before it ended, except for DDIM with some spacings:
    /// see [`rescale`](Self::rescale).
    pub steps: Vec<StepLevels>,
    /// The standard deviation of the noise that a run begins with.
    pub init_noise_sigma: f64,
    /// The bound to which predictions of the clean latent are clipped; see [`LevelOptions::clip`].
    pub clip: Option<f64>,
    /// Whether timesteps are rounded down; see [`LevelOptions::whole_timesteps`].
    whole_timesteps: bool,
}

impl Levels {
    /// Returns the process that the levels belong to.
    pub fn process(&self) -> Process {
        self.schedule.process()
    }

    /// Returns the timestep that the network gets at level `sigma`, which may lie between two levels
    /// of the run.
    pub fn timestep_at(&self, sigma: f64) -> f64 {
        let timestep = self.schedule.timestep(sigma);
        if self.whole_timesteps { timestep.floor() } else { timestep }
    }

    /// Returns the index of the step at which a run begins that changes a picture by `strength`, 0
    /// to 1; `steps.len()` if it takes none. Of N steps it takes the last `N·strength`, rounded
    /// down on a discrete schedule, and up on a flow, as diffusers' image-to-image pipelines do
    /// (SDEdit, Meng et al., arXiv 2108.01073).
    pub fn first_step(&self, strength: f64) -> usize {
        let steps = self.steps.len();
        let taken = steps as f64 * strength;
        match self.process() {
            Process::VarianceExploding => steps.saturating_sub(taken as usize),
            Process::Flow => (steps as f64 - taken).max(0.0) as usize,
        }
    }

    /// Returns the same levels with predictions of the clean latent clipped to ±`clip`.
    #[must_use]
    pub fn clipping(self, clip: Option<f64>) -> Self {
        Self { clip, ..self }
    }

    /// Returns levels through `sigmas`, the last of which ends the last step.
    pub fn through(schedule: &Schedule, sigmas: &[f64], timesteps: &[f64], initial: f64) -> Self {
        let pairs = sigmas.windows(2).zip(timesteps);
        let steps =
            pairs.map(|(pair, &timestep)| StepLevels { timestep, from: pair[0], to: pair[1] });
        Self {
            schedule: schedule.clone(),
            steps: steps.collect(),
            init_noise_sigma: initial,
            clip: None,
            whole_timesteps: false,
        }
    }

    /// Returns the factor for the latent after step `index`. It is 1 if the next step begins at the
    /// same level, or if the last step ended at 0. Otherwise the latent is handed over on the
    /// variance-preserving scale, `x / √(1 + σ²)`, as in diffusers.
    pub fn rescale(&self, index: usize) -> f64 {
        let Some(step) = self.steps.get(index) else { return 1.0 };
        let next = self.steps.get(index + 1).map_or(0.0, |next| next.from);
        if self.process() == Process::Flow || step.to == next {
            return 1.0;
        }
        ((1.0 + next * next) / (1.0 + step.to * step.to)).sqrt()
    }

    /// Returns a clean latent with the noise of the level where step `index` begins, `α·x₀ + σ·ε`,
    /// or unchanged if there is no such step. A run can begin with it there.
    pub fn add_noise(&self, index: usize, clean: Latent, noise: Latent) -> Latent {
        match self.steps.get(index) {
            Some(step) => clean * self.process().alpha(step.from) + noise * step.from,
            None => clean,
        }
    }

    /// Returns the noise from which [`add_noise`](Self::add_noise) makes `noisy` of `clean`; `noisy`
    /// itself if there is no such step.
    pub fn noise_in(&self, index: usize, noisy: Latent, clean: Latent) -> Latent {
        match self.steps.get(index) {
            Some(step) => (noisy - clean * self.process().alpha(step.from)) * (1.0 / step.from),
            None => noisy,
        }
    }

    /// Returns whether σ falls in each step. In the last it may stay equal if `ends_at_smallest`.
    pub fn fall(&self, ends_at_smallest: bool) -> bool {
        let last = self.steps.len() - 1;
        self.steps.iter().enumerate().all(|(i, step)| {
            step.from > step.to || (ends_at_smallest && i == last && step.from == step.to)
        })
    }

    /// Returns the largest timestep; NaN counts as the largest.
    pub fn largest_timestep(&self) -> f64 {
        let timesteps = self.steps.iter().map(|step| step.timestep);
        timesteps.max_by(f64::total_cmp).unwrap_or_default()
    }

    /// Returns the same levels, with timesteps rounded down if `whole`.
    #[must_use]
    pub fn rounded_down(mut self, whole: bool) -> Self {
        self.whole_timesteps = whole;
        if whole {
            self.steps.iter_mut().for_each(|step| step.timestep = step.timestep.floor());
        }
        self
    }
}

/// Returns levels on a model's discrete schedule, as a family of diffusers' schedulers chooses
/// them.
pub fn discrete(
    family: Family,
    schedule: &Schedule,
    steps: usize,
    options: LevelOptions,
) -> Levels {
    let customary = match family {
        Family::Ancestral => Spacing::Leading,
        Family::Continuous | Family::Multistep => Spacing::Linspace,
    };
    let spacing = options.spacing.unwrap_or(customary);
    let train = schedule.timesteps();
    let mut timesteps = timesteps(family, spacing, steps, train, options.steps_offset);
    let mut sigmas: Vec<f64> = timesteps.iter().map(|&t| schedule.sigma(t)).collect();
    if options.karras {
        // The Euler family keeps the ends of its spacing; multistep solvers use the whole range.
        let (max, min) = match family {
            Family::Multistep => (schedule.sigma((train - 1) as f64), schedule.sigma(0.0)),
            _ => (sigmas[0], sigmas[steps - 1]),
        };
        sigmas = Curve::Karras.levels(max, min, steps);
        let round = |t: f64| if family == Family::Continuous { t } else { t.round() };
        timesteps = sigmas.iter().map(|&s| round(schedule.timestep(s))).collect();
    }
    // A variance-preserving run begins with unit noise, which is √(1 + σ²) on this scale.
    // Diffusers' Euler family begins with σ if its levels reach the last timestep.
    let largest = sigmas[0];
    let initial = if family == Family::Continuous && spacing != Spacing::Leading {
        largest
    } else {
        (1.0 + largest * largest).sqrt()
    };
    sigmas.push(0.0);
    Levels::through(schedule, &sigmas, &timesteps, initial)
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor};

    use super::super::flow_levels::flow;
    use super::super::options::FlowOptions;
    use super::*;

    #[test]
    fn adds_noise_at_the_level() {
        let flow = Schedule::Flow { shift: 1.0 };
        let levels = flow_levels(&flow, 4);
        let one = |value| Latent::new(Tensor::<4>::full([1, 1, 1, 1], value, &Device::flex()));
        let noisy = |index| {
            let noisy = levels.add_noise(index, one(8.0), one(4.0));
            noisy.tensor().into_data().iter::<f64>().next()
        };
        // At σ = 0.75: 0.25·8 + 0.75·4. After the last step there is no noise.
        assert_eq!((noisy(1), noisy(4)), (Some(5.0), Some(8.0)));
    }

    #[test]
    fn strength_is_the_share_of_the_steps_that_are_taken() {
        let flow = flow_levels(&Schedule::Flow { shift: 1.0 }, 12);
        let first = |strength| flow.first_step(strength);
        assert_eq!([0.0, 0.01, 0.5, 0.99, 1.0].map(first), [12, 11, 6, 0, 0]);
        let schedule = Schedule::linear(1e-4..=0.02, 1000);
        let discrete = discrete(Family::Ancestral, &schedule, 12, LevelOptions::default());
        let first = |strength| discrete.first_step(strength);
        assert_eq!([0.0, 0.01, 0.5, 0.99, 1.0].map(first), [12, 12, 6, 1, 0]);
    }

    #[test]
    fn interpolates_timesteps_between_levels() {
        let flow = flow_levels(&Schedule::Flow { shift: 3.0 }, 4);
        assert!((flow.timestep_at(0.3333) - 333.3).abs() < 1e-9);
        assert_eq!(flow.rounded_down(true).timestep_at(0.3333), 333.0);
        let schedule = Schedule::linear(1e-4..=0.02, 1000);
        let levels = discrete(Family::Multistep, &schedule, 4, LevelOptions::default());
        let found = levels.timestep_at((schedule.sigma(500.0) + schedule.sigma(501.0)) / 2.0);
        assert!((500.0..501.0).contains(&found), "{found}");
    }

    fn flow_levels(schedule: &Schedule, steps: usize) -> Levels {
        flow(schedule, &FlowOptions::default().times(steps), LevelOptions::default()).unwrap()
    }

    #[test]
    fn rescales_latents_only_between_different_levels() {
        let schedule = Schedule::Discrete { sigmas: vec![0.0, 2.0] };
        let mut levels = Levels::through(&schedule, &[2.0, 1.0, 0.0], &[2.0, 1.0], 1.0);
        assert_eq!((levels.rescale(0), levels.rescale(1), levels.rescale(2)), (1.0, 1.0, 1.0));
        levels.steps[0].to = 3.0;
        // The scale changes from √(1 + 9) to √(1 + 1).
        assert!((levels.rescale(0) - 0.2f64.sqrt()).abs() < 1e-12);
    }
}
