//! Classifier-free guidance (Ho and Salimans, arXiv 2207.12598), as a denoiser that wraps a model.

use super::denoiser::{Denoised, Denoiser, Level, Network, Parameterised, Pass};
use super::latent::Latent;

/// A denoiser that returns `uncond + scale · (cond − uncond)` of the clean latent.
///
/// This equals guidance of ε, v or flow, because the clean latent is linear in each of them and the
/// two weights add up to 1. The learned variance, if there is one, is that of the conditional pass.
#[derive(Debug, Clone)]
pub struct Guided<N> {
    /// The model to guide.
    pub model: Parameterised<N>,
    /// The guidance scale. 1 means no guidance and needs one pass instead of two.
    pub scale: f64,
    /// How many of the first channels are guided; the others stay conditional. The original DiT
    /// guides three of its four. `None` guides all.
    pub channels: Option<usize>,
    /// The interval in which guidance applies, as a fraction of the timestep range (Kynkäänniemi et
    /// al., arXiv 2404.07724). `(0, 1)` is the whole range.
    pub interval: (f64, f64),
    /// How many timesteps the whole range has.
    pub timesteps: usize,
}

/// Returns whether a time, 0 to 1, is within an interval. A time within 1e-6 of a bound counts as
/// on it, because typed and computed numbers differ in their last digits.
pub fn is_within(time: f64, (from, to): (f64, f64)) -> bool {
    const SLACK: f64 = 1e-6;
    (from - SLACK..=to + SLACK).contains(&time)
}

impl<N: Network> Guided<N> {
    fn is_guided_at(&self, level: Level) -> bool {
        let time = level.timestep / self.timesteps as f64;
        self.scale != 1.0 && is_within(time, self.interval)
    }
}

impl<N: Network> Denoiser for Guided<N> {
    fn denoise(&self, x: Latent, level: Level) -> Denoised {
        if !self.is_guided_at(level) {
            return self.model.denoise(x, level, Pass::Conditional);
        }
        let (batch, channels) = (x.count(), x.channels());
        let pair = Latent::cat(vec![x.clone(), x]);
        let Denoised { x0, variance } = self.model.denoise(pair, level, Pass::Both);
        let conditional = x0.rows(0, batch);
        let unconditional = x0.rows(batch, batch);

        let guided = self.channels.unwrap_or(channels).min(channels);
        let towards = |from: Latent, to: Latent| from.clone() + (to - from) * self.scale;
        let x0 = if guided == channels {
            towards(unconditional, conditional)
        } else {
            let (from, to) =
                (unconditional.channels_from(0, guided), conditional.channels_from(0, guided));
            let rest = conditional.channels_from(guided, channels - guided);
            towards(from, to).with_channels(rest)
        };
        Denoised { x0, variance: variance.map(|v| v.rows(0, batch)) }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Tensor, TensorData};

    use super::*;
    use crate::diffusion::Prediction;

    /// A network that predicts 3 under the prompt and 1 without it.
    struct Toy;

    impl Network for Toy {
        fn predict(&self, x: Tensor<4>, _: f64, pass: Pass) -> Tensor<4> {
            let [rows, ..] = x.dims();
            let half = |value: f64, rows| x.zeros_like().narrow(0, 0, rows) + value;
            match pass {
                Pass::Conditional => half(3.0, rows),
                Pass::Both => Tensor::cat(vec![half(3.0, rows / 2), half(1.0, rows / 2)], 0),
            }
        }
    }

    fn guided(scale: f64, channels: Option<usize>, interval: (f64, f64)) -> Vec<f32> {
        let model = Parameterised { network: Toy, prediction: Prediction::Flow };
        let x = Latent::new(Tensor::zeros([1, 2, 1, 1], &Device::flex()));
        let level = Level { sigma: 1.0, timestep: 500.0 };
        let denoised =
            Guided { model, scale, channels, interval, timesteps: 1000 }.denoise(x, level);
        let data: TensorData = denoised.x0.tensor().into_data();
        data.try_to_vec().unwrap()
    }

    /// The levels of runs differ in their last digits from the numbers that people type.
    #[test]
    fn the_interval_includes_its_bounds() {
        use crate::diffusion::Schedule;
        use crate::diffusion::flow_levels::flow;
        use crate::diffusion::options::{FlowOptions, LevelOptions};
        for steps in [7, 10, 20, 30, 64] {
            for bound in 0..=steps {
                let bound = bound as f64 / steps as f64;
                let schedule = Schedule::Flow { shift: 1.0 };
                let levels =
                    flow(&schedule, &FlowOptions::default().times(steps), LevelOptions::default());
                let times = levels.map(|levels| levels.steps).unwrap_or_default();
                let count = |interval| {
                    times.iter().filter(|s| is_within(s.timestep / 1000.0, interval)).count()
                };
                let typed = (bound * 1e5).round() / 1e5;
                let near = (typed - bound).abs() < 1e-9;
                let all = count((0.0, 1.0));
                assert_eq!(all, steps);
                if near && bound > 0.0 {
                    let below = (bound * steps as f64).round() as usize;
                    assert_eq!(count((0.0, typed)), below, "{steps} {typed}");
                    assert_eq!(count((typed, 1.0)), steps + 1 - below, "{steps} {typed}");
                }
            }
        }
    }

    #[test]
    fn guides_by_scale_channels_and_interval() {
        // x₀ = 0 − 1·prediction; 1 + 4·(3 − 1) = 9.
        assert_eq!(guided(4.0, None, (0.0, 1.0)), [-9.0, -9.0]);
        assert_eq!(guided(4.0, Some(1), (0.0, 1.0)), [-9.0, -3.0]);
        assert_eq!(guided(4.0, None, (0.6, 1.0)), [-3.0, -3.0]);
        assert_eq!(guided(1.0, None, (0.0, 1.0)), [-3.0, -3.0]);
        assert_eq!(guided(0.0, None, (0.0, 1.0)), [-1.0, -1.0]);
    }
}
