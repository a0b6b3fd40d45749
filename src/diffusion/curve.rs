//! Curves of noise levels between two ends, as pure functions of f64 on the host.

use super::schedule::linspace;

/// The spacing of levels between the largest and the smallest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Curve {
    /// Levels even in `σ^(1/7)` (Karras et al., arXiv 2206.00364, eq. 5).
    Karras,
    /// Levels even in `ln σ`.
    Exponential,
    /// Levels at the quantiles of a Beta(0.6, 0.6) distribution (Lee et al., arXiv 2407.12173).
    Beta,
}

impl Curve {
    /// Returns `count` levels that fall from `max` to `min`, or `max` alone if `count` is 1.
    pub fn levels(self, max: f64, min: f64, count: usize) -> Vec<f64> {
        const RHO: f64 = 7.0;
        match self {
            Self::Karras => linspace(max.powf(1.0 / RHO), min.powf(1.0 / RHO), count)
                .iter()
                .map(|root| root.powf(RHO))
                .collect(),
            Self::Exponential => {
                linspace(max.ln(), min.ln(), count).iter().map(|log| log.exp()).collect()
            }
            Self::Beta => linspace(1.0, 0.0, count)
                .iter()
                .map(|share| min + (max - min) * beta_quantile(*share))
                .collect(),
        }
    }
}

/// The value of both parameters of the Beta distribution.
const ALPHA: f64 = 0.6;

/// Returns the quantile of Beta(0.6, 0.6) at `p`, by bisection.
fn beta_quantile(p: f64) -> f64 {
    // The distribution is symmetric.
    if p > 0.5 {
        return 1.0 - beta_quantile(1.0 - p);
    }
    let total = 2.0 * beta_integral(0.5);
    let (mut low, mut high) = (0.0, 0.5);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if beta_integral(middle) < p * total { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// Returns `∫₀ˣ (t·(1 − t))^(α − 1) dt` for x up to 1/2, by integrating the binomial series of
/// `(1 − t)^(α − 1)` term by term.
fn beta_integral(x: f64) -> f64 {
    let (mut sum, mut factor) = (0.0, x.powf(ALPHA));
    for n in 0..60 {
        let n = f64::from(n);
        sum += factor / (ALPHA + n);
        factor *= x * (n + 1.0 - ALPHA) / (n + 1.0);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_curve_falls_between_its_ends() {
        for curve in [Curve::Karras, Curve::Exponential, Curve::Beta] {
            let levels = curve.levels(80.0, 0.002, 10);
            assert!((levels[0] / 80.0 - 1.0).abs() < 1e-9, "{curve:?}");
            assert!((levels[9] / 0.002 - 1.0).abs() < 1e-9, "{curve:?}");
            assert!(levels.is_sorted_by(|a, b| a > b), "{curve:?}");
            assert_eq!(curve.levels(1.0, 1.0, 1), [1.0]);
        }
    }

    /// The values are those of `scipy.stats.beta.ppf([0.1, 0.25, 0.5, 0.9], 0.6, 0.6)`.
    #[test]
    fn beta_quantiles_equal_those_of_scipy() {
        let wanted =
            [0.03958440558878085, 0.17568037865269498, 0.5000000000000001, 0.9604155944112192];
        for (p, want) in [0.1, 0.25, 0.5, 0.9].into_iter().zip(wanted) {
            assert!((beta_quantile(p) - want).abs() < 1e-12, "{p}: {}", beta_quantile(p));
        }
    }
}
