//! Measures of a model's upscaler against bicubic enlargement: edges and plain areas compared with true
//! pictures at the larger size, and whether upscaled drawings that are made small again keep their
//! content.

use super::features::{FeatureExtractor, Features};
use super::flaws::Flaws;
use super::metrics::{FeatureMetrics, Reference};
use super::reconstruction::edge_error;
use super::{Asked, draw};
use crate::dataset::Split;
use crate::dataset::gather::{LargePictures, quartered};
use crate::image::Image;
use crate::image::resize::resized;
use crate::model::upscaler::SCALE;
use crate::pipeline::Pipeline;
use crate::pipeline::pixels::{to_images, to_tensor};
use crate::recipe::Recipe;
use crate::tools::progress::Progress;
use crate::{Error, Result};

/// The range of alpha that is neither clear nor opaque.
const SOFT: std::ops::Range<u8> = 16..240;

/// The measures of large pictures.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sharpness {
    /// The width of edges in pixels: the number of pixels that are neither clear nor opaque, for each
    /// pixel of the outline.
    pub edge_width: f64,
    /// The difference of gradients from the true picture's, relative to its mean gradient.
    pub edge_error: f64,
    /// The mean difference between neighbours in plain areas; see [`Flaws`].
    pub mottling: f64,
}

/// The ways to obtain a large picture.
pub const WAYS: [&str; 3] = ["true", "enlarged bicubically", "upscaled"];

/// Measures held-out pictures in each of [`WAYS`]. The small pictures pass through the autoencoder
/// first. At most `most` are measured, spaced evenly over all.
///
/// # Errors
/// Returns an error if the large pictures have the wrong size or none is held out, the model has no
/// upscaler, or the device fails.
pub fn sharpness(
    model: &Pipeline,
    large: &LargePictures,
    most: usize,
    progress: &dyn Progress,
) -> Result<[Sharpness; 3]> {
    let [side, _] = model.picture_size();
    if large.side != SCALE * side {
        let (found, wanted) = (large.side, SCALE * side);
        let problem =
            format!("they have {found} pixels a side, and this model's upscaler makes {wanted}");
        return Err(Error::dataset("The large pictures", problem));
    }
    let held: Vec<usize> = large.of(Split::Pair).chain(large.of(Split::Concept)).collect();
    if held.is_empty() {
        return Err(Error::Training("these pictures have none that is held out".into()));
    }
    let count = held.len().min(most);
    let mut sums = [Sharpness::default(); 3];
    progress.begin("Enlarging", count, 0);
    for i in 0..count {
        let truth = large.picture(held[i * held.len() / count])?;
        let small = quartered(&truth);
        let latent = model.autoencoder.encode(to_tensor(&[&small], &model.device))?;
        let mut small = pollster::block_on(to_images(model.autoencoder.decode(&latent)))?;
        let [plain, upscaled] = enlarged(model, &small.remove(0))?;
        let all = [truth, plain, upscaled];
        let tensor = |image: &Image| to_tensor(&[image], &model.device);
        for (sum, image) in sums.iter_mut().zip(&all) {
            let Flaws { mottling, outline, .. } = Flaws::of(std::slice::from_ref(image));
            sum.edge_width += edge_width(image, outline);
            sum.edge_error += edge_error(tensor(&all[0]), tensor(image))[0];
            sum.mottling += mottling;
        }
        progress.advance(1, "");
    }
    progress.end();
    let count = count as f64;
    Ok(sums.map(|Sharpness { edge_width, edge_error, mottling }| Sharpness {
        edge_width: edge_width / count,
        edge_error: edge_error / count,
        mottling: mottling / count,
    }))
}

/// Returns a picture enlarged bicubically, and by the upscaler.
fn enlarged(model: &Pipeline, small: &Image) -> Result<[Image; 2]> {
    let plain = resized(small, SCALE * small.width, SCALE * small.height)?;
    let upscaled = pollster::block_on(model.upscaled(small))?;
    let lacks = || Error::model(&model.name, "it has no upscaler that could be measured");
    Ok([plain, upscaled.ok_or_else(lacks)?])
}

/// Returns the mean width of the edges of a picture whose outline has the length `outline`.
fn edge_width(image: &Image, outline: f64) -> f64 {
    let soft = image.pixels.as_chunks::<4>().0.iter().filter(|pixel| SOFT.contains(&pixel[3]));
    soft.count() as f64 / outline.max(1.0)
}

/// Large drawings, and the metrics of drawings as they were drawn, enlarged bicubically, and upscaled.
/// The latter two are made small again for the metrics.
#[derive(Debug)]
pub struct SmallAgain {
    /// The metrics of each way.
    pub scores: [FeatureMetrics; 3],
    /// The drawings enlarged bicubically, and upscaled.
    pub large: Vec<[Image; 2]>,
}

/// Draws the prompts and measures the drawings in the three ways.
///
/// # Errors
/// Returns an error if the model cannot draw a prompt, or has no upscaler.
pub fn small_again(
    model: &Pipeline,
    asked: &[Asked],
    how: (&Recipe, u64),
    (reference, extractor): (&Reference<'_>, &FeatureExtractor),
    progress: &dyn Progress,
) -> Result<SmallAgain> {
    progress.begin("Drawing", asked.len(), 0);
    let drawn = draw(model, asked, how, progress)?;
    progress.end();
    let large: Result<Vec<[Image; 2]>> = drawn.iter().map(|small| enlarged(model, small)).collect();
    let large = large?;
    let scores = |images: Vec<Image>| {
        let features: Features = extractor.features(&images.iter().collect::<Vec<_>>());
        reference.scores(asked, &features)
    };
    let small = |way: usize| large.iter().map(|pair| quartered(&pair[way])).collect();
    let scores = [scores(drawn), scores(small(0)), scores(small(1))];
    Ok(SmallAgain { scores, large })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a square with edges that fade over `width` pixels.
    fn square(width: usize) -> Image {
        let alpha = |at: usize| {
            let inside = at.min(63 - at) as f64 - 12.0;
            (255.0 * (inside / width as f64 + 0.5).clamp(0.0, 1.0)) as u8
        };
        let pixel = |i: usize| [200, 30, 30, alpha(i % 64).min(alpha(i / 64))];
        Image { width: 64, height: 64, pixels: (0..64 * 64).flat_map(pixel).collect() }
    }

    #[test]
    fn measures_a_larger_width_for_soft_edges() {
        let [sharp, soft] = [1, 6].map(|width| {
            let image = square(width);
            edge_width(&image, Flaws::of(std::slice::from_ref(&image)).outline)
        });
        assert!(sharp < 1.1 && (4.0..7.0).contains(&soft), "{sharp} {soft}");
    }
}
