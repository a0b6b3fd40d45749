//! `patchwork enlarge`: enlarges any picture with a model's upscaler.

use std::path::PathBuf;

use burn::tensor::Device;
use clap::Args;

use super::{check_targets, load_model, picture, print_beside};
use crate::cli::{DEFAULT_MODEL, MODEL_VARIABLE};
use crate::image::file::{Format, open};
use crate::pipeline::enlarge::SIDES;
use crate::tools::progress::Progress;
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct EnlargeArguments {
    /// The picture: a PNG, JPEG or WebP.
    #[arg(value_name = "PICTURE")]
    picture: PathBuf,
    /// Folder of the model whose upscaler is used.
    #[arg(long, value_name = "DIR", env = MODEL_VARIABLE, default_value = DEFAULT_MODEL)]
    model: PathBuf,
    /// Pixels of the longer side: 512 or 2048.
    #[arg(long, value_name = "N", default_value_t = SIDES[0])]
    size: u32,
    /// Where the large picture goes: a .png, .webp or .jpg, or - for the standard output.
    #[arg(short, long, value_name = "PICTURE")]
    output: PathBuf,
}

pub(super) fn run(arguments: &EnlargeArguments, progress: &dyn Progress) -> Result<()> {
    let EnlargeArguments { picture, model, size, output } = arguments;
    if !SIDES.contains(size) {
        let [small, large] = SIDES;
        return Err(Error::Options(format!("--size must be {small} or {large}, and is {size}")));
    }
    Format::of_one(output)?;
    check_targets(&[("--output", Some(output))], &[model, picture])?;
    let small = open(picture)?;
    let large = pollster::block_on(async {
        let model = load_model(model, &Device::flex(), false).await?;
        let mut enlarging = model.enlarge(&small, *size)?;
        progress.begin("Enlarging", enlarging.progress().1, 0);
        loop {
            if let Some(large) = enlarging.step().await? {
                return Ok(large);
            }
            progress.advance(1, "");
        }
    });
    progress.end();
    picture::write(output, &large?)?;
    print_beside(&[Some(output)], output.display())
}
