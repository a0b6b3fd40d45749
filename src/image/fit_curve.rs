//! Curves through points: as few cubic Bézier curves as stay near enough (Philip J. Schneider, An
//! Algorithm for Automatically Fitting Digitized Curves, Graphics Gems, 1990).

use super::contour::{Contour, Point, minus};

/// A cubic Bézier curve: its ends, and its two handles between them.
pub(super) type Curve = [Point; 4];

/// How often the places of the points along a curve are found again.
const ROUNDS: usize = 4;
/// How many points the direction of a line is taken from.
const REACH: usize = 3;
/// The least length of a handle, of the distance of the ends.
const LEAST: f64 = 1e-3;

/// Returns the curves of a closed line, within `most` pixels of its points.
pub(super) fn curves(contour: &Contour, most: f64) -> Vec<Curve> {
    let Contour { points, corners } = contour;
    let count = points.len();
    let mut curves = Vec::new();
    if corners.is_empty() {
        let line: Vec<Point> = points.iter().chain(&points[..1]).copied().collect();
        let reach = REACH.min(count / 4);
        let along = unit(minus(points[reach], points[(count - reach) % count]));
        fit(&line, [along, back(along)], most, &mut curves);
    }
    for (i, start) in corners.iter().copied().enumerate() {
        let end = corners.get(i + 1).copied().unwrap_or(corners[0] + count);
        let line: Vec<Point> = (start..=end).map(|i| points[i % count]).collect();
        let (reach, last) = (REACH.min(line.len() - 1), line.len() - 1);
        let ends = [minus(line[reach], line[0]), minus(line[last - reach], line[last])];
        fit(&line, ends.map(unit), most, &mut curves);
    }
    curves
}

/// Adds the curves of a line whose ends have these directions, each into the line.
fn fit(line: &[Point], ends: [Point; 2], most: f64, curves: &mut Vec<Curve>) {
    let last = line.len() - 1;
    if last == 1 {
        let third = length(minus(line[1], line[0])) / 3.0;
        curves.push(with_handles([line[0], line[1]], ends, [third; 2]));
        return;
    }
    let mut places = along(line);
    let mut curve = nearest(line, &places, ends);
    let mut worst = furthest(line, &places, &curve);
    for _ in 0..ROUNDS {
        if worst.1 <= most || worst.1 > 4.0 * most {
            break;
        }
        places
            .iter_mut()
            .zip(line)
            .for_each(|(place, point)| *place = closer(&curve, *place, *point));
        curve = nearest(line, &places, ends);
        worst = furthest(line, &places, &curve);
    }
    if worst.1 <= most {
        curves.push(curve);
        return;
    }
    let split = worst.0.clamp(1, last - 1);
    let [before, after] = [split.saturating_sub(REACH), (split + REACH).min(last)];
    let direction = unit(minus(line[before], line[after]));
    fit(&line[..=split], [ends[0], direction], most, curves);
    fit(&line[split..], [back(direction), ends[1]], most, curves);
}

/// Returns how far along a line each of its points is, from 0 to 1.
fn along(line: &[Point]) -> Vec<f64> {
    let mut sum = 0.0;
    let steps = line.windows(2).map(|pair| {
        sum += length(minus(pair[1], pair[0]));
        sum
    });
    let mut places: Vec<f64> = std::iter::once(0.0).chain(steps).collect();
    let whole = sum.max(f64::MIN_POSITIVE);
    places.iter_mut().for_each(|place| *place /= whole);
    places
}

/// Returns the curve with these directions that has the least squared distance to the points.
fn nearest(line: &[Point], places: &[f64], ends: [Point; 2]) -> Curve {
    let tips = [line[0], line[line.len() - 1]];
    let (mut squares, mut sides) = ([[0.0; 2]; 2], [0.0; 2]);
    for (point, place) in line.iter().zip(places) {
        let [a, b, c, d] = weights(*place);
        let pull = [ends[0].map(|value| value * b), ends[1].map(|value| value * c)];
        let base = [0, 1].map(|axis| tips[0][axis] * (a + b) + tips[1][axis] * (c + d));
        let rest = minus(*point, base);
        for i in 0..2 {
            (0..2).for_each(|j| squares[i][j] += dot(pull[i], pull[j]));
            sides[i] += dot(pull[i], rest);
        }
    }
    let determinant = squares[0][0] * squares[1][1] - squares[0][1] * squares[1][0];
    let lengths = [
        (sides[0] * squares[1][1] - sides[1] * squares[0][1]) / determinant,
        (squares[0][0] * sides[1] - squares[1][0] * sides[0]) / determinant,
    ];
    let chord = length(minus(tips[1], tips[0]));
    let fits = |handle: &f64| handle.is_finite() && *handle > LEAST * chord && *handle > 0.0;
    let lengths = if lengths.iter().all(fits) { lengths } else { [chord / 3.0; 2] };
    with_handles(tips, ends, lengths)
}

