//! The one place where the page's state changes.

use std::rc::Rc;

use super::action::{Action, HistoryAction};
use super::effect::Effect;
use super::history::HistoryEntry;
use super::protocol::Request;
use super::run::StageRun;
use super::state::{Engine, State, StopReason};
use super::turn::{Turn, sampling};
use crate::image::Image;

/// Said once if the browser keeps no history.
const CLOSED: &str = "This browser keeps no history here, perhaps because this is a private window: \
                      download what you want to keep. It is here until the page is closed.";
/// Said if there is no room.
const FULL: &str = "This browser has no room to keep the picture: download it, or delete some of the \
                    history. It is here until the page is closed.";

/// Returns the state after an action, and what is to be done outside it.
pub fn update(state: State, action: Action) -> (State, Vec<Effect>) {
    let is_read = |state: &State| state.loaded().map(|_| state.prompts());
    let (read, kept) = (is_read(&state), state.keeps_something());
    let mut turn = Turn { state, effects: Vec::new() };
    turn.handle(action);
    let now = is_read(&turn.state);
    if now.is_some() && now != read {
        turn.ask_for_reading();
    }
    if turn.state.keeps_something() && !kept {
        turn.effects.push(Effect::AskToPersist);
    }
    (turn.state, turn.effects)
}

impl Turn {
    fn handle(&mut self, action: Action) {
        let state = &mut self.state;
        match action {
            Action::Worker(worker, event) => {
                if worker == state.worker && !matches!(state.engine, Engine::Stopped(_)) {
                    self.hear(event);
                }
            }
            Action::Edit(edit) => {
                let (seed, before) = (state.form.seed, sampling(&state.form));
                edit(&mut state.form);
                state.seed_is_fresh |= state.form.seed != seed;
                if sampling(&state.form) != before {
                    (state.follows_model, state.unset) = (false, Vec::new());
                }
            }
            Action::Follow(address) => self.follow(address),
            Action::Bring(brought) => {
                (state.follows_model, state.unset) = (false, Vec::new());
                self.bring(brought);
            }
            Action::Refuse(problem) => state.refused = problem,
            Action::RollSeed => self.effects.push(Effect::RollSeed { draws: false }),
            Action::Rolled { seed, draws } => {
                state.form.seed = seed;
                state.seed_is_fresh = !draws;
                if draws {
                    self.draw_form();
                }
            }
            Action::LockSeed(locked) => state.seed_is_locked = locked,
            Action::ChooseDevice(device) => {
                (state.device, state.trouble) = (device, None);
                self.restart_and_go_on("Loading the model.");
            }
            Action::ChooseModel(folder) => {
                // Whatever was brought, the visitor's choice holds.
                (state.folder, state.brought) = (folder, None);
                self.restart_and_go_on("Loading the model.");
            }
            Action::Restart => self.restart_and_go_on("Loading the model."),
            Action::Models(models) => {
                state.models = Some(models);
                if let Some(differs) = self.bring_again() {
                    self.state.status += &format!(" {differs}");
                }
            }
            Action::Reload => {
                let mut form = state.form.clone();
                if let Some(model) = state.chosen() {
                    (form.model, form.model_hash) = (model.name.clone(), model.hash.clone());
                }
                self.effects.push(Effect::Reload(form));
            }
            Action::Draw => self.draw(),
            Action::DrawGrid(grid) => {
                if !self.is_refused() {
                    self.state.grid = Some(grid);
                    self.next_cell();
                }
            }
            Action::CloseGrid => state.grid = None,
            Action::Stop => self.stop(),
            Action::Cancel => {
                self.stop();
                self.send(Request::Cancel);
            }
            Action::Look(step) => state.run.iter_mut().for_each(|run| run.looking = step),
            Action::Decode(step) => {
                let Some(run) = &mut state.run else { return };
                run.looking = Some(step);
                if let Some(job) = run.job() {
                    self.send(Request::Decode { job, step });
                }
            }
            Action::ShowNoisy(noisy) => state.noisy = noisy,
            Action::Say(status) => state.status = status,
            Action::ForgetWeights => self.send(Request::Forget),
            Action::Promised(promised) => state.promised = Some(promised),
            Action::History(action) => self.handle_history(action),
        }
    }

