//! Few colours for a picture with many.

use std::collections::HashMap;

use super::oklab::{Lab, oklab, squared_distance};

/// How often the colours move to the middle of what is nearest to them.
const ROUNDS: usize = 12;
/// Colours that agree in this many leading bits of each channel are one at first.
const BITS: u32 = 5;

/// A few colours, and which of them is nearest to any colour.
#[derive(Debug, Clone)]
pub(super) struct Palette {
    /// The colours.
    pub(super) colours: Vec<[u8; 3]>,
    places: Vec<Lab>,
    found: HashMap<[u8; 3], usize>,
}

/// Colours that are alike: their sum, and how much they weigh.
#[derive(Debug, Clone, Copy, Default)]
struct Group {
    sum: [f64; 3],
    weight: f64,
}

impl Group {
    fn add(&mut self, colour: [f64; 3], weight: f64) {
        (0..3).for_each(|i| self.sum[i] += colour[i] * weight);
        self.weight += weight;
    }

    fn mean(self) -> [f64; 3] {
        self.sum.map(|sum| sum / self.weight)
    }

    fn colour(self) -> [u8; 3] {
        self.mean().map(|value| value.round() as u8)
    }
}

impl Palette {
    /// Returns at most `most` colours (at least 1) for weighted colours; none if there are none.
    ///
    /// The first is the heaviest. Each further one is the colour that lies furthest from all before, by
    /// distance and weight. Then each moves to the mean of the colours nearest to it (k-means).
    pub(super) fn of(colours: impl Iterator<Item = ([u8; 3], f32)>, most: usize) -> Self {
        let mut groups = vec![Group::default(); 1 << (3 * BITS)];
        for (colour, weight) in colours.filter(|(_, weight)| *weight > 0.0) {
            let bits = colour.map(|value| usize::from(value >> (8 - BITS)));
            let group = &mut groups[(bits[0] << (2 * BITS)) + (bits[1] << BITS) + bits[2]];
            group.add(colour.map(f64::from), f64::from(weight));
        }
        groups.retain(|group| group.weight > 0.0);
        let groups: Vec<(Group, Lab)> =
            groups.into_iter().map(|group| (group, oklab(group.colour()))).collect();
        let mut chosen = first(&groups, most);
        for _ in 0..ROUNDS {
            let mut moved = vec![Group::default(); chosen.len()];
            for (group, place) in &groups {
                moved[nearest(&chosen, *place)].add(group.mean(), group.weight);
            }
            moved.retain(|group| group.weight > 0.0);
            chosen = moved.iter().map(|group| oklab(group.colour())).collect();
        }
        let mut moved = vec![Group::default(); chosen.len()];
        for (group, place) in &groups {
            moved[nearest(&chosen, *place)].add(group.mean(), group.weight);
        }
        moved.retain(|group| group.weight > 0.0);
        let colours: Vec<[u8; 3]> = moved.into_iter().map(Group::colour).collect();
        let places = colours.iter().map(|colour| oklab(*colour)).collect();
        Self { colours, places, found: HashMap::new() }
    }

    /// Returns the index of the colour that is nearest to `colour`. The palette must have a colour.
    pub(super) fn nearest(&mut self, colour: [u8; 3]) -> usize {
        let places = &self.places;
        *self.found.entry(colour).or_insert_with(|| nearest(places, oklab(colour)))
    }

    /// Returns the places of the colours in OKLab.
    pub(super) fn places(&self) -> &[Lab] {
        &self.places
    }
}

/// Returns the colours that k-means begins with.
fn first(groups: &[(Group, Lab)], most: usize) -> Vec<Lab> {
    let heaviest = groups.iter().max_by(|a, b| a.0.weight.total_cmp(&b.0.weight));
    let Some((_, heaviest)) = heaviest else { return Vec::new() };
    let mut chosen = vec![*heaviest];
    let mut far: Vec<f32> =
        groups.iter().map(|(_, place)| squared_distance(*place, *heaviest)).collect();
    while chosen.len() < most {
        // A square root keeps small parts in strong colours, such as an eye.
        let merit = |i: &usize| far[*i] * (groups[*i].0.weight as f32).sqrt();
        let next = (0..groups.len()).max_by(|a, b| merit(a).total_cmp(&merit(b)));
        let Some(next) = next.filter(|next| far[*next] > 0.0) else { break };
        let place = groups[next].1;
        chosen.push(place);
        far.iter_mut()
            .zip(groups)
            .for_each(|(far, (_, other))| *far = far.min(squared_distance(*other, place)));
    }
    chosen
}

/// Returns the index of the nearest place; 0 if there are none.
fn nearest(places: &[Lab], place: Lab) -> usize {
    let far = |i: &usize| squared_distance(places[*i], place);
    (0..places.len()).min_by(|a, b| far(a).total_cmp(&far(b))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_colours_stay_as_they_are() {
        let colours = [[255, 0, 0], [0, 0, 0], [250, 240, 10], [20, 30, 200]];
        let mut palette = Palette::of(colours.iter().map(|colour| (*colour, 1.0)), 8);
        assert_eq!(palette.colours.len(), 4);
        for colour in colours {
            let nearest = palette.nearest(colour);
            assert_eq!(palette.colours[nearest], colour);
        }
        assert!(Palette::of(std::iter::empty(), 8).colours.is_empty());
    }

    #[test]
    fn more_colours_come_nearer_and_small_strong_parts_keep_theirs() {
        let ramp = (0..=255_u8).map(|value| ([value, value / 2, 40], 10.0));
        let all: Vec<_> = ramp.chain([([20, 60, 250], 2.0)]).collect();
        let error = |most: usize| {
            let mut palette = Palette::of(all.iter().copied(), most);
            assert_eq!(palette.colours.len(), most);
            let blue = palette.nearest([20, 60, 250]);
            assert_eq!(palette.colours[blue], [20, 60, 250], "{most}");
            let off = |colour: [u8; 3]| {
                let nearest = palette.nearest(colour);
                squared_distance(oklab(palette.colours[nearest]), oklab(colour))
            };
            all.iter().map(|(colour, _)| *colour).map(off).sum::<f32>()
        };
        let errors = [6, 12, 24].map(error);
        assert!(errors.is_sorted_by(|a, b| *a > 2.0 * b), "{errors:?}");
    }
}
