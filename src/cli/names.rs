//! `patchwork names`: what a model reads prompts by, written beside it: names of emoji, and everyday
//! words for what it was taught.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;

use serde_json::Value;

use super::model_folder;
use crate::cli::terminal::print;
use crate::dataset::concepts::Concepts;
use crate::dataset::names::everyday;
use crate::dataset::sets::EMOJIBASE;
use crate::dataset::teaching::Teaching;
use crate::dataset::{Dataset, Split, npm};
use crate::pipeline::stickers::{self, EMOJI, MANIFEST, Manifest, WORDS};
use crate::text::WordTable;
use crate::tools::files::{probe, write_whole};
use crate::tools::foreign::parse_json;
use crate::tools::hash::FileFacts;
use crate::tools::progress::Progress;
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct NamesArguments {
    /// The model's folder, in the embedded layout.
    #[arg(value_name = "DIR")]
    path: PathBuf,
    /// The dataset that it has learnt from: what that teaches is added to the model's everyday words.
    /// Without it, only the names of emoji are written.
    #[arg(long, value_name = "F.safetensors")]
    data: Option<PathBuf>,
    /// Where fetched packages are kept.
    #[arg(long, value_name = "DIR", default_value = "target/packages")]
    cache: PathBuf,
}

pub(super) fn run(arguments: &NamesArguments, progress: &dyn Progress) -> Result<()> {
    let NamesArguments { path: folder, data, cache } = arguments;
    let source = model_folder(folder)?;
    let json = folder.join(MANIFEST);
    // As it stands, so that nothing in it is lost that this version does not know.
    let bytes = std::fs::read(&json).map_err(|source| Error::read(&json, source))?;
    let mut manifest: Value = parse_json(&bytes, &json.display().to_string())?;
    let parsed: Manifest = parse_json(&bytes, &json.display().to_string())?;
    parsed.check()?;
    for file in [EMOJI, WORDS, MANIFEST] {
        probe(&folder.join(file))?;
    }
    let mut files = vec![(EMOJI, emoji(&npm::files(EMOJIBASE, cache, progress)?)?)];
    if let Some(data) = data {
        let dataset = Dataset::read(data)?;
        let before = match folder.join(WORDS).is_file() {
            true => pollster::block_on(stickers::words(&source, &parsed))?,
            false => WordTable::default(),
        };
        files.push((WORDS, words(&dataset, before)?));
    }
    for (file, text) in &files {
        manifest["files"][file] =
            serde_json::to_value(FileFacts::of(text.as_bytes())).expect("plain data");
        write_whole(&folder.join(file), text.as_bytes())?;
    }
    let manifest = serde_json::to_string_pretty(&manifest).expect("plain data");
    write_whole(&json, (manifest + "\n").as_bytes())?;
    files.iter().try_for_each(|(file, _)| print(folder.join(file).display()))
}

/// Returns the names of all emoji, and whose they are.
fn emoji(files: &BTreeMap<String, Vec<u8>>) -> Result<String> {
    let mut text = format!(
        "Names of emoji in English, as Unicode CLDR has them, from {} under this licence:\n\n",
        EMOJIBASE.spec
    );
    if let Some(licence) = files.get("LICENSE") {
        text += &String::from_utf8_lossy(licence).replace('\t', " ");
    }
    text.push('\n');
    for (emoji, name) in Concepts::new(files)?.emoji() {
        text += &format!("{emoji}\t{name}\n");
    }
    Ok(text)
}

/// Returns a model's table of words with what a dataset teaches.
fn words(dataset: &Dataset, before: WordTable) -> Result<String> {
    let everyday = everyday();
    let families = dataset.families();
    let teaching = Teaching::new(dataset, &families, &everyday);
    let labels = dataset.of(Split::Train).map(|i| dataset.entries[i].label.as_str());
    let labels: BTreeSet<&str> = labels.filter(|label| !label.is_empty()).collect();
    let captions: Vec<_> = teaching.learnt().iter().flat_map(|i| teaching.captions(*i)).collect();
    let captions = captions.iter().map(|caption| caption.text.as_str());
    Ok(before.taught(&labels, &everyday, captions).to_text())
}
