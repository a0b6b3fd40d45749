//! Traced pictures: whether an SVG that is rendered again looks like the picture.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use super::super::reconstruction::{edge_error, psnr};
use crate::image::Image;
use crate::image::trace::to_svg;
use crate::pipeline::Pipeline;
use crate::pipeline::pixels::to_tensor;
use crate::tools::parallel::Workers;
use crate::{Error, Result};

/// The numbers of colours that are measured.
pub const COLOURS: [u8; 3] = [8, 16, 32];

/// The means of traced pictures.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Traced {
    /// The peak signal-to-noise ratio of premultiplied RGBA, in dB.
    pub psnr: f64,
    /// The difference of gradients from the picture's, relative to its mean gradient.
    pub edge_error: f64,
    /// The bytes of the SVG.
    pub bytes: f64,
}

/// Traces pictures with some number of colours, and renders the SVGs at the pictures' size.
///
/// # Errors
/// Returns an error if a picture is empty, or its SVG cannot be rendered.
pub fn measure(model: &Pipeline, pictures: &[&Image], colours: u8) -> Result<Traced> {
    let one = |picture: &&Image| {
        let svg = to_svg(picture, colours)?;
        let again = rendered(&svg, [picture.width, picture.height])?;
        let [x, y] = [*picture, &again].map(|image| to_tensor(&[image], &model.device));
        Ok([psnr(x.clone(), y.clone())[0], edge_error(x, y)[0], svg.len() as f64])
    };
    let found = Workers::new(&model.device, None).map(pictures.iter().collect(), one);
    let found: Vec<[f64; 3]> = found.into_iter().collect::<Result<_>>()?;
    let mean = |i: usize| found.iter().map(|row| row[i]).sum::<f64>() / found.len().max(1) as f64;
    Ok(Traced { psnr: mean(0), edge_error: mean(1), bytes: mean(2) })
}

/// Renders an SVG, whose view box has the picture's size.
fn rendered(svg: &str, [width, height]: [usize; 2]) -> Result<Image> {
    let refuse = |problem: &str| Error::Picture(format!("The trace cannot be rendered: {problem}"));
    let tree = Tree::from_str(svg, &Options::default());
    let tree = tree.map_err(|problem| refuse(&problem.to_string()))?;
    let mut pixels =
        Pixmap::new(width as u32, height as u32).ok_or_else(|| refuse("it has no pixels"))?;
    let scale = Transform::from_scale(
        width as f32 / tree.size().width(),
        height as f32 / tree.size().height(),
    );
    resvg::render(&tree, scale, &mut pixels.as_mut());
    let straight = pixels.pixels().iter().flat_map(|pixel| {
        let colour = pixel.demultiply();
        [colour.red(), colour.green(), colour.blue(), colour.alpha()]
    });
    Ok(Image { width, height, pixels: straight.collect() })
}
