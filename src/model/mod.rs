//! The networks, one concept per file: configuration, module, `init`, `forward`, tests.

pub mod attention;
pub mod autoencoder_kl;
pub mod between;
pub mod bilinear;
pub mod block;
pub mod conditioner;
pub mod dit;
pub mod dit_config;
pub mod embed;
pub mod features;
pub mod kl_blocks;
pub mod layers;
pub mod minilm;
pub mod routing;
pub mod sticker_autoencoder;
#[cfg(test)]
pub(crate) mod testing;
pub mod text_tokens;
pub mod u2netp;
pub mod upscaler;

pub use autoencoder_kl::{AutoencoderKl, AutoencoderKlConfig};
pub use dit::Dit;
pub use dit_config::{DitConfig, TextConfig};
pub use minilm::{MiniLm, MiniLmConfig};
pub use sticker_autoencoder::StickerAutoencoder;
pub use u2netp::U2Netp;
pub use upscaler::Upscaler;