fn with_handles(tips: [Point; 2], ends: [Point; 2], lengths: [f64; 2]) -> Curve {
    let handle = |i: usize| [0, 1].map(|axis| tips[i][axis] + ends[i][axis] * lengths[i]);
    [tips[0], handle(0), handle(1), tips[1]]
}

/// Returns which point is furthest from its place on a curve, and how far.
fn furthest(line: &[Point], places: &[f64], curve: &Curve) -> (usize, f64) {
    let far = |i: usize| length(minus(at(curve, places[i]), line[i]));
    let all = (0..line.len()).map(|i| (i, far(i)));
    all.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0, 0.0))
}

/// Returns a place on a curve that is closer to a point, by a step of Newton's method.
fn closer(curve: &Curve, place: f64, point: Point) -> f64 {
    let slopes = [0, 1, 2].map(|i| minus(curve[i + 1], curve[i]).map(|value| 3.0 * value));
    let bends = [0, 1].map(|i| minus(slopes[i + 1], slopes[i]).map(|value| 2.0 * value));
    let (t, s) = (place, 1.0 - place);
    let slope = [0, 1].map(|axis| {
        s * s * slopes[0][axis] + 2.0 * s * t * slopes[1][axis] + t * t * slopes[2][axis]
    });
    let bend = [0, 1].map(|axis| s * bends[0][axis] + t * bends[1][axis]);
    let off = minus(at(curve, place), point);
    let step = dot(off, slope) / (dot(slope, slope) + dot(off, bend));
    if step.is_finite() { (place - step).clamp(0.0, 1.0) } else { place }
}

/// Returns the point of a curve at a place from 0 to 1.
fn at(curve: &Curve, place: f64) -> Point {
    let weights = weights(place);
    [0, 1].map(|axis| (0..4).map(|i| weights[i] * curve[i][axis]).sum())
}

/// Returns how much each of a curve's points counts at a place.
fn weights(t: f64) -> [f64; 4] {
    let s = 1.0 - t;
    [s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t]
}

fn dot(one: Point, other: Point) -> f64 {
    one[0] * other[0] + one[1] * other[1]
}

fn length(way: Point) -> f64 {
    way[0].hypot(way[1])
}

/// Returns a way of length 1 in the same direction; to the right if it has none.
fn unit(way: Point) -> Point {
    let length = length(way);
    if length > 0.0 { way.map(|value| value / length) } else { [1.0, 0.0] }
}

fn back(way: Point) -> Point {
    way.map(|value| -value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a circle of 20 pixels around 50, as points.
    fn circle() -> Contour {
        let point = |i: usize| {
            let angle = std::f64::consts::TAU * i as f64 / 160.0;
            [50.0 + 20.0 * angle.cos(), 50.0 + 20.0 * angle.sin()]
        };
        Contour { points: (0..160).map(point).collect(), corners: Vec::new() }
    }

    #[test]
    fn a_circle_becomes_a_few_curves_that_join() {
        let found = curves(&circle(), 0.2);
        assert!((2..=8).contains(&found.len()), "{}", found.len());
        for (i, curve) in found.iter().enumerate() {
            assert_eq!(curve[3], found[(i + 1) % found.len()][0]);
            for step in 0..=20 {
                let off = length(minus(at(curve, f64::from(step) / 20.0), [50.0; 2])) - 20.0;
                assert!(off.abs() < 0.3, "{off}");
            }
        }
        assert!(curves(&circle(), 0.001).len() > found.len());
    }

    #[test]
    fn straight_sides_between_corners_are_a_curve_each() {
        let side = |i: usize| {
            let along = (i % 40) as f64;
            [[along, 0.0], [40.0, along], [40.0 - along, 40.0], [0.0, 40.0 - along]][i / 40]
        };
        let corners = vec![0, 40, 80, 120];
        let found = curves(&Contour { points: (0..160).map(side).collect(), corners }, 0.1);
        assert_eq!(found.len(), 4);
        assert!(found.iter().all(|curve| length(minus(at(curve, 0.5), [20.0; 2])) < 20.1));
    }

    #[test]
    fn points_in_one_place_make_no_broken_numbers() {
        for count in 1..6 {
            let contour = Contour { points: vec![[3.0, 4.0]; count], corners: Vec::new() };
            let found = curves(&contour, 0.1);
            assert!(found.as_flattened().as_flattened().iter().all(|value| value.is_finite()));
        }
    }
}
