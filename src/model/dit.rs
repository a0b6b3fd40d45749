//! The Diffusion Transformer (Peebles and Xie, “Scalable Diffusion Models with Transformers”,
//! arXiv 2212.09748). Names and orders are the paper's.

use std::ops::Range;

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData, activation};

use super::block::{DitBlock, FinalLayer};
use super::conditioner::Conditioner;
use super::dit_config::DitConfig;
use super::embed::{PatchEmbed, positions};
use super::text_tokens::{TextEmbedder, TextTokens};

impl DitConfig {
    /// Returns a new model with the paper's initialisation.
    ///
    /// # Panics
    /// Panics if [`check`](Self::check) finds an error.
    pub fn init(&self, device: &Device) -> Dit {
        if let Err(problem) = self.check() {
            panic!("{problem}");
        }
        let width = self.hidden_size;
        let [rows, columns] = self.grid();
        let table = TensorData::new(positions(rows, columns, width), [1, rows * columns, width]);
        let block =
            || DitBlock::init(width, self.num_heads, self.mlp_ratio, self.mlp_norm_eps, device);
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
    /// Returns the sizes of the model.
    pub fn config(&self) -> &DitConfig {
        &self.config
    }

    /// Returns the same network with other labels. Each takes the row of the given old label;
    /// `None` takes the null label's row, which the network keeps as well.
    ///
    /// # Panics
    /// Panics if an old label is not one of the model's.
    pub fn with_labels(self, labels: &[Option<usize>]) -> Self {
        let null = self.config.num_classes;
        assert!(labels.iter().flatten().all(|label| *label < null), "labels that it has");
        let rows = labels.iter().map(|label| label.unwrap_or(null)).chain([null]);
        let rows: Vec<usize> = rows.collect();
        let conditioners =
            self.conditioners.into_iter().map(|conditioner| conditioner.with_labels(&rows));
        Self {
            conditioners: conditioners.collect(),
            config: DitConfig { num_classes: labels.len(), ..self.config },
            ..self
        }
    }

    /// Returns a prompt's states, `[n, text_dim]`, as tokens for [`forward`](Self::forward), for a
    /// batch of one. It is `None` if the model takes no text.
    pub fn embed_text(&self, states: Tensor<2>) -> Option<TextTokens> {
        self.text.as_ref().map(|text| text.forward(states))
    }

    /// Returns the tokens of several padded prompts; see [`TextEmbedder::forward_padded`].
    pub fn embed_texts(&self, states: Tensor<3>, lengths: &[usize]) -> Option<TextTokens> {
        self.text.as_ref().map(|text| text.forward_padded(states, lengths))
    }

    /// Returns the vectors of labels, `[b]` → `[b, d]`, or `None` if the blocks have conditioners of
    /// their own.
    pub(super) fn label_vectors(&self, labels: Tensor<1, Int>) -> Option<Tensor<2>> {
        match &self.conditioners[..] {
            [one] => Some(one.label_vectors(labels)),
            _ => None,
        }
    }

    /// Returns one prediction.
    ///
    /// # Shapes
    /// - `x`: noisy latents, `[b, c, h, w]`
    /// - `timesteps`: b values, 0 to 1000
    /// - `labels`: `[b]`; the number of classes is the null label
    /// - `text`: tokens `[b, k, d]` and pooled `[b, d]`, from [`embed_text`](Self::embed_text)
    /// - output: `[b, c or 2·c, h, w]`
    pub fn forward(
        &self,
        x: Tensor<4>,
        timesteps: &[f64],
        labels: &Tensor<1, Int>,
        text: Option<&TextTokens>,
    ) -> Tensor<4> {
        let all = |x, conditions: &[Tensor<2>]| self.through(0..self.depth(), x, conditions);
        self.forward_by(x, timesteps, labels, text, all)
    }

    /// Returns one prediction with a custom pass through the blocks: `blocks` takes tokens
    /// `[b, n + k, d]` and the [`conditions`](Self::conditions).
    pub(super) fn forward_by(
        &self,
        x: Tensor<4>,
        timesteps: &[f64],
        labels: &Tensor<1, Int>,
        text: Option<&TextTokens>,
        blocks: impl FnOnce(Tensor<3>, &[Tensor<2>]) -> Tensor<3>,
    ) -> Tensor<4> {
        let conditions = self.conditions(timesteps, labels, text);
        let mut x = self.patches(x); // [b, n, d]
        let [_, patches, _] = x.dims();
        if let Some(text) = text {
            x = Tensor::cat(vec![x, text.tokens.clone()], 1); // [b, n + k, d]
        }
        let x = blocks(x, &conditions).narrow(1, 0, patches); // [b, n, d]
        self.unpatchify(self.project(x, &conditions))
    }

    /// Returns how many blocks there are.
    pub(super) fn depth(&self) -> usize {
        self.blocks.len()
    }

    /// Returns a latent's patches with their positions, `[b, n, d]`.
    pub(super) fn patches(&self, x: Tensor<4>) -> Tensor<3> {
        self.x_embedder.forward(x) + self.positions.clone()
    }

    /// Applies the final layer, giving `[b, n, p·p·c]`.
    pub(super) fn project(&self, x: Tensor<3>, conditions: &[Tensor<2>]) -> Tensor<3> {
        self.final_layer.forward(x, conditions[0].clone())
    }

    /// Returns the conditioning after SiLU, `[b, d]` each: one for all blocks, or one per block.
    pub(super) fn conditions(
        &self,
        timesteps: &[f64],
        labels: &Tensor<1, Int>,
        text: Option<&TextTokens>,
    ) -> Vec<Tensor<2>> {
        let condition = |conditioner: &Conditioner| {
            let c = conditioner.forward(timesteps, labels.clone());
            let c = text.iter().fold(c, |c, text| c + text.pooled.clone());
            activation::silu(c)
        };
        self.conditioners.iter().map(condition).collect()
    }

    /// Applies some of the blocks to tokens.
    pub(super) fn through(
        &self,
        blocks: Range<usize>,
        x: Tensor<3>,
        conditions: &[Tensor<2>],
    ) -> Tensor<3> {
        let conditions = conditions.iter().cycle().skip(blocks.start);
        let blocks = self.blocks[blocks].iter().zip(conditions);
        blocks.fold(x, |x, (block, c)| block.forward(x, c.clone()))
    }

    /// Arranges patches of (row, column, channel) as a latent.
    ///
    /// # Shapes
    /// - input: `[b, n, p·p·c]`
    /// - output: `[b, c, h, w]`
    pub(super) fn unpatchify(&self, x: Tensor<3>) -> Tensor<4> {
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
    use crate::model::testing::scrambled;

    #[test]
    fn maps_old_labels_to_new_ones_by_index() {
        let device = Device::flex();
        let dit = scrambled(DitConfig::new([4, 4], 2, 2, 8, 2, 2, 3).init(&device), 1);
        let other = dit.clone().with_labels(&[Some(2), None, Some(0), None]);
        let x = Tensor::ones([1, 2, 4, 4], &device);
        let draw = |dit: &Dit, label: i32| {
            let label = Tensor::from_ints([label], &device);
            dit.forward(x.clone(), &[500.0], &label, None).into_data()
        };
        // Pairs of a new label and its old one. The null label was 3 and is 4.
        for (new, old) in [(0, 2), (1, 3), (2, 0), (3, 3), (4, 3)] {
            assert_eq!(draw(&other, new), draw(&dit, old), "{new}");
        }
        assert_eq!(other.config().num_classes, 4);
    }

    /// The parameter counts are those of the paper's table 4, without positions.
    #[test]
    fn presets_have_the_papers_parameter_counts() {
        let device = Device::flex();
        let millions = |config: DitConfig| config.init(&device).num_params() as f64 / 1e6;
        assert!((millions(DitConfig::small(32, 2)) - 33.0).abs() < 0.5);
        assert!((millions(DitConfig::base(32, 4)) - 130.5).abs() < 0.5);
        assert!((millions(DitConfig::large(32, 8)) - 459.0).abs() < 1.0);
        assert!((millions(DitConfig::extra_large(32, 2)) - 675.0).abs() < 1.0);
        assert!((millions(DitConfig::stickers()) - 14.7).abs() < 0.1);
    }
}
