//! What a [`Frame`] shows of a picture, and what it leaves empty.

use super::Image;
use super::frame::Frame;
use super::mask::Mask;
use super::resize::resized;
use crate::{Error, Result};

/// How far a mask of the empty ground reaches into the picture, in pixels of the frame. What is drawn
/// there joins the picture better if it may change its edge.
pub const OVERLAP: usize = 4;

/// The largest zoom.
const MOST: f64 = 64.0;
/// How many pixels beside a place have an effect on it when a picture is resized.
const FILTER: f64 = 2.0;

/// Returns what a frame of `width`×`height` pixels shows of a picture, on a transparent ground. Wholly
/// transparent pixels become black. The frame of the whole picture shows what
/// [`fitted`](super::fit::fitted) returns.
///
/// # Errors
/// Returns a sentence if the picture has no pixels, if a number of the frame makes no sense, or if the
/// frame is beside the picture.
pub fn framed(picture: &Image, frame: Frame, [width, height]: [usize; 2]) -> Result<Image> {
    let size = [picture.width, picture.height];
    let [across, down] = placed(size, frame, [width, height])?;
    let [columns, rows] = [across.cut(picture.width), down.cut(picture.height)];
    let part = cropped(picture, [columns.from, rows.from], [columns.count, rows.count]);
    let large = resized(&part, columns.size, rows.size)?;
    let mut pixels = vec![0; 4 * width * height];
    for y in down.start..down.end {
        for x in across.start..across.end {
            let from = 4 * (rows.place(y) * large.width + columns.place(x));
            let to = 4 * (y * width + x);
            pixels[to..to + 4].copy_from_slice(&large.pixels[from..from + 4]);
        }
    }
    let clear = pixels.as_chunks_mut::<4>().0.iter_mut().filter(|pixel| pixel[3] == 0);
    clear.for_each(|pixel| *pixel = [0; 4]);
    Ok(Image { width, height, pixels })
}

/// Returns the mask of what a picture of `size` pixels leaves empty in a frame of `width`×`height`
/// pixels, and of [`OVERLAP`] pixels of the picture at each of its sides that is in the frame. It covers
/// nothing if the picture fills the frame.
///
/// # Errors
/// Returns a sentence as [`framed`] does.
pub fn around(size: [usize; 2], frame: Frame, [width, height]: [usize; 2]) -> Result<Image> {
    let [across, down] = placed(size, frame, [width, height])?;
    let covers = |i: usize| !(across.keeps(i % width, width) && down.keeps(i / width, height));
    let coverage = (0..width * height).map(|i| if covers(i) { 255 } else { 0 }).collect();
    Ok(Mask { width, height, coverage }.to_image())
}

/// Where one side of a picture lies in a frame, in the frame's pixels.
#[derive(Debug, Clone, Copy)]
struct Placed {
    /// Where the picture begins, which may be before the frame.
    left: f64,
    /// How long the picture is.
    side: f64,
    /// The first of the frame's pixels that shows the picture.
    start: usize,
    /// The first pixel after it that does not.
    end: usize,
}

impl Placed {
    /// Returns how many pixels show the picture.
    fn shown(self) -> usize {
        self.end - self.start
    }

    /// Returns which of a side's `pixels` are resized: those that are shown, and enough beside them.
    fn cut(self, pixels: usize) -> Cut {
        let scale = self.side / pixels as f64;
        let beside = (FILTER / scale.min(1.0)).ceil();
        let place = |pixel: usize| (pixel as f64 - self.left) / scale;
        let from = (place(self.start).floor() - beside).max(0.0) as usize;
        let to = ((place(self.end).ceil() + beside) as usize).min(pixels);
        let count = to.saturating_sub(from).max(1);
        let size = (count as f64 * scale).round().max(1.0) as usize;
        Cut { from, count, size, left: self.left + (from as f64 * scale).round() }
    }

