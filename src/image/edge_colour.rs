//! The main colour at the edges of a picture, which may change evenly from side to side.

use super::oklab::{Lab, squared_distance};

/// How often the colour is found again, from the pixels that are near it.
const ROUNDS: usize = 4;

/// A pixel: its place from 0 to 1 across and down, and its colour.
pub(super) type Placed = ([f32; 2], Lab);

/// A colour for each place of a picture: a plane over x and y for each channel of OKLab.
#[derive(Debug, Clone, Copy)]
pub(super) struct EdgeColour {
    /// For each channel: the value in the picture's middle, and its slopes across and down.
    planes: [[f32; 3]; 3],
}

impl EdgeColour {
    /// Returns the main colour of pixels; `None` if fewer than `share` of them are within `limit` of it.
    pub(super) fn of(pixels: &[Placed], limit: f32, share: f32) -> Option<Self> {
        // The middle of each channel is in the main colour, if more than half of the pixels are.
        let middle = |channel: usize| {
            let mut values: Vec<f32> = pixels.iter().map(|(_, colour)| colour[channel]).collect();
            let half = values.len() / 2;
            values.select_nth_unstable_by(half, f32::total_cmp).1.to_owned()
        };
        if pixels.is_empty() {
            return None;
        }
        let mut main = Self { planes: [0, 1, 2].map(|channel| [middle(channel), 0.0, 0.0]) };
        for _ in 0..ROUNDS {
            let near = pixels.iter().filter(|(place, colour)| main.is_near(*place, *colour, limit));
            main = Self::through(&near.collect::<Vec<_>>()).unwrap_or(main);
        }
        let near = pixels.iter().filter(|(place, colour)| main.is_near(*place, *colour, limit));
        (near.count() as f32 >= share * pixels.len() as f32).then_some(main)
    }

    /// Returns the colour at a place.
    pub(super) fn at(&self, [x, y]: [f32; 2]) -> Lab {
        self.planes.map(|[middle, across, down]| middle + across * (x - 0.5) + down * (y - 0.5))
    }

    fn is_near(&self, place: [f32; 2], colour: Lab, limit: f32) -> bool {
        squared_distance(self.at(place), colour) <= limit * limit
    }

    /// Returns the planes with the least squared distance to pixels; `None` if they are in one line.
    fn through(pixels: &[&Placed]) -> Option<Self> {
        let count = pixels.len() as f64;
        let mean = |value: &dyn Fn(&Placed) -> f64| {
            pixels.iter().map(|pixel| value(pixel)).sum::<f64>() / count
        };
        let [x, y] = [0, 1].map(|axis| mean(&|(place, _)| f64::from(place[axis])));
        let away = |place: [f32; 2]| [f64::from(place[0]) - x, f64::from(place[1]) - y];
        let product = |a: usize, b: usize| mean(&|(place, _)| away(*place)[a] * away(*place)[b]);
        let [xx, xy, yy] = [product(0, 0), product(0, 1), product(1, 1)];
        let determinant = xx * yy - xy * xy;
        if determinant.is_nan() || determinant <= 1e-6 {
            return None;
        }
        let plane = |channel: usize| {
            let middle = mean(&|(_, colour)| f64::from(colour[channel]));
            let with = |axis: usize| {
                mean(&|(place, colour)| away(*place)[axis] * (f64::from(colour[channel]) - middle))
            };
            let [xz, yz] = [with(0), with(1)];
            let across = (xz * yy - yz * xy) / determinant;
            let down = (yz * xx - xz * xy) / determinant;
            let middle = middle + across * (0.5 - x) + down * (0.5 - y);
            [middle, across, down].map(|value| value as f32)
        };
        Some(Self { planes: [0, 1, 2].map(plane) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns pixels along the edges, of which the first `others` of 100 have another colour.
    fn edges(others: usize) -> Vec<Placed> {
        let pixel = |i: usize| {
            let along = (i / 4) as f32 / 100.0;
            let place = [[along, 0.0], [1.0, along], [along, 1.0], [0.0, along]][i % 4];
            let slope = [0.9 - 0.1 * place[0], 0.02 * place[1], 0.01];
            (place, if i / 4 < others { [0.3, 0.1, -0.2] } else { slope })
        };
        (0..400).map(pixel).collect()
    }

    #[test]
    fn finds_a_slope_beside_other_colours() {
        for others in [0, 20, 38] {
            let main = EdgeColour::of(&edges(others), 0.08, 0.6).unwrap();
            let off = squared_distance(main.at([0.2, 0.7]), [0.88, 0.014, 0.01]).sqrt();
            assert!(off < 0.005, "{off} with {others}");
        }
    }

    #[test]
    fn there_is_none_without_a_majority() {
        assert!(EdgeColour::of(&edges(45), 0.08, 0.6).is_none());
        assert!(EdgeColour::of(&[], 0.08, 0.6).is_none());
    }
}
