//! Embeddings of patches, positions, timesteps and labels.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Embedding, EmbeddingConfig, Linear};
use burn::tensor::{Device, Int, Tensor, TensorData, activation};

use super::layers::{linear, small_normal, xavier};

/// A layer that cuts a latent into patches and projects each to the width of the model.
#[derive(Module, Debug)]
pub struct PatchEmbed {
    proj: Conv2d,
}

impl PatchEmbed {
    /// Returns a new layer that maps `patch`×`patch` patches of `channels` to vectors of `width`.
    pub fn init(patch: usize, channels: usize, width: usize, device: &Device) -> Self {
        let proj = Conv2dConfig::new([channels, width], [patch, patch])
            .with_stride([patch, patch])
            .with_initializer(xavier())
            .init(device);
        Self { proj }
    }

    /// Embeds the patches of latents.
    ///
    /// # Shapes
    /// - input: `[b, c, h, w]`, h and w multiples of the patch
    /// - output: `[b, (h/p)·(w/p), d]`, row by row
    pub fn forward(&self, x: Tensor<4>) -> Tensor<3> {
        self.proj.forward(x).flatten::<3>(2, 3).swap_dims(1, 2)
    }
}

/// Returns 2-D sin-cos positions of a `rows`×`columns` grid, `[rows·columns, d]`. The first half of
/// each vector encodes the column and the second the row. Each half is all sines, then all cosines,
/// with frequencies `10000^(−i/(d/4))` (He et al., arXiv 2111.06377, and DiT's reference code).
pub fn positions(rows: usize, columns: usize, width: usize) -> Vec<f32> {
    assert!(width.is_multiple_of(4), "2-D sin-cos positions need a width divisible by 4");
    let quarter = width / 4;
    let angle =
        |place: usize, i: usize| place as f64 * 10_000f64.powf(-(i as f64) / quarter as f64);
    let mut table = Vec::with_capacity(rows * columns * width);
    for row in 0..rows {
        for column in 0..columns {
            for place in [column, row] {
                table.extend((0..quarter).map(|i| angle(place, i).sin() as f32));
                table.extend((0..quarter).map(|i| angle(place, i).cos() as f32));
            }
        }
    }
    table
}

/// How many features encode a timestep: 128 cosines, then 128 sines.
const FREQUENCIES: usize = 256;

/// Sinusoidal features of timesteps, followed by two linear layers.
#[derive(Module, Debug)]
pub struct TimestepEmbedder {
    fc1: Linear,
    fc2: Linear,
    #[module(skip)]
    shift: f64,
}

impl TimestepEmbedder {
    /// Returns a new embedder to vectors of `width`. The frequencies are
    /// `10000^(−i/(128 − shift))`: `shift` is 0 in the paper's code and 1 in diffusers' port.
    pub fn init(width: usize, shift: f64, device: &Device) -> Self {
        Self {
            fc1: linear(FREQUENCIES, width, small_normal(), device),
            fc2: linear(width, width, small_normal(), device),
            shift,
        }
    }

    /// Embeds timesteps.
    ///
    /// # Shapes
    /// - input: `b` timesteps, 0 to 1000, on the host, because GPUs may compute sines of large
    ///   angles inaccurately (WGSL guarantees nothing beyond ±π)
    /// - output: `[b, d]`
    pub fn forward(&self, timesteps: &[f64], device: &Device) -> Tensor<2> {
        let half = FREQUENCIES / 2;
        let angle = |t: f64, i: usize| t * 10_000f64.powf(-(i as f64) / (half as f64 - self.shift));
        let mut features = Vec::with_capacity(timesteps.len() * FREQUENCIES);
        for &t in timesteps {
            features.extend((0..half).map(|i| angle(t, i).cos() as f32));
            features.extend((0..half).map(|i| angle(t, i).sin() as f32));
        }
        let data = TensorData::new(features, [timesteps.len(), FREQUENCIES]);
        let x = self.fc1.forward(Tensor::<2>::from_data(data, device)); // [b, d]
        self.fc2.forward(activation::silu(x)) // [b, d]
    }
}

/// A table of label vectors. The last row is the null label's, which guidance uses.
#[derive(Module, Debug)]
pub struct LabelEmbedder {
    embedding_table: Embedding,
}

impl LabelEmbedder {
    /// Returns a new table of `classes` labels and the null label, with vectors of `width`.
    pub fn init(classes: usize, width: usize, device: &Device) -> Self {
        let table = EmbeddingConfig::new(classes + 1, width).with_initializer(small_normal());
        Self { embedding_table: table.init(device) }
    }

    /// Returns a table of the given rows, in this order; the last must be the null label's.
    pub fn with_rows(&self, rows: &[usize]) -> Self {
        let table = self.embedding_table.weight.val();
        let places: Vec<i32> = rows.iter().map(|&row| row as i32).collect();
        let places = TensorData::new(places, [rows.len()]);
        let places = Tensor::<1, Int>::from_data(places, &table.device());
        let weight = Param::from_tensor(table.select(0, places));
        Self { embedding_table: Embedding { weight } }
    }

    /// Looks up labels.
    ///
    /// # Shapes
    /// - input: `[b]`
    /// - output: `[b, d]`
    pub fn forward(&self, labels: Tensor<1, Int>) -> Tensor<2> {
        self.embedding_table.forward(labels.unsqueeze_dim::<2>(1)).squeeze_dim(1)
    }
}

/// Returns a projection to the width of the model, with Xavier's initialisation.
pub(super) fn projection(d_input: usize, width: usize, device: &Device) -> Linear {
    linear(d_input, width, xavier(), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_the_column_before_the_row() {
        let table = positions(2, 3, 4);
        // Row 1, column 2: sin 2, cos 2, sin 1, cos 1.
        let want = [2f64.sin(), 2f64.cos(), 1f64.sin(), 1f64.cos()];
        for (got, want) in table[5 * 4..].iter().zip(want) {
            assert!((f64::from(*got) - want).abs() < 1e-7);
        }
    }

    #[test]
    fn makes_one_token_of_each_patch() {
        let device = Device::flex();
        let embed = PatchEmbed::init(2, 3, 8, &device);
        let x = Tensor::zeros([2, 3, 4, 6], &device);
        assert_eq!(embed.forward(x).dims(), [2, 6, 8]);
    }
}
