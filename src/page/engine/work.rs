//! What the engine is given to draw, and its end.

use super::{Current, Engine, EngineAnswer, EngineWish, Job};
use crate::page::protocol::Request;
use crate::recipe::PartialRecipe;

/// A run that the current worker has begun.
pub(in crate::page) struct Begun {
    pub(in crate::page) worker: u32,
    pub(in crate::page) job: u32,
    /// Whether another run was being drawn, which is left as it was.
    pub(in crate::page) replaces: bool,
}

impl Engine {
    /// Returns a recipe that can be drawn at once. Otherwise it waits for the model, if there is an
    /// engine.
    pub(in crate::page) fn take(
        &mut self,
        asked: PartialRecipe,
        answer: &mut EngineAnswer,
    ) -> Option<PartialRecipe> {
        const WAITS: &str = "This is drawn as soon as the model is loaded.";
        match &mut self.current {
            Current::Ready { .. } => return Some(asked),
            Current::Loading { waiting, .. } => {
                *waiting = Some(asked.into());
                answer.say(WAITS);
            }
            Current::Asleep => self.restart(WAITS, Some(asked.into()), answer),
            Current::Stopped => drop(self.is_there("Pictures are drawn by the engine", answer)),
        }
        None
    }

    /// Has the worker draw what is asked. Does nothing unless the model is ready.
    pub(in crate::page) fn begin(
        &mut self,
        asked: PartialRecipe,
        answer: &mut EngineAnswer,
    ) -> Option<Begun> {
        let Current::Ready { job, .. } = &mut self.current else { return None };
        let replaces = std::mem::replace(job, Job::Drawing) == Job::Drawing;
        self.jobs += 1;
        let job = self.jobs;
        answer.send(Request::Draw { job, recipe: asked.into() });
        Some(Begun { worker: self.worker, job, replaces })
    }

    /// Takes in that the run is finished or stopped.
    pub(in crate::page) fn hear_end(&mut self) {
        self.end_job(Job::Done);
        self.trouble = None;
    }

    /// Takes in that the run failed, and stops the queue.
    pub(in crate::page) fn hear_failure(&mut self, answer: &mut EngineAnswer) {
        self.stop(answer);
        self.end_job(Job::Failed);
    }

    fn end_job(&mut self, ended: Job) {
        if let Current::Ready { job, .. } = &mut self.current {
            *job = ended;
        }
    }

    /// Stops the queue. The current run is still finished.
    pub(super) fn stop(&mut self, answer: &mut EngineAnswer) {
        if let Current::Loading { waiting, .. } = &mut self.current
            && waiting.take().is_some()
        {
            answer.say("Nothing waits any more.");
        }
        answer.wish(EngineWish::StopGrid);
    }
}
