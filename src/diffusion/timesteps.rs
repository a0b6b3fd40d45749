//! The training timesteps that a run of `steps` visits, as diffusers chooses them.
//!
//! The three spacings are those of Lin et al., arXiv 2305.08891, table 2.

use serde::{Deserialize, Serialize};

use super::schedule::linspace;

/// The spacing of timesteps over the training range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Spacing {
    /// Whole multiples of `train / steps`, from 0 upwards.
    Leading,
    /// Whole multiples of `train / steps`, from the end downwards.
    Trailing,
    /// Even steps between the first and the last timestep, both included.
    Linspace,
}

/// A family of schedulers. Families differ in rounding and in the point that they leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// DDPM and DDIM, with whole timesteps.
    Ancestral,
    /// Euler, Euler ancestral and Heun, with fractional timesteps if the spacing gives them.
    Continuous,
    /// DPM-Solver++ and UniPC, with whole timesteps: `steps + 1` points, of which the last is left
    /// out.
    Multistep,
}

/// Returns falling timesteps, `steps` of them if `train ≥ steps`.
pub fn timesteps(
    family: Family,
    spacing: Spacing,
    steps: usize,
    train: usize,
    offset: usize,
) -> Vec<f64> {
    // Multistep solvers choose one more point and drop the smallest.
    let points = if family == Family::Multistep { steps + 1 } else { steps };
    let mut chosen = match spacing {
        Spacing::Leading => {
            let ratio = train / points;
            (0..points).rev().map(|i| (i * ratio + offset) as f64).collect()
        }
        Spacing::Linspace => {
            let mut rising = linspace(0.0, (train - 1) as f64, points);
            if family != Family::Continuous {
                rising.iter_mut().for_each(|t| *t = t.round_ties_even());
            }
            rising.reverse();
            rising
        }
        Spacing::Trailing => {
            // This is numpy.arange(train, 0, -ratio). Its stride is the difference of its first two
            // points, which decides how ties are rounded.
            let train = train as f64;
            let ratio = train / steps as f64;
            let stride = (train - ratio) - train;
            let count = (train / ratio).ceil() as usize;
            let falling = (0..count).map(|i| train + i as f64 * stride);
            falling.map(|t| t.round_ties_even() - 1.0).collect()
        }
    };
    // This drops the extra point of multistep solvers, and that of arange if rounding adds one.
    chosen.truncate(steps);
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spacings_equal_those_of_the_paper() {
        let chosen = |spacing| timesteps(Family::Ancestral, spacing, 5, 1000, 0);
        assert_eq!(chosen(Spacing::Leading), [800.0, 600.0, 400.0, 200.0, 0.0]);
        assert_eq!(chosen(Spacing::Trailing), [999.0, 799.0, 599.0, 399.0, 199.0]);
        assert_eq!(chosen(Spacing::Linspace), [999.0, 749.0, 500.0, 250.0, 0.0]);
    }

    #[test]
    fn multistep_solvers_leave_out_the_smallest_timestep() {
        let chosen = timesteps(Family::Multistep, Spacing::Linspace, 4, 1000, 0);
        assert_eq!(chosen, [999.0, 749.0, 500.0, 250.0]);
    }
}
