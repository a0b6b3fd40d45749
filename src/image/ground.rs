//! The background of a picture becomes transparent: a plain one by its colour, any other by a matte that
//! a network made.

use super::Image;
use super::edge_colour::{EdgeColour, Placed};
use super::matte;
use super::oklab::{oklab, squared_distance};
use crate::{Error, Result};

pub use matte::with_matte;

/// The distance in OKLab that a tolerance of 1 allows. At a tenth of it the noise of a JPEG is within the
/// tolerance, and a pale yellow is not white.
const WIDEST: f32 = 0.6;
/// The share of the pixels at the edges that must be near one colour.
const LEAST_SHARE: f32 = 0.6;
/// The highest alpha that counts as clear already.
const CLEAR: u8 = 8;

/// Returns a picture without its plain ground: what is connected with the edges and near their main
/// colour becomes transparent. The tolerance is from 0 to 1; 0.1 suits most pictures. A ground whose
/// colour changes evenly across the picture is plain too. Holes that the thing in the picture encloses
/// stay. The edge of the thing becomes soft, and loses the ground's colour. A picture whose edges are
/// transparent already does not change.
///
/// # Errors
/// Returns a sentence if the picture has no pixels, if its edges have no main colour, or if nothing would
/// be left.
pub fn without_plain_ground(picture: &Image, tolerance: f64) -> Result<Image> {
    let refuse = |problem: &str| Err(Error::Picture(problem.into()));
    let (width, height) = (picture.width, picture.height);
    let pixels = picture.pixels.as_chunks::<4>().0;
    if pixels.is_empty() || pixels.len() != width * height {
        return refuse("The picture has no pixels");
    }
    let edge: Vec<usize> = edge(width, height).collect();
    let clear = edge.iter().filter(|i| pixels[**i][3] <= CLEAR).count();
    if clear as f32 >= LEAST_SHARE * edge.len() as f32 {
        return Ok(picture.clone());
    }
    let limit = WIDEST * tolerance.clamp(0.0, 1.0) as f32;
    let place = |i: usize| [(i % width) as f32 / width as f32, (i / width) as f32 / height as f32];
    let colours: Vec<[f32; 3]> = pixels.iter().map(|[r, g, b, _]| oklab([*r, *g, *b])).collect();
    let seen = edge.iter().filter(|i| pixels[**i][3] > CLEAR);
    let seen: Vec<Placed> = seen.map(|i| (place(*i), colours[*i])).collect();
    let Some(main) = EdgeColour::of(&seen, limit, LEAST_SHARE) else {
        return refuse(
            "The edges of the picture have no main colour: raise the tolerance, or cut it out as a picture with any background",
        );
    };
    let is_near = |i: usize| {
        let far = squared_distance(colours[i], main.at(place(i)));
        pixels[i][3] <= CLEAR || far <= limit * limit
    };
    let ground = flooded([width, height], &edge, is_near);
    let cut = matte::cut(picture, &ground);
    if cut.pixels.as_chunks::<4>().0.iter().all(|pixel| pixel[3] < 128) {
        return refuse("Nothing of the picture would be left: lower the tolerance");
    }
    Ok(cut)
}

/// Returns the indices of the pixels at a picture's edges.
fn edge(width: usize, height: usize) -> impl Iterator<Item = usize> {
    let is_edge = move |i: &usize| {
        let (x, y) = (i % width, i / width);
        x == 0 || y == 0 || x + 1 == width || y + 1 == height
    };
    (0..width * height).filter(is_edge)
}

