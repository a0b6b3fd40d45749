//! The white outline of a die-cut sticker, and the soft shadow under it.

use super::Image;
use super::distance::squared_distances;

// All lengths are fractions of the picture's longer side.

/// The width of the white outline.
const OUTLINE: f32 = 0.035;
/// How far the shadow is moved down.
const SHADOW_OFFSET: f32 = 0.012;
/// How far the shadow's soft edge reaches to either side.
const SHADOW_SOFTNESS: f32 = 0.015;
/// The margin that is free on each side of a drawing; outline, drop and soft edge fit in it.
pub(super) const MARGIN: f32 = 0.07;

/// The opacity of the shadow.
const SHADOW: f32 = 0.35;

/// Returns a drawing, which leaves [`MARGIN`] free, over its outline and shadow.
pub(super) fn outlined(drawing: &Image) -> Image {
    let Image { width, height, pixels } = drawing;
    let pixels = pixels.as_chunks::<4>().0;
    let alpha: Vec<u8> = pixels.iter().map(|pixel| pixel[3]).collect();
    let squares = squared_distances(&alpha, *width);
    let side = (*width).max(*height) as f32;
    let drop = (SHADOW_OFFSET * side).round() as usize;
    // The distance beyond the outline's edge, in pixels. The shadow is the outline, a little lower.
    let beyond = |i: usize| squares[i].sqrt() - OUTLINE * side;
    let white = |i: usize| (0.5 - beyond(i)).clamp(0.0, 1.0);
    let shadow = |i: usize| match i.checked_sub(drop * width) {
        Some(above) => SHADOW * smooth_step_down(beyond(above) / (SHADOW_SOFTNESS * side)),
        None => 0.0,
    };
    let laid = pixels.iter().enumerate().map(|(i, pixel)| over(*pixel, white(i), shadow(i)));
    Image { width: *width, height: *height, pixels: laid.flatten().collect() }
}

/// Returns a value that falls smoothly from 1 at −1 to 0 at 1, like a blurred edge.
fn smooth_step_down(x: f32) -> f32 {
    let t = ((1.0 - x) / 2.0).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Composites a pixel over white over black, of these opacities in 0..1.
fn over(pixel: [u8; 4], white: f32, black: f32) -> [u8; 4] {
    let [r, g, b, a] = pixel.map(|value| f32::from(value) / 255.0);
    // The ground's contribution to the visible colour.
    let ground = white * (1.0 - a);
    let seen = a + ground + black * (1.0 - white) * (1.0 - a);
    let byte = |value: f32| (255.0 * value).round() as u8;
    if byte(seen) == 0 {
        return [0; 4];
    }
    let [r, g, b] = [r, g, b].map(|value| byte((value * a + ground) / seen));
    [r, g, b, byte(seen)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a red disc with a hole in the middle of a square, with soft edges.
    fn ring(size: usize, outer: f32, hole: f32) -> Image {
        let centre = (size as f32 - 1.0) / 2.0;
        let pixel = |i: usize| {
            let far = ((i % size) as f32 - centre).hypot((i / size) as f32 - centre);
            let alpha = (outer - far + 0.5).min(far - hole + 0.5).clamp(0.0, 1.0);
            [220, 30, 40, (255.0 * alpha).round() as u8]
        };
        Image { width: size, height: size, pixels: (0..size * size).flat_map(pixel).collect() }
    }

    fn pixel(picture: &Image, x: usize, y: usize) -> [u8; 4] {
        picture.pixels.as_chunks::<4>().0[y * picture.width + x]
    }

    /// The row through the middle is red, white for the given width, shadow, and then empty.
    #[test]
    fn the_outline_is_white_and_3_5_percent_of_the_side_wide() {
        for size in [64_usize, 128, 512, 1024] {
            let side = size as f32;
            let outer = (side * 0.3).round();
            let drawn = outlined(&ring(size, outer, -9.0));
            let middle = size / 2;
            assert_eq!(pixel(&drawn, middle, middle), [220, 30, 40, 255]);
            let row: Vec<[u8; 4]> = (0..middle).map(|x| pixel(&drawn, x, middle)).collect();
            // Pixels at the outline's two edges count fractionally.
            let white: f32 = row
                .iter()
                .map(|[_, g, _, a]| {
                    f32::from(*a) / 255.0 * ((f32::from(*g) - 30.0) / 225.0).max(0.0)
                })
                .sum();
            assert!((white - 0.035 * side).abs() < 0.6, "{size}: {white}");
            let is_free = |i: usize| {
                [(i, 0), (0, i), (i, size - 1), (size - 1, i)]
                    .iter()
                    .all(|(x, y)| pixel(&drawn, *x, *y) == [0; 4])
            };
            assert!((0..size).all(is_free), "{size}");
            // The shadow falls down.
            let below = (1..size).rev().map(|y| pixel(&drawn, middle, y)[3]).find(|a| *a > 20);
            let reach = |upward: bool| {
                let far = |y: &usize| {
                    pixel(&drawn, middle, if upward { *y } else { size - 1 - y })[3] > 0
                };
                (0..size).find(far).unwrap()
            };
            assert!(reach(false) < reach(true) && below.is_some_and(|a| a < 200), "{size}");
        }
    }

    #[test]
    fn fills_holes_smaller_than_the_outline() {
        for (hole, wanted) in [(4.0, [255; 4]), (16.0, [255; 4]), (60.0, [0; 4])] {
            let drawn = outlined(&ring(512, 150.0, hole));
            assert_eq!(pixel(&drawn, 256, 256), wanted, "{hole}");
        }
    }

    #[test]
    fn leaves_an_empty_picture_unchanged() {
        let empty = Image { width: 20, height: 10, pixels: vec![0; 800] };
        assert_eq!(outlined(&empty), empty);
    }

    #[test]
    fn blends_layers_in_straight_alpha() {
        assert_eq!(over([9, 8, 7, 255], 1.0, 0.35), [9, 8, 7, 255]);
        assert_eq!(over([0, 0, 0, 0], 1.0, 0.35), [255; 4]);
        assert_eq!(over([0, 0, 0, 0], 0.0, 0.35), [0, 0, 0, 89]);
        assert_eq!(over([255, 0, 0, 51], 1.0, 0.0), [255, 204, 204, 255]);
        assert_eq!(over([200, 100, 0, 128], 0.0, 0.0), [200, 100, 0, 128]);
    }
}
