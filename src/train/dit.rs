//! The training of a DiT on prompts. The DiT learns the flow from data to noise (rectified flow, Liu et
//! al., arXiv 2209.03003), on latents and text states that are computed once.

use std::path::Path;

use burn::optim::ModuleOptimizer;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use super::gradient::{LossAndGrads, gradient};
use super::optimiser::{LearningRate, muon_and_adamw};
use super::prepared::Prepared;
use super::probe::guess_errors;
use super::rows::{Course, Dropout, Rows, TrainBatch, route};
use super::run::Task;
use super::sheet;
use super::times::Times;
use crate::Result;
use crate::diffusion::guess::GuessErrors;
use crate::model::Dit;
use crate::model::routing::Route;
use crate::pipeline::Pipeline;
use crate::tools::parallel::Workers;
use crate::tools::random::step_rng;
use crate::weights::{KeyTable, keys};

/// Returns the mean squared error of the predicted flow, weighted by channel.
///
/// # Panics
/// Panics if the model takes no text.
pub fn loss(dit: &Dit, batch: TrainBatch, route: Option<&Route>) -> Tensor<1> {
    let TrainBatch { noisy, flow, timesteps, labels, states, lengths, weights } = batch;
    let text = dit.embed_texts(states, &lengths).expect("a model of prompts");
    let predicted = match route {
        Some(route) => dit.forward_routed(noisy, &timesteps, &labels, &text, route),
        None => dit.forward(noisy, &timesteps, &labels, Some(&text)),
    };
    ((predicted - flow).square() * weights).mean()
}

/// The usual weight decay.
pub const WEIGHT_DECAY: f64 = 0.02;

/// The settings that decide what a run learns. The number of steps is one of them only if there is a
/// cooldown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DitSettings {
    /// The SHA-256 of the weights that the run began with; empty if there are none.
    #[serde(default)]
    pub origin: String,
    /// The origin of the latents and text states; see
    /// [`Manifest::prepared_origin`](crate::pipeline::stickers::Manifest::prepared_origin).
    #[serde(default)]
    pub data: String,
    /// How many pictures those weights had seen.
    #[serde(default)]
    pub seen: usize,
    /// The seed of everything that is drawn at random.
    pub seed: u64,
    /// Pictures per step.
    #[serde(alias = "batch")]
    pub batch_size: usize,
    /// The learning-rate schedule.
    #[serde(alias = "rate")]
    pub learning_rate: LearningRate,
    /// The decay of the moving average (EMA) per step.
    #[serde(alias = "average")]
    pub ema: f64,
    /// Weight decay of both optimisers.
    pub weight_decay: f64,
    /// The maximum gradient norm, for gradient clipping.
    #[serde(alias = "longest")]
    pub max_grad_norm: f64,
    /// The distribution of noise levels.
    pub times: Times,
    /// The loss weight of fine-detail channels at high noise levels; the other channels have 1.
    pub detail: f64,
    /// The fraction of patches that skip the middle blocks.
    pub skipping: f64,
    /// The maximum number of tokens per caption.
    #[serde(alias = "places")]
    pub max_tokens: usize,
    /// The probability that prompt and style are dropped together.
    pub drop_all: f64,
    /// The probability that the style alone is dropped.
    pub drop_style: f64,
    /// Whether the run began with random weights.
    #[serde(default)]
    pub from_scratch: bool,
}

impl DitSettings {
    /// Returns Muon and AdamW.
    pub fn optimiser(&self) -> ModuleOptimizer {
        muon_and_adamw(self.weight_decay)
    }
}

/// The training task of a DiT.
#[derive(Debug)]
pub struct DitTask<'a> {
    /// The model that the DiT belongs to, with its autoencoder and text encoder. Without it no samples
    /// are drawn.
    pub model: Option<&'a Pipeline>,
    /// The latents, text states and examples.
    pub data: &'a Prepared,
    /// Whether each channel of the latent is detail.
    pub is_detail: Vec<bool>,
    /// Its settings.
    pub settings: &'a DitSettings,
    /// The worker threads.
    pub workers: Workers,
    /// The micro-batch: rows that a thread takes at a time.
    pub micro_batch: usize,
    /// The device that trains.
    pub device: Device,
}

impl DitTask<'_> {
    fn course(&self) -> Course<'_> {
        let DitSettings { times, detail, max_tokens, drop_all, drop_style, .. } = self.settings;
        Course {
            times,
            dropout: Dropout { all: *drop_all, style: *drop_style },
            is_detail: &self.is_detail,
            detail: *detail,
            max_tokens: *max_tokens,
        }
    }
}

impl Task for DitTask<'_> {
    type Module = Dit;

    fn table(&self) -> &KeyTable {
        &keys::DIT
    }

    fn gradient(&self, dit: &Dit, step: usize) -> LossAndGrads {
        let DitSettings { seed, batch_size, skipping, max_grad_norm, .. } = *self.settings;
        let mut rng = step_rng(seed, step);
        let rows = Rows::draw(self.data, batch_size, &self.course(), &mut rng);
        let [height, width] = dit.config().grid();
        let route = route(height * width, dit.config().depth, skipping, &mut rng);
        let counted = |rows: Rows| {
            let count = rows.count;
            (rows, count)
        };
        let parts = rows.parts(self.micro_batch).into_iter().map(counted).collect();
        let Prepared { latent, text_dim, .. } = *self.data;
        gradient(
            dit,
            parts,
            |dit, rows: Rows| loss(dit, rows.on(latent, text_dim, &self.device), route.as_ref()),
            &self.workers,
            max_grad_norm,
            &self.device,
        )
    }

    fn errors(&self, ema: &Dit) -> Option<GuessErrors> {
        Some(guess_errors(ema, self.data, &self.device))
    }

    fn sample(&self, ema: &Dit, folder: &Path, step: usize) -> Result<()> {
        match self.model {
            Some(model) => sheet::draw(model, ema, &folder.join(format!("samples/{step:08}.png"))),
            None => Ok(()),
        }
    }
}