    fn handle_history(&mut self, action: HistoryAction) {
        let state = &mut self.state;
        match action {
            HistoryAction::Kept { key, recipe, png } => {
                if key.is_none() && !state.history_is_closed {
                    state.status = FULL.into();
                }
                if key.is_some_and(|key| state.history.iter().any(|entry| entry.key == key)) {
                    // It was recalled in the meantime.
                    return;
                }
                let key = key.unwrap_or_else(|| HistoryEntry::unstored_key(&state.history));
                let entry = HistoryEntry { key, recipe: *recipe, unknown: Vec::new(), png };
                state.history.insert(0, Rc::new(entry));
            }
            HistoryAction::Recall => self.effects.push(Effect::Recall),
            HistoryAction::Recalled(entries) => {
                state.history_is_closed = false;
                let old = |key| state.history.iter().find(|entry| entry.key == key).cloned();
                let kept = entries.into_iter().map(|entry| old(entry.key).unwrap_or(entry));
                let unstored = state.history.iter().filter(|entry| !entry.is_stored());
                let mut all: Vec<_> = kept.chain(unstored.cloned()).collect();
                all.sort_by_key(|entry| std::cmp::Reverse(entry.key));
                state.history = all;
            }
            HistoryAction::Closed => {
                if !state.history_is_closed {
                    state.status = CLOSED.into();
                }
                state.history_is_closed = true;
            }
            HistoryAction::Remove(key) => {
                let is_unstored =
                    |key| state.history.iter().any(|entry| entry.key == key && !entry.is_stored());
                let is_only_here = key.map_or(state.history_is_closed, is_unstored);
                match is_only_here {
                    true => self.removed(key),
                    false => self.effects.push(Effect::Remove(key)),
                }
            }
            HistoryAction::Removed(key) => self.removed(key),
            // The run that is drawn stays on stage, so that its end is heard.
            HistoryAction::Open(_) if state.is_drawing() => {}
            HistoryAction::Open(entry) => match Image::from_png(&entry.png) {
                Ok(picture) => {
                    state.status = format!("“{}”, from the history.", entry.recipe.prompt);
                    state.run = Some(StageRun::opened(entry.recipe.clone(), picture));
                    self.effects.push(Effect::ShowStage);
                }
                Err(error) => state.status = error.to_string(),
            },
        }
    }

    fn removed(&mut self, key: Option<u32>) {
        self.state.history.retain(|entry| key.is_some_and(|key| entry.key != key));
        let status = if key.is_some() { "Deleted." } else { "The history is empty." };
        self.state.status = status.into();
        self.effects.push(Effect::FocusHistory);
    }

    /// Returns whether the form is refused, and says why.
    fn is_refused(&mut self) -> bool {
        self.state.refused.iter().for_each(|problem| self.state.status.clone_from(problem));
        self.state.refused.is_some()
    }

    /// Draws the form, with a new seed if it is not to keep the last one's.
    fn draw(&mut self) {
        if self.is_refused() {
            return;
        }
        let state = &self.state;
        if !state.seed_is_locked && !state.seed_is_fresh {
            self.effects.push(Effect::RollSeed { draws: true });
            return;
        }
        self.draw_form();
    }

    fn draw_form(&mut self) {
        self.stop_grid();
        let state = &mut self.state;
        state.seed_is_fresh = false;
        let form = state.form.clone();
        match &mut state.engine {
            Engine::Ready { .. } => self.begin(form, None),
            Engine::Loading { waiting, .. } => {
                *waiting = Some(form.into());
                state.status = "This is drawn as soon as the model is loaded.".into();
            }
            Engine::Stopped(StopReason::Failed | StopReason::Outdated) => {}
        }
    }
}
