//! The training of the upscaler, which learns to turn small drawings into true pictures. The loss
//! compares values, their gradients and the features of a pretrained network, and two discriminators
//! learn to tell upscaled pictures from true ones (as in ESRGAN, Wang et al., arXiv 1809.00219).

mod crops;
pub mod judges;
mod losses;
pub mod pairs;
mod settings;

use std::path::Path;

use burn::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

use super::gradient::{LossAndGrads, gradient};
use super::run::Task;
use crate::dataset::gather::LargePictures;
use crate::evaluate::lite0::Lite0;
use crate::image::Image;
use crate::model::Upscaler;
use crate::model::upscaler::SCALE;
use crate::pipeline::pixels::{differences, to_images, to_tensor};
use crate::tools::files::write_whole;
use crate::tools::parallel::Workers;
use crate::tools::random::step_rng;
use crate::weights::{KeyTable, keys};
use crate::{Error, Result};
use crops::{Turn, cut};
use judges::{Judges, fooling, halved, hinge, matching};
use losses::{distance, on_ground, weight};
use pairs::Drawn;
pub use settings::UpscalerSettings;

/// The side of the crops of small pictures, in pixels.
pub const CROP: usize = 64;
/// The loss weights of gradients and features relative to values, and of feature matching relative to
/// the adversarial loss.
const GRADIENTS: f64 = 0.5;
const FEATURES: f64 = 0.6;
const MATCHING: f64 = 2.0;

/// The networks in training: the upscaler and its discriminators.
#[derive(Module, Debug)]
pub struct Contest {
    /// The upscaler.
    pub upscaler: Upscaler,
    /// Its discriminators.
    pub judges: Judges,
}

/// The index of a true picture, and a small drawing of it.
pub type Pair = (usize, Drawn);

/// The training task of an upscaler.
#[derive(Debug)]
pub struct UpscalerTask<'a> {
    /// The true pictures.
    pub large: &'a LargePictures,
    /// Small drawings of them.
    pub pairs: Vec<Pair>,
    /// The network of the feature loss. Without it only values, gradients and the discriminators count.
    pub perception: Option<&'a Lite0>,
    /// Its settings.
    pub settings: &'a UpscalerSettings,
    /// The worker threads.
    pub workers: Workers,
    /// The micro-batch: crops that a thread takes at a time.
    pub micro_batch: usize,
    /// The device that trains.
    pub device: Device,
}

/// Crops of small and true pictures, the loss weight of each, and the background colour on which each
/// is seen.
struct Crops {
    small: Vec<Image>,
    large: Vec<Image>,
    weights: Vec<f32>,
    grounds: Vec<f32>,
}

