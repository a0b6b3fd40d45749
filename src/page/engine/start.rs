//! Starting a worker and replacing the current one, which goes on drawing until the new one is
//! ready.

use super::loading::Loading;
use super::{Choice, Current, Engine, EngineAnswer, EngineEffect, EngineWish, Job, Loaded, Next};
use crate::page::protocol::DeviceChoice;
use crate::recipe::PartialRecipe;

/// The size in bytes below which a download needs no press.
const SMALL: f64 = 10e6;

impl Engine {
    /// Asks for what a page must know before it shows its first picture, and starts a worker if
    /// that is due.
    pub(in crate::page) fn start(&mut self, is_due: bool, answer: &mut EngineAnswer) {
        if is_due {
            self.restart("Loading the model.", None, answer);
        }
        answer.effect(EngineEffect::ListModels);
        if !is_due {
            answer.effect(EngineEffect::AskCached(self.choice.folder.clone()));
        }
    }

    /// Starts a worker in place of the current ones. It draws `waiting` when it is ready.
    pub(super) fn restart(
        &mut self,
        status: &str,
        waiting: Option<Box<PartialRecipe>>,
        answer: &mut EngineAnswer,
    ) {
        answer.say(status);
        let number = self.start_worker(answer);
        self.current = Current::Loading { loading: Loading::default(), waiting };
        self.use_worker(number, answer);
        answer.wish(EngineWish::ForgetWorker { tells: true });
        self.next = None;
    }

    /// Starts the engine if it is asleep. Returns whether there is one; if not, tells the visitor
    /// what to do.
    pub(in crate::page) fn is_there(&mut self, what: &str, answer: &mut EngineAnswer) -> bool {
        match self.current {
            Current::Stopped => {
                let way = if self.is_outdated { "reload the page" } else { "press Start again" };
                answer.warn(format!("{what}: {way} first."));
            }
            Current::Asleep => self.restart("Loading the model.", None, answer),
            Current::Loading { .. } | Current::Ready { .. } => {}
        }
        self.is_awake()
    }

    /// Starts the engine if it is asleep and the weights are cached or the download is small.
    pub(in crate::page) fn wake(&mut self, answer: &mut EngineAnswer) {
        let (Current::Asleep, Some(models)) = (&self.current, &self.models) else { return };
        let is_small = models.is_empty() || self.chosen().is_none_or(|model| model.bytes < SMALL);
        let Some(is_cached) = self.is_cached else { return };
        if is_cached || is_small {
            self.restart("Loading the model.", None, answer);
        } else {
            answer.wish(EngineWish::OfferPress);
        }
    }

    /// Restarts the worker. The queued recipe, or else the one being drawn, is drawn when it is
    /// ready.
    pub(super) fn restart_and_go_on(
        &mut self,
        status: &str,
        drawn: Option<&PartialRecipe>,
        answer: &mut EngineAnswer,
    ) {
        let waiting = match &self.current {
            Current::Loading { waiting, .. } => waiting.clone(),
            Current::Ready { job: Job::Drawing, .. } => drawn.cloned().map(Box::new),
            _ => None,
        };
        self.restart(status, waiting, answer);
    }

    /// Loads the model of a recipe. This is tried once: the recipe is forgotten, so that a failure
    /// or another choice ends it. The current run and the queue belong to another model, and are
    /// dropped.
    pub(in crate::page) fn load(
        &mut self,
        folder: String,
        status: &str,
        answer: &mut EngineAnswer,
    ) {
        self.choice.folder.clone_from(&folder);
        if self.current == Current::Asleep {
            // The download waits until the visitor asks for it, unless the browser has the weights
            // already.
            self.is_cached = None;
            return answer.effect(EngineEffect::AskCached(folder));
        }
        answer.wish(EngineWish::ForgetBrought);
        self.restart(status, None, answer);
        answer.wish(EngineWish::StopGrid);
    }

