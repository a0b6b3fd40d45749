//! `patchwork trim`: writes a model whose text encoder has only the word pieces that prompts use.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use clap::Args;

use crate::cli::{DEFAULT_MODEL, MODEL_VARIABLE};

use super::{check_new_model, load_model};
use crate::cli::terminal::print;
use crate::dataset::names::colours::COLOURS;
use crate::dataset::names::grammar::plural;
use crate::dataset::teach::phrases;
use crate::dataset::{Dataset, Entry};
use crate::pipeline::export::export;
use crate::pipeline::stickers::{TEXT_ENCODER, VOCABULARY, text_config};
use crate::text::trim::{lines_to_keep, trimmed};
use crate::text::{TextReader, Tokenizer};
use crate::weights::{Checkpoint, keys, load};
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct TrimArguments {
    /// The model's folder.
    #[arg(
        long,
        value_name = "DIR",
        env = MODEL_VARIABLE,
        default_value = DEFAULT_MODEL
    )]
    model: PathBuf,
    /// A dataset; the word pieces of all its captions are kept.
    #[arg(long, value_name = "F.safetensors")]
    data: PathBuf,
    /// Lists of words, one on each line; the word pieces of all of them are kept.
    #[arg(long, value_name = "TXT", num_args = 1.., required = true)]
    words: Vec<PathBuf>,
    /// The new model's folder.
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

/// The number of position embeddings of the new text encoder, which is somewhat more than a prompt has
/// tokens.
const MAX_POSITIONS: usize = 64;

pub(super) fn run(arguments: &TrimArguments) -> Result<()> {
    check_new_model(&arguments.model, &arguments.output)?;
    let device = Device::flex();
    let before = pollster::block_on(load_model(&arguments.model, &device, false))?;
    let Some(reader) = &before.text else {
        let model = arguments.model.display().to_string();
        return Err(Error::model(
            model,
            "it has no text encoder, so there is no word piece to remove",
        ));
    };
    let mut texts = texts(&Dataset::read(&arguments.data)?.entries, &arguments.words)?;
    texts.extend(reader.tokenizer.emoji().names().map(str::to_owned));
    let vocabulary = read_text(&arguments.model.join(VOCABULARY))?;
    let vocabulary = vocabulary.trim_start_matches('\u{feff}').to_owned();
    let lines = lines_to_keep(&vocabulary, &reader.tokenizer, texts.iter().map(String::as_str))?;
    let path = arguments.model.join(TEXT_ENCODER);
    let weights = std::fs::read(&path).map_err(|source| Error::read(&path, source))?;
    let small = trimmed(&weights, &lines, MAX_POSITIONS.max(reader.max_tokens))?;
    let all: Vec<&str> = vocabulary.lines().collect();
    let kept: String = lines.iter().flat_map(|&line| [all[line], "\n"]).collect();

    let file = Checkpoint::new("the smaller text encoder", vec![small.clone()])?;
    let new = TextReader {
        words: reader.words.clone(),
        tokenizer: Tokenizer::new(&kept)?.with_emoji(reader.tokenizer.emoji().clone()),
        encoder: load(text_config(&file).init(&device), &file, &keys::MINILM)?,
        max_tokens: reader.max_tokens,
        device,
    };
    let checked = check(reader, &new, &texts, &lines)?;
    let files = [(TEXT_ENCODER, small), (VOCABULARY, kept.into_bytes())];
    export(&arguments.model, &arguments.output, &files, |_| ())?;
    print(format!(
        "{}: {} of {} word pieces are kept. {} texts have the same pieces, and {checked} of them \
         give exactly the same states.",
        arguments.output.display(),
        lines.len(),
        all.len(),
        texts.len()
    ))
}

/// Returns all texts that the dataset's captions may contain, and the lines of the lists.
fn texts(entries: &[Entry], lists: &[PathBuf]) -> Result<BTreeSet<String>> {
    let mut texts: BTreeSet<String> = phrases().chain(COLOURS.map(|c| c.name.into())).collect();
    for Entry { label, tags, names, style, .. } in entries {
        texts.extend([label.clone(), plural(label), style.clone()]);
        texts.extend(tags.iter().chain(names).cloned());
    }
    for path in lists {
        texts.extend(read_text(path)?.lines().map(|line| line.trim().to_owned()));
    }
    Ok(texts)
}

fn read_text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|source| Error::read(path, source))
}

/// Checks that all `texts` have the same word pieces as before, and that an evenly spaced sample of them
/// has the same states. Returns the size of that sample.
fn check(
    old: &TextReader,
    new: &TextReader,
    texts: &BTreeSet<String>,
    lines: &BTreeSet<usize>,
) -> Result<usize> {
    let [old, new] =
        [old, new].map(|reader| TextReader { max_tokens: MAX_POSITIONS, ..reader.clone() });
    let lines: Vec<usize> = lines.iter().copied().collect();
    let every = texts.len().div_ceil(500);
    let mut checked = 0;
    for (i, text) in texts.iter().enumerate() {
        let ids = |reader: &TextReader| -> Result<Vec<u32>> {
            Ok(reader.tokenizer.encode(text, MAX_POSITIONS)?.ids)
        };
        let moved: Vec<usize> = ids(&new)?.iter().map(|&id| lines[id as usize]).collect();
        let mut same = ids(&old)?.iter().map(|&id| id as usize).eq(moved);
        if i.is_multiple_of(every) {
            checked += 1;
            let bits = |reader: &TextReader| -> Result<Vec<u32>> {
                Ok(reader.states(text)?.into_iter().map(f32::to_bits).collect())
            };
            same &= bits(&old)? == bits(&new)?;
        }
        if !same {
            let problem = format!("the text “{text}” would have other tokens or states");
            return Err(Error::model("the smaller text encoder", problem));
        }
    }
    Ok(checked)
}
