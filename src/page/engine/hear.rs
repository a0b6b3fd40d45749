//! What the engine makes of the events of its workers.

use super::loading::{Bytes, Loading};
use super::{Current, Engine, EngineAnswer, EngineEffect, EngineWish, Loaded, Next};
use crate::page::protocol::{DeviceChoice, Event};
use crate::recipe::PartialRecipe;

impl Engine {
    /// Handles an event of a worker. Events of workers that ended are ignored.
    pub(super) fn hear_of(
        &mut self,
        worker: u32,
        event: Event,
        drawn: Option<&PartialRecipe>,
        answer: &mut EngineAnswer,
    ) {
        let is_next = self.next.as_ref().is_some_and(|next| next.worker == worker);
        let is_stopped = matches!(self.current, Current::Stopped);
        if !(is_next || worker == self.worker && !is_stopped) {
            return;
        }
        match event {
            Event::Loading { part, loaded, total, at } => {
                let loading = self.loading_of(worker);
                loading.into_iter().for_each(|l| l.hear(part, Bytes { loaded, total }, at));
            }
            Event::Stage { stage } => {
                self.loading_of(worker).into_iter().for_each(|l| l.stage.clone_from(&stage));
            }
            Event::Ready { model, device, seconds } => {
                self.ready(worker, Loaded { model: *model, device, seconds }, answer);
            }
            Event::NoUpscaler { problem } => answer.add(format!(
                "{problem} Until it is there, large pictures are softer; a later one asks for it again."
            )),
            Event::Forgotten { message } => {
                if let Current::Ready { loaded, .. } = &mut self.current {
                    (loaded.model.kept, loaded.model.is_kept) = (message.clone(), false);
                }
                answer.say(message);
            }
            Event::Failed { job, message } => {
                answer.wish(EngineWish::HearFailure { job, message });
            }
            Event::Crashed { message, on_gpu } => {
                self.crash(worker, message, on_gpu, drawn, answer);
            }
            Event::Outdated => self.outdated(worker, answer),
            other => answer.wish(EngineWish::Hear(other)),
        }
    }

    /// Returns the progress of a worker that is loading.
    fn loading_of(&mut self, worker: u32) -> Option<&mut Loading> {
        match (&mut self.next, &mut self.current) {
            (Some(next), _) if next.worker == worker => Some(&mut next.loading),
            (_, Current::Loading { loading, .. }) => Some(loading),
            _ => None,
        }
    }

    /// Handles the crash of a worker. A worker that was ready is restarted. If one was never ready,
    /// the GPU may be the cause: the CPU is used instead, unless the visitor chose the GPU. The
    /// crash of a next worker ends the switch to it.
    fn crash(
        &mut self,
        worker: u32,
        message: String,
        on_gpu: bool,
        drawn: Option<&PartialRecipe>,
        answer: &mut EngineAnswer,
    ) {
        if self.give_up_next(worker, answer) {
            answer.warn(format!("{message} It goes on as it was."));
            return;
        }
        answer.wish(EngineWish::StopGrid);
        if let Some(Next { worker, loading, ready, .. }) = self.next.take() {
            // The next worker is loading already.
            self.current = Current::Loading { loading, waiting: None };
            self.trouble = Some(message);
            self.use_worker(worker, answer);
            answer.wish(EngineWish::ForgetWorker { tells: false });
            if let Some(loaded) = ready {
                self.begin_with(*loaded, answer);
            }
        } else if self.loaded().is_some() {
            let status = "The model is being started again; your settings are kept.";
            self.restart(status, None, answer);
            self.trouble = Some(message);
        } else if on_gpu && self.choice.device == DeviceChoice::Auto && self.avoids_gpu.is_none() {
            let reason = message.trim_end_matches('.');
            self.avoids_gpu = Some(format!("The GPU did not start ({reason})."));
            self.restart_and_go_on("The GPU did not start: the CPU takes over.", drawn, answer);
        } else {
            self.current = Current::Stopped;
            // It may still hold a GPU or memory.
            answer.effect(EngineEffect::EndWorker(worker));
            answer.warn(message);
        }
    }

    /// Ends the switch to a next worker and restores the choice before it. Returns whether the
    /// worker is the next one.
    fn give_up_next(&mut self, worker: u32, answer: &mut EngineAnswer) -> bool {
        let next = self.next.take_if(|next| next.worker == worker);
        let is_next = next.is_some();
        if let Some(next) = next {
            answer.effect(EngineEffect::EndWorker(worker));
            self.choice = next.before;
        }
        is_next
    }

    /// Handles that the server has newer programs than this page. A ready engine goes on.
    fn outdated(&mut self, worker: u32, answer: &mut EngineAnswer) {
        self.is_outdated = true;
        if self.give_up_next(worker, answer) {
            answer.warn(
                "This page was updated on its server: reload it to use another device or model. \
                 Until then it goes on as it was.",
            );
            return;
        }
        self.stop(answer);
        let next = self.next.take().map(|next| next.worker);
        for worker in [worker].into_iter().chain(next) {
            answer.effect(EngineEffect::EndWorker(worker));
        }
        self.current = Current::Stopped;
        answer.warn("This page was updated on its server: reload it to go on.");
    }
}
