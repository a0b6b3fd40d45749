//! `patchwork names`: writes the tables beside a model by which it reads prompts (names of emoji, and
//! everyday words for what it was taught), and a list of them for browsing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::Args;

use serde_json::Value;

use super::concept_list::{CONCEPTS, concept_list};
use super::model_folder;
use crate::cli::terminal::print;
use crate::dataset::gather::{EMOJIBASE, npm};
use crate::dataset::names::{Concepts, everyday};
use crate::dataset::teach::Teaching;
use crate::dataset::{Dataset, Split};
use crate::pipeline::stickers::{self, EMOJI, MANIFEST, Manifest, WORDS};
use crate::text::WordTable;
use crate::tools::files::{probe, write_target, write_whole};
use crate::tools::foreign::parse_json;
use crate::tools::hash::FileFacts;
use crate::tools::progress::Progress;
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct NamesArguments {
    /// The model's folder, in the embedded layout.
    #[arg(value_name = "DIR")]
    path: PathBuf,
    /// The dataset that the model was trained on: the words that it teaches are added to the model's
    /// everyday words. Without it, only the names of emoji are written.
    #[arg(long, value_name = "F.safetensors")]
    data: Option<PathBuf>,
    /// Write the table of shortcodes, such as :bee:, that this program is built with to this file, and
    /// nothing else.
    #[arg(long, value_name = "TSV", conflicts_with = "data")]
    shortcodes: Option<PathBuf>,
    /// Where fetched packages are kept.
    #[arg(long, value_name = "DIR", default_value = "target/packages")]
    cache: PathBuf,
}

pub(super) fn run(arguments: &NamesArguments, progress: &dyn Progress) -> Result<()> {
    let NamesArguments { path: folder, data, cache, shortcodes } = arguments;
    let source = model_folder(folder)?;
    let json = folder.join(MANIFEST);
    // The manifest is kept as JSON, so that fields that this version does not know are preserved.
    let bytes = std::fs::read(&json).map_err(|source| Error::read(&json, source))?;
    let mut manifest: Value = parse_json(&bytes, &json.display().to_string())?;
    let parsed: Manifest = parse_json(&bytes, &json.display().to_string())?;
    parsed.check()?;
    for file in [EMOJI, WORDS, CONCEPTS, MANIFEST] {
        probe(&folder.join(file))?;
    }
    let emojibase = npm::files(EMOJIBASE, cache, progress)?;
    let concepts = Concepts::new(&emojibase)?;
    if let Some(path) = shortcodes {
        write_target(path, shortcode_table(&concepts, &emojibase)?.as_bytes())?;
        return print(path.display());
    }
    let mut files = vec![(EMOJI, emoji(&concepts, &emojibase))];
    let mut table = match folder.join(WORDS).is_file() {
        true => pollster::block_on(stickers::words(&source, &parsed))?,
        false => WordTable::default(),
    };
    if let Some(data) = data {
        table = words(&Dataset::read(data)?, table);
        files.push((WORDS, table.to_text()));
    }
    // The list is no part of the model, which draws the same without it, so model.json does not list it.
    let list =
        concept_list(&table, &concepts, &licence(&emojibase, "emoji, and keywords for them,"));
    write_whole(&folder.join(CONCEPTS), list.as_bytes())?;
    let before = manifest.clone();
    for (file, text) in &files {
        manifest["files"][file] =
            serde_json::to_value(FileFacts::of(text.as_bytes())).expect("plain data");
        write_whole(&folder.join(file), text.as_bytes())?;
    }
    // An unchanged manifest is not rewritten, because the order of its fields would change.
    if manifest != before {
        let manifest = serde_json::to_string_pretty(&manifest).expect("plain data");
        write_whole(&json, (manifest + "\n").as_bytes())?;
    }
    let written = files.iter().map(|(file, _)| *file).chain([CONCEPTS]);
    written.into_iter().try_for_each(|file| print(folder.join(file).display()))
}

/// Returns the source of the names, and its licence.
fn licence(files: &BTreeMap<String, Vec<u8>>, what: &str) -> String {
    let licence = files
        .get("LICENSE")
        .map_or_else(String::new, |licence| String::from_utf8_lossy(licence).replace('\t', " "));
    format!(
        "Names of {what} in English, as Unicode CLDR has them, from {} under this licence:\n\n{licence}",
        EMOJIBASE.spec
    )
}

/// Returns the names of all emoji, after their source and its licence.
fn emoji(concepts: &Concepts, files: &BTreeMap<String, Vec<u8>>) -> String {
    let mut text = licence(files, "emoji") + "\n";
    for (emoji, name) in concepts.emoji() {
        text += &format!("{emoji}\t{name}\n");
    }
    text
}

/// The sets of shortcodes that are read. If a shortcode occurs in several sets, the first set counts.
const SHORTCODES: [&str; 4] = ["github", "iamcal", "emojibase", "joypixels"];

/// Returns a table of shortcodes, without those that equal an emoji's name, which are found without it.
fn shortcode_table(concepts: &Concepts, files: &BTreeMap<String, Vec<u8>>) -> Result<String> {
    let plain = |emoji: &str| emoji.replace(VARIATION, "");
    let named: BTreeMap<String, (String, &str)> =
        concepts.emoji().map(|(emoji, name)| (plain(&emoji), (emoji, name))).collect();
    let mut table: BTreeMap<String, &str> = BTreeMap::new();
    for set in SHORTCODES {
        let file = format!("en/shortcodes/{set}.json");
        let bytes = files
            .get(&file)
            .ok_or_else(|| Error::dataset(EMOJIBASE.spec, format!("{file} is missing")))?;
        let codes: BTreeMap<String, Value> = parse_json(bytes, &file)?;
        for (hexes, codes) in codes {
            let points =
                hexes.split('-').map(|hex| char::from_u32(u32::from_str_radix(hex, 16).ok()?));
            let emoji = points.collect::<Option<String>>().unwrap_or_default();
            let Some((emoji, name)) = named.get(&plain(&emoji)) else { continue };
            let codes = codes.as_array().cloned().unwrap_or_else(|| vec![codes]);
            for code in codes.iter().filter_map(Value::as_str) {
                if code.replace('_', " ") != *name {
                    table.entry(code.to_owned()).or_insert(emoji);
                }
            }
        }
    }
    Ok(table.into_iter().map(|(code, emoji)| format!("{code}\t{emoji}\n")).collect())
}

/// The variation selector that asks for a coloured glyph. It does not change which emoji is meant.
const VARIATION: char = '\u{fe0f}';

/// Returns a model's table of words, extended by what a dataset teaches.
fn words(dataset: &Dataset, before: WordTable) -> WordTable {
    let everyday = everyday();
    let teaching = Teaching::new(dataset, &everyday);
    let labels = dataset.of(Split::Train).map(|i| dataset.entries[i].label.as_str());
    let labels: BTreeSet<&str> = labels.filter(|label| !label.is_empty()).collect();
    let captions: Vec<String> = teaching.captions().map(|(_, caption)| caption.text).collect();
    before.taught(&labels, &everyday, captions.iter().map(String::as_str))
}
