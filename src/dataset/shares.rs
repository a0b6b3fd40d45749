//! The distribution of a picture's samples over kinds of captions. In total each kind gets its intended
//! share, although not every picture has captions of every kind.

use std::collections::BTreeMap;

use super::caption_kind::{CaptionKind, KINDS};

/// The greatest factor by which a kind that few pictures have is sampled more often from those.
const MOST: f64 = 2.0;
/// The least share of a picture's samples for its names.
const LEAST: f64 = 0.35;

/// The shares of each picture's kinds of captions; its names get the rest.
#[derive(Debug, Default)]
pub(super) struct Shares {
    shares: BTreeMap<CaptionKind, f64>,
    /// The factor for each picture's shares that keeps the least share for its names.
    cut: Vec<f64>,
}

impl Shares {
    /// Computes the shares for pictures, each with its weight and its kinds of captions besides names.
    pub(super) fn new(pictures: &[(f64, Vec<CaptionKind>)]) -> Self {
        let all: f64 = pictures.iter().map(|(weight, _)| weight).sum();
        let share = |kind: CaptionKind| {
            let having = pictures.iter().filter(|(_, kinds)| kinds.contains(&kind));
            let part = having.map(|(weight, _)| weight).sum::<f64>() / all.max(1e-9);
            kind.share() * (1.0 / part.max(1e-9)).min(MOST)
        };
        let shares: BTreeMap<CaptionKind, f64> =
            KINDS.into_iter().map(|kind| (kind, share(kind))).collect();
        let fitting = |(_, kinds): &(f64, Vec<CaptionKind>)| {
            let others: f64 = kinds.iter().map(|kind| shares[kind]).sum();
            ((1.0 - LEAST) / others.max(1e-9)).min(1.0)
        };
        Self { cut: pictures.iter().map(fitting).collect(), shares }
    }

    /// Returns the share of a kind in the samples of picture `i`, if it has captions of that kind.
    pub(super) fn of(&self, i: usize, kind: CaptionKind) -> f64 {
        self.shares[&kind] * self.cut[i]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_few_have_is_drawn_more_often_and_names_keep_their_part() {
        let others = &KINDS[1..];
        // Half of the pictures have all kinds, and a quarter have colours and keywords.
        let (colour, keyword) = (CaptionKind::Colour, CaptionKind::Keyword);
        let mut pictures = vec![(1.0, others.to_vec()); 50];
        pictures.extend(vec![(1.0, vec![colour, keyword]); 25]);
        pictures.extend(vec![(1.0, vec![keyword]); 25]);
        let shares = Shares::new(&pictures);
        assert_eq!(shares.of(99, keyword), keyword.share());
        assert!((shares.of(60, colour) - colour.share() / 0.75).abs() < 1e-9);
        let all: f64 = others.iter().map(|kind| shares.of(0, *kind)).sum();
        assert!((all - (1.0 - LEAST)).abs() < 1e-9, "{all}");
    }
}
