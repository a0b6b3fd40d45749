//! The levels of a rectified flow as in diffusers' schedulers, as pure functions of f64 on the
//! host.

use super::levels::Levels;
use super::options::{FlowOptions, LevelOptions};
use super::schedule::{FLOW_TIMESTEPS, Schedule};
use crate::{Error, Result};

/// Returns the smallest time that a flow was trained at, before any shift.
pub fn smallest_time() -> f64 {
    1.0 / FLOW_TIMESTEPS
}

/// Returns a flow's levels at `times`, which fall from 1 and are shifted by the schedule. The last
/// level is 0.
///
/// # Errors
/// Returns a sentence if `options` request Karras levels over a variance-exploding range.
pub fn flow(schedule: &Schedule, times: &[f64], options: LevelOptions) -> Result<Levels> {
    if options.karras {
        return Err(Error::Recipe(
            "Karras levels are defined for variance-exploding models, and this model is a \
             rectified flow: leave them out"
                .into(),
        ));
    }
    let FlowOptions { terminal, curve, .. } = options.flow;
    let (_, above) = times.split_last().unwrap_or((&0.0, &[]));
    let mut sigmas: Vec<f64> = above.iter().map(|&time| schedule.shifted(time)).collect();
    if let Some(terminal) = terminal {
        stretch(&mut sigmas, terminal);
    }
    if let (Some(curve), [max, .., min]) = (curve, sigmas.as_slice()) {
        sigmas = curve.levels(*max, *min, sigmas.len());
    }
    let timesteps: Vec<f64> = sigmas.iter().map(|&sigma| schedule.timestep(sigma)).collect();
    sigmas.push(0.0);
    Ok(Levels::through(schedule, &sigmas, &timesteps, 1.0))
}

/// Stretches levels away from 1 so that the last is `terminal`. If the last is 1, nothing changes.
fn stretch(sigmas: &mut [f64], terminal: f64) {
    let Some(last) = sigmas.last().copied().filter(|&last| last < 1.0) else { return };
    let scale = (1.0 - terminal) / (1.0 - last);
    sigmas.iter_mut().for_each(|sigma| *sigma = 1.0 - (1.0 - *sigma) * scale);
}

#[cfg(test)]
mod tests {
    use super::super::curve::Curve;
    use super::*;

    fn sigmas(options: FlowOptions, shift: f64, steps: usize) -> Vec<f64> {
        let (schedule, times) = (Schedule::Flow { shift }, options.times(steps));
        let options = LevelOptions { flow: options, ..LevelOptions::default() };
        let levels = flow(&schedule, &times, options).unwrap();
        levels.steps.iter().map(|step| step.from).collect()
    }

    #[test]
    fn levels_are_even_down_to_the_smallest_one() {
        let even = FlowOptions::default();
        assert_eq!(sigmas(even, 1.0, 4), [1.0, 0.75, 0.5, 0.25]);
        let named = FlowOptions { smallest: Some(0.1), ..even };
        assert_eq!(sigmas(FlowOptions { even: true, ..named }, 1.0, 4), [1.0, 0.75, 0.5, 0.25]);
        assert_eq!(sigmas(named, 1.0, 4), [1.0, 0.7, 0.4, 0.1]);
        assert_eq!(sigmas(named, 1.0, 1), [1.0]);
        // The shift applies to the times: 3·0.1 / (1 + 2·0.1).
        assert!((sigmas(named, 3.0, 4)[3] - 0.25).abs() < 1e-12);
    }

    #[test]
    fn stretches_levels_to_the_terminal_one() {
        let options = FlowOptions { terminal: Some(0.4), ..FlowOptions::default() };
        let found = sigmas(options, 1.0, 4);
        assert!((found[0] - 1.0).abs() < 1e-12 && (found[3] - 0.4).abs() < 1e-12, "{found:?}");
        // A single level is 1 and does not move.
        assert_eq!(sigmas(options, 1.0, 1), [1.0]);
        let curve = FlowOptions { curve: Some(Curve::Exponential), ..options };
        assert!((sigmas(curve, 1.0, 3)[1] - 0.4f64.sqrt()).abs() < 1e-12);
    }
}
