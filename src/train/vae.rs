//! The training of the autoencoder. It learns to reconstruct pictures, above all their edges, from
//! latents with some noise, so that small errors of the DiT do not show. Its encoder is frozen unless
//! the whole autoencoder is trained, after which the latents of an existing DiT lose their meaning.

use std::path::Path;

use burn::module::{Module, ParamGroup};
use burn::optim::ModuleOptimizer;
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use super::gradient::{LossAndGrads, gradient};
use super::optimiser::{LearningRate, adamw};
use super::run::Task;
use crate::dataset::Dataset;
use crate::dataset::names::colours::{COLOURS, painted};
use crate::image::Image;
use crate::model::StickerAutoencoder;
use crate::model::sticker_autoencoder::{FACTOR, LATENT_CHANNELS};
use crate::pipeline::autoencoder::channels;
use crate::pipeline::pixels::{differences, to_images, to_tensor};
use crate::tools::files::write_whole;
use crate::tools::parallel::Workers;
use crate::tools::random::step_rng;
use crate::weights::{KeyTable, keys};
use crate::{Error, Result};

/// The usual [noise](VaeSettings::noise).
pub const NOISE: f64 = 0.2;
/// The usual weight of [edges](VaeSettings::edges).
pub const EDGES: f64 = 1.0;

/// The settings that decide what a run learns. The number of steps is one of them only if there is a
/// cooldown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VaeSettings {
    /// The SHA-256 of the dataset and of the weights that the run began with; empty if there are none.
    #[serde(default)]
    pub origin: String,
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
    /// Weight decay.
    pub weight_decay: f64,
    /// The maximum gradient norm, for gradient clipping.
    #[serde(alias = "longest")]
    pub max_grad_norm: f64,
    /// The maximum standard deviation of the noise on latents, in units of each channel's deviation.
    pub noise: f64,
    /// The loss weight of edges relative to values.
    pub edges: f64,
    /// The loss weight of the KL divergence of the latents from a normal distribution; `None` freezes
    /// the encoder.
    pub divergence: Option<f64>,
}

impl VaeSettings {
    /// Returns AdamW.
    pub fn optimiser(&self) -> ModuleOptimizer {
        adamw(self.weight_decay)
    }
}

/// The training task of an autoencoder.
#[derive(Debug)]
pub struct VaeTask<'a> {
    /// The dataset that it learns from.
    pub data: &'a Dataset,
    /// The indices of the pictures that it learns.
    pub train: Vec<usize>,
    /// Standard deviation of each latent channel.
    pub std: Vec<f32>,
    /// Its settings.
    pub settings: &'a VaeSettings,
    /// The worker threads.
    pub workers: Workers,
    /// The micro-batch: pictures that a thread takes at a time.
    pub micro_batch: usize,
    /// The device that trains.
    pub device: Device,
}

/// Pictures, and noise for their latents.
struct NoisyPictures {
    images: Vec<Image>,
    noise: Vec<f32>,
    /// Normal values by which posteriors are sampled; empty if the encoder is frozen.
    sample: Vec<f32>,
}

/// Returns the autoencoder with its encoder frozen.
pub fn decoder_only(autoencoder: StickerAutoencoder) -> StickerAutoencoder {
    let encoder = ParamGroup::from_regex(r"^encoder\.").expect("the expression is well formed");
    autoencoder.freeze_group(encoder)
}

