//! `patchwork cutout`: makes the background of a picture transparent.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use clap::{Args, ValueEnum};

use super::{check_targets, picture, print_beside};
use crate::image::Image;
use crate::image::file::{Format, open};
use crate::image::ground::without_plain_ground;
use crate::pipeline::Folder;
use crate::pipeline::matte::Cutter;
use crate::{Error, Result};

/// The tolerance of a plain background that is given none.
const TOLERANCE: f64 = 0.1;
/// The folder of the network's weights, if none is named.
const NETWORK: &str = "www/models/u2netp";

#[derive(Debug, Args)]
pub(super) struct CutoutArguments {
    /// The picture: a PNG, JPEG or WebP.
    #[arg(value_name = "PICTURE")]
    picture: PathBuf,
    /// The background that is taken away.
    #[arg(long, value_enum, default_value_t = Background::Any)]
    ground: Background,
    /// How far the colours of a plain background may be apart, 0 to 1; 0.1 by default.
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    tolerance: Option<f64>,
    /// Folder of the network that finds the thing before any background.
    #[arg(long, value_name = "DIR", default_value = NETWORK)]
    network: PathBuf,
    /// Where the thing without its background goes: a .png or .webp, or - for the standard output.
    #[arg(short, long, value_name = "PICTURE")]
    output: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
enum Background {
    /// One colour, or a gradient, that touches the picture's edges.
    Plain,
    /// Whatever is behind the thing that the picture shows.
    Any,
}

pub(super) fn run(arguments: &CutoutArguments) -> Result<()> {
    let CutoutArguments { picture, ground, tolerance, network, output } = arguments;
    check_tolerance(*ground, *tolerance)?;
    if Format::of_one(output)? == Format::Jpeg {
        let problem = "A JPEG has no transparency: give --output a .png or .webp";
        return Err(Error::Picture(problem.into()));
    }
    check_targets(&[("--output", Some(output))], &[picture, network])?;
    let whole = open(picture)?;
    let cut = match ground {
        Background::Plain => without_plain_ground(&whole, tolerance.unwrap_or(TOLERANCE))?,
        Background::Any => pollster::block_on(found(&whole, network))?,
    };
    picture::write(output, &cut)?;
    print_beside(&[Some(output)], output.display())
}

/// Returns the thing that a network finds in a picture.
async fn found(picture: &Image, network: &Path) -> Result<Image> {
    let device = Device::flex();
    let cutter = Cutter::load(&Folder(network.to_owned()), &device).await?;
    cutter.without_ground(picture).await
}

/// Checks that a tolerance is one, and that it has an effect.
fn check_tolerance(ground: Background, tolerance: Option<f64>) -> Result<()> {
    let Some(tolerance) = tolerance else { return Ok(()) };
    if ground == Background::Any {
        let problem = "--tolerance is for plain backgrounds: add --ground plain, or leave it out";
        return Err(Error::Options(problem.into()));
    }
    if !(0.0..=1.0).contains(&tolerance) {
        return Err(Error::Options(format!("--tolerance must be 0 to 1, and is {tolerance}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_tolerance_out_of_range_or_without_effect() {
        let said = |ground, tolerance| check_tolerance(ground, Some(tolerance)).unwrap_err();
        assert!(said(Background::Plain, -0.1).to_string().contains("0 to 1"));
        assert!(said(Background::Plain, f64::NAN).to_string().contains("0 to 1"));
        assert!(said(Background::Any, 0.1).to_string().contains("--ground plain"));
        assert!(check_tolerance(Background::Plain, Some(1.0)).is_ok());
        assert!(check_tolerance(Background::Any, None).is_ok());
    }
}
