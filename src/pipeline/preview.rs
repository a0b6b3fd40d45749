//! The preview of a latent: one linear map from its channels to colours.

use burn::tensor::{Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::diffusion::Latent;

/// A linear map from a latent's channels to a picture's, fitted once for an autoencoder. It maps each
/// latent cell to the mean colour of its block, in 0..1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PreviewMap {
    /// The weights, one row per latent channel.
    pub weight: Vec<Vec<f32>>,
    /// The biases, one per channel of the picture.
    pub bias: Vec<f32>,
}

impl PreviewMap {
    /// Returns whether it maps `latent` channels to three or four, in every row, with finite values.
    pub fn fits(&self, latent: usize) -> bool {
        let channels = self.bias.len();
        (3..=4).contains(&channels)
            && self.weight.len() == latent
            && self.weight.iter().all(|row| row.len() == channels)
            && self.weight.iter().flatten().chain(&self.bias).all(|value| value.is_finite())
    }

    /// Returns the preview, one pixel per latent cell.
    ///
    /// # Shapes
    /// `[b, latent, h, w]` → `[b, 3 or 4, h, w]`, values in −1..1 as in pictures
    pub fn apply(&self, latent: &Latent) -> Tensor<4> {
        let latent = latent.tensor();
        let device = latent.device();
        let channels = self.bias.len();
        let weight = TensorData::new(self.weight.concat(), [self.weight.len(), channels]);
        let weight = Tensor::<2>::from_data(weight, &device) * 2.0;
        let bias = TensorData::new(self.bias.clone(), [1, 1, 1, channels]);
        let bias = Tensor::<4>::from_data(bias, &device) * 2.0 - 1.0;
        let cells = latent.permute([0, 2, 3, 1]); // [b, h, w, latent]
        (cells.matmul(weight.unsqueeze()) + bias).permute([0, 3, 1, 2])
    }

    /// Returns the map of Stable Diffusion 1 for scaled latents: the linear approximation that its
    /// community has used since 2022.
    pub fn stable_diffusion() -> Self {
        let rows = [
            [0.3512, 0.2297, 0.3227],
            [0.3250, 0.4974, 0.2350],
            [-0.2829, 0.1762, 0.2721],
            [-0.2120, -0.2616, -0.7177],
        ];
        // These rows map to −1..1, and a `PreviewMap` maps to 0..1.
        let weight = rows.map(|row: [f32; 3]| row.map(|value| value / 2.0).to_vec()).to_vec();
        Self { weight, bias: vec![0.5; 3] }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn a_preview_applies_the_linear_map() {
        let map = PreviewMap {
            weight: vec![vec![0.5, 0.0, 0.0], vec![0.0, 0.25, 0.0]],
            bias: vec![0.5, 0.5, 1.0],
        };
        assert!(map.fits(2) && !map.fits(3));
        let latent = Latent::new(Tensor::from_floats([[[[1.0]], [[-2.0]]]], &Device::flex()));
        let rgb: Vec<f32> = map.apply(&latent).into_data().try_to_vec().unwrap();
        // (0.5·1 + 0.5, 0.25·−2 + 0.5, 1) in 0..1
        assert_eq!(rgb, [1.0, -1.0, 1.0]);
    }
}
