//! One turn of the page: the state as it changes, and what is to be done.

use super::effect::Effect;
use super::grid::Grid;
use super::offer::{Brought, offered};
use super::protocol::{DeviceChoice, Reading, Request};
use super::run::{Origin, StageRun};
use super::state::{Engine, Job, Loaded, Loading, State};
use crate::recipe::address::{Address, SAMPLING, standard};
use crate::recipe::{Defaults, Recipe};
use crate::tools::words::meant;

/// The state of a turn, and the effects that it has so far.
pub(super) struct Turn {
    pub(super) state: State,
    pub(super) effects: Vec<Effect>,
}

/// Returns the part of a recipe that the model chooses unless the visitor does.
pub(super) fn sampling(recipe: &Recipe) -> (Defaults, Option<f64>) {
    let Recipe { sampler, steps, guidance, guidance_interval, shift, .. } = recipe.clone();
    (Defaults { sampler, steps, guidance, guidance_interval }, shift)
}

impl State {
    /// Returns the page as it opens, with the recipe of its address, and what it asks for first.
    pub fn open(address: Address) -> (Self, Vec<Effect>) {
        let state = Self {
            engine: Engine::Loading { loading: Loading::default(), waiting: None },
            worker: 0,
            device: DeviceChoice::Auto,
            models: None,
            folder: "./models/stickers".into(),
            form: address.recipe.clone(),
            follows_model: false,
            unset: Vec::new(),
            seed_is_locked: true,
            seed_is_fresh: true,
            refused: None,
            prompt_reading: Reading::default(),
            negative_reading: Reading::default(),
            brought: None,
            run: None,
            jobs: 0,
            noisy: false,
            grid: None,
            history: Vec::new(),
            history_is_closed: false,
            promised: None,
            status: String::new(),
            trouble: None,
        };
        let mut turn = Turn { state, effects: Vec::new() };
        turn.restart("Loading the model.", None);
        turn.effects.extend([Effect::ListModels, Effect::Recall]);
        turn.follow(address);
        (turn.state, turn.effects)
    }
}

impl Turn {
    /// Tells the worker something.
    pub(super) fn send(&mut self, request: Request) {
        self.effects.push(Effect::Send(request));
    }

    /// Takes an address into the form. The visitor hears what makes no sense in it once the model is
    /// loaded.
    pub(super) fn follow(&mut self, address: Address) {
        let Address { recipe, unset, unknown } = address;
        let status = self.state.status.clone();
        let what = "The link's recipe is in the form".into();
        let is_asked = recipe != standard();
        self.bring(Brought { what, is_of_picture: false, recipe, unknown });
        let state = &mut self.state;
        (state.follows_model, state.unset) = (unset.len() == SAMPLING.len(), unset);
        if state.loading().is_some() {
            state.status = status;
        }
        if !is_asked && state.brought.as_ref().is_some_and(|brought| brought.unknown.is_empty()) {
            state.brought = None;
        }
        state.form = state.as_the_model(state.form.clone());
    }

    /// Starts a worker anew, which draws `waiting` when it is ready.
    pub(super) fn restart(&mut self, status: &str, waiting: Option<Box<Recipe>>) {
        let state = &mut self.state;
        state.status = status.into();
        state.worker += 1;
        state.engine = Engine::Loading { loading: Loading::default(), waiting };
        let (number, model, device) = (state.worker, state.folder.clone(), state.device);
        self.effects.push(Effect::StartWorker { number, model, device });
    }

    /// Starts a worker anew. What it was drawing, or what waited, is drawn when it is ready.
    pub(super) fn restart_and_go_on(&mut self, status: &str) {
        let waiting = match &self.state.engine {
            Engine::Loading { waiting, .. } => waiting.clone(),
            Engine::Ready { job: Job::Drawing, .. } => {
                let run = self.state.run.as_ref().filter(|run| run.cell().is_none());
                run.map(|run| Box::new(run.recipe.clone()))
            }
            _ => None,
        };
        self.restart(status, waiting);
    }

    /// Nothing more is drawn than what is drawn now.
    pub(super) fn stop(&mut self) {
        if let Engine::Loading { waiting, .. } = &mut self.state.engine
            && waiting.take().is_some()
        {
            self.state.status = "Nothing waits any more.".into();
        }
        self.stop_grid();
    }

    pub(super) fn stop_grid(&mut self) {
        self.state.grid.iter_mut().for_each(|grid| grid.is_drawing = false);
    }

    /// Draws a recipe, for a cell of the grid if it is for one. Nothing happens unless the model is
    /// there.
    pub(super) fn begin(&mut self, mut recipe: Recipe, cell: Option<usize>) {
        let state = &mut self.state;
        let Engine::Ready { loaded, job } = &mut state.engine else { return };
        // A picture's recipe says all that it was drawn with.
        let model = &loaded.model;
        recipe.shift = recipe.shift.or(model.shift);
        (recipe.model, recipe.model_hash) = (model.name.clone(), model.hash.clone());
        if let Some(style) = meant(&recipe.style, &model.styles) {
            recipe.style.clone_from(style);
        }
        *job = Job::Drawing;
        state.status = "Starting.".into();
        state.jobs += 1;
        let (worker, job) = (state.worker, state.jobs);
        state.run = Some(StageRun::new(Origin::Worker { worker, job, cell }, recipe.clone()));
        self.send(Request::Draw { job, recipe: recipe.clone().into() });
        if cell.is_none() {
            self.effects.push(Effect::ShowAddress(recipe));
        }
    }

    /// Draws the grid's next cell, if it is being drawn.
    pub(super) fn next_cell(&mut self) {
        let grid = self.state.grid.as_ref().filter(|grid| grid.is_drawing);
        match grid.and_then(Grid::next) {
            Some((cell, recipe)) => self.begin(recipe, Some(cell)),
            None => self.stop_grid(),
        }
    }
}

impl State {
    /// Returns `recipe` as the model draws best, unless the visitor chose otherwise; of a link,
    /// what it leaves open.
    pub(super) fn as_the_model(&self, mut recipe: Recipe) -> Recipe {
        let Some(Loaded { model, .. }) = self.loaded() else { return recipe };
        let own = model.defaults.over(recipe.clone());
        let own = offered(Recipe { shift: model.shift, ..own }, Some(model)).0;
        if self.follows_model {
            return Recipe { style: recipe.style, ..own };
        }
        for name in &self.unset {
            match *name {
                "sampler" => recipe.sampler.clone_from(&own.sampler),
                "steps" => recipe.steps = own.steps,
                "guidance" => recipe.guidance = own.guidance,
                "shift" => recipe.shift = own.shift,
                "guidance_interval" => recipe.guidance_interval = own.guidance_interval,
                other => unreachable!("{other} is not among SAMPLING"),
            }
        }
        recipe
    }
}
