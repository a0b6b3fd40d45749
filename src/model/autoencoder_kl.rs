//! Stable Diffusion's autoencoder (Rombach et al., arXiv 2112.10752), as diffusers configures it.

use burn::config::Config;
use burn::module::Module;
use burn::nn::GroupNorm;
use burn::nn::conv::Conv2d;
use burn::tensor::{Device, Tensor, activation};

use super::kl_blocks::{MidBlock, Resize, ScaleBlock, group_norm};
use super::layers::same_conv;

/// The sizes of the autoencoder.
#[derive(Config, Debug, PartialEq)]
pub struct AutoencoderKlConfig {
    /// The width at each resolution, from the picture's down to the latent's.
    pub block_out_channels: Vec<usize>,
    /// How many channels the latent has.
    pub latent_channels: usize,
    /// How many residual blocks the encoder has at each resolution; the decoder has one more.
    #[config(default = 2)]
    pub layers_per_block: usize,
    /// How many groups the norms have.
    #[config(default = 32)]
    pub norm_num_groups: usize,
    /// How many channels the picture has.
    #[config(default = 3)]
    pub in_channels: usize,
    /// Whether a 1×1 convolution follows the encoder.
    #[config(default = true)]
    pub use_quant_conv: bool,
    /// Whether a 1×1 convolution precedes the decoder.
    #[config(default = true)]
    pub use_post_quant_conv: bool,
    /// Whether the middle block has attention.
    #[config(default = true)]
    pub mid_block_add_attention: bool,
}

impl AutoencoderKlConfig {
    /// Returns Stable Diffusion's sizes: 83.7 M parameters, of which the decoder has 49.5 M.
    pub fn stable_diffusion() -> Self {
        Self::new(vec![128, 256, 512, 512], 4)
    }

    /// Checks these sizes against limits and against each other.
    ///
    /// # Errors
    /// Returns a clause that says which sizes are out of bounds or do not fit each other.
    pub fn check(&self) -> Result<(), String> {
        let widths = &self.block_out_channels;
        if widths.is_empty() || widths.len() > 8 || self.layers_per_block > 16 {
            return Err("it must have 1 to 8 resolutions of at most 16 layers".into());
        }
        let channels = [self.latent_channels, self.in_channels, self.norm_num_groups];
        if !widths.iter().chain(&channels).all(|n| (1..=1 << 14).contains(n)) {
            return Err("its numbers of channels and norm groups must be 1 to 16384".into());
        }
        let groups = self.norm_num_groups;
        match widths.iter().find(|width| !width.is_multiple_of(groups)) {
            Some(width) => Err(format!("{groups} norm groups do not divide a width of {width}")),
            None => Ok(()),
        }
    }

    /// Returns the least number of values that a file of an autoencoder of these sizes must hold.
    pub fn values_at_least(&self) -> usize {
        // Each residual block has a 3×3 convolution from its width to its width, in both halves.
        let square = |width: &usize| width.saturating_mul(*width).saturating_mul(9);
        let all = self.block_out_channels.iter().map(square).fold(0, usize::saturating_add);
        all.saturating_mul(2 * self.layers_per_block.max(1))
    }

    /// Returns the ratio of the picture's side to the latent's.
    pub fn factor(&self) -> usize {
        1 << (self.block_out_channels.len() - 1)
    }

    /// Returns a new autoencoder.
    ///
    /// # Panics
    /// Panics if [`check`](Self::check) finds an error.
    pub fn init(&self, device: &Device) -> AutoencoderKl {
        if let Err(problem) = self.check() {
            panic!("{problem}");
        }
        let latent = self.latent_channels;
        let quant = |channels: usize| same_conv([channels, channels], 1, device);
        AutoencoderKl {
            encoder: Some(self.init_encoder(device)),
            quant_conv: self.use_quant_conv.then(|| quant(2 * latent)),
            post_quant_conv: self.use_post_quant_conv.then(|| quant(latent)),
            decoder: self.init_decoder(device),
        }
    }

    /// Returns a new autoencoder without its encoder; drawing needs only the decoder.
    ///
    /// # Panics
    /// Panics if [`check`](Self::check) finds an error.
    pub fn decoder(&self, device: &Device) -> AutoencoderKl {
        AutoencoderKl { encoder: None, quant_conv: None, ..self.init(device) }
    }

    fn init_encoder(&self, device: &Device) -> KlEncoder {
        let (widths, groups) = (&self.block_out_channels, self.norm_num_groups);
        let (first, last) = (widths[0], widths[widths.len() - 1]);
        let block = |i: usize| {
            let channels = [widths[i.saturating_sub(1)], widths[i]];
            let resize = (i + 1 < widths.len()).then(|| Resize::down(widths[i], device));
            ScaleBlock::init(channels, self.layers_per_block, groups, resize, device)
        };
        KlEncoder {
            conv_in: same_conv([self.in_channels, first], 3, device),
            down_blocks: (0..widths.len()).map(block).collect(),
            mid_block: MidBlock::init(last, groups, self.mid_block_add_attention, device),
            conv_norm_out: group_norm(groups, last, device),
            conv_out: same_conv([last, 2 * self.latent_channels], 3, device),
        }
    }

