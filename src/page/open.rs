//! The page when it is opened.

use super::concepts::Concepts;
use super::effect::Effect;
use super::facts::Reading;
use super::landing::{Landing, Session};
use super::offer::Brought;
use super::protocol::DeviceChoice;
use super::shown::Finishing;
use super::state::{Engine, State, Status};
use super::trash::Trash;
use super::turn::Turn;
use crate::recipe::address::{Address, SAMPLING, standard};

/// What this browser stores of earlier visits, and of this tab.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Remembered {
    /// The session of this tab.
    pub session: Option<Session>,
    /// Whether this tab had the same address before: the page is reloaded, and no new link is followed.
    pub is_same_address: bool,
    /// Whether the settings were open.
    pub shows_settings: bool,
    /// Keys of deleted pictures that are still in the store.
    pub trash: Vec<u32>,
}

impl State {
    /// Returns the state of the page when it is opened, with the recipe of its address, and its
    /// first effects.
    pub fn open(address: Address, remembered: Remembered) -> (Self, Vec<Effect>) {
        let Remembered { session, is_same_address, shows_settings, trash } = remembered;
        let is_bare = address.unset.len() == SAMPLING.len() && address.recipe.prompt.is_empty();
        let session = session.filter(|_| is_bare || is_same_address);
        let is_link = address.recipe != standard();
        let recipe = match &session {
            Some(session) => session.shown.clone(),
            None => is_link.then(|| address.recipe.clone()),
        };
        let is_form = session.is_none();
        let state = Self {
            engine: Engine::Asleep,
            worker: 0,
            next: None,
            workers: 0,
            device: DeviceChoice::Auto,
            avoids_gpu: None,
            models: None,
            folder: "./models/stickers".into(),
            form: address.recipe.clone(),
            follows_model: false,
            follows_style: !is_link,
            follows_device: !is_link,
            unset: Vec::new(),
            keeps_seed: false,
            seed_is_fresh: false,
            refused: None,
            prompt_reading: Reading::default(),
            negative_reading: Reading::default(),
            earlier: None,
            brought: None,
            landing: recipe.map(|recipe| Landing { recipe, is_form, is_new: false }),
            is_cached: None,
            run: None,
            opened: None,
            opening: None,
            finishing: Finishing::default(),
            archives: Vec::new(),
            jobs: 0,
            noisy: false,
            is_playing: false,
            grid: None,
            history: Vec::new(),
            trash: Trash::left_over(trash.clone()),
            history_is_closed: false,
            promised: None,
            is_outdated: false,
            status: Status::default(),
            trouble: None,
            shows_settings,
            concepts: Concepts::default(),
        };
        let mut turn = Turn { state, effects: Vec::new() };
        if !is_link {
            turn.restart("Loading the model.", None);
        }
        turn.effects.extend(turn.state.questions());
        if !trash.is_empty() {
            turn.effects.push(Effect::Purge(trash));
        }
        turn.follow(address);
        turn.state.status = Status { text: "Loading the model.".into(), is_bad: false };
        if let Some(session) = session {
            (turn.state.form, turn.state.keeps_seed) = (session.form, session.keeps_seed);
            turn.state.follows_model = session.follows_model;
            turn.state.follows_style = session.follows_style;
            turn.state.seed_is_fresh = session.seed_is_fresh;
            turn.state.unset = Vec::new();
        }
        (turn.state, turn.effects)
    }
}

impl Turn {
    /// Takes an address into the form. What is invalid in it is reported once the model is loaded.
    /// Returns whether, as far as is known, all of it is valid.
    pub(super) fn follow(&mut self, address: Address) -> bool {
        let Address { recipe, unset, has_style, unknown } = address;
        let what = "The link's recipe is in the form".into();
        let is_asked = recipe != standard();
        let follows_device = self.state.follows_device && !is_asked;
        let is_clear = self.bring(Brought { what, is_of_picture: false, recipe, unknown });
        let state = &mut self.state;
        (state.follows_model, state.unset) = (unset.len() == SAMPLING.len(), unset);
        state.follows_style = !has_style;
        state.follows_device = follows_device;
        state.seed_is_fresh = is_asked;
        if !is_asked && state.brought.as_ref().is_some_and(|brought| brought.unknown.is_empty()) {
            state.brought = None;
        }
        state.form = state.as_the_model(state.form.clone());
        is_clear
    }

    /// Follows a link in the open page: shows its picture from the history, or draws it.
    pub(super) fn follow_here(&mut self, address: Address) {
        let recipe = address.recipe.clone();
        let is_clear = self.follow(address);
        if !is_clear || self.state.is_drawing() || recipe == standard() {
            return;
        }
        (self.state.run, self.state.opened) = (None, None);
        self.state.landing = Some(Landing { recipe, is_form: true, is_new: false });
        self.land_on_history();
    }
}
