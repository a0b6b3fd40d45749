//! What DPM-Solver++ and UniPC share: steps in λ = ln(α/σ), half the log of the signal-to-noise
//! ratio.

use burn::tensor::Tensor;

use crate::diffusion::Process;

/// A level that was passed, and the clean latent found there.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// σ of the level.
    pub(super) sigma: f64,
    /// The clean latent, `[b, c, h, w]`.
    pub(super) x0: Tensor<4>,
}

/// What a step from σ to σ' needs of its two levels.
pub(super) struct Stride {
    /// The share of `x` that stays, `σ'/σ`.
    pub(super) keep: f64,
    /// `α'·(1 − e⁻ʰ)`, the share of the clean latent that comes in.
    pub(super) gain: f64,
    /// `λ' − λ`.
    pub(super) h: f64,
}

impl Stride {
    /// Returns the step from `sigma` to `next`.
    pub(super) fn new(process: Process, sigma: f64, next: f64) -> Self {
        let h = process.lambda(next) - process.lambda(sigma);
        Self { keep: next / sigma, gain: -process.alpha(next) * (-h).exp_m1(), h }
    }
}
