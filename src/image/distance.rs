//! The distance of each pixel of a picture to the shape in it.

/// Returns the squared distance of each pixel's centre to the shape, in pixels²: 0 within it, and
/// infinite if there is no shape. `alpha` is row by row, with `width` (at least 1) values a row.
///
/// The shape ends where alpha is one half, between pixels too, because a threshold alone would give
/// jagged outlines. First, the distance to the shape's nearest end is found along each row. From these,
/// the distances down each column follow exactly, by the lower envelope of parabolas (Felzenszwalb and
/// Huttenlocher, Distance Transforms of Sampled Functions, 2012). This finds the ends of rows between
/// pixels, but not those of columns. It is therefore repeated on the transpose, and the smaller distance
/// is taken.
pub(super) fn squared_distances(alpha: &[u8], width: usize) -> Vec<f32> {
    let height = alpha.len() / width;
    let mut nearest = by_rows(alpha, width);
    let turned = transposed(&by_rows(&transposed(alpha, width), height), height);
    nearest.iter_mut().zip(turned).for_each(|(a, b)| *a = a.min(b));
    nearest
}

/// Returns the squared distances to the shape as a stack of rows.
fn by_rows(alpha: &[u8], width: usize) -> Vec<f32> {
    let height = alpha.len() / width;
    let along: Vec<f32> = alpha.chunks_exact(width).flat_map(along).collect();
    let columns = transposed(&along, width);
    let spread: Vec<f32> = columns.chunks_exact(height).flat_map(spread).collect();
    transposed(&spread, height)
}

/// Returns the transpose.
fn transposed<T: Copy>(values: &[T], width: usize) -> Vec<T> {
    (0..width).flat_map(|x| values[x..].iter().step_by(width).copied()).collect()
}

/// Half of the alpha of an opaque pixel.
const HALF: f32 = 127.5;

/// Returns squared distances along one line, to where alpha rises above one half.
fn along(line: &[u8]) -> Vec<f32> {
    let mut squares = vec![f32::INFINITY; line.len()];
    let mut sweep = |order: &mut dyn Iterator<Item = usize>| {
        // The distance from the shape's end in pixels, and the alpha of the pixel before.
        let (mut far, mut before) = (f32::INFINITY, 0.0);
        for x in order {
            let here = f32::from(line[x]);
            far = match (here > HALF, before > HALF) {
                (true, _) => 0.0,
                // The end lies between the two, where linearly interpolated alpha passes one half.
                (false, true) => (HALF - here) / (before - here),
                (false, false) => far + 1.0,
            };
            squares[x] = squares[x].min(far * far);
            before = here;
        }
    };
    sweep(&mut (0..line.len()));
    sweep(&mut (0..line.len()).rev());
    squares
}

/// Returns, for each position on a line, the least of `square + (distance to its position)²`.
fn spread(squares: &[f32]) -> Vec<f32> {
    // The parabolas of the lower envelope, each with the position where its part begins.
    let mut lowest: Vec<(usize, f64)> = Vec::new();
    let height = |place: usize| f64::from(squares[place]) + (place * place) as f64;
    for place in (0..squares.len()).filter(|place| squares[*place].is_finite()) {
        let mut from = f64::NEG_INFINITY;
        while let Some(&(other, since)) = lowest.last() {
            from = (height(place) - height(other)) / (2 * (place - other)) as f64;
            if from > since {
                break;
            }
            lowest.pop();
            from = f64::NEG_INFINITY;
        }
        lowest.push((place, from));
    }
    let mut at = 0;
    let mut least = |x: usize| {
        while lowest.get(at + 1).is_some_and(|(_, from)| *from < x as f64) {
            at += 1;
        }
        lowest.get(at).map_or(f32::INFINITY, |&(place, _)| {
            let far = x.abs_diff(place) as f32;
            far * far + squares[place]
        })
    };
    (0..squares.len()).map(&mut least).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    proptest! {
        /// If alpha is 0 or 255 everywhere, the shape's rows and columns end half-way between pixels.
        #[test]
        fn matches_a_brute_force_search(
            inside in proptest::collection::vec(any::<bool>(), 1..60),
            width in 1..9_usize,
        ) {
            let rows = inside.len().div_ceil(width);
            let alpha: Vec<u8> = (0..rows * width)
                .map(|i| if inside.get(i) == Some(&true) { 255 } else { 0 })
                .collect();
            let place = |i: usize| ((i % width) as f32, (i / width) as f32);
            let search = |i: usize| {
                let (x, y) = place(i);
                let others = (0..alpha.len()).filter(|j| alpha[*j] > 0).map(place);
                let reach = |far: f32| (far.abs() - 0.5).max(0.0);
                others.fold(f32::INFINITY, |least, (a, b)| {
                    let (across, down) = (x - a, y - b);
                    let bar = reach(across).powi(2) + down.powi(2);
                    let pole = across.powi(2) + reach(down).powi(2);
                    least.min(bar).min(pole)
                })
            };
            let found = squared_distances(&alpha, width);
            for (i, found) in found.into_iter().enumerate() {
                let wanted = if alpha[i] > 0 { 0.0 } else { search(i) };
                assert!(found == wanted || (found - wanted).abs() < 1e-4, "{i}: {found}, {wanted}");
            }
        }
    }

    /// An edge that rises slowly, at any angle, is found between pixels.
    #[test]
    fn locates_soft_edges_between_pixels() {
        let (size, centre, radius) = (64_usize, 31.3_f32, 12.4_f32);
        let far =
            |i: usize| ((i % size) as f32 - centre).hypot((i / size) as f32 - centre) - radius;
        let alpha: Vec<u8> = (0..size * size)
            .map(|i| (255.0 * (0.5 - far(i) / 4.0).clamp(0.0, 1.0)).round() as u8)
            .collect();
        for (i, found) in squared_distances(&alpha, size).into_iter().enumerate() {
            let wanted = far(i).max(0.0);
            // The known ends of rows and columns are at most √2 pixels apart.
            let most = wanted.hypot(0.71) - wanted + 0.03;
            assert!((found.sqrt() - wanted).abs() < most, "{i}: {} for {wanted}", found.sqrt());
        }
    }

    #[test]
    fn without_a_shape_every_distance_is_infinite() {
        assert!(squared_distances(&[0, 100, 127, 3], 2).iter().all(|far| far.is_infinite()));
    }
}
