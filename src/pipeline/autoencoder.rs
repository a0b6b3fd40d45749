//! Encoding of pictures to the latents of the DiT, and decoding, with either kind of autoencoder.

use burn::tensor::{Device, Tensor, TensorData};

use crate::diffusion::Latent;
use crate::model::sticker_autoencoder::FACTOR;
use crate::model::{AutoencoderKl, StickerAutoencoder};
use crate::{Error, Result};

/// An autoencoder, and how its latents are normalised for the DiT: `(z − mean) / std`.
///
/// Drawing needs only the decoder, so a loaded model has its encoder only if
/// [`Pipeline::load_with_encoder`](super::Pipeline::load_with_encoder) loaded it.
#[derive(Debug, Clone)]
pub enum Autoencoder {
    /// The embedded model's autoencoder, whose latents are normalised per channel.
    Sticker {
        /// The network.
        network: Box<StickerAutoencoder>,
        /// The mean of each channel.
        mean: Vec<f32>,
        /// The standard deviation of each channel.
        std: Vec<f32>,
    },
    /// Stable Diffusion's autoencoder, whose latents are `z·scale`. The shift that later versions have is
    /// left out, as in `DiTPipeline`.
    Kl {
        /// The network.
        network: Box<AutoencoderKl>,
        /// The scale: 0.18215 for the first Stable Diffusion.
        scale: f64,
    },
}

impl Autoencoder {
    /// Returns whether it was loaded with its encoder.
    pub fn has_encoder(&self) -> bool {
        match self {
            Self::Sticker { network, .. } => network.has_encoder(),
            Self::Kl { network, .. } => network.has_encoder(),
        }
    }

    /// Encodes pictures to normalised latents: the means of the posterior.
    ///
    /// # Shapes
    /// `[b, 3 or 4, f·h, f·w]`, values in −1..1 → `[b, latent, h, w]`
    ///
    /// # Errors
    /// Returns an error if the encoder was not loaded.
    pub fn encode(&self, pictures: Tensor<4>) -> Result<Latent> {
        if !self.has_encoder() {
            let problem = "it was loaded without its encoder: load it with the encoder";
            return Err(Error::model("The autoencoder", problem));
        }
        Ok(Latent::new(match self {
            Self::Sticker { network, mean, std } => {
                let (latent, _) = network.encode(pictures);
                let device = latent.device();
                (latent - channels(mean, &device)) / channels(std, &device)
            }
            Self::Kl { network, scale } => network.encode(pictures).0 * *scale,
        }))
    }

    /// Decodes normalised latents to pictures.
    ///
    /// # Shapes
    /// `[b, latent, h, w]` → `[b, 3 or 4, f·h, f·w]`, values about −1..1
    pub fn decode(&self, latent: &Latent) -> Tensor<4> {
        let latent = latent.tensor();
        match self {
            Self::Sticker { network, mean, std } => {
                let device = latent.device();
                network.decode(latent * channels(std, &device) + channels(mean, &device))
            }
            Self::Kl { network, scale } => network.decode(latent / *scale),
        }
    }

    /// Returns how many times smaller a latent is than its picture, per side.
    pub fn factor(&self) -> usize {
        match self {
            Self::Sticker { .. } => FACTOR,
            Self::Kl { network, .. } => network.factor(),
        }
    }

    /// Returns the network of the embedded model's autoencoder; `None` for the other kind.
    pub fn sticker(&self) -> Option<&StickerAutoencoder> {
        match self {
            Self::Sticker { network, .. } => Some(network),
            Self::Kl { .. } => None,
        }
    }

    /// Returns the autoencoder with the network `new` if it is the embedded model's, and unchanged
    /// otherwise.
    #[must_use]
    pub fn with_sticker(self, new: StickerAutoencoder) -> Self {
        match self {
            Self::Sticker { mean, std, .. } => Self::Sticker { network: Box::new(new), mean, std },
            kl @ Self::Kl { .. } => kl,
        }
    }
}

/// Returns one value per channel as a tensor, `[1, c, 1, 1]`.
pub(crate) fn channels(values: &[f32], device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values.to_vec(), [1, values.len(), 1, 1]), device)
}
