//! `patchwork emoji`: names of emoji for a model whose prompts may hold them.

use std::path::PathBuf;

use clap::Args;

use crate::Result;
use crate::dataset::concepts::Concepts;
use crate::dataset::npm;
use crate::dataset::sets::EMOJIBASE;
use crate::files::{probe, write_whole};
use crate::pipeline::stickers::{EMOJI, FileFacts, MANIFEST};
use crate::terminal::print;
use crate::train::export::manifest;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The model's folder, in the embedded layout.
    #[arg(value_name = "DIR")]
    path: PathBuf,
    /// Where fetched packages are kept.
    #[arg(long, value_name = "DIR", default_value = "target/packages")]
    cache: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> Result<()> {
    let mut manifest = manifest(&arguments.path)?;
    let [names, json] = [EMOJI, MANIFEST].map(|file| arguments.path.join(file));
    probe(&names)?;
    probe(&json)?;
    let files = npm::files(EMOJIBASE, &arguments.cache)?;
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
    manifest.files.insert(EMOJI.into(), FileFacts::of(text.as_bytes()));
    write_whole(&names, text.as_bytes())?;
    let manifest = serde_json::to_string_pretty(&manifest).expect("plain data");
    write_whole(&json, (manifest + "\n").as_bytes())?;
    print(names.display())
}
