//! A selection of drawings to be looked at, beside the true pictures and the nearest learnt ones.

use crate::image::Image;

/// A selection of a model's drawings, in pairs: drawn, real, drawn, real and so on.
#[derive(Debug, Default)]
pub struct Shown {
    /// Drawings beside the true pictures, learnt ones first.
    pub beside: Vec<Image>,
    /// Drawings beside the nearest learnt pictures, the nearest first.
    pub copies: Vec<Image>,
}

/// Drawings, and their features.
pub(super) type Drawings = Vec<(Image, Vec<f32>)>;

/// The maximum number of pairs of each kind that are shown.
const SHOWN: usize = 40;

impl Shown {
    /// Pairs drawings with the true pictures, the ones at the rows of `pictures` that come with them, and
    /// those drawings that are nearest to learnt pictures with these. `nearest` returns the distance from
    /// features to the nearest learnt picture, and its row.
    pub(super) fn of(
        pictures: &[Image],
        drawings: [(&[usize], Drawings); 2],
        nearest: impl Fn(&[f32]) -> (f64, usize),
    ) -> Self {
        let mut beside = Vec::new();
        let mut near: Vec<(f64, Image, usize)> = Vec::new();
        for (rows, drawings) in drawings {
            for (at, (&i, (drawn, features))) in rows.iter().zip(drawings).enumerate() {
                if at < SHOWN {
                    beside.extend([drawn.clone(), pictures[i].clone()]);
                }
                let (distance, place) = nearest(&features);
                near.push((distance, drawn, place));
            }
        }
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        let pairs = near.into_iter().take(SHOWN);
        let copies = pairs.flat_map(|(_, drawn, i)| [drawn, pictures[i].clone()]).collect();
        Self { beside, copies }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a picture of one grey pixel, and the features by which [`nearest`] places it.
    fn drawing(grey: u8, distance: f32, place: usize) -> (Image, Vec<f32>) {
        (picture(grey), vec![distance, place as f32])
    }

    fn picture(grey: u8) -> Image {
        Image { width: 1, height: 1, pixels: vec![grey, grey, grey, 255] }
    }

    fn nearest(features: &[f32]) -> (f64, usize) {
        (f64::from(features[0]), features[1] as usize)
    }

    fn greys(images: &[Image]) -> Vec<u8> {
        images.iter().map(|image| image.pixels[0]).collect()
    }

    #[test]
    fn pairs_drawings_with_the_true_and_the_nearest_pictures() {
        let pictures: Vec<Image> = (0..4).map(picture).collect();
        let learnt = vec![drawing(101, 0.5, 2), drawing(102, 0.1, 3)];
        let held = vec![drawing(103, 0.3, 2)];
        let shown = Shown::of(&pictures, [(&[1, 0], learnt), (&[3], held)], nearest);
        assert_eq!(greys(&shown.beside), [101, 1, 102, 0, 103, 3]);
        assert_eq!(greys(&shown.copies), [102, 3, 103, 2, 101, 2]);
    }

    #[test]
    fn limits_the_pairs_of_each_kind() {
        let pictures = [picture(0)];
        let many = |count: usize| (0..count).map(|_| drawing(1, 0.5, 0)).collect::<Drawings>();
        let (learnt, held) = (vec![0; SHOWN + 9], vec![0; 3]);
        let shown = Shown::of(&pictures, [(&learnt, many(SHOWN + 9)), (&held, many(3))], nearest);
        // Forty learnt ones and three held out, and the nearest forty of all, each a pair.
        assert_eq!((shown.beside.len(), shown.copies.len()), (2 * 43, 2 * 40));
    }
}
