//! `patchwork known-answer`: writes what a GPU is asked before the page trusts it.

use std::path::PathBuf;

use burn::tensor::Device;
use clap::Args;

use super::model_folder;
use crate::pipeline::Pipeline;
use crate::pipeline::known_answer::{KNOWN_ANSWER, KnownAnswer};
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Folder of a model in the embedded layout.
    #[arg(value_name = "DIR")]
    path: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    pollster::block_on(async {
        let pipeline = Pipeline::load(&model_folder(&arguments.path)?, &Device::flex()).await?;
        let recipe = KnownAnswer::question(&pipeline.styles);
        let answer = KnownAnswer::ask(&pipeline, recipe).await?;
        let path = arguments.path.join(KNOWN_ANSWER);
        let json = serde_json::to_string(&answer).expect("plain data");
        std::fs::write(&path, json + "\n").map_err(|source| Error::write(&path, source))?;
        println!("{}", path.display());
        Ok(())
    })
}
