//! The rows of one step of the DiT's training: noisy latents, noise levels, labels and prompts. They
//! follow from the seed and the number of the step alone, so that a killed run resumes with the same
//! rows.

use burn::tensor::{Device, Int, Tensor, TensorData};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand_distr::{Distribution, StandardNormal};

use super::prepared::{Example, Prepared};
use super::times::Times;
use crate::model::routing::Route;

/// The probabilities with which conditions are dropped, for classifier-free guidance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dropout {
    /// The probability that the prompt is emptied and the style is the null style.
    pub all: f64,
    /// The probability that only the style is the null style.
    pub style: f64,
}

/// The settings by which the rows of a step are drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Course<'a> {
    /// The distribution of noise levels.
    pub times: &'a Times,
    /// The probabilities with which conditions are dropped.
    pub dropout: Dropout,
    /// Whether each channel of the latent is detail; see [`Prepared::detail_channels`].
    pub is_detail: &'a [bool],
    /// The loss weight of detail channels above [`DETAIL_LEVEL`], where noise hides them.
    pub detail: f64,
    /// The maximum number of tokens of a caption. The rest, mostly padding, is cut off.
    pub max_tokens: usize,
}

/// The noise level above which detail channels count less.
pub const DETAIL_LEVEL: f64 = 0.55;

/// Rows of a batch, on the host.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    /// How many rows there are.
    pub count: usize,
    /// Latents with noise, `(1 − t)·data + t·noise`.
    noisy: Vec<f32>,
    /// The flow to predict, `noise − data`.
    flow: Vec<f32>,
    /// Noise levels, 0..1.
    times: Vec<f64>,
    labels: Vec<i32>,
    states: Vec<f32>,
    lengths: Vec<usize>,
    /// The loss weight of each channel of each row.
    weights: Vec<f32>,
    max_tokens: usize,
}

/// Rows on a device.
#[derive(Debug)]
pub struct TrainBatch {
    /// The noisy latents, `[b, c, h, w]`.
    pub noisy: Tensor<4>,
    /// The flow to predict, `[b, c, h, w]`.
    pub flow: Tensor<4>,
    /// The timesteps, b values in 0..1000.
    pub timesteps: Vec<f64>,
    /// The style labels, `[b]`.
    pub labels: Tensor<1, Int>,
    /// The text states, `[b, max_tokens, text_dim]`, zeros beyond each row's own length.
    pub states: Tensor<3>,
    /// The number of tokens of each row, b values.
    pub lengths: Vec<usize>,
    /// The loss weight of each channel, `[b, c, 1, 1]`.
    pub weights: Tensor<4>,
}

impl Rows {
    /// Draws `count` rows.
    pub fn draw(data: &Prepared, count: usize, course: &Course<'_>, rng: &mut StdRng) -> Self {
        let Course { times, dropout, is_detail, detail, max_tokens } = *course;
        let [channels, height, width] = data.latent;
        let size = channels * height * width;
        let (null, empty) = (data.styles.len() as i32, data.empty_text());
        let max_tokens = max_tokens.min(data.max_tokens);
        let mut rows = Self { count, max_tokens, ..Self::default() };
        for _ in 0..count {
            let Example { latent, caption, style, .. } = data.draw(rng);
            let chance: f64 = rng.random();
            let (text, label) = if chance < dropout.all {
                (empty, null)
            } else {
                let none = chance < dropout.all + dropout.style;
                (*caption, style.filter(|_| !none).map_or(null, |style| style as i32))
            };
            let (latent, states) = (data.latent(*latent), data.states(text));
            let time = times.draw(rng);
            for &clean in latent {
                let noise: f32 = StandardNormal.sample(rng);
                let clean = clean.to_f32();
                rows.noisy.push((1.0 - time as f32) * clean + time as f32 * noise);
                rows.flow.push(noise - clean);
            }
            debug_assert_eq!(rows.noisy.len() % size, 0);
            rows.times.push(time);
            rows.labels.push(label);
            let counts = |is_detail: &bool| match is_detail {
                true if time > DETAIL_LEVEL => detail as f32,
                _ => 1.0,
            };
            rows.weights.extend(is_detail.iter().map(counts));
            let all = max_tokens * data.text_dim;
            let states = &states[..states.len().min(all)];
            rows.states.extend(states.iter().map(|value| value.to_f32()));
            rows.states.extend(std::iter::repeat_n(0.0, all - states.len()));
            rows.lengths.push(states.len() / data.text_dim);
        }
        rows
    }

