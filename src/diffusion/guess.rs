//! The error of a flow network's prediction of the clean latent, with the right prompt and with a
//! wrong one. The two differ at high noise, where the prompt decides what a picture shows. Near the
//! end the noisy latent shows it already, and the prompt no longer matters.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::latent::Latent;

/// The noise levels at which the error is measured; 1 is pure noise.
pub const LEVELS: [f64; 3] = [0.98, 0.8, 0.5];

/// The mean squared errors at each of [`LEVELS`], in latents of variance 1.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct GuessErrors {
    /// The errors with the picture's own prompt.
    pub right: [f64; LEVELS.len()],
    /// The errors with another picture's prompt.
    pub wrong: [f64; LEVELS.len()],
}

impl GuessErrors {
    /// Returns the mean of the errors of several pictures.
    ///
    /// # Panics
    /// Panics if there are none.
    pub fn mean(all: &[Self]) -> Self {
        assert!(!all.is_empty(), "there is something to look at");
        let mean = |of: fn(&Self) -> &[f64; LEVELS.len()]| {
            std::array::from_fn(|i| {
                all.iter().map(|one| of(one)[i]).sum::<f64>() / all.len() as f64
            })
        };
        Self { right: mean(|one| &one.right), wrong: mean(|one| &one.wrong) }
    }
}

/// Returns the mean of `|x̂ − x|²` per value, where `x̂ = z − t·v(z, 1000·t)` is the prediction of
/// the clean latent, `z = (1 − t)·x + t·noise`, and `v` is the flow that the network predicts.
///
/// `predict` gets noisy latents, `[b, c, h, w]`, and a timestep, 0 to 1000, and returns `v` in the
/// same shape.
pub fn guess_error(
    clean: &Latent,
    noise: &Latent,
    t: f64,
    predict: impl FnOnce(Tensor<4>, f64) -> Tensor<4>,
) -> f64 {
    let noisy = clean.clone() * (1.0 - t) + noise.clone() * t;
    let guess = noisy.clone() - Latent::new(predict(noisy.tensor(), 1000.0 * t)) * t;
    f64::from((guess - clean.clone()).tensor().square().mean().into_scalar::<f32>())
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn the_true_flow_has_no_error_and_a_zero_flow_that_of_the_noisy_latent() {
        let device = Device::flex();
        let clean = Latent::new(Tensor::full([1, 1, 2, 2], 3.0, &device));
        let noise = Latent::new(Tensor::full([1, 1, 2, 2], -1.0, &device));
        let flow = (noise.clone() - clean.clone()).tensor();
        assert!(guess_error(&clean, &noise, 0.8, |_, _| flow) < 1e-10);
        // The latent is 0.2·3 − 0.8 = −0.2, which is 3.2 away from 3.
        let error = guess_error(&clean, &noise, 0.8, |x, timestep| {
            assert!((timestep - 800.0).abs() < 1e-9);
            x.zeros_like()
        });
        assert!((error - 10.24).abs() < 1e-5, "{error}");
    }
}
