//! A denoiser whose probability flow is known in closed form, and checks of samplers on it.
//!
//! For `x₀ ~ N(0, s²)` the best denoiser is `x₀ = x·s²/(s² + σ²)`. The probability flow takes `x`
//! at σ to `x·√((s² + σ'²)/(s² + σ²))` at σ' (variance exploding).

use burn::tensor::{Device, Tensor};

use super::{Sampler, Sampling};
use crate::diffusion::levels::Levels;
use crate::diffusion::{Denoised, Denoiser, Generator, Latent, Level, Schedule};

/// The variance s² of the data.
const VARIANCE: f64 = 0.25;
/// The noise levels at which runs begin and end.
const ENDS: (f64, f64) = (10.0, 0.1);

pub(super) struct Gaussian;

impl Denoiser for Gaussian {
    fn denoise(&self, x: Latent, level: Level) -> Denoised {
        let x0 = x * (VARIANCE / (VARIANCE + level.sigma * level.sigma));
        Denoised { x0, variance: None }
    }
}

pub(super) fn no_noise() -> Latent {
    panic!("this sampler draws no noise")
}

/// Returns a latent of one value.
pub(super) fn one(value: f64) -> Latent {
    Latent::new(Tensor::full([1, 1, 1, 1], value, &Device::flex()))
}

/// Returns the first value of a latent.
pub(super) fn value(x: &Latent) -> f64 {
    x.tensor().into_data().iter::<f64>().next().expect("a value")
}

/// Returns levels even in λ, in the variance-exploding process.
pub(super) fn falling(steps: usize) -> Levels {
    let (from, to) = ENDS;
    let level = |i: usize| from * (to / from).powf(i as f64 / steps as f64);
    let levels: Vec<f64> = (0..=steps).map(level).collect();
    let schedule = Schedule::Discrete { sigmas: vec![to, from] };
    Levels::through(&schedule, &levels, &vec![0.0; steps], 1.0)
}

/// Returns the factor by which the probability flow multiplies a latent over a whole run. A run
/// that ends above 0 leaves its latent on the variance-preserving scale.
fn flow() -> f64 {
    let (from, to) = ENDS;
    ((VARIANCE + to * to) / (VARIANCE + from * from) / (1.0 + to * to)).sqrt()
}

/// Asserts that twice the steps divide the error by at least three quarters of `2^order`, with the
/// order that the sampler claims.
pub(super) fn assert_order(sampler: fn() -> Box<dyn Sampler>) {
    let order = sampler().capabilities().order;
    let error = |steps: usize| {
        let mut sampling = Sampling::new(sampler(), falling(steps), one(1.0));
        while sampling.step(&Gaussian, no_noise).is_some() {}
        (value(&sampling.latent()) / flow() - 1.0).abs()
    };
    let (coarse, fine) = (error(40), error(80));
    let gain = coarse / fine;
    assert!(fine < 0.05 && gain > f64::from(1 << order) * 0.75, "{fine}, {gain}");
}

/// Asserts that a sampler that adds noise leaves the variance of its last level. The run uses the
/// best denoiser, begins with the variance of the first level, and has many values.
pub(super) fn assert_keeps_variance(sampler: Box<dyn Sampler>) {
    let mut generator = Generator::new(5);
    let mut draw = || Latent::new(generator.randn_tensor([1, 1, 128, 128], &Device::flex()));
    let (from, to) = ENDS;
    let start = draw() * (VARIANCE + from * from).sqrt();
    let mut sampling = Sampling::resume(sampler, falling(400), 0, start);
    while sampling.step(&Gaussian, &mut draw).is_some() {}
    let square = sampling.latent().tensor().square().mean();
    let found = square.into_data().iter::<f64>().next().expect("a value");
    let want = (VARIANCE + to * to) / (1.0 + to * to);
    assert!((found / want - 1.0).abs() < 0.05, "{found} is not {want}");
}