    /// Returns the rows in parts of at most `count` rows.
    pub fn parts(&self, count: usize) -> Vec<Self> {
        let part = |start: usize| {
            let end = (start + count).min(self.count);
            fn cut<T: Clone>(values: &[T], rows: usize, start: usize, end: usize) -> Vec<T> {
                let each = values.len() / rows;
                values[start * each..end * each].to_vec()
            }
            Self {
                count: end - start,
                noisy: cut(&self.noisy, self.count, start, end),
                flow: cut(&self.flow, self.count, start, end),
                times: self.times[start..end].to_vec(),
                labels: self.labels[start..end].to_vec(),
                states: cut(&self.states, self.count, start, end),
                lengths: self.lengths[start..end].to_vec(),
                weights: cut(&self.weights, self.count, start, end),
                max_tokens: self.max_tokens,
            }
        };
        (0..self.count).step_by(count).map(part).collect()
    }

    /// Returns the rows on a device. `latent` is `[c, h, w]`, `dim` the width of a text state.
    pub fn on(self, latent: [usize; 3], dim: usize, device: &Device) -> TrainBatch {
        let [channels, height, width] = latent;
        let shape = [self.count, channels, height, width];
        let shaped = |values| Tensor::<4>::from_data(TensorData::new(values, shape), device);
        let states = TensorData::new(self.states, [self.count, self.max_tokens, dim]);
        let weights = TensorData::new(self.weights, [self.count, channels, 1, 1]);
        TrainBatch {
            noisy: shaped(self.noisy),
            flow: shaped(self.flow),
            timesteps: self.times.iter().map(|time| 1000.0 * time).collect(),
            labels: Tensor::from_data(TensorData::new(self.labels, [self.count]), device),
            states: Tensor::from_data(states, device),
            weights: Tensor::from_data(weights, device),
            lengths: self.lengths,
        }
    }
}

/// Returns a random order of the patches, of which the fraction `skipping` skips all blocks but the
/// first two and the last two; `None` if no patch skips, or there are fewer than five blocks.
pub fn route(patches: usize, depth: usize, skipping: f64, rng: &mut StdRng) -> Option<Route> {
    let stay = patches - (patches as f64 * skipping) as usize;
    if stay == patches || depth < 5 {
        return None;
    }
    let mut order: Vec<usize> = (0..patches).collect();
    order.shuffle(rng);
    Some(Route { order, stay, blocks: 2..depth - 2 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::random::step_rng;

    #[test]
    fn a_step_is_reproducible_and_splits_into_micro_batches() {
        let data = Prepared::tiny();
        let course = Course {
            times: &Times::default(),
            dropout: Dropout { all: 0.2, style: 0.2 },
            is_detail: &[false, true],
            detail: 0.25,
            max_tokens: 2,
        };
        let draw = |step| Rows::draw(&data, 6, &course, &mut step_rng(3, step));
        assert_eq!(draw(5), draw(5));
        assert_ne!(draw(5), draw(6));
        let parts = draw(5).parts(4);
        assert_eq!(parts.iter().map(|part| part.count).collect::<Vec<_>>(), [4, 2]);
        assert_eq!(parts[1].lengths, draw(5).lengths[4..]);
        // Captions have three states each, of which two are kept; noise hides detail.
        let rows = draw(5);
        assert!(rows.lengths.iter().all(|length| *length == 2) && rows.states.len() == 6 * 2 * 6);
        for (time, weights) in rows.times.iter().zip(rows.weights.chunks(2)) {
            assert_eq!(weights, [1.0, if *time > DETAIL_LEVEL { 0.25 } else { 1.0 }]);
        }
    }

    #[test]
    fn a_route_is_a_permutation() {
        let route = route(64, 12, 0.5, &mut step_rng(0, 0)).unwrap();
        let mut sorted = route.order.clone();
        sorted.sort();
        assert_eq!(sorted, (0..64).collect::<Vec<_>>());
        assert_eq!((route.stay, route.blocks), (32, 2..10));
        assert!(super::route(64, 12, 0.0, &mut step_rng(0, 0)).is_none());
    }
}
