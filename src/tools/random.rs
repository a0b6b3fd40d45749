//! Reproducible random choices.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

/// Returns a generator that depends only on a run's seed and on a step, so that a run that was killed
/// resumes as if it had not been.
pub fn step_rng(seed: u64, step: usize) -> StdRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&(step as u64).to_le_bytes());
    StdRng::from_seed(bytes)
}

/// Draws an index at random, with a probability proportional to its weight; `None` if the weights sum to
/// 0.
pub fn weighted(weights: impl Iterator<Item = f64> + Clone, rng: &mut StdRng) -> Option<usize> {
    let mut at = rng.random::<f64>() * weights.clone().sum::<f64>();
    weights.into_iter().position(|weight| {
        at -= weight;
        at < 0.0
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_has_its_own_reproducible_stream() {
        let draw = |seed, step| step_rng(seed, step).random::<u64>();
        assert_eq!(draw(3, 5), draw(3, 5));
        assert!(draw(3, 5) != draw(3, 6) && draw(3, 5) != draw(4, 5));
    }

    #[test]
    fn draws_in_proportion_to_the_weights() {
        let mut rng = step_rng(0, 0);
        let mut counts = [0; 3];
        (0..4000)
            .for_each(|_| counts[weighted([3.0, 0.0, 1.0].into_iter(), &mut rng).unwrap()] += 1);
        assert!((2850..3150).contains(&counts[0]) && counts[1] == 0, "{counts:?}");
        assert_eq!(weighted([0.0].into_iter(), &mut rng), None);
    }
}