impl UpscalerTask<'_> {
    fn draw(&self, rng: &mut StdRng, count: usize) -> Crops {
        let mut crops = Crops {
            small: Vec::new(),
            large: Vec::new(),
            weights: Vec::new(),
            grounds: Vec::new(),
        };
        for _ in 0..count {
            let (place, drawn) = self.pairs.choose(rng).expect("there is something to learn");
            let large = self.large.picture(*place).expect("it was read when the pair was made");
            let most = (drawn.image.width - CROP, drawn.image.height - CROP);
            let corner = [rng.random_range(0..=most.0), rng.random_range(0..=most.1)];
            let turn = Turn::random(rng);
            crops.small.push(turn.of(&cut(&drawn.image, corner, CROP)));
            let corner = corner.map(|at| SCALE * at);
            crops.large.push(turn.of(&cut(&large, corner, SCALE * CROP)));
            crops.weights.push(weight(drawn.level));
            // The background is white half of the time, as pictures are mostly seen on white.
            let is_white = rng.random::<bool>();
            crops.grounds.extend((0..3).map(|_| if is_white { 1.0 } else { rng.random::<f32>() }));
        }
        crops
    }

    fn loss(&self, contest: &Contest, crops: Crops, step: usize) -> Tensor<1> {
        let count = crops.weights.len();
        let tensor = |images: &[Image]| to_tensor(&images.iter().collect::<Vec<_>>(), &self.device);
        let given = |values: Vec<f32>, channels: usize| {
            Tensor::<4>::from_data(TensorData::new(values, [count, channels, 1, 1]), &self.device)
        };
        let (small, large) = (tensor(&crops.small), tensor(&crops.large));
        let (weights, grounds) = (given(crops.weights, 1), given(crops.grounds, 3));
        if self.settings.waits(step) {
            // This is the loss of the discriminators alone, which is cheap.
            let made = contest.upscaler.clone().no_grad().forward(small);
            return hinge(&contest.judges.see(&large), &contest.judges.see(&made.detach()));
        }
        let made = contest.upscaler.forward(small);

        let error = (made.clone() - large.clone()) * weights;
        let [across, down] = differences(error.clone());
        let exact = error.abs().mean() + (across.mean() + down.mean()) * GRADIENTS;
        let drawing = match self.perception {
            None => exact,
            Some(network) => {
                let seen = |x: &Tensor<4>| network.layers(on_ground(halved(x.clone()), &grounds));
                exact + distance(seen(&large), seen(&made)) * FEATURES
            }
        };
        if self.settings.adversarial == 0.0 {
            return drawing;
        }

        let known = contest.judges.see(&made.clone().detach());
        let learning = hinge(&contest.judges.see(&large), &known);
        // The discriminators learn from this term. Its value is 0, so that the reported loss is the
        // upscaler's alone.
        let learning = learning.clone() - learning.detach();
        let weight = self.settings.adversarial_at(step);
        if weight == 0.0 {
            return drawing + learning;
        }
        // These discriminators do not learn from the upscaler's loss.
        let judges = contest.judges.clone().no_grad();
        let (of_true, of_made) = (judges.see(&large), judges.see(&made));
        let of_true = of_true.map(|seen| seen.into_iter().map(Tensor::detach).collect());
        let judged = fooling(&of_made) + matching(&of_true, &of_made) * MATCHING;
        drawing + judged * weight + learning
    }
}

impl Task for UpscalerTask<'_> {
    type Module = Contest;

    fn table(&self) -> &KeyTable {
        &keys::CONTEST
    }

    fn gradient(&self, contest: &Contest, step: usize) -> LossAndGrads {
        let UpscalerSettings { seed, batch_size, max_grad_norm, .. } = *self.settings;
        let mut rng = step_rng(seed, step);
        let counts = (0..batch_size)
            .step_by(self.micro_batch)
            .map(|start| self.micro_batch.min(batch_size - start));
        let parts = counts.map(|count| (self.draw(&mut rng, count), count)).collect();
        let loss = |contest: &Contest, crops| self.loss(contest, crops, step);
        gradient(contest, parts, loss, &self.workers, max_grad_norm, &self.device)
    }

    fn learning_rates(&self, planned: f64, step: usize) -> ModuleLearningRate {
        self.settings.learning_rates(planned, step)
    }

    /// Draws a sheet: small drawings enlarged bicubically above, upscaled in the middle, and the true
    /// pictures below.
    fn sample(&self, ema: &Contest, folder: &Path, step: usize) -> Result<()> {
        let count = self.pairs.len().min(6);
        let mut rows: [Vec<Image>; 3] = Default::default();
        for i in 0..count {
            let (place, drawn) = &self.pairs[i * self.pairs.len() / count];
            let large = ema.upscaler.forward(to_tensor(&[&drawn.image], &self.device));
            let plain = crate::image::resize::resized(
                &drawn.image,
                SCALE * drawn.image.width,
                SCALE * drawn.image.height,
            )?;
            rows[0].push(plain);
            rows[1].extend(pollster::block_on(to_images(large))?);
            rows[2].push(self.large.picture(*place)?);
        }
        let folder = folder.join("samples");
        std::fs::create_dir_all(&folder).map_err(|source| Error::write(&folder, source))?;
        let png = Image::sheet(&rows.concat(), count).to_png(None)?;
        write_whole(&folder.join(format!("{step:08}.png")), &png)
    }
}