impl VaeTask<'_> {
    fn draw(&self, rng: &mut rand::rngs::StdRng, count: usize) -> NoisyPictures {
        let mut part = NoisyPictures { images: Vec::new(), noise: Vec::new(), sample: Vec::new() };
        for _ in 0..count {
            let i = *self.train.choose(rng).expect("there is something to learn");
            let picture = &self.data.pictures[i];
            let colour = COLOURS[rng.random_range(0..COLOURS.len())];
            let is_painted = rng.random::<f64>() < 0.3;
            let level = rng.random::<f64>() * self.settings.noise;
            let cells = (picture.width / FACTOR) * (picture.height / FACTOR);
            part.images.push(if is_painted { painted(picture, colour) } else { picture.clone() });
            part.noise.extend((0..cells * LATENT_CHANNELS).map(|_| {
                let normal: f64 = StandardNormal.sample(rng);
                (level * normal) as f32
            }));
            if self.settings.divergence.is_some() {
                let normal = |_| Distribution::<f32>::sample(&StandardNormal, rng);
                part.sample.extend((0..cells * LATENT_CHANNELS).map(normal));
            }
        }
        part
    }

    fn loss(&self, autoencoder: &StickerAutoencoder, part: NoisyPictures) -> Tensor<1> {
        let images: Vec<&Image> = part.images.iter().collect();
        let x = to_tensor(&images, &self.device);
        let std = channels(&self.std, &self.device);
        let (mean, log_variance, divergence) = match self.settings.divergence {
            None => {
                let (mean, log_variance) = autoencoder.valid().encode(x.clone());
                (mean, log_variance, None)
            }
            Some(weight) => {
                let (mean, log_variance) = autoencoder.encode(x.clone());
                let terms = mean.clone().square() + log_variance.clone().exp();
                let divergence = (terms - log_variance.clone() - 1.0).mean() * (weight / 2.0);
                (mean, log_variance, Some(divergence))
            }
        };
        let shape = mean.dims();
        let noise = Tensor::<4>::from_data(TensorData::new(part.noise, shape), &self.device) * std;
        let z = match divergence {
            None => mean + noise,
            // This is a sample of the posterior (Kingma and Welling, arXiv 1312.6114) with added noise.
            Some(_) => {
                let sample = TensorData::new(part.sample, shape);
                let sample = Tensor::<4>::from_data(sample, &self.device);
                mean + sample * (log_variance / 2.0).exp() + noise
            }
        };
        let y = autoencoder.decode(z);
        let error = y - x;
        let loss = error.clone().abs().mean() + edges(error) * self.settings.edges;
        match divergence {
            Some(divergence) => loss + divergence,
            None => loss,
        }
    }
}

/// Returns the mean absolute difference between neighbours.
fn edges(x: Tensor<4>) -> Tensor<1> {
    let [across, down] = differences(x);
    across.mean() + down.mean()
}

impl Task for VaeTask<'_> {
    type Module = StickerAutoencoder;

    fn table(&self) -> &KeyTable {
        &keys::STICKER_AUTOENCODER
    }

    fn prepare(&self, autoencoder: StickerAutoencoder) -> StickerAutoencoder {
        match self.settings.divergence {
            None => decoder_only(autoencoder),
            Some(_) => autoencoder,
        }
    }

    fn gradient(&self, autoencoder: &StickerAutoencoder, step: usize) -> LossAndGrads {
        let VaeSettings { seed, batch_size, max_grad_norm, .. } = *self.settings;
        let mut rng = step_rng(seed, step);
        let counts = (0..batch_size)
            .step_by(self.micro_batch)
            .map(|start| self.micro_batch.min(batch_size - start));
        let parts = counts.map(|count| (self.draw(&mut rng, count), count)).collect();
        let loss = |autoencoder: &StickerAutoencoder, part| self.loss(autoencoder, part);
        gradient(autoencoder, parts, loss, &self.workers, max_grad_norm, &self.device)
    }

    /// Draws a sheet with pictures above and their reconstructions below.
    fn sample(&self, ema: &StickerAutoencoder, folder: &Path, step: usize) -> Result<()> {
        let evenly = |i: usize| &self.data.pictures[self.train[i * self.train.len() / 12]];
        let images: Vec<&Image> = (0..12).map(evenly).collect();
        let (mean, _) = ema.encode(to_tensor(&images, &self.device));
        let back = pollster::block_on(to_images(ema.decode(mean)))?;
        let sheet: Vec<&Image> = images.into_iter().chain(&back).collect();
        let folder = folder.join("samples");
        std::fs::create_dir_all(&folder).map_err(|source| Error::write(&folder, source))?;
        let png = Image::sheet(&sheet, 12).to_png(None)?;
        write_whole(&folder.join(format!("{step:08}.png")), &png)
    }
}
