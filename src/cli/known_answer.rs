//! `patchwork known-answer`: writes the answer with which the page checks a GPU.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use clap::Args;

use super::{load_model, model_folder};
use crate::Result;
use crate::cli::terminal::print;
use crate::pipeline::known_answer::{KNOWN_ANSWER, KnownAnswer};
use crate::tools::files::{probe, write_whole};

#[derive(Debug, Args)]
pub(super) struct KnownAnswerArguments {
    /// Folder of a model in the embedded layout.
    #[arg(value_name = "DIR")]
    path: PathBuf,
}

pub(super) fn run(arguments: &KnownAnswerArguments) -> Result<()> {
    write(&arguments.path)?;
    print(arguments.path.join(KNOWN_ANSWER).display())
}

/// Writes the known answer of the model in `folder` into that folder.
pub(super) fn write(folder: &Path) -> Result<()> {
    model_folder(folder)?;
    let path = folder.join(KNOWN_ANSWER);
    probe(&path)?;
    pollster::block_on(async {
        let pipeline = load_model(folder, &Device::flex(), false).await?;
        let recipe = KnownAnswer::question(&pipeline.styles);
        let answer = KnownAnswer::ask(&pipeline, recipe).await?;
        let json = serde_json::to_string(&answer).expect("plain data");
        write_whole(&path, (json + "\n").as_bytes())
    })
}
