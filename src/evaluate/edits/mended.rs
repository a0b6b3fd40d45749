//! Mended pictures: whether the part within the mask fits what is around it, and follows its prompt.

use super::super::Asked;
use crate::Result;
use crate::image::Image;
use crate::image::mask::Mask;
use crate::pipeline::pixels::to_images;
use crate::pipeline::{Original, Pipeline, Start};
use crate::recipe::Recipe;
use crate::tools::parallel::Workers;
use crate::tools::progress::Progress;

/// The radius of the mask that is measured, in parts of the picture's side.
const RADIUS: f32 = 0.34;

/// Returns a mask of a disc in the middle of a picture.
pub fn disc([width, height]: [usize; 2]) -> Mask {
    let (across, down) = (width as f32, height as f32);
    let far = |i: usize| {
        let (x, y) = ((i % width) as f32 + 0.5, (i / width) as f32 + 0.5);
        (x - across / 2.0).hypot(y - down / 2.0)
    };
    let is_in = |i: usize| far(i) < RADIUS * across.min(down);
    let coverage = (0..width * height).map(|i| if is_in(i) { 255 } else { 0 }).collect();
    Mask { width, height, coverage }
}

/// Returns a mask of the left half of a picture, whose edge crosses what the picture shows.
pub fn half([width, height]: [usize; 2]) -> Mask {
    let coverage = (0..width * height).map(|i| if i % width < width / 2 { 255 } else { 0 });
    Mask { width, height, coverage: coverage.collect() }
}

/// Mends each picture within a mask by a prompt, as the page does.
///
/// # Errors
/// Returns an error if the model was loaded without its encoder, or cannot draw a prompt.
pub fn mended(
    model: &Pipeline,
    (asked, pictures): (&[Asked], &[&Image]),
    mask: &Mask,
    (sampling, seed): (&Recipe, u64),
    progress: &dyn Progress,
) -> Result<Vec<Image>> {
    let mask = mask.to_image();
    let one = |(i, (asked, picture)): (usize, (&Asked, &&Image))| {
        let original = Original::new((*picture).clone(), Some(&mask))?;
        let recipe = Recipe {
            prompt: asked.prompt.clone(),
            style: asked.style.clone(),
            seed: seed.wrapping_add(i as u64),
            picture: "given".into(),
            mask: "given".into(),
            strength: 1.0,
            ..sampling.clone()
        };
        let start = Start { noise: None, from: Some(model.origin(&original)?) };
        let mut run = model.begin(&recipe, start)?;
        while run.step().is_some() {}
        let drawn = pollster::block_on(to_images(model.autoencoder.decode(&run.latent())))?;
        progress.advance(1, "");
        drawn.into_iter().map(|drawn| original.finished(drawn)).collect::<Result<Vec<_>>>()
    };
    progress.begin("Mending", asked.len(), 0);
    let pairs = asked.iter().zip(pictures).enumerate().collect();
    let made = Workers::new(&model.device, None).map(pairs, one);
    progress.end();
    Ok(made.into_iter().collect::<Result<Vec<_>>>()?.concat())
}

/// Returns how many times larger the mean gradient across a mask's edge is than that within the mask. A seam
/// that shows has a large one.
///
/// # Panics
/// Panics if the picture and the mask differ in size.
pub fn seam(made: &Image, mask: &Mask) -> f64 {
    let mut sums = [[0.0; 2]; 2];
    for i in 0..mask.coverage.len() {
        let (x, y) = (i % mask.width, i / mask.width);
        let right = (x + 1 < mask.width).then_some(i + 1);
        let below = (y + 1 < mask.height).then_some(i + mask.width);
        for j in [right, below].into_iter().flatten() {
            let place = match [mask.coverage[i], mask.coverage[j]] {
                [255, 255] => 0,
                [255, _] | [_, 255] => 1,
                _ => continue,
            };
            sums[place][0] += difference(made, i, j);
            sums[place][1] += 1.0;
        }
    }
    let [inside, edge] = sums.map(|[sum, count]| sum / f64::max(count, 1.0));
    edge / inside.max(1e-6)
}

/// Returns the mean difference of two pixels' premultiplied values.
fn difference(image: &Image, i: usize, j: usize) -> f64 {
    let [a, b] = [i, j].map(|i| {
        let pixel: [u8; 4] = std::array::from_fn(|c| image.pixels[4 * i + c]);
        let alpha = f64::from(pixel[3]) / 255.0;
        std::array::from_fn::<f64, 4, _>(|c| {
            if c == 3 { 255.0 * alpha } else { f64::from(pixel[c]) * alpha }
        })
    });
    a.iter().zip(&b).map(|(a, b)| (a - b).abs()).sum::<f64>() / 4.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_disc_has_a_seam_and_a_blended_one_has_little() {
        let mask = disc([64, 64]);
        let wave = |i: usize, base: u8| [base + ((i % 64 + i / 64) % 8) as u8 * 6, base, 40, 255];
        let picture = |base: u8| Image {
            width: 64,
            height: 64,
            pixels: (0..64 * 64).flat_map(|i| wave(i, base)).collect(),
        };
        let (source, drawn) = (picture(20), picture(150));
        let original = Original::new(source.clone(), Some(&mask.to_image())).unwrap();
        let blended = original.finished(drawn.clone()).unwrap();
        let pasted = crate::image::mask::composite(&source, &drawn, &mask).unwrap();
        assert!(seam(&pasted, &mask) > 4.0 * seam(&blended, &mask));
        assert!((seam(&drawn, &mask) - 1.0).abs() < 0.1);
    }
}