    fn init_decoder(&self, device: &Device) -> KlDecoder {
        let widths: Vec<usize> = self.block_out_channels.iter().rev().copied().collect();
        let groups = self.norm_num_groups;
        let (first, last) = (widths[0], widths[widths.len() - 1]);
        let block = |i: usize| {
            let channels = [widths[i.saturating_sub(1)], widths[i]];
            let resize = (i + 1 < widths.len()).then(|| Resize::up(widths[i], device));
            ScaleBlock::init(channels, self.layers_per_block + 1, groups, resize, device)
        };
        KlDecoder {
            conv_in: same_conv([self.latent_channels, first], 3, device),
            mid_block: MidBlock::init(first, groups, self.mid_block_add_attention, device),
            up_blocks: (0..widths.len()).map(block).collect(),
            conv_norm_out: group_norm(groups, last, device),
            conv_out: same_conv([last, self.in_channels], 3, device),
        }
    }
}

/// The encoder, from picture to latent.
#[derive(Module, Debug)]
pub struct KlEncoder {
    conv_in: Conv2d,
    down_blocks: Vec<ScaleBlock>,
    mid_block: MidBlock,
    conv_norm_out: GroupNorm,
    conv_out: Conv2d,
}

/// The decoder, from latent to picture.
#[derive(Module, Debug)]
pub struct KlDecoder {
    conv_in: Conv2d,
    mid_block: MidBlock,
    up_blocks: Vec<ScaleBlock>,
    conv_norm_out: GroupNorm,
    conv_out: Conv2d,
}

/// The autoencoder; see [`encode`](Self::encode) and [`decode`](Self::decode).
#[derive(Module, Debug)]
pub struct AutoencoderKl {
    encoder: Option<KlEncoder>,
    quant_conv: Option<Conv2d>,
    post_quant_conv: Option<Conv2d>,
    decoder: KlDecoder,
}

impl AutoencoderKl {
    /// Returns whether it has its encoder.
    pub fn has_encoder(&self) -> bool {
        self.encoder.is_some()
    }

    /// Returns the ratio of the picture's side to the latent's.
    pub fn factor(&self) -> usize {
        1 << (self.decoder.up_blocks.len() - 1)
    }

    /// Returns the posterior's mean and its log-variance (clamped to −30..20), neither scaled nor
    /// shifted.
    ///
    /// # Shapes
    /// - input: pictures in −1..1, `[b, 3, h, w]`, h and w multiples of the factor
    /// - output: two tensors `[b, latent, h/f, w/f]`
    ///
    /// # Panics
    /// Panics if there is no encoder.
    pub fn encode(&self, x: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        let encoder = self.encoder.as_ref().expect("the encoder is loaded");
        let x = encoder.conv_in.forward(x);
        let x = encoder.down_blocks.iter().fold(x, |x, block| block.forward(x));
        let x = encoder.mid_block.forward(x);
        let x = encoder.conv_out.forward(activation::silu(encoder.conv_norm_out.forward(x)));
        let x = match &self.quant_conv {
            Some(conv) => conv.forward(x),
            None => x,
        };
        let [_, channels, _, _] = x.dims();
        let half = channels / 2;
        (x.clone().narrow(1, 0, half), x.narrow(1, half, half).clamp(-30.0, 20.0))
    }

    /// Decodes latents to pictures.
    ///
    /// # Shapes
    /// - input: latents, neither scaled nor shifted, `[b, latent, h, w]`
    /// - output: pictures, about −1..1, `[b, 3, f·h, f·w]`
    pub fn decode(&self, z: Tensor<4>) -> Tensor<4> {
        let z = match &self.post_quant_conv {
            Some(conv) => conv.forward(z),
            None => z,
        };
        let decoder = &self.decoder;
        let x = decoder.mid_block.forward(decoder.conv_in.forward(z));
        let x = decoder.up_blocks.iter().fold(x, |x, block| block.forward(x));
        decoder.conv_out.forward(activation::silu(decoder.conv_norm_out.forward(x)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_published_number_of_parameters_and_divides_sides_by_8() {
        let device = Device::flex();
        let config = AutoencoderKlConfig::stable_diffusion();
        assert_eq!(config.init(&device).num_params(), 83_653_863);
        assert_eq!(config.factor(), 8);

        let tiny = AutoencoderKlConfig::new(vec![4, 8], 4).with_norm_num_groups(2).init(&device);
        let (mean, log_variance) = tiny.encode(Tensor::zeros([1, 3, 6, 10], &device));
        assert_eq!(mean.dims(), [1, 4, 3, 5]);
        assert_eq!(log_variance.dims(), [1, 4, 3, 5]);
        assert_eq!(tiny.decode(mean).dims(), [1, 3, 6, 10]);
    }
}
