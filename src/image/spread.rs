//! The colour of transparent pixels. It is invisible, but programs that scale straight alpha without
//! premultiplying mix it in: black would become a dark rim around the picture.

use std::borrow::Cow;

/// The divisor of the longer side that gives how far edge colours spread, and the most pixels.
const REACH: usize = 32;
const MOST: usize = 64;

/// Sums of colours weighted by alpha, and of alpha. Sums within [`MOST`] pixels each way fit in `u32`.
type Sums = [u32; 4];

/// Returns pixels of straight RGBA, `4·width·height` bytes, in which wholly transparent pixels have the
/// colour of pixels near them; those further away have the mean of these colours. Visible pixels do not
/// change, and neither does a picture without visible pixels.
pub(super) fn spread(pixels: &[u8], width: usize, height: usize) -> Cow<'_, [u8]> {
    let all = pixels.as_chunks::<4>().0;
    let has_edge = all.iter().any(|p| p[3] == 0) && all.iter().any(|p| p[3] > 0);
    if !has_edge || all.len() != width * height {
        return Cow::Borrowed(pixels);
    }
    let reach = width.max(height).div_ceil(REACH).clamp(2, MOST);
    let row = |y: usize| summed(&all[y * width..(y + 1) * width], reach);
    let mut columns = vec![[0; 4]; width];
    let change = |columns: &mut [Sums], y: usize, by: fn(u32, u32) -> u32| {
        let each = columns.iter_mut().zip(row(y));
        each.for_each(|(sum, value)| *sum = [0, 1, 2, 3].map(|i| by(sum[i], value[i])));
    };
    (0..reach.min(height)).for_each(|y| change(&mut columns, y, |sum, value| sum + value));
    let mut made = pixels.to_vec();
    let (mut mean, mut far) = ([0; 4], Vec::new());
    for (y, made) in made.as_chunks_mut::<4>().0.chunks_exact_mut(width).enumerate() {
        if y + reach < height {
            change(&mut columns, y + reach, |sum, value| sum + value);
        }
        if let Some(gone) = y.checked_sub(reach + 1) {
            change(&mut columns, gone, |sum, value| sum - value);
        }
        for (x, pixel) in made.iter_mut().enumerate().filter(|(_, pixel)| pixel[3] == 0) {
            if columns[x][3] == 0 {
                far.push(y * width + x);
                continue;
            }
            let [r, g, b] = divided(columns[x].map(u64::from));
            *pixel = [r, g, b, 0];
            mean = [
                mean[0] + u64::from(r),
                mean[1] + u64::from(g),
                mean[2] + u64::from(b),
                mean[3] + 1,
            ];
        }
    }
    let [r, g, b] = divided(mean);
    far.into_iter().for_each(|i| made[4 * i..4 * i + 3].copy_from_slice(&[r, g, b]));
    Cow::Owned(made)
}

/// Returns a colour from sums of weighted colours and of weights; black if the weights are 0.
fn divided([r, g, b, weight]: [u64; 4]) -> [u8; 3] {
    let weight = weight.max(1);
    [r, g, b].map(|sum| ((sum + weight / 2) / weight).min(255) as u8)
}

/// Returns, for each pixel of a row, the sums over the pixels up to `reach` away in that row.
fn summed(row: &[[u8; 4]], reach: usize) -> Vec<Sums> {
    let weighted = |&[r, g, b, a]: &[u8; 4]| {
        let alpha = u32::from(a);
        [u32::from(r) * alpha, u32::from(g) * alpha, u32::from(b) * alpha, alpha]
    };
    let mut sum: Sums = [0; 4];
    let change = |sum: &mut Sums, pixel: &[u8; 4], by: fn(u32, u32) -> u32| {
        let value = weighted(pixel);
        *sum = [0, 1, 2, 3].map(|i| by(sum[i], value[i]));
    };
    row.iter().take(reach).for_each(|pixel| change(&mut sum, pixel, |sum, value| sum + value));
    let at = |x: usize| {
        if let Some(coming) = row.get(x + reach) {
            change(&mut sum, coming, |sum, value| sum + value);
        }
        if let Some(gone) = x.checked_sub(reach + 1) {
            change(&mut sum, &row[gone], |sum, value| sum - value);
        }
        sum
    };
    (0..row.len()).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_transparent_pixels_only_with_colours_of_the_edge() {
        // The row is red, faint blue, and then transparent far to the right.
        let mut pixels = vec![0; 4 * 200];
        pixels[..8].copy_from_slice(&[250, 0, 0, 255, 0, 0, 250, 1]);
        let made = spread(&pixels, 200, 1);
        assert_eq!(made[..8], pixels[..8]);
        let made = made.as_chunks::<4>().0;
        // Each colour is weighted by its alpha.
        assert_eq!((made[2], made[7], made[8]), ([249, 0, 1, 0], [249, 0, 1, 0], [0, 0, 250, 0]));
        // The mean is over six pixels of the first colour and one of the second.
        assert!(made.iter().skip(9).all(|pixel| *pixel == [213, 0, 37, 0]), "{made:?}");
    }

    #[test]
    fn fills_along_columns_as_along_rows() {
        let mut pixels = vec![0; 4 * 5 * 5];
        pixels[4 * 12..4 * 13].copy_from_slice(&[9, 8, 7, 128]);
        let made = spread(&pixels, 5, 5);
        assert!(made.as_chunks::<4>().0.iter().all(|pixel| pixel[..3] == [9, 8, 7]));
    }

    /// The expected sums follow the definition, pixel by pixel.
    #[test]
    fn matches_sums_over_windows() {
        let (width, height) = (150, 90);
        let value = |i: usize| [(i * 7) as u8, (i * 3) as u8, (i / 5) as u8, 0];
        let alpha =
            |i: usize| if i.is_multiple_of(11) && i % width < 60 { (i * 13) as u8 } else { 0 };
        let pixels: Vec<[u8; 4]> = (0..width * height)
            .map(|i| [value(i)[0], value(i)[1], value(i)[2], alpha(i)])
            .collect();
        let made = spread(pixels.as_flattened(), width, height);
        let reach = 5;
        for at in [0, 7, 30 * width + 40, 89 * width + 59, 44 * width + 63] {
            let (x, y) = (at % width, at / width);
            let near = (0..pixels.len())
                .filter(|i| (i % width).abs_diff(x) <= reach && (i / width).abs_diff(y) <= reach);
            let sum = near.fold([0u64; 4], |sum, i| {
                let [r, g, b, a] = pixels[i].map(u64::from);
                [sum[0] + r * a, sum[1] + g * a, sum[2] + b * a, sum[3] + a]
            });
            if pixels[at][3] == 0 && sum[3] > 0 {
                assert_eq!(made[4 * at..4 * at + 3], divided(sum), "{x} {y}");
            }
        }
    }

    #[test]
    fn leaves_pictures_without_an_edge_unchanged() {
        for pixels in [vec![0; 16], [1, 2, 3, 255].repeat(4), Vec::new()] {
            let side = if pixels.is_empty() { 0 } else { 2 };
            assert!(matches!(spread(&pixels, side, side), Cow::Borrowed(same) if same == pixels));
        }
    }
}
