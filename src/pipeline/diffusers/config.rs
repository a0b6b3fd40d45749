//! The configuration files of diffusers' layout, in this project's terms.

use serde::Deserialize;

use crate::model::{AutoencoderKlConfig, DitConfig};
use crate::{Error, Result};

/// The path of the transformer's configuration.
pub const TRANSFORMER: &str = "transformer/config.json";
/// The path of the autoencoder's configuration.
pub const VAE: &str = "vae/config.json";
/// The shift of the timestep frequencies, which diffusers spaces one place wider than the paper's code.
const FREQUENCY_SHIFT: f64 = 1.0;

/// The content of `transformer/config.json`, with diffusers' defaults.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default)]
pub struct TransformerConfig {
    sample_size: usize,
    patch_size: usize,
    in_channels: usize,
    out_channels: Option<usize>,
    num_layers: usize,
    num_attention_heads: usize,
    attention_head_dim: usize,
    num_embeds_ada_norm: usize,
    attention_bias: bool,
    activation_fn: String,
    norm_type: String,
    norm_elementwise_affine: bool,
    norm_eps: f64,
}

impl Default for TransformerConfig {
    fn default() -> Self {
        Self {
            sample_size: 32,
            patch_size: 2,
            in_channels: 4,
            out_channels: None,
            num_layers: 28,
            num_attention_heads: 16,
            attention_head_dim: 72,
            num_embeds_ada_norm: 1000,
            attention_bias: true,
            activation_fn: "gelu-approximate".into(),
            norm_type: "ada_norm_zero".into(),
            norm_elementwise_affine: false,
            norm_eps: 1e-5,
        }
    }
}

impl TransformerConfig {
    /// Returns the DiT's configuration in this project's terms.
    ///
    /// # Errors
    /// Returns an error if the file asks for something that the paper's DiT does not have.
    pub fn dit(&self) -> Result<DitConfig> {
        let refuse = |problem: &str| Err(Error::model(TRANSFORMER, problem));
        let out_channels = self.out_channels.unwrap_or(self.in_channels);
        let learns = self.in_channels.checked_mul(2) == Some(out_channels);
        if out_channels != self.in_channels && !learns {
            return refuse("out_channels must be in_channels, or twice as many");
        }
        if self.norm_type != "ada_norm_zero" || self.norm_elementwise_affine {
            return refuse("only DiTs with norm_type ada_norm_zero without affine are supported");
        }
        if self.activation_fn != "gelu-approximate" || !self.attention_bias {
            return refuse("only DiTs with gelu-approximate and attention_bias are supported");
        }
        let Some(width) = self.num_attention_heads.checked_mul(self.attention_head_dim) else {
            return refuse("its num_attention_heads times attention_head_dim is too large");
        };
        let config = DitConfig::new(
            [self.sample_size; 2],
            self.patch_size,
            self.in_channels,
            width,
            self.num_layers,
            self.num_attention_heads,
            self.num_embeds_ada_norm,
        )
        .with_learn_sigma(learns)
        .with_frequency_shift(FREQUENCY_SHIFT)
        .with_mlp_norm_eps(self.norm_eps);
        config.check().map_err(|problem| Error::model(TRANSFORMER, problem))?;
        Ok(config)
    }
}

/// The content of `vae/config.json`, with diffusers' defaults.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default)]
pub struct VaeConfig {
    block_out_channels: Vec<usize>,
    pub(super) latent_channels: usize,
    layers_per_block: usize,
    norm_num_groups: usize,
    in_channels: usize,
    out_channels: usize,
    act_fn: String,
    pub(super) scaling_factor: f64,
    use_quant_conv: bool,
    use_post_quant_conv: bool,
    mid_block_add_attention: bool,
}

impl Default for VaeConfig {
    fn default() -> Self {
        Self {
            block_out_channels: vec![64],
            latent_channels: 4,
            layers_per_block: 1,
            norm_num_groups: 32,
            in_channels: 3,
            out_channels: 3,
            act_fn: "silu".into(),
            scaling_factor: 0.18215,
            use_quant_conv: true,
            use_post_quant_conv: true,
            mid_block_add_attention: true,
        }
    }
}

impl VaeConfig {
    /// Returns the autoencoder's configuration in this project's terms.
    ///
    /// # Errors
    /// Returns an error if the file asks for something that Stable Diffusion's autoencoder does not have.
    pub fn autoencoder(&self) -> Result<AutoencoderKlConfig> {
        let refuse = |problem: String| Err(Error::model(VAE, problem));
        if self.act_fn != "silu" || (self.in_channels, self.out_channels) != (3, 3) {
            return refuse("only autoencoders of RGB pictures with silu are supported".into());
        }
        if !self.scaling_factor.is_normal() {
            return refuse("its scaling_factor must be a number other than 0".into());
        }
        let config =
            AutoencoderKlConfig::new(self.block_out_channels.clone(), self.latent_channels)
                .with_layers_per_block(self.layers_per_block)
                .with_norm_num_groups(self.norm_num_groups)
                .with_use_quant_conv(self.use_quant_conv)
                .with_use_post_quant_conv(self.use_post_quant_conv)
                .with_mid_block_add_attention(self.mid_block_add_attention);
        config.check().map_err(|problem| Error::model(VAE, problem))?;
        Ok(config)
    }
}
