//! Starting a worker and replacing the current one, which goes on drawing until the new one is ready.

use super::effect::Effect;
use super::loading::Loading;
use super::offer::offered;
use super::protocol::DeviceChoice;
use super::state::{Engine, Job, Loaded, Next, State};
use super::turn::{Turn, sampling};
use crate::recipe::Recipe;

/// The message if a worker ended while it was putting a file together.
const LOST: &str = "The file that was being made is lost: ask for it again.";

impl Turn {
    /// Starts a worker in place of the current ones. It draws `waiting` when it is ready.
    pub(super) fn restart(&mut self, status: &str, waiting: Option<Box<Recipe>>) {
        self.say(status);
        let number = self.start_worker();
        self.state.engine = Engine::Loading { loading: Loading::default(), waiting };
        if self.use_worker(number) {
            self.add(LOST);
        }
        self.state.next = None;
    }

    /// Starts the engine if it is asleep. Returns whether there is one; if not, tells the visitor
    /// what to do.
    pub(super) fn has_engine(&mut self, what: &str) -> bool {
        match self.state.engine {
            Engine::Stopped => {
                let way =
                    if self.state.is_outdated { "reload the page" } else { "press Start again" };
                self.warn(format!("{what}: {way} first."));
            }
            Engine::Asleep => self.restart("Loading the model.", None),
            Engine::Loading { .. } | Engine::Ready { .. } => {}
        }
        self.state.engine != Engine::Stopped
    }

    /// Restarts the worker. The queued recipe, or else the one being drawn, is drawn when it is ready.
    pub(super) fn restart_and_go_on(&mut self, status: &str) {
        let waiting = match &self.state.engine {
            Engine::Loading { waiting, .. } => waiting.clone(),
            Engine::Ready { job: Job::Drawing, .. } => {
                let run = self.state.run.as_ref().filter(|run| run.cell.is_none());
                run.map(|run| Box::new(run.recipe.clone()))
            }
            _ => None,
        };
        self.restart(status, waiting);
    }

    /// Loads the chosen model on the chosen device. An engine that is ready goes on drawing until then.
    pub(super) fn switch(&mut self, before: (DeviceChoice, String)) {
        let before = self.state.next.take().map_or(before, |next| {
            self.effects.push(Effect::EndWorker(next.worker));
            next.before
        });
        let now = (self.state.device, self.state.folder.clone());
        match &self.state.engine {
            Engine::Asleep => {}
            Engine::Ready { .. } if before == now => self.say("It goes on as it was."),
            // The automatic choice was the CPU already.
            Engine::Ready { loaded, .. }
                if loaded.device.name == "CPU" && now == (DeviceChoice::Cpu, before.1.clone()) =>
            {
                self.say("It draws on the CPU already, and goes on.");
            }
            Engine::Ready { .. } => {
                let worker = self.start_worker();
                let loading = Loading::default();
                self.state.next = Some(Next { worker, loading, before, ready: None });
                self.say("Loading; until that is done, everything goes on as it was.");
            }
            Engine::Loading { .. } | Engine::Stopped => {
                self.restart_and_go_on("Loading the model.");
            }
        }
    }

    fn start_worker(&mut self) -> u32 {
        let state = &mut self.state;
        state.workers += 1;
        let device = match (&state.avoids_gpu, state.device) {
            (Some(_), DeviceChoice::Auto) => DeviceChoice::Cpu,
            (_, device) => device,
        };
        let (number, model) = (state.workers, state.folder.clone());
        self.effects.push(Effect::StartWorker { number, model, device });
        number
    }

    /// Sends requests to this worker from now on. Returns whether the last one was putting a file
    /// together, which is lost.
    fn use_worker(&mut self, number: u32) -> bool {
        self.state.worker = number;
        self.forget_asked();
        self.effects.push(Effect::UseWorker(number));
        !std::mem::take(&mut self.state.archives).is_empty()
    }

    /// Takes in that a model is loaded. It takes over at once or, if another one is drawing, after
    /// that run.
    pub(super) fn ready(&mut self, worker: u32, loaded: Loaded) {
        match &mut self.state.next {
            Some(next) if next.worker == worker => {
                next.ready = Some(loaded.into());
                self.take_over();
            }
            _ => self.begin_with(loaded),
        }
    }

