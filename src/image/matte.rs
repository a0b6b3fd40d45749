//! Mattes: how much of each pixel is the thing in a picture, and not its ground. A pixel that is both
//! loses the colour of the ground.

use super::Image;
use super::distance::squared_distances;
use super::resize::resized;
use super::spread::spread;
use crate::{Error, Result};

/// How far from the ground pixels may be partly ground, in pixels.
const SOFT: f32 = 2.0;
/// How many pixels the thing's own colour may be away from such a pixel.
const STEPS: usize = 3;
/// How much further than a pixel the next one must be from the ground's colour to be more of the thing.
const FURTHER: f32 = 1.03;
/// The cosine of the widest angle between two colours, seen from the ground's, that are one colour in
/// different shares.
const ALIKE: f32 = 0.93;
/// The lowest share of the thing that is kept. Less of it may be noise.
const LEAST: f32 = 0.08;
/// The least of a matte's value that is surely the thing, of 255.
const SURE: u8 = 242;

/// Returns a picture in which `ground` is transparent, with a soft edge beside it. How much of a pixel at
/// the edge is the thing follows from the pixels further in.
pub(super) fn cut(picture: &Image, ground: &[bool]) -> Image {
    let (width, height) = (picture.width, picture.height);
    let pixels = picture.pixels.as_chunks::<4>().0;
    let [to_ground, to_thing] = [true, false].map(|is_ground| {
        let alpha: Vec<u8> = ground.iter().map(|g| if *g == is_ground { 255 } else { 0 }).collect();
        squared_distances(&alpha, width)
    });
    // The ground's colour beside the thing is that of the ground near there, without its soft edge.
    let is_pure = |i: usize| ground[i] && to_thing[i] > SOFT * SOFT;
    let behind = spread_where(picture, is_pure);
    let behind = behind.as_chunks::<4>().0;
    let away = |i: usize, from: usize| {
        [0, 1, 2].map(|c| f32::from(pixels[i][c]) - f32::from(behind[from][c]))
    };
    let thing = |start: usize| {
        let mut at = start;
        let length = |i: &usize| dot(away(*i, start), away(*i, start));
        if ground[start] {
            let beside = around(start, [width, height]).filter(|i| !ground[*i]);
            at = beside.max_by(|a, b| length(a).total_cmp(&length(b))).unwrap_or(start);
        }
        for _ in 0..STEPS {
            let here = away(at, start);
            let more = around(at, [width, height]).filter(|i| {
                let there = away(*i, start);
                let (near, far) = (dot(here, here), dot(there, there));
                let is_alike = dot(here, there) > ALIKE * (near * far).sqrt() || near < 16.0;
                !is_pure(*i) && far > FURTHER * FURTHER * near && is_alike
            });
            let Some(next) = more.max_by(|a, b| length(a).total_cmp(&length(b))) else { break };
            at = next;
        }
        away(at, start)
    };
    let pixel = |i: usize| {
        let is_soft = if ground[i] { to_thing[i] < 1.0 } else { to_ground[i] < SOFT * SOFT };
        let [r, g, b, a] = pixels[i];
        match (is_soft, ground[i]) {
            (false, true) => return [0; 4],
            (false, false) => return [r, g, b, a],
            (true, _) => {}
        }
        let (here, whole) = (away(i, i), thing(i));
        let share = (dot(here, whole) / dot(whole, whole).max(1e-6)).clamp(0.0, 1.0);
        if share < LEAST {
            return [0; 4];
        }
        without(pixels[i], behind[i], [0, 1, 2].map(|c| whole[c] + f32::from(behind[i][c])), share)
    };
    Image { width, height, pixels: (0..pixels.len()).flat_map(pixel).collect() }
}

/// Returns a picture with a soft matte of `matte_width`×`matte_height` values applied to its alpha: 255
/// is the thing, 0 its ground. The matte is scaled to the picture. Pixels between the two lose the
/// colour of the ground, as far as it can be seen near them.
///
/// # Errors
/// Returns a sentence if picture or matte have no pixels, or the matte has not as many values as its
/// size says.
pub fn with_matte(
    picture: &Image,
    matte: &[u8],
    [matte_width, matte_height]: [usize; 2],
) -> Result<Image> {
    let pixels = picture.pixels.as_chunks::<4>().0;
    if pixels.is_empty() || matte.is_empty() || matte.len() != matte_width * matte_height {
        return Err(Error::Picture("The picture or the matte of its ground has no pixels".into()));
    }
    let (width, height) = (picture.width, picture.height);
    let grey = matte.iter().flat_map(|value| [*value, *value, *value, 255]).collect();
    let matte = Image { width: matte_width, height: matte_height, pixels: grey };
    let matte = resized(&matte, width, height)?;
    let share: Vec<u8> = matte.pixels.as_chunks::<4>().0.iter().map(|pixel| pixel[0]).collect();
    let is_thing = |i: usize| share[i] >= SURE;
    let is_ground = |i: usize| share[i] <= 255 - SURE;
    let [thing, behind] = [spread_where(picture, is_thing), spread_where(picture, is_ground)];
    let [thing, behind] = [&thing, &behind].map(|pixels| pixels.as_chunks::<4>().0);
    let reach = (width.max(height) / 32).max(2) as f32;
    let near = |is: &dyn Fn(usize) -> bool| {
        let alpha: Vec<u8> = (0..share.len()).map(|i| if is(i) { 255 } else { 0 }).collect();
        squared_distances(&alpha, width)
    };
    let [to_thing, to_ground] = [near(&is_thing), near(&is_ground)];
    let pixel = |i: usize| {
        let part = f32::from(share[i]) / 255.0;
        let is_seen = to_thing[i].max(to_ground[i]) <= reach * reach;
        let [r, g, b, a] = pixels[i];
        match share[i] {
            0 => [0; 4],
            255 => [r, g, b, a],
            _ if is_seen => {
                let [r, g, b, _] = thing[i];
                without(pixels[i], behind[i], [r, g, b].map(f32::from), part)
            }
            _ => [r, g, b, (f32::from(a) * part).round() as u8],
        }
    };
    Ok(Image { width, height, pixels: (0..pixels.len()).flat_map(pixel).collect() })
}

