//! The edges of shapes made of pixels, without the pixels' steps.

/// A point, in pixels across and down.
pub(super) type Point = [f64; 2];

/// The sharpest turn of an edge that is no corner, in radians.
const CORNER: f64 = 1.0;

/// A closed line around a shape, or around a hole in it.
#[derive(Debug, Clone)]
pub(super) struct Contour {
    /// The points; the last one is followed by the first.
    pub(super) points: Vec<Point>,
    /// The indices of the points in which the line turns sharply, in order.
    pub(super) corners: Vec<usize>,
}

/// Returns the lines around all shapes of a layer with rows of `width` pixels. The shape is on the right
/// of its line, so that lines around holes go the other way round. Lines are smooth over about
/// `softness` pixels, but for their corners.
pub(super) fn contours(layer: &[bool], width: usize, softness: usize) -> Vec<Contour> {
    let edges = Edges { layer, width, height: layer.len() / width };
    let mut is_walked = vec![false; layer.len()];
    let mut contours = Vec::new();
    // Every line goes to the right somewhere: above a shape, or below a hole.
    for start in (0..layer.len()).filter(|i| edges.leaves([i % width, i / width], RIGHT)) {
        if !is_walked[start] {
            let steps = edges.walk([start % width, start / width], &mut is_walked);
            contours.push(smoothed(&steps, softness));
        }
    }
    contours
}

/// The directions in which a line goes on from a corner of a pixel, each a turn to the right further.
const RIGHT: usize = 0;
const STEPS: [[i64; 2]; 4] = [[1, 0], [0, 1], [-1, 0], [0, -1]];

/// The edges between the pixels of a layer and those that are not in it.
struct Edges<'a> {
    layer: &'a [bool],
    width: usize,
    height: usize,
}

impl Edges<'_> {
    /// Returns whether the layer has the pixel to the lower right of a place, moved by `by`.
    fn has(&self, place: [usize; 2], by: [i64; 2]) -> bool {
        let x = place[0].checked_add_signed(by[0] as isize).filter(|x| *x < self.width);
        let y = place[1].checked_add_signed(by[1] as isize).filter(|y| *y < self.height);
        x.zip(y).is_some_and(|(x, y)| self.layer[y * self.width + x])
    }

    /// Returns whether an edge leaves a place in a direction, with the layer on its right.
    fn leaves(&self, place: [usize; 2], direction: usize) -> bool {
        let around = [[0, 0], [-1, 0], [-1, -1], [0, -1]];
        let [right, left] = [around[direction], around[(direction + 3) % 4]];
        self.has(place, right) && !self.has(place, left)
    }

    /// Returns the middles of the edges along one line, which begins to the right of `start`.
    fn walk(&self, start: [usize; 2], is_walked: &mut [bool]) -> Vec<Point> {
        let (mut place, mut direction) = (start, RIGHT);
        let mut middles = Vec::new();
        loop {
            if direction == RIGHT {
                is_walked[place[1] * self.width + place[0]] = true;
            }
            let step = STEPS[direction];
            middles.push([0, 1].map(|axis| place[axis] as f64 + step[axis] as f64 / 2.0));
            place = [0, 1].map(|axis| place[axis].saturating_add_signed(step[axis] as isize));
            // A turn to the right comes first, so that shapes that only touch at a corner stay apart.
            let turns = [1, 0, 3].map(|turn| (direction + turn) % 4);
            let next = turns.into_iter().find(|next| self.leaves(place, *next));
            match next {
                Some(next) if (place, next) != (start, RIGHT) => direction = next,
                _ => return middles,
            }
        }
    }
}

/// Returns a line without its steps.
fn smoothed(steps: &[Point], softness: usize) -> Contour {
    let corners = corners(steps, softness);
    let mut is_corner = vec![false; steps.len()];
    corners.iter().for_each(|i| is_corner[*i] = true);
    let mut points = steps.to_vec();
    // Each round widens the mean by half a point; the number of rounds is the square of its width.
    for _ in 0..2 * softness {
        points = softened(&points, &is_corner);
    }
    Contour { points, corners }
}

