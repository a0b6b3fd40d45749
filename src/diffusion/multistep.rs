//! Solvers that remember: DPM-Solver++(2M) and UniPC, both in λ = ln(α/σ).

use burn::tensor::Tensor;

use super::schedule::Process;

/// A level that was passed, and the clean latent seen there.
#[derive(Debug, Clone)]
pub struct Seen {
    /// σ of the level.
    pub sigma: f64,
    /// The denoised latent, `[b, c, h, w]`.
    pub x0: Tensor<4>,
}

/// What a step from `sigma` to `next` needs of its two levels.
struct Stride {
    /// The share of `x` that stays, `σ'/σ`.
    keep: f64,
    /// `α'·(1 − e⁻ʰ)`, the share of the clean latent that comes in.
    gain: f64,
    /// `λ' − λ`.
    h: f64,
}

impl Stride {
    fn new(process: Process, sigma: f64, next: f64) -> Self {
        let h = process.lambda(next) - process.lambda(sigma);
        Self { keep: next / sigma, gain: -process.alpha(next) * (-h).exp_m1(), h }
    }
}

/// DPM-Solver++(2M), midpoint (Lu et al., arXiv 2211.01095, algorithm 2). First order where
/// nothing was seen `before`, and on the last step to σ = 0.
pub fn dpmpp_2m(
    process: Process,
    x: Tensor<4>,
    now: &Seen,
    before: Option<&Seen>,
    next: f64,
) -> Tensor<4> {
    let stride = Stride::new(process, now.sigma, next);
    let x0 = now.x0.clone();
    let x0 = match before {
        Some(before) if next > 0.0 => {
            let h_before = process.lambda(now.sigma) - process.lambda(before.sigma);
            let slope = stride.h / h_before / 2.0;
            x0.clone() * (1.0 + slope) - before.x0.clone() * slope
        }
        _ => x0,
    };
    x * stride.keep + x0 * stride.gain
}

/// UniPC's predictor, B(h) = e⁻ʰ − 1, data prediction (Zhao et al., arXiv 2302.04867,
/// algorithm 7): of order 2 with `before`, else of order 1.
pub fn unipc_predict(
    process: Process,
    x: Tensor<4>,
    now: &Seen,
    before: Option<&Seen>,
    next: f64,
) -> Tensor<4> {
    let stride = Stride::new(process, now.sigma, next);
    let mut x0 = now.x0.clone();
    if let Some(before) = before {
        let r = ratio(process, now, before, stride.h);
        x0 = x0 + (before.x0.clone() - now.x0.clone()) * (0.5 / r);
    }
    x * stride.keep + x0 * stride.gain
}

/// UniPC's corrector (algorithm 5): the step from `x` at `from` to `here` again, now that the
/// clean latent at `here` is known. Of order 2 with `before`, else of order 1.
pub fn unipc_correct(
    process: Process,
    x: Tensor<4>,
    from: &Seen,
    before: Option<&Seen>,
    here: &Seen,
) -> Tensor<4> {
    let stride = Stride::new(process, from.sigma, here.sigma);
    let step = here.x0.clone() - from.x0.clone();
    let mut x0 = from.x0.clone();
    match before {
        None => x0 = x0 + step * 0.5,
        Some(before) => {
            let r = ratio(process, from, before, stride.h);
            let (b1, b2) = bh2(stride.h);
            // [1 1; r 1]·ρ = b
            let rho = (b1 - b2) / (1.0 - r);
            let bend = (before.x0.clone() - from.x0.clone()) * (rho / r);
            x0 = x0 + bend + step * (b1 - rho);
        }
    }
    x * stride.keep + x0 * stride.gain
}

/// `(λ_before − λ_now) / h`, negative.
fn ratio(process: Process, now: &Seen, before: &Seen, h: f64) -> f64 {
    (process.lambda(before.sigma) - process.lambda(now.sigma)) / h
}

/// `k!·φ_{k+1}(−h)·(−h) / B(h)` for k = 1, 2: the right side of UniPC's conditions.
fn bh2(h: f64) -> (f64, f64) {
    let hh = -h;
    let b = hh.exp_m1();
    let phi = b / hh - 1.0;
    (phi / b, 2.0 * (phi / hh - 0.5) / b)
}