    /// Returns whether a mask of the empty ground leaves out a pixel.
    fn keeps(self, pixel: usize, frame: usize) -> bool {
        let from = if self.left >= 0.0 && self.start > 0 { self.start + OVERLAP } else { 0 };
        let to = if self.end < frame { self.end.saturating_sub(OVERLAP) } else { frame };
        (from..to).contains(&pixel)
    }
}

/// The part of a picture's side that is resized for a frame.
#[derive(Debug, Clone, Copy)]
struct Cut {
    /// The first pixel, and how many there are.
    from: usize,
    count: usize,
    /// How many pixels of the frame they become.
    size: usize,
    /// Where these begin, which may be before the frame.
    left: f64,
}

impl Cut {
    /// Returns which of the resized pixels a pixel of the frame shows.
    fn place(self, pixel: usize) -> usize {
        (pixel as f64 - self.left).clamp(0.0, (self.size - 1) as f64) as usize
    }
}

/// Returns a part of a picture, which must be within it.
fn cropped(picture: &Image, [left, top]: [usize; 2], [width, height]: [usize; 2]) -> Image {
    let row = |y: usize| &picture.pixels[4 * ((top + y) * picture.width + left)..][..4 * width];
    Image { width, height, pixels: (0..height).flat_map(row).copied().collect() }
}

