//! Steps that look at one level, or at two: Euler, Heun and the ancestral family.

use burn::tensor::Tensor;

use super::denoiser::Denoised;

/// Euler's step along `dx/dσ = (x − x₀)/σ`: `x₀ + (σ'/σ)·(x − x₀)` (Karras et al.,
/// arXiv 2206.00364, algorithm 1). DDIM without noise (Song et al., arXiv 2010.02502) is the same
/// step, in either process.
pub fn euler(x: Tensor<4>, x0: Tensor<4>, sigma: f64, next: f64) -> Tensor<4> {
    let ratio = next / sigma;
    x * ratio + x0 * (1.0 - ratio)
}

/// Heun's corrected step: the mean of the slopes at both ends (Karras et al., algorithm 1).
///
/// `ahead` is Euler's step from `x`, and `x0_ahead` what the model makes of it.
pub fn heun(
    x: Tensor<4>,
    x0: Tensor<4>,
    ahead: Tensor<4>,
    x0_ahead: Tensor<4>,
    sigma: f64,
    next: f64,
) -> Tensor<4> {
    let half = (next - sigma) / 2.0;
    let here = (x.clone() - x0) * (half / sigma);
    let there = (ahead - x0_ahead) * (half / next);
    x + here + there
}

/// The level to walk down to and the noise to add, so that the sum has level `next`.
fn ancestral_split(sigma: f64, next: f64, eta: f64) -> (f64, f64) {
    let up = eta * next / sigma * (sigma * sigma - next * next).sqrt();
    ((next * next - up * up).max(0.0).sqrt(), up)
}

/// An ancestral step in the variance-exploding process: down further than `next`, then up again
/// with noise of standard deviation `η·(σ'/σ)·√(σ² − σ'²)`.
///
/// One step, three names: with η = 1 it is DDPM's with the small variance (Ho et al.,
/// arXiv 2006.11239) and Euler ancestral's; with any η it is DDIM's (Song et al., eq. 12 and 16).
pub fn ancestral(
    x: Tensor<4>,
    x0: Tensor<4>,
    sigma: f64,
    next: f64,
    eta: f64,
    noise: impl FnOnce() -> Tensor<4>,
) -> Tensor<4> {
    let (down, up) = ancestral_split(sigma, next, eta);
    let x = euler(x, x0, sigma, down);
    if up > 0.0 { x + noise() * up } else { x }
}

/// DDPM's step with a learned variance: `exp` of the network's blend between the logs of the
/// posterior variance and of β (Nichol and Dhariwal, arXiv 2102.09672, eq. 15).
pub fn ddpm_learned(
    x: Tensor<4>,
    denoised: Denoised,
    sigma: f64,
    next: f64,
    noise: impl FnOnce() -> Tensor<4>,
) -> Tensor<4> {
    let Denoised { x0, variance } = denoised;
    let Some(variance) = variance else { return ancestral(x, x0, sigma, next, 1.0, noise) };
    let (down, up) = ancestral_split(sigma, next, 1.0);
    let mean = euler(x, x0, sigma, down);
    if up == 0.0 {
        return mean;
    }
    // β = 1 − ᾱ/ᾱ', brought to the variance-exploding scale by 1/ᾱ' = 1 + σ'².
    let beta = (sigma * sigma - next * next) / (1.0 + sigma * sigma) * (1.0 + next * next);
    let (low, high) = ((up * up).ln(), beta.ln());
    let log_variance = (variance + 1.0) * ((high - low) / 2.0) + low;
    mean + noise() * (log_variance * 0.5).exp()
}
