//! `patchwork trace`: traces a picture to an SVG.

use std::path::PathBuf;

use clap::Args;

use super::{check_targets, print_beside};
use crate::image::file::open;
use crate::image::trace::to_svg;
use crate::tools::files::write_target;
use crate::{Error, Result};

/// How many colours a trace has by default, and at most.
const COLOURS: [u8; 2] = [16, 64];

#[derive(Debug, Args)]
pub(super) struct TraceArguments {
    /// The picture: a PNG, JPEG or WebP.
    #[arg(value_name = "PICTURE")]
    picture: PathBuf,
    /// How many colours it has at most, 2 to 64.
    #[arg(long, value_name = "N", default_value_t = COLOURS[0])]
    colours: u8,
    /// Where the SVG goes: a file, or - for the standard output.
    #[arg(short, long, value_name = "F.svg")]
    output: PathBuf,
}

pub(super) fn run(arguments: &TraceArguments) -> Result<()> {
    let TraceArguments { picture, colours, output } = arguments;
    let most = COLOURS[1];
    if !(2..=most).contains(colours) {
        return Err(Error::Options(format!("--colours must be 2 to {most}, and is {colours}")));
    }
    check_targets(&[("--output", Some(output))], &[picture])?;
    let svg = to_svg(&open(picture)?, *colours)?;
    write_target(output, svg.as_bytes())?;
    print_beside(
        &[Some(output)],
        format!("{} ({:.1} KB)", output.display(), svg.len() as f64 / 1e3),
    )
}
