//! The Diffusion Transformer (Peebles and Xie, “Scalable Diffusion Models with Transformers”,
//! arXiv 2212.09748), with the paper's names and orders.

use burn::config::Config;
use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData, activation};

use super::block::{DitBlock, FinalLayer};
use super::conditioner::Conditioner;
use super::embed::{PatchEmbed, positions};
#[cfg(feature = "native")]
use super::fused::is_cpu;
use super::text_tokens::{TextEmbedder, TextTokens};

/// How prompts reach the model: states of `dim`, in `tokens` places after the patches.
#[derive(Config, Debug, PartialEq)]
pub struct TextConfig {
    /// Width of the text encoder's states.
    pub dim: usize,
    /// Places for text tokens.
    pub tokens: usize,
}

/// A DiT's sizes.
#[derive(Config, Debug, PartialEq)]
pub struct DitConfig {
    /// Latent height and width.
    pub input_size: [usize; 2],
    /// Side of a patch in latent cells.
    pub patch_size: usize,
    /// Channels of the latent.
    pub in_channels: usize,
    /// Width of the model.
    pub hidden_size: usize,
    /// Number of blocks.
    pub depth: usize,
    /// Attention heads.
    pub num_heads: usize,
    /// Number of labels, the null label not counted.
    pub num_classes: usize,
    /// Hidden width of the feed-forward, in widths of the model.
    #[config(default = 4.0)]
    pub mlp_ratio: f64,
    /// Whether the model gives a variance beside each prediction.
    #[config(default = true)]
    pub learn_sigma: bool,
    /// Text conditioning, if any.
    #[config(default = "None")]
    pub text: Option<TextConfig>,
    /// See [`TimestepEmbedder::init`](super::embed::TimestepEmbedder::init): 1 for models in diffusers' layout.
    #[config(default = 0.0)]
    pub frequency_shift: f64,
    /// See [`DitBlock::init`]: 1e-5 for models in diffusers' layout.
    #[config(default = 1e-6)]
    pub mlp_norm_eps: f64,
    /// Whether all blocks share one embedding of time and label, as in the paper. Diffusers gives
    /// each block its own, which training may drive apart.
    #[config(default = true)]
    pub shared_conditioner: bool,
}

impl DitConfig {
    /// The paper's ImageNet model of a width, on latents of `side`×`side`×4 with 1000 classes.
    fn imagenet(side: usize, patch: usize, depth: usize, width: usize, heads: usize) -> Self {
        Self::new([side, side], patch, 4, width, depth, heads, 1000)
    }

    /// DiT-S: 33 M parameters. `patch` is 2, 4 or 8 in the paper.
    pub fn small(side: usize, patch: usize) -> Self {
        Self::imagenet(side, patch, 12, 384, 6)
    }

    /// DiT-B: 130 M parameters.
    pub fn base(side: usize, patch: usize) -> Self {
        Self::imagenet(side, patch, 12, 768, 12)
    }

    /// DiT-L: 458 M parameters.
    pub fn large(side: usize, patch: usize) -> Self {
        Self::imagenet(side, patch, 24, 1024, 16)
    }

    /// DiT-XL: 675 M parameters.
    pub fn extra_large(side: usize, patch: usize) -> Self {
        Self::imagenet(side, patch, 28, 1152, 16)
    }

    /// The embedded model: stickers of 128×128 in nine styles, from text; 14.7 M parameters.
    pub fn stickers() -> Self {
        Self::new([16, 16], 2, 8, 256, 12, 4, 9)
            .with_learn_sigma(false)
            .with_text(Some(TextConfig::new(384, 16)))
    }

    /// Channels of the output: twice the input's where σ is learned.
    pub fn out_channels(&self) -> usize {
        if self.learn_sigma { 2 * self.in_channels } else { self.in_channels }
    }

    /// Rows and columns of patches.
    pub fn grid(&self) -> [usize; 2] {
        self.input_size.map(|side| side / self.patch_size)
    }

