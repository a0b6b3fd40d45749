//! The conditioning of adaLN: timestep and label as one vector.

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor};

use super::embed::{LabelEmbedder, TimestepEmbedder};

/// The sum of the embeddings of a timestep and a label.
#[derive(Module, Debug)]
pub struct Conditioner {
    t_embedder: TimestepEmbedder,
    y_embedder: LabelEmbedder,
}

impl Conditioner {
    /// Returns a new conditioner for `classes` labels and the null label; see
    /// [`TimestepEmbedder::init`] for the shift.
    pub fn init(width: usize, classes: usize, frequency_shift: f64, device: &Device) -> Self {
        Self {
            t_embedder: TimestepEmbedder::init(width, frequency_shift, device),
            y_embedder: LabelEmbedder::init(classes, width, device),
        }
    }

    /// Returns the same conditioner with other labels; see [`LabelEmbedder::with_rows`].
    pub fn with_labels(self, rows: &[usize]) -> Self {
        Self { y_embedder: self.y_embedder.with_rows(rows), ..self }
    }

    /// Returns the vectors of labels, `[b]` → `[b, d]`.
    pub fn label_vectors(&self, labels: Tensor<1, Int>) -> Tensor<2> {
        self.y_embedder.forward(labels)
    }

    /// Embeds timesteps and labels.
    ///
    /// # Shapes
    /// - input: `b` timesteps, labels `[b]`
    /// - output: `[b, d]`
    pub fn forward(&self, timesteps: &[f64], labels: Tensor<1, Int>) -> Tensor<2> {
        let device = labels.device();
        self.t_embedder.forward(timesteps, &device) + self.y_embedder.forward(labels)
    }
}
