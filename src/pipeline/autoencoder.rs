//! From a picture to the latent that the DiT knows, and back, whichever autoencoder the model has.

use burn::tensor::{Device, Tensor, TensorData};

use crate::model::sticker_autoencoder::FACTOR;
use crate::model::{AutoencoderKl, StickerAutoencoder};

/// An autoencoder, and how its latents are normalised for the DiT: `(z − mean) / std`.
///
/// Drawing needs only its decoder, so a loaded model has its encoder only if
/// [`Pipeline::load_with_encoder`](super::Pipeline::load_with_encoder) loaded it.
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
    /// Stable Diffusion's: `z·scale`. A shift, which later ones have, is left out as by
    /// `DiTPipeline`.
    Kl {
        /// The network.
        network: Box<AutoencoderKl>,
        /// 0.18215 for the first Stable Diffusion.
        scale: f64,
    },
}

impl Autoencoder {
    /// Returns the normalised latents of pictures: the means of the posterior.
    ///
    /// # Shapes
    /// `[b, 3 or 4, f·h, f·w]`, values in −1..1 → `[b, latent, h, w]`
    ///
    /// # Panics
    /// If the encoder was not loaded.
    pub fn encode(&self, pictures: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Sticker { network, mean, std } => {
                let (latent, _) = network.encode(pictures);
                let device = latent.device();
                (latent - channels(mean, &device)) / channels(std, &device)
            }
            Self::Kl { network, scale } => network.encode(pictures).0 * *scale,
        }
    }

    /// Returns the pictures of normalised latents.
    ///
    /// # Shapes
    /// `[b, latent, h, w]` → `[b, 3 or 4, f·h, f·w]`, values about −1..1
    pub fn decode(&self, latent: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Sticker { network, mean, std } => {
                let device = latent.device();
                network.decode(latent * channels(std, &device) + channels(mean, &device))
            }
            Self::Kl { network, scale } => network.decode(latent / *scale),
        }
    }

    /// Returns how many times a latent is smaller than its picture, each way.
    pub fn factor(&self) -> usize {
        match self {
            Self::Sticker { .. } => FACTOR,
            Self::Kl { network, .. } => network.factor(),
        }
    }

    /// Returns the network of the embedded model; `None` for another.
    pub fn sticker(&self) -> Option<&StickerAutoencoder> {
        match self {
            Self::Sticker { network, .. } => Some(network),
            Self::Kl { .. } => None,
        }
    }

    /// Returns the same with another network of the embedded model, if it is such.
    #[must_use]
    pub fn with_sticker(self, new: StickerAutoencoder) -> Self {
        match self {
            Self::Sticker { mean, std, .. } => Self::Sticker { network: Box::new(new), mean, std },
            kl @ Self::Kl { .. } => kl,
        }
    }
}

/// Returns a value for each channel, `[1, c, 1, 1]`.
pub(crate) fn channels(values: &[f32], device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values.to_vec(), [1, values.len(), 1, 1]), device)
}