    /// What is wrong with these sizes, if anything.
    ///
    /// # Errors
    /// A clause that names the sizes that do not fit each other.
    pub fn check(&self) -> Result<(), String> {
        let [height, width] = self.input_size;
        let heads = self.num_heads;
        // Far above any published model, far below what overflows or fills a machine.
        let sane = [height, width, self.hidden_size, self.depth, self.num_classes, heads]
            .iter()
            .chain([&self.patch_size, &self.in_channels])
            .all(|&n| n <= 1 << 16);
        if !sane {
            return Err("one of its sizes is larger than any DiT's".into());
        }
        if [height, width, self.patch_size, self.in_channels, heads, self.depth].contains(&0) {
            return Err("none of its sizes may be 0".into());
        }
        if !height.is_multiple_of(self.patch_size) || !width.is_multiple_of(self.patch_size) {
            let patch = self.patch_size;
            return Err(format!("patches of {patch} do not divide a latent of {height}×{width}"));
        }
        if self.hidden_size == 0
            || !self.hidden_size.is_multiple_of(heads)
            || !self.hidden_size.is_multiple_of(4)
        {
            return Err(format!(
                "a width of {} must be divisible by 4 and by its {heads} heads",
                self.hidden_size
            ));
        }
        Ok(())
    }

    /// A new model, as the paper begins training.
    ///
    /// # Panics
    /// Where [`check`](Self::check) finds an error.
    pub fn init(&self, device: &Device) -> Dit {
        if let Err(problem) = self.check() {
            panic!("{problem}");
        }
        let width = self.hidden_size;
        let [rows, columns] = self.grid();
        let table = TensorData::new(positions(rows, columns, width), [1, rows * columns, width]);
        let block = || {
            DitBlock::init(width, self.num_heads, self.mlp_ratio, self.mlp_norm_eps, device)
        };
        let conditioners = if self.shared_conditioner { 1 } else { self.depth };
        let conditioner =
            || Conditioner::init(width, self.num_classes, self.frequency_shift, device);
        let values = self.patch_size * self.patch_size * self.out_channels();
        Dit {
            x_embedder: PatchEmbed::init(self.patch_size, self.in_channels, width, device),
            conditioners: (0..conditioners).map(|_| conditioner()).collect(),
            text: self
                .text
                .as_ref()
                .map(|text| TextEmbedder::init(text.dim, text.tokens, width, device)),
            blocks: (0..self.depth).map(|_| block()).collect(),
            final_layer: FinalLayer::init(width, values, device),
            positions: Tensor::from_data(table, device),
            config: self.clone(),
        }
    }
}

/// The network; see [`forward`](Self::forward).
#[derive(Module, Debug)]
pub struct Dit {
    x_embedder: PatchEmbed,
    conditioners: Vec<Conditioner>,
    text: Option<TextEmbedder>,
    blocks: Vec<DitBlock>,
    final_layer: FinalLayer,
    positions: Tensor<3>,
    #[module(skip)]
    config: DitConfig,
}

impl Dit {
    /// The sizes this model was made with.
    pub fn config(&self) -> &DitConfig {
        &self.config
    }

    /// A prompt's states, `[n, text_dim]`, made ready for [`forward`](Self::forward), for a batch
    /// of one. `None` where the model takes no text.
    pub fn embed_text(&self, states: Tensor<2>) -> Option<TextTokens> {
        self.text.as_ref().map(|text| text.forward(states))
    }

    /// One prediction.
    ///
    /// # Shapes
    /// - `x`: noisy latents, `[b, c, h, w]`
    /// - `timesteps`: b values, 0 to 1000
    /// - `labels`: `[b]`; the number of classes means none
    /// - `text`: tokens `[b, k, d]` and pooled `[b, d]`, from [`embed_text`](Self::embed_text)
    /// - output: `[b, c or 2·c, h, w]`
    pub fn forward(
        &self,
        x: Tensor<4>,
        timesteps: &[f64],
        labels: Tensor<1, Int>,
        text: Option<&TextTokens>,
    ) -> Tensor<4> {
        #[cfg(feature = "native")]
        if timesteps.len() > 1 && is_cpu(&x) {
            return self.forward_rows(&x, timesteps, &labels, text);
        }
        self.forward_batch(x, timesteps, labels, text)
    }