/// Returns which pixels can be reached from `starts`, side by side, over pixels that pass.
fn flooded(
    [width, height]: [usize; 2],
    starts: &[usize],
    passes: impl Fn(usize) -> bool,
) -> Vec<bool> {
    let mut reached = vec![false; width * height];
    let mut open: Vec<usize> = starts.iter().copied().filter(|i| passes(*i)).collect();
    open.iter().for_each(|i| reached[*i] = true);
    while let Some(i) = open.pop() {
        let (x, y) = (i % width, i / width);
        let sides = [
            (x > 0).then(|| i - 1),
            (x + 1 < width).then(|| i + 1),
            (y > 0).then(|| i - width),
            (y + 1 < height).then(|| i + width),
        ];
        for side in sides.into_iter().flatten() {
            if !reached[side] && passes(side) {
                reached[side] = true;
                open.push(side);
            }
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 96;

    /// Returns a picture of `thing` with the coverage of `shape`, over `ground`.
    fn over(
        thing: [f32; 3],
        shape: impl Fn(f32, f32) -> f32,
        ground: impl Fn(usize) -> [f32; 3],
    ) -> (Image, Vec<f32>) {
        let coverage = |i: usize| shape((i % SIDE) as f32, (i / SIDE) as f32).clamp(0.0, 1.0);
        let alphas: Vec<f32> = (0..SIDE * SIDE).map(coverage).collect();
        let pixel = |i: usize| {
            let behind = ground(i);
            let mix = |c: usize| thing[c] * alphas[i] + behind[c] * (1.0 - alphas[i]);
            [mix(0), mix(1), mix(2), 255.0].map(|value| value.round() as u8)
        };
        let pixels = (0..SIDE * SIDE).flat_map(pixel).collect();
        (Image { width: SIDE, height: SIDE, pixels }, alphas)
    }

    fn disc(x: f32, y: f32) -> f32 {
        30.5 - (x - 47.3).hypot(y - 47.8)
    }

    fn white(_: usize) -> [f32; 3] {
        [255.0; 3]
    }

    const RED: [f32; 3] = [200.0, 40.0, 30.0];

    /// Returns the mean and the largest difference of alpha to what it was, of 255, and the largest of
    /// the visible colours to the thing's.
    fn errors(cut: &Image, alphas: &[f32], thing: [f32; 3]) -> [f32; 3] {
        let mut errors = [0.0_f32; 3];
        let mut soft = 0;
        for (pixel, alpha) in cut.pixels.as_chunks::<4>().0.iter().zip(alphas) {
            let off = (f32::from(pixel[3]) - 255.0 * alpha).abs();
            errors[1] = errors[1].max(off);
            if *alpha > 0.0 && *alpha < 1.0 {
                errors[0] += off;
                soft += 1;
            }
            if pixel[3] > 127 {
                let off = thing.iter().zip(pixel).map(|(was, is)| (was - f32::from(*is)).abs());
                errors[2] = off.fold(errors[2], f32::max);
            }
        }
        errors[0] /= soft as f32;
        errors
    }

    #[test]
    fn a_disc_on_white_gets_its_soft_edge_and_its_colour_back() {
        for thing in [RED, [20.0, 20.0, 20.0], [250.0, 210.0, 40.0]] {
            let (picture, alphas) = over(thing, disc, white);
            let cut = without_plain_ground(&picture, 0.1).unwrap();
            let [mean, most, colour] = errors(&cut, &alphas, thing);
            assert!(mean < 4.0 && most < 26.0 && colour < 6.0, "{mean} {most} {colour}");
            assert_eq!(cut.pixels[..4], [0; 4]);
        }
    }

    #[test]
    fn an_even_slope_of_colour_is_a_ground() {
        let slope = |i: usize| {
            let [x, y] = [i % SIDE, i / SIDE].map(|place| place as f32 / SIDE as f32);
            [250.0 - 50.0 * x, 250.0 - 40.0 * y, 240.0 - 30.0 * x]
        };
        let (picture, alphas) = over(RED, disc, slope);
        let cut = without_plain_ground(&picture, 0.1).unwrap();
        let [mean, most, colour] = errors(&cut, &alphas, RED);
        assert!(mean < 6.0 && most < 32.0 && colour < 10.0, "{mean} {most} {colour}");
    }

    #[test]
    fn a_hole_in_the_thing_stays() {
        let ring = |x: f32, y: f32| disc(x, y).min((x - 47.3).hypot(y - 47.8) - 12.0);
        let (picture, _) = over(RED, ring, white);
        let cut = without_plain_ground(&picture, 0.1).unwrap();
        let middle = 4 * (48 * SIDE + 47);
        assert_eq!(cut.pixels[middle..middle + 4], [255; 4]);
        assert_eq!(cut.pixels[3], 0);
    }

    #[test]
    fn a_thin_line_stays() {
        let line = |x: f32, y: f32| {
            let far = (x - 0.4 * y - 25.0).abs() / 1.077;
            if (10.0..85.0).contains(&y) { 1.1 - far } else { 0.0 }
        };
        let (picture, alphas) = over([30.0, 30.0, 90.0], line, white);
        let cut = without_plain_ground(&picture, 0.1).unwrap();
        for y in 12..83 {
            let row = |values: &dyn Fn(usize) -> f32| -> f32 {
                (0..SIDE).map(|x| values(y * SIDE + x)).sum()
            };
            let is = row(&|i| f32::from(cut.pixels[4 * i + 3]) / 255.0);
            let was = row(&|i| alphas[i]);
            assert!((is - was).abs() < 0.35 * was, "{y}: {is} for {was}");
        }
    }

    #[test]
    fn a_transparent_picture_does_not_change() {
        let (mut picture, alphas) = over(RED, disc, white);
        let alpha = |i: usize| (255.0 * alphas[i]).round() as u8;
        (0..SIDE * SIDE).for_each(|i| picture.pixels[4 * i + 3] = alpha(i));
        assert_eq!(without_plain_ground(&picture, 0.1).unwrap(), picture);
    }

    #[test]
    fn noise_as_of_a_jpeg_leaves_no_dirt() {
        let (mut picture, alphas) = over(RED, disc, |_| [244.0; 3]);
        for (i, value) in picture.pixels.iter_mut().enumerate().filter(|(i, _)| i % 4 < 3) {
            let noise = (i * 7919 + i / 97 * 104_729) % 15;
            *value = value.saturating_add(noise as u8).saturating_sub(7);
        }
        let cut = without_plain_ground(&picture, 0.1).unwrap();
        for (pixel, alpha) in cut.pixels.as_chunks::<4>().0.iter().zip(&alphas) {
            assert!(*alpha > 0.0 || pixel[3] < 24, "dirt {pixel:?}");
            assert!(*alpha < 1.0 || pixel[3] > 230, "hole {pixel:?}");
        }
    }

    #[test]
    fn refuses_edges_of_many_colours_and_pictures_without_a_thing() {
        let many = |i: usize| [0, 1, 2].map(|c| ((i * 97 + c * 61) % 256) as f32);
        let (picture, _) = over(RED, disc, many);
        let refused = without_plain_ground(&picture, 0.1).unwrap_err().to_string();
        assert!(refused.contains("no main colour"), "{refused}");
        let (plain, _) = over(RED, |_, _| 0.0, white);
        let refused = without_plain_ground(&plain, 0.1).unwrap_err().to_string();
        assert!(refused.contains("Nothing") && refused.contains("lower"), "{refused}");
        let empty = Image { width: 0, height: 3, pixels: Vec::new() };
        assert!(without_plain_ground(&empty, 0.1).is_err());
    }
}
