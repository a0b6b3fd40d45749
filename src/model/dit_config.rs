//! The sizes of a DiT, and those of the paper's models.

use burn::config::Config;

/// The text conditioning: states of width `dim`, in `tokens` places after the patches.
#[derive(Config, Debug, PartialEq)]
pub struct TextConfig {
    /// The width of the text encoder's states.
    pub dim: usize,
    /// How many places there are for text tokens.
    pub tokens: usize,
}

/// The sizes of a DiT.
#[derive(Config, Debug, PartialEq)]
pub struct DitConfig {
    /// The latent's height and width.
    pub input_size: [usize; 2],
    /// The side of a patch in latent cells.
    pub patch_size: usize,
    /// How many channels the latent has.
    pub in_channels: usize,
    /// The width of the model.
    pub hidden_size: usize,
    /// How many blocks there are.
    pub depth: usize,
    /// How many attention heads there are.
    pub num_heads: usize,
    /// How many labels there are, without the null label.
    pub num_classes: usize,
    /// The hidden width of the feed-forward layers as a multiple of the model's width.
    #[config(default = 4.0)]
    pub mlp_ratio: f64,
    /// Whether the model predicts a variance beside each prediction.
    #[config(default = true)]
    pub learn_sigma: bool,
    /// The text conditioning, if any.
    #[config(default = "None")]
    pub text: Option<TextConfig>,
    /// The frequency shift, 1 for models in diffusers' layout; see
    /// [`TimestepEmbedder::init`](super::embed::TimestepEmbedder::init).
    #[config(default = 0.0)]
    pub frequency_shift: f64,
    /// The epsilon of the norm before the feed-forward, 1e-5 for models in diffusers' layout; see
    /// [`DitBlock::init`](super::block::DitBlock::init).
    #[config(default = 1e-6)]
    pub mlp_norm_eps: f64,
    /// Whether all blocks share one embedding of timestep and label, as in the paper. In diffusers
    /// each block has its own, and training may make them differ.
    #[config(default = true)]
    pub shared_conditioner: bool,
}

impl DitConfig {
    /// Returns the paper's ImageNet model of the given width, on latents of `side`×`side`×4 with
    /// 1000 classes.
    fn imagenet(side: usize, patch: usize, depth: usize, width: usize, heads: usize) -> Self {
        Self::new([side, side], patch, 4, width, depth, heads, 1000)
    }

    /// Returns DiT-S: 33 M parameters. `patch` is 2, 4 or 8 in the paper.
    pub fn small(side: usize, patch: usize) -> Self {
        Self::imagenet(side, patch, 12, 384, 6)
    }

    /// Returns DiT-B: 130 M parameters.
    pub fn base(side: usize, patch: usize) -> Self {
        Self::imagenet(side, patch, 12, 768, 12)
    }

    /// Returns DiT-L: 458 M parameters.
    pub fn large(side: usize, patch: usize) -> Self {
        Self::imagenet(side, patch, 24, 1024, 16)
    }

    /// Returns DiT-XL: 675 M parameters.
    pub fn extra_large(side: usize, patch: usize) -> Self {
        Self::imagenet(side, patch, 28, 1152, 16)
    }

    /// Returns the embedded model: 14.7 M parameters, for stickers of 128×128 in twelve styles,
    /// drawn from text.
    pub fn stickers() -> Self {
        Self::new([16, 16], 2, 8, 256, 12, 4, 12)
            .with_learn_sigma(false)
            .with_text(Some(TextConfig::new(384, 16)))
    }

    /// Returns the number of output channels: twice the input's if σ is learned.
    pub fn out_channels(&self) -> usize {
        if self.learn_sigma { 2 * self.in_channels } else { self.in_channels }
    }

    /// Returns the numbers of rows and columns of patches.
    pub fn grid(&self) -> [usize; 2] {
        self.input_size.map(|side| side / self.patch_size)
    }

    /// Checks these sizes against limits and against each other.
    ///
    /// # Errors
    /// Returns a clause that names the sizes that are out of bounds or do not fit each other.
    pub fn check(&self) -> Result<(), String> {
        let [height, width] = self.input_size;
        let heads = self.num_heads;
        // Each limit is far above that of any published model.
        let limits = [
            ("latent's height", height, 1 << 10),
            ("latent's width", width, 1 << 10),
            ("patch size", self.patch_size, 1 << 10),
            ("number of channels", self.in_channels, 1 << 10),
            ("width", self.hidden_size, 1 << 14),
            ("depth", self.depth, 1 << 9),
            ("number of heads", heads, 1 << 10),
            ("number of labels", self.num_classes, 1 << 20),
        ];
        for (what, size, limit) in limits {
            if size == 0 || size > limit {
                return Err(format!("its {what} is {size}, and must be 1 to {limit}"));
            }
        }
        if !height.is_multiple_of(self.patch_size) || !width.is_multiple_of(self.patch_size) {
            let patch = self.patch_size;
            return Err(format!("patches of {patch} do not divide a latent of {height}×{width}"));
        }
        if !self.hidden_size.is_multiple_of(heads) || !self.hidden_size.is_multiple_of(4) {
            return Err(format!(
                "a width of {} must be divisible by 4 and by its {heads} heads",
                self.hidden_size
            ));
        }
        let [rows, columns] = self.grid();
        if rows * columns > 1 << 14 {
            return Err(format!("a latent of {height}×{width} has more than 16384 patches"));
        }
        if !(0.25..=64.0).contains(&self.mlp_ratio) {
            return Err(format!("its mlp_ratio is {}, and must be 0.25 to 64", self.mlp_ratio));
        }
        Ok(())
    }

    /// Returns the least number of values that a file of a model of these sizes must hold. It keeps
    /// a configuration from asking for more memory than its weights justify.
    pub fn values_at_least(&self) -> usize {
        // Attention has 4·d² weights and adaLN 6·d² in each block.
        let square = self.hidden_size.saturating_mul(self.hidden_size);
        square.saturating_mul(10 * self.depth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_sizes_that_do_not_divide() {
        let patch = DitConfig { patch_size: 3, ..DitConfig::small(32, 2) };
        assert!(patch.check().unwrap_err().contains("patches of 3"));
        let heads = DitConfig { num_heads: 7, ..DitConfig::small(32, 2) };
        assert!(heads.check().unwrap_err().contains("7 heads"));
    }
}
