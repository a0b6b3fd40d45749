//! The prompt: earlier ones come back, and names that the model knows are offered.

use super::offer::Brought;
use super::protocol::Chip;
use super::state::State;
use super::turn::Turn;

impl State {
    /// Returns the prompts that were drawn before, the newest first, each once.
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

impl Turn {
    /// An earlier prompt goes into the form, or a later one; after the last, what stood there
    /// first.
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

    /// A name goes into the prompt, in place of the part that it stands for.
    pub(super) fn take_chip(&mut self, Chip { part, name }: &Chip) {
        let prompt = &mut self.state.form.prompt;
        let lower = prompt.to_lowercase();
        // Lower case may have other lengths in some scripts: those are no part that has a name here.
        let found = lower.find(part.as_str()).filter(|_| lower.len() == prompt.len());
        match found.filter(|_| !part.is_empty()) {
            Some(at) if prompt.is_char_boundary(at) && prompt.is_char_boundary(at + part.len()) => {
                prompt.replace_range(at..at + part.len(), name);
            }
            _ => prompt.clone_from(name),
        }
    }

    /// A recipe is brought by the visitor: it holds, whatever the page was about to show.
    pub(super) fn bring_new(&mut self, brought: Brought) {
        let state = &mut self.state;
        (state.follows_model, state.unset, state.landing) = (false, Vec::new(), None);
        self.bring(brought);
    }
}
