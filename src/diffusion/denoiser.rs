//! Conversion of a network's prediction (ε, v or flow) to the clean latent that samplers need.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::latent::Latent;

/// A noise level, as samplers and networks see it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// σ in the model's [`Process`](super::Process).
    pub sigma: f64,
    /// The timestep that the network gets: 0 to the number of timesteps, which is mostly 1000.
    pub timestep: f64,
}

/// The output of a denoiser for a noisy latent.
#[derive(Debug, Clone)]
pub struct Denoised {
    /// The prediction of the clean latent (x₀).
    pub x0: Latent,
    /// The network's raw interpolation of the log-variance, if it learned σ: −1 to 1 between the
    /// posterior's and β's (Nichol and Dhariwal, arXiv 2102.09672, eq. 15).
    pub variance: Option<Latent>,
}

/// A model as a sampler sees it.
pub trait Denoiser {
    /// Returns the prediction of the clean latent in `x` at `level`.
    fn denoise(&self, x: Latent, level: Level) -> Denoised;
}

/// The conditions under which a batch is evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Each row is evaluated under its prompt.
    Conditional,
    /// The batch holds every row twice: first all rows under their prompts, then all under the
    /// negative prompt, or under none.
    Both,
}

/// A network with the conditions of one run.
pub trait Network {
    /// Predicts for `x`, which is `[b, c, h, w]`, or `[2·b, c, h, w]` for [`Pass::Both`]. The
    /// output has as many rows, and `c` channels, or `2·c` if the network learned σ.
    fn predict(&self, x: Tensor<4>, timestep: f64, pass: Pass) -> Tensor<4>;
}

/// The quantity that a network was trained to predict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prediction {
    /// The noise ε (Ho et al., arXiv 2006.11239).
    Epsilon,
    /// `v = α·ε − σ·x₀` of the variance-preserving sample (Salimans and Ho, arXiv 2202.00512).
    #[serde(rename = "v_prediction")]
    V,
    /// The flow `ε − x₀` (Liu et al., arXiv 2209.03003).
    #[serde(alias = "flow_prediction")]
    Flow,
}

/// A [`Network`] whose output is read as a [`Prediction`].
#[derive(Debug, Clone)]
pub struct Parameterised<N> {
    /// The network.
    pub network: N,
    /// The quantity that it predicts.
    pub prediction: Prediction,
}

impl<N: Network> Parameterised<N> {
    /// Returns the prediction of the clean latent for each row of `x` under the conditions of
    /// `pass`.
    pub fn denoise(&self, x: Latent, level: Level, pass: Pass) -> Denoised {
        let sigma = level.sigma;
        // Scaling by 1/√(1 + σ²) turns a variance-exploding latent into the variance-preserving
        // network input.
        let preserving = 1.0 / (1.0 + sigma * sigma).sqrt();
        let input = match self.prediction {
            Prediction::Epsilon | Prediction::V => x.clone() * preserving,
            Prediction::Flow => x.clone(),
        };
        let output = self.network.predict(input.tensor(), level.timestep, pass);
        let (output, variance) = split_variance(Latent::new(output), x.channels());
        let x0 = match self.prediction {
            Prediction::Epsilon | Prediction::Flow => x - output * sigma,
            Prediction::V => x * (preserving * preserving) - output * (sigma * preserving),
        };
        Denoised { x0, variance }
    }
}

/// Splits `c` or `2·c` channels into the prediction and the learned variance, if there is one.
fn split_variance(output: Latent, channels: usize) -> (Latent, Option<Latent>) {
    let found = output.channels();
    if found == channels {
        return (output, None);
    }
    assert_eq!(found, 2 * channels, "a network gives {channels} channels, or twice as many");
    let variance = output.channels_from(channels, channels);
    (output.channels_from(0, channels), Some(variance))
}