/// Returns where the two sides of a picture lie in a frame.
fn placed(size: [usize; 2], frame: Frame, sides: [usize; 2]) -> Result<[Placed; 2]> {
    let refuse = |problem: &str| Err(Error::Picture(problem.into()));
    let Frame { zoom, x, y } = frame;
    if size.contains(&0) {
        return refuse("The picture has no pixels");
    }
    if !(zoom > 0.0 && zoom <= MOST && x.is_finite() && y.is_finite()) {
        return refuse("The frame is not a part of any picture: reset its zoom and place");
    }
    let fits = [0, 1].map(|axis| sides[axis] as f64 / size[axis] as f64);
    let scale = zoom * fits[0].min(fits[1]);
    let place = |axis: usize, middle: f64| {
        let side = (size[axis] as f64 * scale).round().max(1.0);
        let frame = sides[axis] as f64;
        let left = (frame / 2.0 - middle * side).floor();
        let start = left.clamp(0.0, frame) as usize;
        let end = (left + side).clamp(0.0, frame) as usize;
        Placed { left, side, start, end }
    };
    let placed = [place(0, x), place(1, y)];
    if placed.iter().any(|placed| placed.shown() == 0) {
        return refuse("The frame shows nothing of the picture: move it over the picture");
    }
    Ok(placed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::*;
    use crate::image::fit::fitted;

    /// Returns a picture in which every pixel has another colour.
    fn colours(width: usize, height: usize) -> Image {
        let pixel = |i: usize| [(i % width * 3) as u8, (i / width * 3) as u8, 90, 255];
        Image { width, height, pixels: (0..width * height).flat_map(pixel).collect() }
    }

    fn alpha(image: &Image, x: usize, y: usize) -> u8 {
        image.pixels[4 * (image.width * y + x) + 3]
    }

    #[test]
    fn the_whole_frame_shows_the_fitted_picture() {
        for (size, sides) in
            [([40, 10], [16, 16]), ([7, 31], [16, 16]), ([16, 16], [16, 16]), ([13, 5], [9, 8])]
        {
            let picture = colours(size[0], size[1]);
            let shown = framed(&picture, Frame::default(), sides).unwrap();
            assert_eq!(shown, fitted(&picture, sides).unwrap(), "{size:?}");
        }
    }

    #[test]
    fn a_zoom_shows_a_part_as_it_is_in_the_enlarged_picture() {
        let picture = colours(40, 40);
        let zoomed = framed(&picture, Frame { zoom: 2.0, x: 0.25, y: 0.75 }, [40, 40]).unwrap();
        let large = resized(&picture, 80, 80).unwrap();
        for (x, y) in [(0, 0), (39, 0), (20, 20), (3, 39), (39, 39)] {
            let [is, was] = [
                &zoomed.pixels[4 * (40 * y + x)..][..4],
                &large.pixels[4 * (80 * (y + 40) + x)..][..4],
            ];
            assert!(is.iter().zip(was).all(|(is, was)| is.abs_diff(*was) <= 1), "{x} {y}");
        }
    }

    #[test]
    fn a_picture_of_the_right_scale_keeps_its_pixels() {
        let picture = colours(32, 16);
        let shown = framed(&picture, Frame { zoom: 2.0, x: 0.5, y: 0.5 }, [16, 16]).unwrap();
        let part = |y: usize| &picture.pixels[4 * (32 * y + 8)..][..64];
        assert!((0..16).all(|y| shown.pixels[64 * y..][..64] == *part(y)));
    }

    #[test]
    fn ground_is_where_the_picture_does_not_reach() {
        let shown = framed(&colours(20, 20), Frame { zoom: 0.5, x: 0.0, y: 0.5 }, [32, 32]);
        let shown = shown.unwrap();
        let seen =
            [(15, 16), (16, 8), (31, 23), (20, 7), (20, 24)].map(|(x, y)| alpha(&shown, x, y));
        assert_eq!(seen, [0, 255, 255, 0, 0]);
        assert_eq!(shown.pixels[..4], [0; 4]);
    }

    #[test]
    fn the_mask_covers_the_ground_and_four_pixels_of_the_picture() {
        let mask = around([20, 20], Frame { zoom: 0.5, x: 0.5, y: 0.5 }, [32, 32]).unwrap();
        assert_eq!([11, 12, 19, 20].map(|x| alpha(&mask, x, 16)), [255, 0, 0, 255]);
        assert_eq!([11, 12, 19, 20].map(|y| alpha(&mask, 16, y)), [255, 0, 0, 255]);
        let to_the_side = around([20, 20], Frame { zoom: 1.0, x: 0.0, y: 0.5 }, [32, 32]).unwrap();
        assert_eq!([19, 20, 31].map(|x| alpha(&to_the_side, x, 0)), [255, 0, 0]);
        let filled = around([9, 9], Frame { zoom: 1.5, x: 0.5, y: 0.5 }, [32, 32]).unwrap();
        assert!(filled.pixels.iter().all(|byte| *byte == 0));
    }

    proptest! {
        #[test]
        fn any_frame_over_a_picture_shows_a_part_of_it(
            size in [1..70_usize, 1..70_usize],
            sides in [1..40_usize, 1..40_usize],
            zoom in 0.05..30.0_f64,
            middle in [0.1..0.9_f64, 0.1..0.9_f64],
        ) {
            let frame = Frame { zoom, x: middle[0], y: middle[1] };
            let shown = framed(&colours(size[0], size[1]), frame, sides);
            // A picture of one pixel may round to a place beside the frame.
            let Ok(shown) = shown else { return Ok(()) };
            prop_assert_eq!([shown.width, shown.height], sides);
            prop_assert!(shown.pixels.iter().skip(3).step_by(4).any(|alpha| *alpha == 255));
            prop_assert!(around(size, frame, sides).is_ok());
        }
    }

    #[test]
    fn refuses_frames_without_a_picture() {
        for (frame, word) in [
            (Frame { zoom: 0.0, ..Frame::default() }, "reset"),
            (Frame { x: f64::NAN, ..Frame::default() }, "reset"),
            (Frame { x: 3.0, ..Frame::default() }, "move it"),
        ] {
            let message = framed(&colours(8, 8), frame, [8, 8]).unwrap_err().to_string();
            assert!(message.contains(word), "{message}");
        }
        assert!(framed(&colours(0, 8), Frame::default(), [8, 8]).is_err());
        let enormous = Frame { zoom: 1e9, ..Frame::default() };
        assert!(framed(&colours(8, 8), enormous, [8, 8]).is_err());
        let large = Frame { zoom: MOST, ..enormous };
        assert!(framed(&colours(8, 8), large, [8, 8]).is_ok());
    }
}
