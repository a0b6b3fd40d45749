//! The regions of a picture that have one colour each, with clean edges.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::Image;
use super::oklab::{Lab, oklab, squared_distance};
use super::palette::Palette;

/// The lowest alpha that belongs to a region.
const SEEN: u8 = 128;
/// The lowest alpha of a pixel that has a colour of its own. Those at the edge of the picture may be mixed
/// with what was behind it.
const WHOLE: u8 = 250;
/// How much a part must differ from those beside it, as its area in pixels times the distance in OKLab.
const VISIBLE: f32 = 0.4;
/// The contrast to its neighbours, in OKLab, at which a pixel weighs half as much in the palette. Pixels
/// at edges have colours that are between those of two regions, and are in neither.
const HALF_WEIGHT: f32 = 0.04;
/// The highest contrast to its neighbours of a pixel from which a region grows, before the picture was
/// enlarged.
const FLAT: f32 = 0.05;

/// Which region each pixel of a picture belongs to.
#[derive(Debug, Clone)]
pub(super) struct Regions {
    /// The colours of the regions.
    pub(super) colours: Vec<[u8; 3]>,
    /// The index of each pixel's colour; `None` where the picture is clear.
    pub(super) labels: Vec<Option<u8>>,
    width: usize,
}

impl Regions {
    /// Divides a picture into regions of at most `most` colours. Parts that are hardly visible belong to
    /// the regions around them. The colours come from `original`, the same picture before it was enlarged
    /// `scale` times.
    pub(super) fn of(original: &Image, picture: &Image, most: u8, scale: usize) -> Self {
        let pixels = picture.pixels.as_chunks::<4>().0;
        let places = places(picture);
        let width = picture.width;
        let mut palette = palette(original, most);
        let mut regions =
            Self { colours: palette.colours.clone(), labels: vec![None; pixels.len()], width };
        let flat = (FLAT / scale as f32).powi(2);
        let is_flat = |i: usize| pixels[i][3] >= WHOLE && contrast(&places, i, width) <= flat;
        for i in (0..pixels.len()).filter(|i| places[*i].is_some() && is_flat(*i)) {
            let [r, g, b, _] = pixels[i];
            regions.labels[i] = u8::try_from(palette.nearest([r, g, b])).ok();
        }
        regions.grow(&places, palette.places());
        // What no region reached has no flat pixel.
        for i in (0..pixels.len()).filter(|i| places[*i].is_some()) {
            let [r, g, b, _] = pixels[i];
            let nearest = || u8::try_from(palette.nearest([r, g, b])).ok();
            regions.labels[i] = regions.labels[i].or_else(nearest);
        }
        let pixel = (scale * scale) as f32;
        let is_faint = |part: &Vec<usize>| {
            part.len() as f32 / pixel * regions.difference(part, palette.places()) < VISIBLE
        };
        let small: Vec<usize> = regions.parts().into_iter().filter(is_faint).flatten().collect();
        small.into_iter().for_each(|i| regions.labels[i] = None);
        regions.grow(&places, palette.places());
        regions
    }

    /// Grows the regions into the visible pixels that belong to none, those first that are most like the
    /// region beside them.
    fn grow(&mut self, places: &[Option<Lab>], colours: &[Lab]) {
        // Costs are not negative, and the bits of such numbers are in their order.
        let cost = |i: usize, label: u8| {
            let place = places[i].filter(|_| usize::from(label) < colours.len());
            place.map(|place| squared_distance(place, colours[usize::from(label)]).to_bits())
        };
        let mut open = BinaryHeap::new();
        let push = |open: &mut BinaryHeap<_>, labels: &[Option<u8>], from: usize, label: u8| {
            for i in beside(from, self.width, labels.len()).filter(|i| labels[*i].is_none()) {
                open.extend(cost(i, label).map(|cost| Reverse((cost, i, label))));
            }
        };
        for (i, label) in self.labels.iter().enumerate() {
            label.iter().for_each(|label| push(&mut open, &self.labels, i, *label));
        }
        while let Some(Reverse((_, i, label))) = open.pop() {
            if self.labels[i].is_none() {
                self.labels[i] = Some(label);
                push(&mut open, &self.labels, i, label);
            }
        }
    }

    /// Returns the distance in OKLab of a part to the colour beside it that is most like it; 1 if nothing
    /// is beside it.
    fn difference(&self, part: &[usize], colours: &[Lab]) -> f32 {
        let Some(own) = part.first().and_then(|i| self.labels[*i]) else { return 1.0 };
        let colour = |label: u8| colours.get(usize::from(label)).copied().unwrap_or_default();
        let beside = part.iter().flat_map(|i| beside(*i, self.width, self.labels.len()));
        let others = beside.filter_map(|i| self.labels[i]).filter(|label| *label != own);
        others.map(|other| squared_distance(colour(own), colour(other))).fold(1.0, f32::min).sqrt()
    }

    /// Returns the pixels of each part of a region that is in one piece.
    fn parts(&self) -> Vec<Vec<usize>> {
        let mut is_found: Vec<bool> = self.labels.iter().map(Option::is_none).collect();
        let mut parts = Vec::new();
        for start in 0..self.labels.len() {
            if is_found[start] {
                continue;
            }
            is_found[start] = true;
            let (mut part, mut next) = (vec![start], 0);
            while let Some(at) = part.get(next).copied() {
                next += 1;
                for i in beside(at, self.width, self.labels.len()) {
                    if !is_found[i] && self.labels[i] == self.labels[start] {
                        is_found[i] = true;
                        part.push(i);
                    }
                }
            }
            parts.push(part);
        }
        parts
    }

