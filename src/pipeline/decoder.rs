//! From a latent to a picture: in full through the autoencoder, or at a glance through one linear
//! map.

use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

use crate::model::{AutoencoderKl, StickerAutoencoder};

/// A linear map from a latent's channels to a picture's, fitted once for an autoencoder: for each
/// latent cell the mean colour of its block, in 0..1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PreviewMap {
    /// A row for each latent channel.
    pub weight: Vec<Vec<f32>>,
    /// One value for each channel of the picture.
    pub bias: Vec<f32>,
}

impl PreviewMap {
    /// Whether it leads from `latent` channels to three or four, all rows alike.
    pub fn fits(&self, latent: usize) -> bool {
        let channels = self.bias.len();
        (3..=4).contains(&channels)
            && self.weight.len() == latent
            && self.weight.iter().all(|row| row.len() == channels)
            && self.weight.iter().flatten().chain(&self.bias).all(|value| value.is_finite())
    }

    /// # Shapes
    /// `[b, latent, h, w]` → `[b, 3 or 4, h, w]`, values in −1..1 as pictures have them
    fn apply(&self, latent: Tensor<4>) -> Tensor<4> {
        let device = latent.device();
        let channels = self.bias.len();
        let weight = TensorData::new(self.weight.concat(), [self.weight.len(), channels]);
        let weight = Tensor::<2>::from_data(weight, &device) * 2.0;
        let bias = TensorData::new(self.bias.clone(), [1, 1, 1, channels]);
        let bias = Tensor::<4>::from_data(bias, &device) * 2.0 - 1.0;
        let cells = latent.permute([0, 2, 3, 1]); // [b, h, w, latent]
        (cells.matmul(weight.unsqueeze()) + bias).permute([0, 3, 1, 2])
    }

    /// Stable Diffusion 1's, on scaled latents: the linear approximation that its community has
    /// used since 2022.
    pub fn stable_diffusion() -> Self {
        let rows = [
            [0.3512, 0.2297, 0.3227],
            [0.3250, 0.4974, 0.2350],
            [-0.2829, 0.1762, 0.2721],
            [-0.2120, -0.2616, -0.7177],
        ];
        // Those rows lead to −1..1; ours to 0..1.
        let weight = rows.map(|row: [f32; 3]| row.map(|value| value / 2.0).to_vec()).to_vec();
        Self { weight, bias: vec![0.5; 3] }
    }
}

/// Which autoencoder, and how its latents were normalised for the DiT.
#[derive(Debug, Clone)]
pub enum Autoencoder {
    /// The embedded model's: normalised by channel.
    Sticker {
        /// The network.
        network: Box<StickerAutoencoder>,
        /// Mean of each channel.
        mean: Vec<f32>,
        /// Standard deviation of each channel.
        std: Vec<f32>,
    },
    /// Stable Diffusion's: `z·scale`. A shift, which later ones have, is left out as by `DiTPipeline`.
    Kl {
        /// The network.
        network: Box<AutoencoderKl>,
        /// 0.18215 for the first Stable Diffusion.
        scale: f64,
    },
}

/// Makes pictures of the DiT's latents.
#[derive(Debug, Clone)]
pub struct Decoder {
    /// The full way.
    pub autoencoder: Autoencoder,
    /// The short way.
    pub preview: Option<PreviewMap>,
}

impl Decoder {
    /// # Shapes
    /// `[b, latent, h, w]` → `[b, 3 or 4, f·h, f·w]`, values about −1..1
    pub fn decode(&self, latent: Tensor<4>) -> Tensor<4> {
        match &self.autoencoder {
            Autoencoder::Sticker { network, mean, std } => {
                let device = latent.device();
                network.decode(latent * channels(std, &device) + channels(mean, &device))
            }
            Autoencoder::Kl { network, scale } => network.decode(latent / *scale),
        }
    }

    /// A glance, one pixel a latent cell. `None` where the model brings no map.
    ///
    /// # Shapes
    /// `[b, latent, h, w]` → `[b, 3 or 4, h, w]`, values about −1..1
    pub fn preview(&self, latent: Tensor<4>) -> Option<Tensor<4>> {
        self.preview.as_ref().map(|map| map.apply(latent))
    }
}

pub(crate) fn channels(values: &[f32], device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values.to_vec(), [1, values.len(), 1, 1]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_is_the_linear_map() {
        let map = PreviewMap {
            weight: vec![vec![0.5, 0.0, 0.0], vec![0.0, 0.25, 0.0]],
            bias: vec![0.5, 0.5, 1.0],
        };
        assert!(map.fits(2) && !map.fits(3));
        let latent = Tensor::<4>::from_floats([[[[1.0]], [[-2.0]]]], &Device::flex());
        let rgb: Vec<f32> = map.apply(latent).into_data().try_to_vec().unwrap();
        // (0.5·1 + 0.5, 0.25·−2 + 0.5, 1) in 0..1
        assert_eq!(rgb, [1.0, -1.0, 1.0]);
    }
}
