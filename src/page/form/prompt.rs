//! The prompt: bringing back earlier prompts, and taking in names that the model knows.

use std::ops::Range;

use super::Form;
use crate::page::facts::Chip;
use crate::recipe::Recipe;

/// Returns the range of whole words in a prompt, whatever their case.
fn word_at(prompt: &str, words: &str) -> Option<Range<usize>> {
    let lower = prompt.to_lowercase();
    // In some scripts lower case has another length in bytes: then nothing is found.
    let is_alike = lower.len() == prompt.len();
    let mut found = lower.match_indices(words).filter(|_| is_alike && !words.is_empty());
    let at = found.find(|(at, _)| {
        let ends = [lower[..*at].chars().next_back(), lower[at + words.len()..].chars().next()];
        !ends.into_iter().flatten().any(char::is_alphanumeric)
    });
    at.map(|(at, _)| at..at + words.len()).filter(|range| prompt.get(range.clone()).is_some())
}

impl Form {
    /// Puts an earlier prompt into the form, or a later one; after the newest, the one that the
    /// visitor began with. `drawn` are the recipes that were drawn before, newest first.
    pub(in crate::page) fn earlier<'a>(
        &mut self,
        back: bool,
        drawn: impl Iterator<Item = &'a Recipe>,
    ) {
        let (at, first) = match self.earlier.take() {
            Some((at, first)) => (Some(at), first),
            None if back => (None, self.recipe.prompt.clone()),
            None => return,
        };
        let mut prompts: Vec<&str> = Vec::new();
        for prompt in drawn.map(|recipe| recipe.prompt.as_str()) {
            if !prompt.trim().is_empty() && prompt != first && !prompts.contains(&prompt) {
                prompts.push(prompt);
            }
        }
        let at = match (at, back) {
            (None, _) => Some(0),
            (Some(at), true) => Some((at + 1).min(prompts.len().saturating_sub(1))),
            (Some(at), false) => at.checked_sub(1),
        };
        match at.and_then(|at| Some((at, prompts.get(at)?))) {
            Some((at, prompt)) => {
                self.chosen.prompt = Some((*prompt).to_owned());
                self.earlier = Some((at, first));
            }
            None => self.chosen.prompt = Some(first),
        }
    }

    /// Puts a name into the prompt, in place of the part that it stands for or, if that is empty,
    /// of the whole prompt. The previous prompt comes back as a later one. Does nothing if the part
    /// is gone from the prompt.
    pub(super) fn take_chip(&mut self, Chip { part, name }: &Chip) {
        let before = self.recipe.prompt.clone();
        let prompt = self.chosen.prompt.get_or_insert_default();
        match word_at(prompt, part) {
            _ if part.is_empty() => prompt.clone_from(name),
            Some(range) => prompt.replace_range(range, name),
            None => return,
        }
        self.earlier = Some((0, before)).filter(|(_, before)| !before.trim().is_empty());
    }
}
