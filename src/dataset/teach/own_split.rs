//! Selects which of a user's own pictures are held out for evaluation.

use rand::seq::SliceRandom;

use super::small::{Small, are_near, small};
use crate::dataset::{Dataset, Split};
use crate::tools::random::step_rng;
use crate::{Error, Result};

/// The default share of held-out pictures.
pub(super) const SHARE: f64 = 0.1;
/// The least number of held-out pictures; measurements on fewer are meaningless.
const LEAST: usize = 3;
/// The size below which nothing is held out by default, because each picture matters for training.
const SMALL: usize = 30;

/// Holds out a share of a dataset's pictures, chosen by the seed, and returns how many. The default is
/// a tenth for sets of at least thirty pictures, and 0 for smaller ones. A share above 0 gives at
/// least three pictures, unless too few are without a near duplicate.
///
/// # Errors
/// Returns an error if the share is outside 0..1, or leaves nothing to train on.
pub fn hold_out(dataset: &mut Dataset, share: Option<f64>, seed: u64) -> Result<usize> {
    let count = dataset.entries.len();
    let share = match share {
        None if count < SMALL => 0.0,
        share => share.unwrap_or(SHARE),
    };
    if !(0.0..1.0).contains(&share) {
        return Err(Error::Options(format!(
            "--held-out is a share of the pictures, 0 to below 1, and is {share}: 0.1 is a tenth"
        )));
    }
    let held = if share == 0.0 { 0 } else { ((count as f64 * share).ceil() as usize).max(LEAST) };
    if held >= count {
        return Err(Error::Options(format!(
            "--held-out {share} would hold out {held} of {count} pictures, and leave none to train on: give 0"
        )));
    }
    let mut rows: Vec<usize> = (0..count).collect();
    rows.shuffle(&mut step_rng(seed, 0));
    // Pictures with a near duplicate are trained on, because holding them out would leak their content.
    let all: Vec<Small> = dataset.pictures.iter().map(small).collect();
    let is_alone = |i: &usize| {
        let others = all.iter().enumerate().filter(|(j, _)| j != i);
        !others.into_iter().any(|(_, other)| are_near(&all[*i], other))
    };
    let rows: Vec<usize> = rows.into_iter().filter(is_alone).take(held).collect();
    rows.iter().for_each(|&i| dataset.entries[i].split = Split::Concept);
    Ok(rows.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Entry;
    use crate::image::Image;

    #[test]
    fn holds_out_a_tenth_and_at_least_three_of_larger_sets() {
        let held = |count: usize, share, seed| {
            let mut set = Dataset { entries: vec![Entry::default(); count], pictures: Vec::new() };
            let held = hold_out(&mut set, share, seed)?;
            assert_eq!(set.of(Split::Concept).count(), held);
            Ok::<_, Error>((held, set.of(Split::Concept).collect::<Vec<_>>()))
        };
        for (count, share, wanted) in [
            (11, None, 0),
            (29, None, 0),
            (30, None, 3),
            (101, None, 11),
            (11, Some(0.1), 3),
            (40, Some(0.25), 10),
            (100, Some(0.0), 0),
        ] {
            assert_eq!(held(count, share, 0).unwrap().0, wanted, "{count} {share:?}");
        }
        assert_ne!(held(50, None, 0).unwrap(), held(50, None, 1).unwrap());
        assert_eq!(held(50, None, 1).unwrap(), held(50, None, 1).unwrap());
        // Near duplicates are never held out.
        let twin = Image { width: 32, height: 32, pixels: [9, 9, 9, 255].repeat(1024) };
        let mut twins = Dataset { entries: vec![Entry::default(); 40], pictures: vec![twin; 40] };
        assert_eq!(hold_out(&mut twins, None, 0).unwrap(), 0);
        for (count, share) in [(3, 0.1), (50, 1.0), (50, -0.1), (50, f64::NAN)] {
            assert!(held(count, Some(share), 0).is_err(), "{count} {share}");
        }
    }
}