    /// Replaces the current engine by the next one, if that is ready and the current one is not
    /// drawing. Returns whether it did.
    pub(super) fn take_over(&mut self) -> bool {
        if self.state.is_drawing() {
            return false;
        }
        let Some(next) = self.state.next.take_if(|next| next.ready.is_some()) else { return false };
        let Some(loaded) = next.ready else { return false };
        let hash = self.state.loaded().map(|loaded| loaded.model.hash.clone());
        if hash.is_some_and(|hash| hash != loaded.model.hash) {
            // The rest of the grid would be drawn by another model.
            self.stop_grid();
        }
        let is_file_lost = self.use_worker(next.worker);
        self.begin_with(*loaded);
        if is_file_lost {
            self.add(LOST);
        }
        true
    }

    fn begin_with(&mut self, mut loaded: Loaded) {
        if let Some(reason) = &self.state.avoids_gpu
            && self.state.device == DeviceChoice::Auto
        {
            loaded.device.reason.clone_from(reason);
        }
        let waiting = match &mut self.state.engine {
            Engine::Loading { waiting, .. } => waiting.take(),
            _ => None,
        };
        self.say(format!(
            "Ready on the {}.",
            if loaded.device.name == "CPU" { "CPU" } else { "GPU" }
        ));
        if loaded.device.name == "CPU" && self.state.device == DeviceChoice::WebGpu {
            self.say(format!("Ready on the CPU. {}", loaded.device.reason));
        }
        let state = &mut self.state;
        state.engine = Engine::Ready { loaded: Box::new(loaded), job: Job::Idle };
        self.finish_by_model();
        let state = &mut self.state;
        // After a reload the address may hold the model's own settings.
        let own = State { follows_model: true, ..state.clone() }.as_the_model(state.form.clone());
        state.follows_model |= sampling(&own) == sampling(&state.form);
        state.form = state.as_the_model(state.form.clone());
        let model = state.loaded().map(|loaded| &loaded.model);
        let (Recipe { sampler, style, .. }, _) = offered(state.form.clone(), model);
        (state.form.sampler, state.form.style) = (sampler, style);
        let differs = self.bring_again();
        if matches!(self.state.engine, Engine::Loading { .. }) {
            // The brought recipe belongs to another model, which is being loaded.
            return;
        }
        // If the picture would differ from the requested one, the page says so and does not draw it
        // unasked.
        self.state.landing.take_if(|_| differs.is_some());
        match waiting {
            Some(recipe) => {
                // A recipe that is drawn unchanged keeps its own number of pictures.
                let count = recipe.count;
                let mut recipe = self.state.as_the_model(*recipe);
                recipe.count = if self.state.follows_model { recipe.count } else { count };
                let (recipe, _) = offered(recipe, self.state.loaded().map(|loaded| &loaded.model));
                self.begin(recipe, None);
            }
            None if self.land() => {}
            None => self.next_cell(),
        }
        if let Some(differs) = differs {
            self.add(&differs);
        }
    }

    /// Handles the crash of a worker. A worker that was ready is restarted. If one was never ready,
    /// the GPU may be the cause: the CPU is used instead, unless the visitor chose the GPU. The
    /// crash of a next worker ends the switch to it.
    pub(super) fn crash(&mut self, worker: u32, message: String, on_gpu: bool) {
        if let Some(next) = self.state.next.take_if(|next| next.worker == worker) {
            self.effects.push(Effect::EndWorker(worker));
            (self.state.device, self.state.folder) = next.before;
            self.warn(format!("{message} It goes on as it was."));
            return;
        }
        self.stop_grid();
        let state = &mut self.state;
        if state.next.is_some() {
            // The next worker is loading already.
            let Some(next) = state.next.take() else { return };
            state.engine = Engine::Loading { loading: next.loading, waiting: None };
            state.trouble = Some(message);
            self.use_worker(next.worker);
            if let Some(loaded) = next.ready {
                self.begin_with(*loaded);
            }
        } else if state.loaded().is_some() {
            self.restart("The model is being started again; your settings are kept.", None);
            self.state.trouble = Some(message);
        } else if on_gpu && state.device == DeviceChoice::Auto && state.avoids_gpu.is_none() {
            let reason = message.trim_end_matches('.');
            state.avoids_gpu = Some(format!("The GPU did not start ({reason})."));
            self.restart_and_go_on("The GPU did not start: the CPU takes over.");
        } else {
            state.engine = Engine::Stopped;
            // It may still hold a GPU or memory.
            self.effects.push(Effect::EndWorker(worker));
            self.warn(message);
        }
    }
}