    /// Loads the chosen model on the chosen device. An engine that is ready goes on drawing until
    /// then.
    pub(super) fn switch(
        &mut self,
        before: Choice,
        drawn: Option<&PartialRecipe>,
        answer: &mut EngineAnswer,
    ) {
        let before = self.next.take().map_or(before, |next| {
            answer.effect(EngineEffect::EndWorker(next.worker));
            next.before
        });
        let on_cpu = Choice { device: DeviceChoice::Cpu, folder: before.folder.clone() };
        match &self.current {
            Current::Asleep => {}
            Current::Ready { .. } if before == self.choice => answer.say("It goes on as it was."),
            // The automatic choice was the CPU already.
            Current::Ready { loaded, .. }
                if loaded.device.name == "CPU" && self.choice == on_cpu =>
            {
                answer.say("It draws on the CPU already, and goes on.");
            }
            Current::Ready { .. } => {
                let worker = self.start_worker(answer);
                let loading = Loading::default();
                self.next = Some(Next { worker, loading, before, ready: None });
                answer.say("Loading; until that is done, everything goes on as it was.");
            }
            Current::Loading { .. } | Current::Stopped => {
                self.restart_and_go_on("Loading the model.", drawn, answer);
            }
        }
    }

    fn start_worker(&mut self, answer: &mut EngineAnswer) -> u32 {
        self.workers += 1;
        let device = match (&self.avoids_gpu, self.choice.device) {
            (Some(_), DeviceChoice::Auto) => DeviceChoice::Cpu,
            (_, device) => device,
        };
        let (number, model) = (self.workers, self.choice.folder.clone());
        answer.effect(EngineEffect::StartWorker { number, model, device });
        number
    }

    /// Sends requests to this worker from now on.
    pub(super) fn use_worker(&mut self, number: u32, answer: &mut EngineAnswer) {
        self.worker = number;
        answer.effect(EngineEffect::UseWorker(number));
    }

    /// Takes in that a model is loaded. It takes over at once or, if another one is drawing, after
    /// that run.
    pub(super) fn ready(&mut self, worker: u32, loaded: Loaded, answer: &mut EngineAnswer) {
        match &mut self.next {
            Some(next) if next.worker == worker => {
                next.ready = Some(loaded.into());
                self.take_over(answer);
            }
            _ => self.begin_with(loaded, answer),
        }
    }

    /// Replaces the current engine by the next one, if that is ready and the current one is not
    /// drawing. Returns whether it did.
    pub(in crate::page) fn take_over(&mut self, answer: &mut EngineAnswer) -> bool {
        if self.is_drawing() {
            return false;
        }
        let Some(next) = self.next.take_if(|next| next.ready.is_some()) else { return false };
        let Some(loaded) = next.ready else { return false };
        if self.model().is_some_and(|model| model.hash != loaded.model.hash) {
            // The rest of the grid would be drawn by another model.
            answer.wish(EngineWish::StopGrid);
        }
        self.use_worker(next.worker, answer);
        self.begin_with(*loaded, answer);
        answer.wish(EngineWish::ForgetWorker { tells: true });
        true
    }

    pub(super) fn begin_with(&mut self, mut loaded: Loaded, answer: &mut EngineAnswer) {
        if let Some(reason) = &self.avoids_gpu
            && self.choice.device == DeviceChoice::Auto
        {
            loaded.device.reason.clone_from(reason);
        }
        let waiting = match &mut self.current {
            Current::Loading { waiting, .. } => waiting.take(),
            _ => None,
        };
        let device = &loaded.device;
        let name = if device.name == "CPU" { "CPU" } else { "GPU" };
        answer.say(match (name, self.choice.device) {
            ("CPU", DeviceChoice::WebGpu) => format!("Ready on the CPU. {}", device.reason),
            _ => format!("Ready on the {name}."),
        });
        self.current = Current::Ready { loaded: Box::new(loaded), job: Job::Idle };
        answer.wish(EngineWish::HearModel { waiting });
    }
}
