//! Noise levels, guidance and noise. This module knows a network only as something that denoises.
//!
//! Every [sampler](crate::samplers) works on a latent `x` at a noise level `sigma` in one of two
//! processes:
//!
//! - variance exploding, `x = x₀ + σ·ε`, to which ε and v models are converted (Karras et al.,
//!   arXiv 2206.00364; a variance-preserving sample is `x / √(1 + σ²)`);
//! - rectified flow, `x = (1 − σ)·x₀ + σ·ε` (Liu et al., arXiv 2209.03003).
//!
//! In both, the probability flow is `dx/dσ = (x − x₀) / σ`, so most samplers need one
//! implementation.

pub mod curve;
pub mod denoiser;
pub mod flow_levels;
pub mod guess;
pub mod guidance;
pub mod latent;
pub mod levels;
pub mod noise;
pub mod options;
pub mod schedule;
pub mod timesteps;

pub use curve::Curve;
pub use denoiser::{Denoised, Denoiser, Level, Parameterised, Prediction};
pub use guidance::Guided;
pub use latent::Latent;
pub use levels::Levels;
pub use noise::Generator;
pub use options::{FlowOptions, LevelOptions};
pub use schedule::{Process, Schedule};
