//! The steps of DPM-Solver++ and UniPC in λ = ln(α/σ), half the logarithm of the signal-to-noise
//! ratio.

use burn::tensor::Tensor;

use crate::diffusion::Process;

/// A level that was passed, and the prediction of the clean latent there.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    /// σ of the level.
    pub(super) sigma: f64,
    /// The prediction of the clean latent (x₀), `[b, c, h, w]`.
    pub(super) x0: Tensor<4>,
}

/// The coefficients of a step from σ to σ'.
pub(super) struct Stride {
    /// The factor of `x`, `σ'/σ`.
    pub(super) keep: f64,
    /// The factor of the clean latent, `α'·(1 − e⁻ʰ)`.
    pub(super) gain: f64,
    /// The length of the step in λ, `λ' − λ`.
    pub(super) h: f64,
}

impl Stride {
    /// Returns the coefficients of the step from `sigma` to `next`.
    pub(super) fn new(process: Process, sigma: f64, next: f64) -> Self {
        let h = process.lambda(next) - process.lambda(sigma);
        Self { keep: next / sigma, gain: -process.alpha(next) * (-h).exp_m1(), h }
    }
}
