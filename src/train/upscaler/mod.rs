//! What the upscaler learns: to make true pictures of small drawings. Values and their gradients must be
//! right, a network that knows pictures must see the same, and two discriminators learn to tell the upscaled
//! from the true (as in ESRGAN, Wang et al., arXiv 1809.00219).

mod crops;
pub mod judges;
pub mod pairs;

use std::path::Path;

use burn::module::{Module, ParamGroup};
use burn::optim::{AdamWConfig, ModuleOptimizer};
use burn::tensor::{Device, Tensor, TensorData};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde::{Deserialize, Serialize};

use super::gradient::{LossAndGrads, gradient};
use super::optimiser::LearningRate;
use super::run::Task;
use crate::dataset::large::LargePictures;
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
use pairs::Drawn;

/// Pixels a side of what is cut out of small pictures.
pub const CROP: usize = 64;
/// How much a picture counts that was redrawn from a level `t`: `1 / (1 + WEAKER·t)`, since less of it is
/// known.
const WEAKER: f64 = 3.0;
/// How much gradients, features, and matching count beside values and fooling.
const GRADIENTS: f64 = 0.5;
const FEATURES: f64 = 0.6;
const MATCHING: f64 = 2.0;
/// The learning rate of discriminators that learn while the upscaler waits.
const JUDGES_ALONE: f64 = 1e-3;

/// The settings that decide what a run learns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpscalerSettings {
    /// SHA-256 of the pictures and of the weights that it began with, and how many pictures.
    pub origin: String,
    /// Decides everything that is drawn at random.
    pub seed: u64,
    /// Crops a step.
    pub batch_size: usize,
    /// How fast weights move, the discriminators' too.
    pub learning_rate: LearningRate,
    /// How much of the average stays at each step.
    pub ema: f64,
    /// The gradient is cut to this length.
    pub max_grad_norm: f64,
    /// How much it counts what the discriminators say.
    pub adversarial: f64,
    /// The step from which they are heard, and over how many their weight rises; they learn from the first.
    pub heard: [usize; 2],
    /// Whether the upscaler learns before they are heard. One that has learnt from others would unlearn what
    /// those said, so it waits until the new ones know something.
    pub learns_alone: bool,
}

impl UpscalerSettings {
    /// AdamW, for the discriminators with a shorter memory.
    pub fn optimiser(&self) -> ModuleOptimizer {
        let adamw = |beta: f32| {
            AdamWConfig::new().with_beta_1(beta).with_beta_2(0.99).with_weight_decay(1e-4)
        };
        let judges = ParamGroup::from_regex(r"^judges\.").expect("the expression is well formed");
        adamw(0.9).init().with_group(judges, adamw(0.5).build(), None)
    }

    /// Returns how much the discriminators count at a step.
    fn adversarial_at(&self, step: usize) -> f64 {
        let [from, over] = self.heard;
        let risen = (step + 1).saturating_sub(from) as f64 / over.max(1) as f64;
        self.adversarial * risen.min(1.0)
    }

    /// Returns whether only the discriminators learn at a step.
    fn waits(&self, step: usize) -> bool {
        !self.learns_alone && self.adversarial > 0.0 && step < self.heard[0]
    }
}

/// What learns: the upscaler, and those that judge it.
#[derive(Module, Debug)]
pub struct Contest {
    /// The upscaler.
    pub upscaler: Upscaler,
    /// Its judges.
    pub judges: Judges,
}

/// A small picture's place among the large ones, and itself.
pub type Pair = (usize, Drawn);

/// An upscaler's training.
#[derive(Debug)]
pub struct UpscalerTask<'a> {
    /// The true pictures.
    pub large: &'a LargePictures,
    /// Small drawings of them.
    pub pairs: Vec<Pair>,
    /// Sees features; without it only values and gradients count, and what the judges say.
    pub perception: Option<&'a Lite0>,
    /// Its settings.
    pub settings: &'a UpscalerSettings,
    /// Threads.
    pub workers: Workers,
    /// Crops that a thread takes at a time.
    pub micro_batch: usize,
    /// Where it trains.
    pub device: Device,
}

/// Crops, small and true, how much each counts, and the ground that each is seen on.
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
            crops.weights.push((1.0 / (1.0 + WEAKER * drawn.level)) as f32);
            // White half of the time, as pictures are mostly seen.
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
        // The judges learn from it, and the loss that is told is the upscaler's alone.
        let learning = learning.clone() - learning.detach();
        let weight = self.settings.adversarial_at(step);
        if self.settings.waits(step) {
            return drawing.detach() + learning;
        }
        if weight == 0.0 {
            return drawing + learning;
        }
        // Judges that do not learn from this.
        let judges = contest.judges.clone().no_grad();
        let (of_true, of_made) = (judges.see(&large), judges.see(&made));
        let of_true = of_true.map(|seen| seen.into_iter().map(Tensor::detach).collect());
        let judged = fooling(&of_made) + matching(&of_true, &of_made) * MATCHING;
        drawing + judged * weight + learning
    }
}

