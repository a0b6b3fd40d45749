//! Flaws of drawings that have the right shape, and the part of the model that causes them. The same
//! flaws are measured in real pictures, in their reconstructions by the autoencoder, and in drawings.

use burn::tensor::Tensor;

use super::{Asked, draw};
use crate::Result;
use crate::diffusion::{Generator, Latent};
use crate::image::Image;
use crate::pipeline::Pipeline;
use crate::pipeline::detail::{coarse_shares, is_detail};
use crate::pipeline::pixels::{to_images, to_tensor};
use crate::recipe::Recipe;
use crate::tools::progress::Progress;

/// The mean flaws of pictures.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Flaws {
    /// The mean difference between neighbours inside plain areas, in levels of 255. Only differences
    /// below 12 count.
    pub mottling: f64,
    /// The number of separate pieces of at most 40 pixels.
    pub specks: f64,
    /// The length of the outline, in pixels.
    pub outline: f64,
}

/// The difference from which neighbours are an edge of the picture.
const PLAIN: i32 = 12;
/// The maximum number of pixels of a speck.
const SPECK: usize = 40;
/// The standard deviation of the noise that stands for a DiT's error.
const NOISE: f64 = 0.2;

/// A row of the table: its description, its flaws, and the pictures.
pub type Row = (&'static str, Flaws, Vec<Image>);

/// Returns the same pictures produced in several ways, real ones first.
///
/// # Errors
/// Returns an error if the model cannot draw them.
///
/// # Panics
/// Panics if there are no pictures.
pub fn compare(
    model: &Pipeline,
    (asked, real): (&[Asked], &[&Image]),
    (sampling, seed): (&Recipe, u64),
    progress: &dyn Progress,
) -> Result<Vec<Row>> {
    let device = &model.device;
    let encoded = |picture: &&Image| model.autoencoder.encode(to_tensor(&[picture], device));
    let latents: Vec<Latent> = real.iter().map(encoded).collect::<Result<_>>()?;
    let decoded = |change: &mut dyn FnMut(Latent) -> Latent| -> Result<Vec<Image>> {
        let mut images = Vec::new();
        for latent in &latents {
            let picture = model.autoencoder.decode(&change(latent.clone()));
            images.extend(pollster::block_on(to_images(picture))?);
        }
        Ok(images)
    };
    let mut generator = Generator::new(0);
    let shares = coarse_shares(Latent::cat(latents.clone()).tensor());
    let keep: Vec<f32> = shares.iter().map(|s| f32::from(u8::from(!is_detail(*s)))).collect();
    let keep = Tensor::<1>::from_floats(keep.as_slice(), device).reshape([1, keep.len(), 1, 1]);
    let keep = Latent::new(keep);
    progress.begin("Drawing", 2 * asked.len(), 0);
    let many = Recipe { steps: (4 * sampling.steps).min(200), ..sampling.clone() };
    let ways = [
        ("real", real.iter().map(|image| (*image).clone()).collect()),
        ("through the autoencoder", decoded(&mut |latent| latent)?),
        ("… with noise of 0.2 on the latent", {
            decoded(&mut |latent| {
                let noise = latent.noise_like(&mut generator);
                latent + noise * NOISE
            })?
        }),
        ("… without the channels of detail", decoded(&mut |latent| latent * keep.clone())?),
        ("drawn", draw(model, asked, (sampling, seed), progress)?),
        ("drawn in four times the steps", draw(model, asked, (&many, seed), progress)?),
    ];
    progress.end();
    let row = |(what, images): (&'static str, Vec<Image>)| (what, Flaws::of(&images), images);
    Ok(ways.into_iter().map(row).collect())
}

impl Flaws {
    /// Returns the mean flaws of some pictures.
    ///
    /// # Panics
    /// Panics if there are no pictures.
    pub fn of(images: &[Image]) -> Self {
        let count = images.len() as f64;
        let mean = |of: fn(&Image) -> f64| images.iter().map(of).sum::<f64>() / count;
        Self { mottling: mean(mottling), specks: mean(specks), outline: mean(outline) }
    }
}

/// Returns whether each pixel is more than half opaque.
fn mask(image: &Image) -> Vec<bool> {
    image.pixels.as_chunks::<4>().0.iter().map(|pixel| pixel[3] > 127).collect()
}

/// Returns pairs of neighbours: to the right, and below.
fn neighbours(width: usize, height: usize) -> impl Iterator<Item = [usize; 2]> {
    let right = (0..width * height).filter(move |i| i % width + 1 < width).map(|i| [i, i + 1]);
    right.chain((0..width * (height - 1)).map(move |i| [i, i + width]))
}

fn mottling(image: &Image) -> f64 {
    let pixels = image.pixels.as_chunks::<4>().0;
    let is_solid = |i: usize| pixels[i][3] > 250;
    let (mut sum, mut count) = (0f64, 0f64);
    for [a, b] in
        neighbours(image.width, image.height).filter(|pair| pair.map(is_solid) == [true; 2])
    {
        let apart = |c: usize| (i32::from(pixels[a][c]) - i32::from(pixels[b][c])).abs();
        let largest = (0..3).map(apart).max().unwrap_or(0);
        if largest < PLAIN {
            sum += f64::from(largest);
            count += 1.0;
        }
    }
    sum / count.max(1.0)
}

fn specks(image: &Image) -> f64 {
    let (mask, width) = (mask(image), image.width);
    let mut seen = vec![false; mask.len()];
    let mut specks = 0;
    for start in (0..mask.len()).filter(|i| mask[*i]) {
        if seen[start] {
            continue;
        }
        seen[start] = true;
        let (mut open, mut size) = (vec![start], 0);
        while let Some(at) = open.pop() {
            size += 1;
            let left = (at % width > 0).then(|| at - 1);
            let right = (at % width + 1 < width).then_some(at + 1);
            let around = [left, right, at.checked_sub(width), Some(at + width)];
            for next in around.into_iter().flatten() {
                if next < mask.len() && mask[next] && !seen[next] {
                    seen[next] = true;
                    open.push(next);
                }
            }
        }
        specks += usize::from(size <= SPECK);
    }
    specks as f64
}

fn outline(image: &Image) -> f64 {
    let mask = mask(image);
    neighbours(image.width, image.height).filter(|[a, b]| mask[*a] != mask[*b]).count() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(pixel: impl Fn(usize, usize) -> [u8; 4]) -> Image {
        let pixels = (0..32 * 32).flat_map(|i| pixel(i % 32, i / 32)).collect();
        Image { width: 32, height: 32, pixels }
    }

    #[test]
    fn a_plain_square_has_an_outline_and_no_flaws() {
        let square = |x: usize, y: usize| (8..24).contains(&x) && (8..24).contains(&y);
        let plain = image(|x, y| if square(x, y) { [200, 40, 40, 255] } else { [0; 4] });
        assert_eq!(Flaws::of(&[plain]), Flaws { mottling: 0.0, specks: 0.0, outline: 64.0 });
    }

    #[test]
    fn measures_mottling_specks_and_ragged_outlines() {
        // The picture has chequers four levels apart, a black bar that is not mottling, a ragged edge,
        // and a speck.
        let flawed = image(|x, y| match (x, y) {
            (2..4, 2..4) => [9, 9, 9, 255],
            (8..24, 8..24) if (12..16).contains(&x) => [0, 0, 0, 255],
            (8..24, 8..24) => [200 + 4 * ((x + y) % 2) as u8, 40, 40, 255],
            (24, 8..24) if y % 2 == 0 => [0, 0, 0, 255],
            _ => [0; 4],
        });
        let Flaws { mottling, specks, outline } = Flaws::of(&[flawed]);
        assert!(mottling > 2.0 && mottling < 4.0, "{mottling}");
        assert_eq!((specks, outline), (1.0, 64.0 + 8.0 + 8.0 * 2.0));
    }
}
