//! The prompt: bringing back earlier prompts, and taking in names that the model knows.

use std::ops::Range;

use super::facts::Chip;
use super::offer::Brought;
use super::state::State;
use super::turn::Turn;

impl State {
    /// Returns the prompts that were drawn before, newest first, each once.
    fn earlier_prompts(&self) -> Vec<&str> {
        let run = self.run.iter().map(|run| &run.recipe);
        let kept = self.history.iter().filter_map(|entry| entry.recipe.as_ref());
        let mut all: Vec<&str> = Vec::new();
        for recipe in run.chain(kept) {
            let prompt = recipe.prompt.as_str();
            if !prompt.trim().is_empty() && !all.contains(&prompt) {
                all.push(prompt);
            }
        }
        all
    }
}

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

impl Turn {
    /// Puts an earlier prompt into the form, or a later one; after the newest, the one that the
    /// visitor began with.
    pub(super) fn earlier(&mut self, back: bool) {
        let state = &self.state;
        let first = match &state.earlier {
            Some((_, first)) => first.clone(),
            None => state.form.prompt.clone(),
        };
        let prompts: Vec<String> = state.earlier_prompts().into_iter().map(str::to_owned).collect();
        let prompts: Vec<String> = prompts.into_iter().filter(|prompt| *prompt != first).collect();
        let at = match (state.earlier.as_ref().map(|(at, _)| *at), back) {
            (None, true) => Some(0),
            (Some(at), true) => Some((at + 1).min(prompts.len().saturating_sub(1))),
            (Some(at), false) => at.checked_sub(1),
            (None, false) => return,
        };
        let state = &mut self.state;
        match at.and_then(|at| Some((at, prompts.get(at)?))) {
            Some((at, prompt)) => {
                state.form.prompt.clone_from(prompt);
                state.earlier = Some((at, first));
            }
            None => (state.form.prompt, state.earlier) = (first, None),
        }
    }

    /// Puts a name into the prompt, in place of the part that it stands for or, if that is empty,
    /// of the whole prompt. The previous prompt comes back as a later one. Does nothing if the part
    /// is gone from the prompt.
    pub(super) fn take_chip(&mut self, Chip { part, name }: &Chip) {
        let prompt = &mut self.state.form.prompt;
        let before = prompt.clone();
        match word_at(prompt, part) {
            _ if part.is_empty() => prompt.clone_from(name),
            Some(range) => prompt.replace_range(range, name),
            None => return,
        }
        self.state.earlier = Some((0, before)).filter(|(_, before)| !before.trim().is_empty());
    }

    /// Takes a recipe that the visitor brought into the form. It replaces the picture that the page
    /// was about to show.
    pub(super) fn bring_new(&mut self, brought: Brought) {
        let state = &mut self.state;
        (state.follows_model, state.unset) = (false, Vec::new());
        (state.landing, state.earlier) = (None, None);
        self.bring(brought);
    }
}