    /// Each row on a thread of its own: better use of a CPU than many threads in each small
    /// product.
    #[cfg(feature = "native")]
    fn forward_rows(
        &self,
        x: &Tensor<4>,
        timesteps: &[f64],
        labels: &Tensor<1, Int>,
        text: Option<&TextTokens>,
    ) -> Tensor<4> {
        use rayon::prelude::{IntoParallelIterator, ParallelIterator};

        let row = |i: usize| {
            let text = text.map(|text| text.row(i));
            let (x, label) = (x.clone().narrow(0, i, 1), labels.clone().narrow(0, i, 1));
            self.forward_batch(x, &timesteps[i..=i], label, text.as_ref())
        };
        Tensor::cat((0..timesteps.len()).into_par_iter().map(row).collect(), 0)
    }

    fn forward_batch(
        &self,
        x: Tensor<4>,
        timesteps: &[f64],
        labels: Tensor<1, Int>,
        text: Option<&TextTokens>,
    ) -> Tensor<4> {
        let condition = |conditioner: &Conditioner| {
            let c = conditioner.forward(timesteps, labels.clone());
            let c = text.iter().fold(c, |c, text| c + text.pooled.clone());
            activation::silu(c) // [b, d]
        };
        let conditions: Vec<_> = self.conditioners.iter().map(condition).collect();

        let mut x = self.x_embedder.forward(x) + self.positions.clone(); // [b, n, d]
        let [_, patches, _] = x.dims();
        if let Some(text) = text {
            x = Tensor::cat(vec![x, text.tokens.clone()], 1); // [b, n + k, d]
        }
        for (block, c) in self.blocks.iter().zip(conditions.iter().cycle()) {
            x = block.forward(x, c.clone());
        }
        let x = x.narrow(1, 0, patches); // [b, n, d]
        self.unpatchify(self.final_layer.forward(x, conditions[0].clone()))
    }

    /// Lays patches of (row, column, channel) back into a latent.
    ///
    /// # Shapes
    /// - input: `[b, n, p·p·c]`
    /// - output: `[b, c, h, w]`
    fn unpatchify(&self, x: Tensor<3>) -> Tensor<4> {
        let [batch, _, _] = x.dims();
        let ([rows, columns], p) = (self.config.grid(), self.config.patch_size);
        let channels = self.config.out_channels();
        x.reshape([batch, rows, columns, p, p, channels])
            .permute([0, 5, 1, 3, 2, 4]) // [b, c, rows, p, columns, p]
            .reshape([batch, channels, rows * p, columns * p])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parameter counts of the paper's table 4, positions left out.
    #[test]
    fn presets_have_the_papers_sizes() {
        let device = Device::flex();
        let millions = |config: DitConfig| config.init(&device).num_params() as f64 / 1e6;
        assert!((millions(DitConfig::small(32, 2)) - 33.0).abs() < 0.5);
        assert!((millions(DitConfig::base(32, 4)) - 130.5).abs() < 0.5);
        assert!((millions(DitConfig::large(32, 8)) - 459.0).abs() < 1.0);
        assert!((millions(DitConfig::extra_large(32, 2)) - 675.0).abs() < 1.0);
        assert!((millions(DitConfig::stickers()) - 14.7).abs() < 0.1);
    }

    #[test]
    fn sizes_that_do_not_fit_are_named() {
        let patch = DitConfig { patch_size: 3, ..DitConfig::small(32, 2) };
        assert!(patch.check().unwrap_err().contains("patches of 3"));
        let heads = DitConfig { num_heads: 7, ..DitConfig::small(32, 2) };
        assert!(heads.check().unwrap_err().contains("7 heads"));
    }
}
