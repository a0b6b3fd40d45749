//! `patchwork emoji`: names of emoji for a model whose prompts may hold them.

use std::path::PathBuf;

use clap::Args;

use serde_json::Value;

use super::model_folder;
use crate::cli::terminal::print;
use crate::dataset::concepts::Concepts;
use crate::dataset::npm;
use crate::dataset::sets::EMOJIBASE;
use crate::pipeline::stickers::{EMOJI, MANIFEST, Manifest};
use crate::tools::files::{probe, write_whole};
use crate::tools::foreign::parse_json;
use crate::tools::hash::FileFacts;
use crate::tools::progress::Progress;
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct EmojiArguments {
    /// The model's folder, in the embedded layout.
    #[arg(value_name = "DIR")]
    path: PathBuf,
    /// Where fetched packages are kept.
    #[arg(long, value_name = "DIR", default_value = "target/packages")]
    cache: PathBuf,
}

pub(super) fn run(arguments: &EmojiArguments, progress: &dyn Progress) -> Result<()> {
    model_folder(&arguments.path)?;
    let [names, json] = [EMOJI, MANIFEST].map(|file| arguments.path.join(file));
    // As it stands, so that nothing in it is lost that this version does not know.
    let bytes = std::fs::read(&json).map_err(|source| Error::read(&json, source))?;
    let mut manifest: Value = parse_json(&bytes, &json.display().to_string())?;
    parse_json::<Manifest>(&bytes, &json.display().to_string())?.check()?;
    probe(&names)?;
    probe(&json)?;
    let files = npm::files(EMOJIBASE, &arguments.cache, progress)?;
    let mut text = format!(
        "Names of emoji in English, as Unicode CLDR has them, from {} under this licence:\n\n",
        EMOJIBASE.spec
    );
    if let Some(licence) = files.get("LICENSE") {
        text += &String::from_utf8_lossy(licence).replace('\t', " ");
    }
    text.push('\n');
    for (emoji, name) in Concepts::new(&files)?.emoji() {
        text += &format!("{emoji}\t{name}\n");
    }
    let facts = serde_json::to_value(FileFacts::of(text.as_bytes())).expect("plain data");
    manifest["files"][EMOJI] = facts;
    write_whole(&names, text.as_bytes())?;
    let manifest = serde_json::to_string_pretty(&manifest).expect("plain data");
    write_whole(&json, (manifest + "\n").as_bytes())?;
    print(names.display())
}