/// Takes the ground out of a pixel of which `share` is the thing.
fn without(pixel: [u8; 4], behind: [u8; 4], thing: [f32; 3], share: f32) -> [u8; 4] {
    let channel = |c: usize| {
        let more = (1.0 - share) * (thing[c] - f32::from(behind[c]));
        (f32::from(pixel[c]) + more).round().clamp(0.0, 255.0) as u8
    };
    let alpha = (f32::from(pixel[3]) * share).round() as u8;
    if alpha == 0 { [0; 4] } else { [channel(0), channel(1), channel(2), alpha] }
}

/// Returns the pixels of a picture where a condition holds, as they are, and elsewhere the colours of
/// those near.
fn spread_where(picture: &Image, holds: impl Fn(usize) -> bool) -> Vec<u8> {
    let pixels = picture.pixels.as_chunks::<4>().0.iter().enumerate();
    let kept =
        pixels.flat_map(|(i, [r, g, b, _])| if holds(i) { [*r, *g, *b, 255] } else { [0; 4] });
    let kept: Vec<u8> = kept.collect();
    spread(&kept, picture.width, picture.height).into_owned()
}

/// Returns the up to eight pixels around one.
fn around(at: usize, [width, height]: [usize; 2]) -> impl Iterator<Item = usize> {
    let (x, y) = (at % width, at / width);
    let rows = y.saturating_sub(1)..(y + 2).min(height);
    rows.flat_map(move |row| {
        (x.saturating_sub(1)..(x + 2).min(width)).map(move |column| row * width + column)
    })
}

fn dot(one: [f32; 3], other: [f32; 3]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDE: usize = 256;

    /// Returns how much of a pixel is a disc with an edge of eight pixels.
    fn share(i: usize, side: usize) -> f32 {
        let scale = SIDE as f32 / side as f32;
        let place = |place: usize| (place as f32 + 0.5) * scale - 128.0;
        ((80.0 - place(i % side).hypot(place(i / side))) / 8.0 + 0.5).clamp(0.0, 1.0)
    }

    fn picture() -> Image {
        let mix = |i: usize, thing: f32, ground: f32| {
            (thing * share(i, SIDE) + ground * (1.0 - share(i, SIDE))).round() as u8
        };
        let pixel = |i: usize| [mix(i, 220.0, 40.0), mix(i, 60.0, 160.0), mix(i, 50.0, 70.0), 255];
        Image { width: SIDE, height: SIDE, pixels: (0..SIDE * SIDE).flat_map(pixel).collect() }
    }

    fn matte(side: usize) -> Vec<u8> {
        (0..side * side).map(|i| (255.0 * share(i, side)).round() as u8).collect()
    }

    #[test]
    fn a_matte_of_any_size_becomes_alpha_and_takes_the_ground_out() {
        for side in [SIDE, 128, 320] {
            let cut = with_matte(&picture(), &matte(side), [side, side]).unwrap();
            for (i, pixel) in cut.pixels.as_chunks::<4>().0.iter().enumerate() {
                let off = (f32::from(pixel[3]) / 255.0 - share(i, SIDE)).abs();
                assert!(off < 0.06, "{side}: {off} at {i}");
                let is_red = pixel[0] > 190 && pixel[1] < 85;
                assert!(pixel[3] < 100 || is_red, "{side}: {pixel:?} at {i}");
            }
        }
    }

    #[test]
    fn a_matte_multiplies_alpha_that_is_there() {
        let mut faint = picture();
        faint.pixels.iter_mut().skip(3).step_by(4).for_each(|alpha| *alpha = 100);
        let cut = with_matte(&faint, &[128], [1, 1]).unwrap();
        assert!(cut.pixels.as_chunks::<4>().0.iter().all(|pixel| pixel[3] == 50));
        let same = with_matte(&faint, &[255; 4], [2, 2]).unwrap();
        assert_eq!(same, faint);
    }

    #[test]
    fn refuses_mattes_of_the_wrong_length() {
        assert!(with_matte(&picture(), &[0; 5], [2, 3]).is_err());
        assert!(with_matte(&picture(), &[], [0, 0]).is_err());
    }
}