/// Returns the points, each moved half-way to the middle of those beside it, but for corners.
fn softened(points: &[Point], is_corner: &[bool]) -> Vec<Point> {
    let count = points.len();
    let middle = |i: usize| {
        let [before, here, after] =
            [points[(i + count - 1) % count], points[i], points[(i + 1) % count]];
        [0, 1].map(|axis| (before[axis] + 2.0 * here[axis] + after[axis]) / 4.0)
    };
    (0..count).map(|i| if is_corner[i] { points[i] } else { middle(i) }).collect()
}

/// Returns the indices of the sharpest turns.
fn corners(steps: &[Point], softness: usize) -> Vec<usize> {
    let (count, reach) = (steps.len(), 2 * softness);
    if count < 4 * reach {
        return Vec::new();
    }
    let none = vec![false; count];
    let points = softened(&softened(steps, &none), &none);
    let turn = |i: usize| {
        let [before, here, after] =
            [points[(i + count - reach) % count], points[i], points[(i + reach) % count]];
        let (come, go) = (minus(here, before), minus(after, here));
        (come[0] * go[1] - come[1] * go[0]).atan2(come[0] * go[0] + come[1] * go[1]).abs()
    };
    let turns: Vec<f64> = (0..count).map(turn).collect();
    let is_sharpest = |i: &usize| {
        let near = (1..=reach).flat_map(|far| [(i + far) % count, (i + count - far) % count]);
        // Of equal turns side by side, the first is the corner.
        let mut near = near.map(|other| (turns[other], std::cmp::Reverse(other)));
        turns[*i] > CORNER && near.all(|other| other < (turns[*i], std::cmp::Reverse(*i)))
    };
    (0..count).filter(is_sharpest).collect()
}

/// Returns the way from `other` to a point.
pub(super) fn minus(point: Point, other: Point) -> Point {
    [point[0] - other[0], point[1] - other[1]]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(side: usize, covers: impl Fn(f64, f64) -> bool) -> Vec<bool> {
        let place = |place: usize| place as f64 + 0.5;
        (0..side * side).map(|i| covers(place(i % side), place(i / side))).collect()
    }

    /// Returns the area of a contour, negative if it goes around a hole.
    fn area(contour: &Contour) -> f64 {
        let points = &contour.points;
        let next = points.iter().cycle().skip(1);
        points.iter().zip(next).map(|(a, b)| (a[0] * b[1] - b[0] * a[1]) / 2.0).sum()
    }

    #[test]
    fn a_ring_has_two_smooth_lines_in_opposite_directions() {
        let far = |x: f64, y: f64| (x - 50.0).hypot(y - 50.0);
        let ring = layer(100, |x, y| (20.0..40.0).contains(&far(x, y)));
        let found = contours(&ring, 100, 4);
        assert_eq!(found.len(), 2);
        for (contour, radius) in found.iter().zip([40.0, 20.0]) {
            assert!(contour.corners.is_empty());
            let off = contour.points.iter().map(|[x, y]| (far(*x, *y) - radius).abs());
            let most = off.fold(0.0, f64::max);
            assert!(most < 0.45, "{most} of {radius}");
        }
        assert!(area(&found[0]) > 4900.0 && area(&found[1]) < -1200.0);
    }

    #[test]
    fn a_square_keeps_its_corners() {
        let square = layer(60, |x, y| (10.0..50.0).contains(&x) && (10.0..50.0).contains(&y));
        let found = contours(&square, 60, 4);
        assert_eq!(found[0].corners.len(), 4);
        for corner in &found[0].corners {
            let off = found[0].points[*corner]
                .map(|value| (value - 10.0).abs().min((value - 50.0).abs()));
            assert!(off[0] < 1.6 && off[1] < 1.6, "{off:?}");
        }
    }

    #[test]
    fn shapes_that_touch_at_a_corner_have_a_line_each() {
        let touching = [true, false, false, true];
        let found = contours(&touching, 2, 0);
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(|contour| contour.points.len() == 4));
        assert!(contours(&[false; 4], 2, 4).is_empty());
        assert_eq!(contours(&[true; 4], 2, 0)[0].points.len(), 8);
    }
}
