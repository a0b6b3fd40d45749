//! Noise schedules, as pure functions of f64 on the host.

use std::ops::RangeInclusive;

/// The way in which a latent mixes data and noise; see the [module](crate::diffusion)
/// documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Process {
    /// `x = x₀ + σ·ε`, with σ from 0 to some large number.
    VarianceExploding,
    /// `x = (1 − σ)·x₀ + σ·ε`, with σ from 0 to 1.
    Flow,
}

impl Process {
    /// Returns the factor of the data in `x` at level `sigma`.
    pub fn alpha(self, sigma: f64) -> f64 {
        match self {
            Self::VarianceExploding => 1.0,
            Self::Flow => 1.0 - sigma,
        }
    }

    /// Returns half the logarithm of the signal-to-noise ratio, `λ = ln(α/σ)`.
    pub fn lambda(self, sigma: f64) -> f64 {
        (self.alpha(sigma) / sigma).ln()
    }

    /// Returns the level at which [`lambda`](Self::lambda) has a value.
    pub fn sigma(self, lambda: f64) -> f64 {
        match self {
            Self::VarianceExploding => (-lambda).exp(),
            Self::Flow => 1.0 / (1.0 + lambda.exp()),
        }
    }
}

/// The noise levels that a model was trained on.
#[derive(Debug, Clone, PartialEq)]
pub enum Schedule {
    /// Discrete variance-preserving levels: `sigmas[t] = √((1 − ᾱ_t) / ᾱ_t)`, rising.
    Discrete {
        /// The levels, one per training timestep.
        sigmas: Vec<f64>,
    },
    /// Rectified flow: σ is the time itself, and the network gets the timestep 1000·σ.
    Flow {
        /// The shift s of levels towards noise: `σ ← s·σ / (1 + (s − 1)·σ)` (Esser et al.,
        /// arXiv 2403.03206, eq. 23). 1 leaves them unchanged.
        shift: f64,
    },
}

/// The timestep of pure noise in flow models.
pub const FLOW_TIMESTEPS: f64 = 1000.0;

impl Schedule {
    /// Returns a schedule with β linear in t (Ho et al., arXiv 2006.11239): 1e-4 to 0.02 over 1000
    /// steps for DiT.
    pub fn linear(betas: RangeInclusive<f64>, count: usize) -> Self {
        Self::from_betas(&linspace(*betas.start(), *betas.end(), count))
    }

    /// Returns a schedule with √β linear in t (Rombach et al., arXiv 2112.10752).
    pub fn scaled_linear(betas: RangeInclusive<f64>, count: usize) -> Self {
        let roots = linspace(betas.start().sqrt(), betas.end().sqrt(), count);
        Self::from_betas(&roots.iter().map(|root| root * root).collect::<Vec<_>>())
    }

    fn from_betas(betas: &[f64]) -> Self {
        let mut product = 1.0;
        let sigmas = betas
            .iter()
            .map(|beta| {
                product *= 1.0 - beta;
                ((1.0 - product) / product).sqrt()
            })
            .collect();
        Self::Discrete { sigmas }
    }

    /// Returns the process of its latents.
    pub fn process(&self) -> Process {
        match self {
            Self::Discrete { .. } => Process::VarianceExploding,
            Self::Flow { .. } => Process::Flow,
        }
    }

    /// Returns the number of training timesteps, 1000 for a flow.
    pub fn timesteps(&self) -> usize {
        match self {
            Self::Discrete { sigmas } => sigmas.len(),
            Self::Flow { .. } => FLOW_TIMESTEPS as usize,
        }
    }

    /// Returns the level at `timestep`, with linear interpolation between whole timesteps.
    pub fn sigma(&self, timestep: f64) -> f64 {
        match self {
            Self::Discrete { sigmas } => {
                let last = sigmas.len() - 1;
                let low = (timestep.max(0.0) as usize).min(last);
                let high = (low + 1).min(last);
                sigmas[low] + (sigmas[high] - sigmas[low]) * (timestep - low as f64)
            }
            Self::Flow { .. } => self.shifted(timestep / FLOW_TIMESTEPS),
        }
    }

    /// Returns a flow's level at `time`, 0 to 1, after the shift. A discrete schedule returns the
    /// time itself.
    pub fn shifted(&self, time: f64) -> f64 {
        match self {
            Self::Discrete { .. } => time,
            Self::Flow { shift } => shift * time / (1.0 + (shift - 1.0) * time),
        }
    }

    /// Returns the timestep at level `sigma`: by interpolation in log σ, as in diffusers, or 1000·σ
    /// for a flow.
    pub fn timestep(&self, sigma: f64) -> f64 {
        match self {
            Self::Discrete { sigmas } => {
                let above = sigmas.partition_point(|&level| level <= sigma);
                let high = above.clamp(1, sigmas.len() - 1);
                let (low_log, high_log) = (sigmas[high - 1].ln(), sigmas[high].ln());
                let weight = (sigma.ln() - low_log) / (high_log - low_log);
                (high - 1) as f64 + weight.clamp(0.0, 1.0)
            }
            Self::Flow { .. } => sigma * FLOW_TIMESTEPS,
        }
    }
}

/// Returns `count` values from `from` to `to`, both included, or `from` alone if `count` is 1. The
/// order of operations is numpy's, because it decides how ties are rounded.
pub fn linspace(from: f64, to: f64, count: usize) -> Vec<f64> {
    let stride = (to - from) / count.saturating_sub(1).max(1) as f64;
    let mut values: Vec<f64> = (0..count).map(|i| i as f64 * stride + from).collect();
    if count > 1 {
        values[count - 1] = to;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_betas_give_the_levels_of_dit() {
        let schedule = Schedule::linear(1e-4..=0.02, 1000);
        // ᾱ₀ = 1 − 1e-4, so σ₀ = √(1e-4 / 0.9999).
        assert!((schedule.sigma(0.0) - (1e-4f64 / 0.9999).sqrt()).abs() < 1e-12);
        assert!((schedule.sigma(999.0) - 157.407).abs() < 1e-2);
    }

    #[test]
    fn sigma_inverts_lambda() {
        for process in [Process::VarianceExploding, Process::Flow] {
            for sigma in [0.01, 0.5, 0.999] {
                assert!((process.sigma(process.lambda(sigma)) - sigma).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn timestep_inverts_sigma() {
        let schedule = Schedule::scaled_linear(0.00085..=0.012, 1000);
        for t in [0.0, 1.0, 17.0, 500.0, 999.0] {
            assert!((schedule.timestep(schedule.sigma(t)) - t).abs() < 1e-6);
        }
    }

    #[test]
    fn shift_moves_the_middle_and_keeps_the_ends() {
        let schedule = Schedule::Flow { shift: 3.0 };
        assert_eq!(schedule.sigma(0.0), 0.0);
        assert_eq!(schedule.sigma(500.0), 0.75);
        assert_eq!(schedule.sigma(1000.0), 1.0);
    }
}
