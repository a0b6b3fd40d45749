//! `patchwork words`: shows how a prompt is read, how many pictures of each style teach it, and what else
//! the same words teach.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::{DEFAULT_MODEL, MODEL_VARIABLE};

use super::{model_folder, picture};
use crate::cli::terminal::{note, print};
use crate::dataset::names::everyday;
use crate::dataset::names::grammar::singular;
use crate::dataset::teach::contact::{Cell, sheet};
use crate::dataset::teach::{Lesson, Lessons, Teaching, Verdict, leaks};
use crate::dataset::{Dataset, Split};
use crate::pipeline::export::manifest;
use crate::pipeline::stickers::{tokenizer, words};
use crate::text::{Tokenizer, Typed, WordTable};
use crate::tools::words::{counted, short};
use crate::{Error, Result};

#[derive(Debug, Args)]
pub(super) struct WordsArguments {
    /// Prompts: words, several of them in quotes, or emoji.
    #[arg(value_name = "PROMPT", required_unless_present_any = ["all", "sheets"])]
    prompts: Vec<String>,
    /// Write a table of all everyday words, as tab-separated values: the concepts that each means, whether
    /// the dataset teaches them (right, wrong, never; or there is no picture), the share of training draws
    /// with that caption that show them, how many pictures of each style teach it, and what they show.
    #[arg(long)]
    all: bool,
    /// Write contact sheets into this folder: one of each style, and one of a hundred everyday words beside
    /// the pictures that teach them.
    #[arg(long, value_name = "DIR")]
    sheets: Option<PathBuf>,
    /// The training dataset, from `patchwork dataset`.
    #[arg(long, value_name = "F.safetensors", default_value = "stickers.safetensors")]
    data: PathBuf,
    /// The model that reads the prompts.
    #[arg(
        long,
        value_name = "DIR",
        env = MODEL_VARIABLE,
        default_value = DEFAULT_MODEL
    )]
    model: PathBuf,
}

pub(super) fn run(arguments: &WordsArguments) -> Result<()> {
    let WordsArguments { prompts, all, sheets, data, model } = arguments;
    let manifest = manifest(model)?;
    let source = model_folder(model)?;
    let tokenizer = pollster::block_on(tokenizer(&source, &manifest))?;
    let own = pollster::block_on(words(&source, &manifest))?;
    if !data.is_file() {
        for prompt in prompts {
            print(read_as(prompt, &tokenizer, &own).0)?;
        }
        let path = data.display();
        return Err(Error::Options(format!(
            "There is no dataset {path}, so the pictures with these captions cannot be shown: make \
             it with `patchwork dataset -o {path}`, or name one with --data"
        )));
    }
    let everyday = everyday();
    let dataset = Dataset::read(data)?;
    let teaching = Teaching::new(&dataset, &everyday);
    let lessons = Lessons::new(&dataset, &teaching);
    for prompt in prompts {
        let (told, text) = read_as(prompt, &tokenizer, &own);
        print(told)?;
        print(taught(prompt, &text, &lessons))?;
    }
    if *all {
        table(&everyday, &lessons, data)?;
        let shares = teaching.shares().into_iter();
        let shares = shares.map(|(kind, share)| format!("{} {:.0} %", kind.name(), 100.0 * share));
        note(format!(
            "Training draws by kind of caption: {}.",
            shares.collect::<Vec<_>>().join(", ")
        ));
        let held = dataset.entries.iter().filter(|entry| entry.split != Split::Train).count();
        note(format!(
            "Of {held} held-out pictures {} have a near copy among the training pictures.",
            leaks(&dataset)
        ));
    }
    sheets.as_ref().map_or(Ok(()), |folder| write_sheets(folder, &everyday, &lessons))
}

/// How many pictures are in a row of a style's sheet, and how many are shown for an everyday word.
const COLUMNS: usize = 30;
const SHOWN: usize = 8;
/// How many everyday words are shown, evenly spaced among all; two of them are in a row.
const WORDS: usize = 100;

fn write_sheets(folder: &Path, everyday: &WordTable, lessons: &Lessons<'_>) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|source| Error::write(folder, source))?;
    let write = |name: &str, cells: &[Cell<'_>], columns: usize| {
        let path = folder.join(format!("{}.png", name.replace(' ', "-")));
        let problem = "it would show no pictures, or too many for one sheet";
        let sheet = sheet(cells, columns)
            .ok_or_else(|| Error::dataset(path.display().to_string(), problem))?;
        picture::write(&path, &sheet)?;
        print(path.display())
    };
    for style in lessons.styles() {
        write(&style, &lessons.of_style(&style), COLUMNS)?;
    }
    let words: Vec<(&str, &[String])> = everyday.words().collect();
    let chosen = words.iter().step_by((words.len() / WORDS).max(1)).take(WORDS);
    let mut cells: Vec<Cell<'_>> = Vec::new();
    for (word, _) in chosen {
        cells.push((None, format!("“{word}”:")));
        let shown = lessons.shown(word).into_iter().map(Some).chain(std::iter::repeat(None));
        cells.extend(shown.take(SHOWN).map(|shown| {
            shown
                .map_or((None, String::new()), |(picture, label)| (Some(picture), label.to_owned()))
        }));
    }
    write("everyday words", &cells, 2 * (1 + SHOWN))
}