/// Returns premultiplied RGBA, −1..1, over grounds of colours in 0..1, as Lite0 takes it: RGB in −1..1.
fn on_ground(x: Tensor<4>, grounds: &Tensor<4>) -> Tensor<4> {
    let (rgb, alpha) = (x.clone().narrow(1, 0, 3), x.narrow(1, 3, 1));
    // In −1..1 a premultiplied colour is 2·c·a − 1, and what shines through 2·g·(1 − a).
    let through = (alpha * -1.0 + 1.0) * grounds.clone();
    rgb + through
}

/// Returns how far apart features are, each position's brought to length 1 (as in LPIPS, Zhang et al.,
/// arXiv 1801.03924): summed over channels, the mean over positions and layers.
fn distance(of_true: Vec<Tensor<4>>, of_made: Vec<Tensor<4>>) -> Tensor<1> {
    let layers = of_true.len() as f64;
    let unit = |x: Tensor<4>| {
        let length = x.clone().square().sum_dim(1).add_scalar(1e-6).sqrt();
        x / length
    };
    let apart = |(of_true, of_made): (Tensor<4>, Tensor<4>)| {
        (unit(of_true) - unit(of_made)).square().sum_dim(1).mean()
    };
    let sum = of_true.into_iter().zip(of_made).map(apart).reduce(|sum, term| sum + term);
    sum.expect("there are layers") / layers
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

    /// Alone, the judges may learn as fast as new networks do.
    fn learning_rate(&self, planned: f64, step: usize) -> f64 {
        if self.settings.waits(step) { JUDGES_ALONE } else { planned }
    }

    /// Small drawings enlarged plainly above, upscaled in the middle, and the true pictures below.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Features that point the same way are no distance apart, however long; opposite ones 2² of it.
    #[test]
    fn features_are_compared_by_their_direction() {
        let device = Device::flex();
        let layer = |values: [f32; 2]| {
            vec![Tensor::<1>::from_floats(values, &device).reshape([1, 2, 1, 1])]
        };
        let apart = |a, b| distance(layer(a), layer(b)).into_scalar::<f32>();
        assert!(apart([3.0, 4.0], [6.0, 8.0]).abs() < 1e-6);
        assert!((apart([0.0, 5.0], [0.0, -1.0]) - 4.0).abs() < 1e-5);
        assert!((apart([0.0, 5.0], [1.0, 0.0]) - 2.0).abs() < 1e-5);
    }

    #[test]
    fn grounds_shine_through_what_is_not_opaque() {
        let device = Device::flex();
        // Half opaque red on blue: 0.5 red, 0.5 blue.
        let x = Tensor::<1>::from_floats([0.0, -1.0, -1.0, 0.0], &device).reshape([1, 4, 1, 1]);
        let ground = Tensor::<1>::from_floats([0.0, 0.0, 1.0], &device).reshape([1, 3, 1, 1]);
        let rgb: Vec<f32> = on_ground(x, &ground).into_data().try_to_vec().unwrap();
        assert_eq!(rgb, [0.0, -1.0, 0.0]);
    }

    #[test]
    fn judges_are_heard_little_by_little() {
        let settings = UpscalerSettings {
            origin: String::new(),
            seed: 0,
            batch_size: 1,
            learning_rate: LearningRate { peak: 1e-4, warmup_steps: 0, decay_steps: None },
            ema: 0.9,
            max_grad_norm: 1.0,
            adversarial: 0.2,
            heard: [10, 4],
            learns_alone: true,
        };
        let heard = [0, 9, 10, 13, 99].map(|step| settings.adversarial_at(step));
        assert_eq!(heard, [0.0, 0.0, 0.05, 0.2, 0.2]);
        assert!(!settings.waits(0));
        let begun = UpscalerSettings { learns_alone: false, heard: [10, 1], ..settings.clone() };
        // No step without judges: it waits until they count in full.
        assert_eq!([0, 9, 10].map(|step| begun.waits(step)), [true, true, false]);
        assert_eq!(begun.adversarial_at(10), 0.2);
        assert!(!UpscalerSettings { adversarial: 0.0, ..begun }.waits(0));
    }
}
