//! Figures with their 90 % confidence intervals, computed by resampling the pictures (the bootstrap,
//! Efron 1979).

use rand::RngExt;
use serde::{Deserialize, Serialize};

use crate::tools::random::step_rng;

/// How often the pictures are resampled.
const TIMES: usize = 400;
/// The share of the resampled figures that is left out at each end.
const TAIL: f64 = 0.05;

/// A figure and its 90 % confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Interval {
    /// The figure.
    pub value: f64,
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

impl Interval {
    /// Returns a figure of `count` pictures with its interval; all values are 0 if there are no
    /// pictures. `figure` takes the indices of the pictures, of which some may be repeated.
    pub fn of(count: usize, figure: impl Fn(&[usize]) -> f64) -> Self {
        if count == 0 {
            return Self::default();
        }
        let all: Vec<usize> = (0..count).collect();
        let mut rng = step_rng(0, count);
        let mut figures: Vec<f64> = (0..TIMES)
            .map(|_| {
                let lot: Vec<usize> = all.iter().map(|_| rng.random_range(0..count)).collect();
                figure(&lot)
            })
            .collect();
        figures.sort_by(f64::total_cmp);
        let cut = (TAIL * TIMES as f64) as usize;
        Self { value: figure(&all), low: figures[cut], high: figures[TIMES - 1 - cut] }
    }

    /// Returns the share of answers that are yes, one for each picture.
    pub fn part(answers: impl IntoIterator<Item = bool>) -> Self {
        let values = answers.into_iter().map(|answer| f64::from(u8::from(answer)));
        Self::mean(&values.collect::<Vec<_>>())
    }

    /// Returns the mean of values, one for each picture.
    pub fn mean(values: &[f64]) -> Self {
        Self::of(values.len(), |lot| lot.iter().map(|i| values[*i]).sum::<f64>() / lot.len() as f64)
    }

    /// Returns the figure multiplied by `times`, as text: “12.3 (10.0 to 14.1)”.
    pub fn text(self, times: f64, digits: usize) -> String {
        let Self { value, low, high } = self;
        let [value, low, high] = [value, low, high].map(|of| format!("{:.digits$}", times * of));
        format!("{value} ({low} to {high})")
    }

    /// Returns the figure as text in percent: “12.3 % (10.0 to 14.1)”.
    pub fn percent(self) -> String {
        self.text(100.0, 1).replace(" (", " % (")
    }

    /// Returns the value that the share `part` of all values, 0..1, lies below.
    pub fn percentile(values: &[f64], part: f64) -> Self {
        Self::of(values.len(), |lot| {
            let mut values: Vec<f64> = lot.iter().map(|i| values[*i]).collect();
            values.sort_by(f64::total_cmp);
            values[((values.len() as f64 * part) as usize).min(values.len() - 1)]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_narrows_with_more_values() {
        let coins = |count: usize| (0..count).map(|i| (i % 2) as f64).collect::<Vec<_>>();
        let (few, many) = (Interval::mean(&coins(20)), Interval::mean(&coins(2000)));
        assert_eq!((few.value, many.value), (0.5, 0.5));
        // The deviation of a mean of n coins is 0.5 / √n; 90 % of means lie within 1.64 of it.
        assert!((few.high - few.low - 2.0 * 1.64 * 0.5 / 20f64.sqrt()).abs() < 0.08, "{few:?}");
        assert!((many.high - many.low) < 0.05, "{many:?}");
        assert_eq!(Interval::part([true, false, true, false]).value, 0.5);
        assert_eq!(Interval::part([]), Interval::default());
        let figure = Interval { value: 0.1234, low: 0.1, high: 0.2 };
        assert_eq!(figure.text(1000.0, 1), "123.4 (100.0 to 200.0)");
        assert_eq!(figure.percent(), "12.3 % (10.0 to 20.0)");
        let first = Interval::percentile(&(0..1000).map(f64::from).collect::<Vec<_>>(), 0.01);
        assert!((first.value - 10.0).abs() < 1e-9 && first.low < 10.0 && first.high > 10.0);
    }
}