/// Returns sentences about how a prompt is read, and the text that it is read as.
fn read_as(prompt: &str, tokenizer: &Tokenizer, words: &WordTable) -> (String, String) {
    let typed = Typed::new(prompt, tokenizer.emoji());
    let (text, _) = tokenizer.emoji().read(&typed.text);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let quoted = short(prompt.trim(), 60);
    let read = words.read(&text).map_or(text.clone(), str::to_owned);
    let mut told = match read == prompt.trim() {
        true => format!("“{quoted}” is read as it is."),
        false => format!("“{quoted}” is read as “{read}”."),
    };
    for (word, nearest) in words.unknown(&read) {
        told += &format!(" This model was not taught “{}”", short(&word, 40));
        if !nearest.is_empty() {
            told += &format!("; the nearest words that it knows are {}", nearest.join(", "));
        }
        told.push('.');
    }
    (told, read.to_lowercase())
}

/// Returns a sentence about the dataset's pictures whose captions are the prompt, by style and by label.
fn taught(prompt: &str, text: &str, lessons: &Lessons<'_>) -> String {
    let typed = prompt.trim().to_lowercase();
    let tries = [
        text.to_owned(),
        text.trim_start_matches("the ").trim_end_matches(['.', '!', '?']).to_owned(),
        typed,
        singular(text),
    ];
    let found = tries.into_iter().map(|words| (lessons.of(&words), words));
    let Some((lesson, words)) = found.into_iter().find(|(lesson, _)| !lesson.labels.is_empty())
    else {
        return "  No picture of the dataset has exactly this caption.".into();
    };
    let styles: Vec<String> =
        lesson.styles.iter().map(|(style, count)| format!("{} {count}", called(style))).collect();
    let labels: Vec<String> = by_share(&lesson)
        .into_iter()
        .map(|(label, share)| format!("{label} {:.0} %", 100.0 * share))
        .collect();
    format!(
        "  {} of the dataset with the caption “{words}”: {}.\n  Training draws with this caption \
         show: {}.",
        counted(lesson.styles.values().sum(), "picture"),
        styles.join(", "),
        labels.join(", ")
    )
}

fn called(style: &str) -> &str {
    if style.is_empty() { "without a style" } else { style }
}

/// Returns a lesson's labels, in descending order of their share of the draws.
fn by_share<'a>(lesson: &Lesson<'a>) -> Vec<(&'a str, f64)> {
    let mut labels: Vec<(&str, f64)> =
        lesson.labels.iter().map(|(label, share)| (*label, *share)).collect();
    labels.sort_by(|a, b| b.1.total_cmp(&a.1));
    labels
}

/// Writes a row for each everyday word.
fn table(everyday: &WordTable, lessons: &Lessons<'_>, data: &Path) -> Result<()> {
    let styles = lessons.styles();
    print(format!("word\tmeans\ttaught\tright\t{}\tshows", styles.join("\t")))?;
    let mut verdicts: BTreeMap<Verdict, usize> = BTreeMap::new();
    for (word, labels) in everyday.all() {
        let lesson = lessons.of(word);
        let verdict = lesson.verdict(word, labels);
        *verdicts.entry(verdict).or_default() += 1;
        let counts: Vec<String> = styles
            .iter()
            .map(|style| lesson.styles.get(style.as_str()).copied().unwrap_or(0).to_string())
            .collect();
        let shows: Vec<&str> = by_share(&lesson).into_iter().map(|(label, _)| label).collect();
        print(format!(
            "{word}\t{}\t{}\t{:.2}\t{}\t{}",
            labels.join(","),
            verdict.name(),
            lesson.right(word, labels),
            counts.join("\t"),
            shows.join(",")
        ))?;
    }
    let told: Vec<String> =
        verdicts.iter().map(|(verdict, count)| format!("{} {count}", verdict.name())).collect();
    let all: usize = verdicts.values().sum();
    note(format!("Of {all} everyday words {} teaches: {}.", data.display(), told.join(", ")));
    Ok(())
}
