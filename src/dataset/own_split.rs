//! Which of one's own pictures are held out, to measure with.

use rand::seq::SliceRandom;

use super::small::{Small, are_near, small};
use super::{Dataset, Split};
use crate::tools::random::step_rng;
use crate::{Error, Result};

/// The share that is held out unless another is asked for.
pub const SHARE: f64 = 0.1;
/// At least so many, or what is measured says nothing.
const LEAST: usize = 3;
/// Sets of fewer pictures are learnt whole unless a share is asked for: each of them matters.
const SMALL: usize = 30;

/// Holds out a share of a dataset's pictures, which the seed chooses; by default [`SHARE`] of sets that
/// have thirty and more, and at least three. Returns how many.
///
/// # Errors
/// Returns a sentence if the share is none, or leaves nothing to learn from.
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
            "--held-out {share} would hold out {held} of {count} pictures, and leave none to learn from: give 0"
        )));
    }
    let mut rows: Vec<usize> = (0..count).collect();
    rows.shuffle(&mut step_rng(seed, 0));
    // What has a near copy is learnt: that would tell too much of it.
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
    fn a_tenth_and_at_least_three_are_held_out_of_larger_sets() {
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
        // Near copies of each other are learnt, all of them.
        let twin = Image { width: 32, height: 32, pixels: [9, 9, 9, 255].repeat(1024) };
        let mut twins = Dataset { entries: vec![Entry::default(); 40], pictures: vec![twin; 40] };
        assert_eq!(hold_out(&mut twins, None, 0).unwrap(), 0);
        for (count, share) in [(3, 0.1), (50, 1.0), (50, -0.1), (50, f64::NAN)] {
            assert!(held(count, Some(share), 0).is_err(), "{count} {share}");
        }
    }
}