    /// Returns the pixels of a label, and those of `over` that can be reached from it in `steps` over
    /// such pixels.
    pub(super) fn layer(&self, label: u8, over: impl Fn(u8) -> bool, steps: usize) -> Vec<bool> {
        let mut layer: Vec<bool> = self.labels.iter().map(|other| *other == Some(label)).collect();
        let mut rim: Vec<usize> = (0..layer.len()).filter(|i| layer[*i]).collect();
        let count = layer.len();
        for _ in 0..steps {
            let mut further = Vec::new();
            for i in rim.iter().flat_map(|i| beside(*i, self.width, count)) {
                if !layer[i] && self.labels[i].is_some_and(&over) {
                    layer[i] = true;
                    further.push(i);
                }
            }
            rim = further;
        }
        layer
    }
}

/// Returns the colours of a picture, in which edges weigh little.
fn palette(picture: &Image, most: u8) -> Palette {
    let places = places(picture);
    let weight = |i: usize| {
        let contrast = contrast(&places, i, picture.width);
        let alpha = picture.pixels[4 * i + 3];
        // A picture that is transparent everywhere needs colours too.
        let whole = if alpha >= WHOLE { 1.0 } else { 0.01 };
        whole / (1.0 + (contrast / (HALF_WEIGHT * HALF_WEIGHT)).powi(2))
    };
    let pixels = picture.pixels.as_chunks::<4>().0.iter().enumerate();
    let seen = pixels.filter(|(i, _)| places[*i].is_some());
    Palette::of(seen.map(|(i, [r, g, b, _])| ([*r, *g, *b], weight(i))), usize::from(most))
}

/// Returns the visible colours of a picture in OKLab.
fn places(picture: &Image) -> Vec<Option<Lab>> {
    let pixels = picture.pixels.as_chunks::<4>().0.iter();
    pixels.map(|[r, g, b, a]| (*a >= SEEN).then(|| oklab([*r, *g, *b]))).collect()
}

/// Returns the largest squared distance in colour of a pixel to those beside it.
fn contrast(places: &[Option<Lab>], i: usize, width: usize) -> f32 {
    let Some(here) = places[i] else { return 0.0 };
    let others = beside(i, width, places.len()).filter_map(|other| places[other]);
    others.map(|other| squared_distance(here, other)).fold(0.0, f32::max)
}

/// Returns the up to four pixels beside one, of `count` in rows of `width`.
fn beside(i: usize, width: usize, count: usize) -> impl Iterator<Item = usize> {
    let x = i % width;
    let sides = [
        (x > 0).then(|| i - 1),
        (x + 1 < width).then(|| i + 1),
        i.checked_sub(width),
        Some(i + width).filter(|below| *below < count),
    ];
    sides.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a row for each letter's colour, with `k` between black and white.
    fn picture(rows: &[&str]) -> Image {
        let pixel = |letter: char| match letter {
            'r' => [200, 30, 30, 255],
            'w' => [255; 4],
            'k' => [10, 10, 10, 255],
            'g' => [140, 140, 140, 255],
            _ => [0; 4],
        };
        let pixels = rows.iter().flat_map(|row| row.chars().flat_map(pixel)).collect();
        Image { width: rows[0].len(), height: rows.len(), pixels }
    }

    fn letters(regions: &Regions, letters: &[(char, u8)]) -> Vec<String> {
        let letter = |label: &Option<u8>| {
            let red = label.map(|label| regions.colours[usize::from(label)][0]);
            letters.iter().find(|(_, value)| Some(*value) == red).map_or('.', |(letter, _)| *letter)
        };
        let rows = regions.labels.chunks(regions.width);
        rows.map(|row| row.iter().map(letter).collect()).collect()
    }

    #[test]
    fn pixels_between_two_regions_join_one_of_them_and_not_a_third() {
        let rows = ["wwwgkkk", "wwwgkkk", "ggggggg", "ggggggg", "ggggggg"];
        let drawn = picture(&rows);
        let regions = Regions::of(&drawn, &drawn, 8, 1);
        let found = letters(&regions, &[('w', 255), ('k', 10), ('g', 140)]);
        assert_eq!(found[4], "ggggggg");
        assert!(!found[0].contains('g') || found[0] == rows[0], "{found:?}");
        assert_eq!(regions.colours.len(), 3);
    }

    #[test]
    fn specks_belong_to_what_is_around_them_and_clear_pixels_to_nothing() {
        let drawn = picture(&["rrrrrr..", "rrrrrr..", "rrkrrr..", "rrrrrr..", "rrrrrr.k"]);
        let regions = Regions::of(&drawn, &drawn, 4, 1);
        let found = letters(&regions, &[('r', 200), ('k', 10)]);
        assert!(found[..4].iter().all(|row| row == "rrrrrr.."), "{found:?}");
        assert_eq!(found[4], "rrrrrr.k");
    }

    #[test]
    fn a_layer_reaches_under_those_above_it_and_not_into_clear_pixels() {
        let drawn = picture(&["rrrwww..", "rrrwww..", "rrrwww.."]);
        let regions = Regions::of(&drawn, &drawn, 4, 1);
        let red = regions.labels[0].unwrap();
        let row = |steps| regions.layer(red, |other| other != red, steps)[..8].to_vec();
        assert_eq!(row(0), [true, true, true, false, false, false, false, false]);
        assert_eq!(row(2), [true, true, true, true, true, false, false, false]);
        assert_eq!(row(9), [true, true, true, true, true, true, false, false]);
        assert_eq!(regions.layer(red, |_| false, 9)[..4], [true, true, true, false]);
    }
}
