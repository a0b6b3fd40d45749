//! The one place where the page's state changes.

use super::action::Action;
use super::effect::Effect;
use super::landing::Session;
use super::protocol::{File, Request};
use super::state::{Engine, State};
use super::turn::{Turn, sampling};

/// The name under which the session of this tab is stored.
pub const SESSION: &str = "patchwork-session";
/// The name under which the page stores whether the settings are open.
pub const SETTINGS: &str = "patchwork-settings";

/// Returns the state after an action, and the effects.
pub fn update(state: State, action: Action) -> (State, Vec<Effect>) {
    let is_read = |state: &State| state.loaded().map(|_| state.prompts());
    let (read, kept, session) = (is_read(&state), state.keeps_something(), Session::of(&state));
    let mut turn = Turn { state, effects: Vec::new() };
    turn.handle(action);
    turn.finish_stage();
    let now = is_read(&turn.state);
    if now.is_some() && now != read {
        turn.ask_for_reading();
    }
    if turn.state.keeps_something() && !kept {
        turn.effects.push(Effect::AskToPersist);
    }
    let now = Session::of(&turn.state);
    if now != session {
        let text = serde_json::to_string(&now).unwrap_or_default();
        turn.effects.push(Effect::Remember { name: SESSION, text, is_of_tab: true });
    }
    (turn.state, turn.effects)
}

impl Turn {
    fn handle(&mut self, action: Action) {
        let state = &mut self.state;
        match action {
            Action::Worker(worker, event) => self.hear_of(worker, event),
            Action::Edit(edit) => {
                let before = state.form.clone();
                edit(&mut state.form);
                state.seed_is_fresh |= state.form.seed != before.seed;
                state.follows_device &= state.form.count == before.count;
                state.follows_style &= state.form.style == before.style;
                if sampling(&state.form) != sampling(&before) {
                    (state.follows_model, state.unset) = (false, Vec::new());
                }
                if state.form.prompt != before.prompt {
                    state.earlier = None;
                }
                // A visitor who edits the recipe of a link wants the edited one drawn, on request.
                let is_changed = state.form != before;
                state.landing.take_if(|landing| landing.is_form && is_changed);
            }
            Action::Earlier { back } => self.earlier(back),
            Action::TakeChip(chip) => {
                self.take_chip(&chip);
                self.effects.push(Effect::Focus("#prompt"));
            }
            Action::Follow(address) => self.follow_here(address),
            Action::Bring(brought) => self.bring_new(brought),
            Action::Refuse(problem) => state.refused = problem,
            Action::RollSeed => self.effects.push(Effect::RollSeed { draws: false }),
            Action::Rolled { seed, draws } => {
                state.form.seed = seed;
                state.seed_is_fresh = !draws;
                if draws {
                    self.draw_form();
                }
            }
            Action::KeepSeed { keeps, seed } => {
                state.form.seed = seed.unwrap_or(state.form.seed);
                state.keeps_seed = keeps;
                let seed = state.form.seed;
                self.say(match keeps {
                    true => format!("The next pictures keep seed {seed}."),
                    false => "Each picture gets a new seed.".into(),
                });
            }
            Action::UseSeed(seed) => {
                (state.form.seed, state.seed_is_fresh) = (seed, true);
                self.say(format!("The next picture has seed {seed}."));
            }
            Action::ShowSettings(shows) => {
                state.shows_settings = shows;
                let text = if shows { "open" } else { "" }.into();
                self.effects.push(Effect::Remember { name: SETTINGS, text, is_of_tab: false });
            }
            Action::ChooseDevice(device) => {
                let before = (state.device, state.folder.clone());
                (state.device, state.trouble, state.avoids_gpu) = (device, None, None);
                self.switch(before);
            }
            Action::ChooseModel(folder) => {
                let before = (state.device, state.folder.clone());
                // The visitor's choice takes precedence over a brought recipe.
                (state.folder, state.brought) = (folder, None);
                self.switch(before);
            }
            Action::Restart => {
                self.restart_and_go_on("Loading the model.");
                self.effects.push(Effect::Focus(".stage"));
            }
            Action::Models(models) => {
                state.models = Some(models);
                if let (true, Some(model)) = (state.follows_style, state.chosen()) {
                    state.form.style = model.style.clone();
                }
                if let Some(differs) = self.bring_again() {
                    self.add(&differs);
                }
                self.wake();
            }
            Action::Cached(is_cached) => {
                state.is_cached = Some(is_cached);
                self.wake();
            }
            Action::Reload => {
                let mut form = state.form.clone();
                if let Some(model) = state.chosen() {
                    (form.model, form.model_hash) = (model.name.clone(), model.hash.clone());
                }
                self.effects.push(Effect::Reload(form));
            }
            Action::Draw => self.draw(),
            Action::DrawAgain(recipe) => self.draw_again(*recipe),
            Action::DrawGrid(grid) => self.draw_grid(grid),
            Action::OpenCell(cell) => self.open_cell(cell),
            Action::CloseGrid => {
                state.grid = None;
                self.effects.push(Effect::Focus(".grid summary"));
            }
            Action::Stop => self.stop(),
            Action::Cancel => {
                let waits = matches!(state.engine, Engine::Loading { waiting: Some(_), .. });
                let draws = state.is_drawing();
                self.stop();
                if draws {
                    self.send(Request::Cancel);
                } else if waits {
                    self.effects.push(Effect::Focus("#prompt"));
                }
            }
            Action::Look(stop) => {
                state.run.iter_mut().for_each(|run| run.looking = stop);
                self.tell_stage();
            }
            Action::Play(plays) => state.is_playing = plays,
            Action::Decode(step) => {
                let Some(run) = &mut state.run else { return };
                // The prediction of the clean latent (x₀) is decoded, not the noisy latent.
                (run.looking, state.noisy) = (Some(step), false);
                let job = run.job;
                self.send(Request::Decode { job, step });
            }
            Action::ShowNoisy(noisy) => {
                state.noisy = noisy;
                self.tell_stage();
            }
            Action::OpenOne(i) => self.open_one(i),
            Action::BackToRun => {
                state.opened = None;
                self.tell_stage();
                self.effects.push(Effect::Focus(".stage"));
            }
            Action::ChooseFinish(finish) => self.choose_finish(finish),
            Action::Save(i) => self.save(i),
            Action::SaveAll { archive, is_history } => self.save_all(archive, is_history),
            Action::Say(status) => self.say(status),
            Action::Warn(status) => self.warn(status),
            Action::OpenFile { name, bytes } => {
                if self.has_engine("Files are read by the engine") {
                    self.state.opening = Some(bytes.as_slice().into());
                    self.send(Request::Open { name, file: File(bytes) });
                }
            }
            Action::ListConcepts => {
                if state.concepts.begin(&state.folder) {
                    self.effects.push(Effect::ListConcepts(self.state.folder.clone()));
                }
            }
            Action::Concepts { folder, text } => state.concepts.hear(&folder, text.as_deref()),
            Action::ForgetWeights => self.send(Request::Forget),
            Action::Promised(promised) => state.promised = Some(promised),
            Action::History(action) => self.handle_history(action),
        }
    }

    /// Describes what is on stage in the status.
    pub(super) fn tell_stage(&mut self) {
        let text = self.state.describe_stage();
        if !text.is_empty() && text != self.state.status.text {
            self.say(text);
        }
    }
}
