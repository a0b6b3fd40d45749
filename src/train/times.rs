//! The distribution of noise levels in training: a mixture of logit-normals (Esser et al., arXiv
//! 2403.03206, section 3.1, use a single one). The content of a picture is decided above t = 0.65, so
//! most of the mixture lies there.

use std::fmt;
use std::str::FromStr;

use rand::rngs::StdRng;
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

use crate::tools::random::weighted;
use crate::{Error, Result};

/// A distribution of noise levels t in 0..1, where 1 is pure noise: `t = 1 / (1 + exp(−(location +
/// scale·normal)))`, with the location and scale of a random component.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Times(Vec<LogitNormal>);

/// A component of the mixture, a logit-normal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct LogitNormal {
    /// The relative weight of the component.
    weight: f64,
    location: f64,
    scale: f64,
}

impl Default for Times {
    /// Returns a mixture with three quarters of its weight near pure noise and one quarter at middle
    /// levels.
    fn default() -> Self {
        Self(vec![
            LogitNormal { weight: 0.75, location: 1.7, scale: 1.1 },
            LogitNormal { weight: 0.25, location: 0.3, scale: 1.0 },
        ])
    }
}

impl Times {
    /// Returns the noise levels of the cooldown, which lie a little nearer to the clean picture.
    pub fn falling() -> Self {
        Self(vec![
            LogitNormal { weight: 0.65, location: 1.5, scale: 1.1 },
            LogitNormal { weight: 0.35, location: 0.2, scale: 1.0 },
        ])
    }

    /// Returns a random noise level.
    pub fn draw(&self, rng: &mut StdRng) -> f64 {
        let part = weighted(self.0.iter().map(|part| part.weight), rng);
        let part = part.map(|i| &self.0[i]).or(self.0.last());
        let LogitNormal { location, scale, .. } = part.expect("it has a part");
        let normal: f64 = StandardNormal.sample(rng);
        1.0 / (1.0 + (-(location + scale * normal)).exp())
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |LogitNormal { weight, location, scale }: &LogitNormal| {
            format!("{weight}:{location}:{scale}")
        };
        f.write_str(&self.0.iter().map(part).collect::<Vec<_>>().join(","))
    }
}

impl FromStr for Times {
    type Err = Error;

    /// Reads `weight:location:scale`, or several of them separated by commas.
    fn from_str(text: &str) -> Result<Self> {
        let part = |text: &str| {
            let numbers = text.split(':').map(|number| number.trim().parse().ok());
            let numbers = numbers.collect::<Option<Vec<f64>>>()?;
            let [weight, location, scale] = numbers[..] else { return None };
            let is_sound = weight > 0.0 && scale > 0.0 && location.abs() <= 20.0;
            let is_sound = is_sound && weight.is_finite() && scale <= 20.0;
            is_sound.then_some(LogitNormal { weight, location, scale })
        };
        text.split(',').map(part).collect::<Option<_>>().map(Self).ok_or_else(|| {
            Error::Options(format!(
                "“{text}” is no distribution of noise levels: give weight:location:scale of one or more \
                 logit-normals, such as {}",
                Self::default()
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::random::step_rng;

    #[test]
    fn samples_have_the_quantiles_of_the_mixture() {
        let times: Times = "3:1.7:1.1, 1:0.3:1".parse().unwrap();
        let mut rng = step_rng(0, 0);
        let mut drawn: Vec<f64> = (0..20_000).map(|_| times.draw(&mut rng)).collect();
        drawn.sort_by(f64::total_cmp);
        // P(t > 0.65) is 0.75·Φ((1.7 − 0.619)/1.1) + 0.25·Φ((0.3 − 0.619)/1).
        let high = drawn.iter().filter(|t| **t > 0.65).count() as f64 / 20_000.0;
        assert!((high - (0.75 * 0.8371 + 0.25 * 0.3748)).abs() < 0.012, "{high}");
        assert!(drawn[0] > 0.0 && drawn[19_999] < 1.0);
    }

    #[test]
    fn reads_a_mixture_and_refuses_other_texts() {
        let text = Times::default().to_string();
        assert_eq!(text, "0.75:1.7:1.1,0.25:0.3:1");
        assert_eq!(text.parse::<Times>().unwrap(), Times::default());
        for bad in ["", "1:2", "0:0:1", "1:0:0", "1:0:NaN", "1:inf:1", "1:2:3:4", "a:b:c"] {
            assert!(bad.parse::<Times>().is_err(), "{bad}");
        }
    }
}
