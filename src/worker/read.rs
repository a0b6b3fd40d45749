//! The report on how the model reads the prompts, for the page's input fields.

use super::post;
use crate::page::facts::{Chip, Reading};
use crate::page::protocol::Event;
use crate::pipeline::Pipeline;
use crate::pipeline::notes::{cleaned, looked_up, vocabulary};
use crate::text::reader::{LookedUp, TextReader};

/// The largest number of names that are suggested.
const CHIPS: usize = 6;

/// Sends the page an event about how both prompts are read.
pub(super) fn read(pipeline: &Pipeline, prompt: &str, negative: &str) {
    let Some(reader) = &pipeline.text else { return };
    let typed = [prompt, negative].map(|text| reader.typed(text));
    let [mut notes, negative_notes] =
        [cleaned("prompt", &typed[0]), cleaned("negative prompt", &typed[1])];
    let [prompt, negative] = [&typed[0].text, &typed[1].text];
    let mut found = reader.look_up(prompt);
    // A word that is still being typed is not unknown yet.
    let typed = prompt.to_lowercase();
    found.unknown.retain(|(word, _)| !typed.ends_with(word.as_str()) || !reader.words.begins(word));
    notes.extend(looked_up(prompt, &found));
    let reading = |what: &str, text: &str, mut notes: Vec<String>, chips: Vec<Chip>| {
        let tokens = reader.tokens(text).ok()?;
        notes.extend(vocabulary(what, text, &tokens));
        Some(Reading { tokens: tokens.total, cut: tokens.cut, notes, chips })
    };
    if let (Some(prompt), Some(negative)) = (
        reading("prompt", &found.text, notes, chips(reader, prompt, &found)),
        reading("negative prompt", negative, negative_notes, Vec::new()),
    ) {
        post(&Event::Read { prompt, negative });
    }
}

/// Returns names that the model knows: names near an unknown word, and names that begin with the prompt.
fn chips(reader: &TextReader, prompt: &str, found: &LookedUp) -> Vec<Chip> {
    let near = found.unknown.iter().flat_map(|(word, nearest)| {
        nearest.iter().map(|name| Chip { part: word.clone(), name: name.clone() })
    });
    let begun = reader.words.beginning_with(prompt);
    let begun = begun.map(|name| Chip { part: String::new(), name: name.to_owned() });
    near.chain(begun).take(CHIPS).collect()
}
