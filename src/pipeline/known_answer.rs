//! A known answer: what the CPU draws for one recipe. It is stored with a model, so that a GPU can be
//! checked against it before it is trusted. Drivers and shader compilers do get convolutions and reductions
//! wrong, and a wrong picture looks like a bad model.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{Pipeline, Start};
use crate::recipe::Recipe;
use crate::{Error, Result};

/// The file beside a model's weights that holds its known answer.
pub const KNOWN_ANSWER: &str = "known_answer.json";
/// The largest difference that rounding explains, in latents of standard deviation 1 and pictures in −1..1.
pub const TOLERANCE: f32 = 0.02;
/// The approximate number of values that are kept of the latent and of the picture.
const VALUES: usize = 200;

/// A recipe and its result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KnownAnswer {
    /// The recipe that was drawn.
    pub recipe: Recipe,
    /// A sample of the latent's values after the last step.
    pub latent: Vec<f32>,
    /// A sample of the decoded picture's values.
    pub picture: Vec<f32>,
}

impl KnownAnswer {
    /// Draws `recipe` with `pipeline` on its device, and returns the result.
    ///
    /// # Errors
    /// Returns an error if the recipe does not fit the model, or if the device fails.
    pub async fn ask(pipeline: &Pipeline, recipe: Recipe) -> Result<Self> {
        let mut run = pipeline.begin(&recipe, Start::default())?;
        while run.step().is_some() {}
        let latent = run.latent();
        let picture = pipeline.autoencoder.decode(&latent);
        Ok(Self { recipe, latent: sample(latent.tensor()).await?, picture: sample(picture).await? })
    }

    /// Returns the recipe of the check for a model whose style labels are `styles`: one guided step.
    pub fn question(styles: &[String]) -> Recipe {
        let style = styles.first().cloned().unwrap_or_default();
        Recipe { prompt: "red apple".into(), style, steps: 1, seed: 7, ..Recipe::default() }
    }

    /// Returns the largest difference of the latents and that of the pictures; infinite if they cannot be
    /// compared.
    pub fn distance(&self, other: &Self) -> (f32, f32) {
        (largest(&self.latent, &other.latent), largest(&self.picture, &other.picture))
    }
}

async fn sample(x: Tensor<4>) -> Result<Vec<f32>> {
    let data = x.into_data_async().await;
    let data =
        data.map_err(|problem| Error::Device(format!("The device gave no answer: {problem}")))?;
    // An odd stride visits every channel, row and column. Devices do not agree on more than six digits.
    let stride = (data.num_elements() / VALUES) | 1;
    Ok(data.iter::<f32>().step_by(stride).map(|value| (value * 1e6).round() / 1e6).collect())
}

fn largest(a: &[f32], b: &[f32]) -> f32 {
    if a.len() != b.len() || a.is_empty() {
        return f32::INFINITY;
    }
    let difference = |(a, b): (&f32, &f32)| match (a - b).abs() {
        finite if finite.is_finite() => finite,
        _ => f32::INFINITY,
    };
    a.iter().zip(b).map(difference).fold(0.0, f32::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_that_cannot_be_compared_have_an_infinite_distance() {
        assert_eq!(largest(&[1.0, 2.0], &[1.5, 2.0]), 0.5);
        assert_eq!(largest(&[1.0], &[1.0, 2.0]), f32::INFINITY);
        assert_eq!(largest(&[1.0], &[f32::NAN]), f32::INFINITY);
        assert_eq!(largest(&[], &[]), f32::INFINITY);
    }
}
