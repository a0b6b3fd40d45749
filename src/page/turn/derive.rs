//! What is made of the picture on stage: the tools get it, and an engine to work with.

use super::Turn;
use crate::page::answer::Answer;
use crate::page::derive::{Derive, DeriveAction, DeriveAnswer, DeriveWish, Panel, Subject, Work};
use crate::page::edit::EditAction;
use crate::page::facts::ModelFacts;
use crate::page::protocol::Event;
use crate::page::stage::StageAction;
use crate::page::stage::grid::Grid;
use crate::page::subject::OTHER_MODEL;
use crate::page::{Effect, State};

/// The beginning of a sentence that says what to do if there is no engine.
const NEEDS: &str = "This is made by the engine";
/// The message if the engine is still loading.
const SOON: &str = "The model is being loaded: ask again when it is ready.";

impl Turn {
    fn derive(&mut self, act: impl FnOnce(&mut Derive, &mut DeriveAnswer)) {
        let mut answer = Answer::new();
        act(&mut self.state.derive, &mut answer);
        self.take(answer, Effect::Derive, Self::grant_derive);
    }

    pub(super) fn handle_derive(&mut self, action: DeriveAction) {
        self.derive(|derive, to| derive.handle(action, to));
    }

    /// Stops what tools are doing.
    pub(super) fn stop_tools(&mut self) {
        for panel in Panel::ALL {
            self.derive(|derive, to| derive.handle(DeriveAction::Stop(panel), to));
        }
        self.edit(|edit, prompt, to| edit.handle(EditAction::Stop, prompt, to));
    }

    /// Takes in an event about a tool. Returns it if the tool belongs to another room.
    pub(super) fn hear_tool(&mut self, event: Event) -> Option<Event> {
        match event {
            Event::Using { ticket, .. } | Event::Used { ticket, .. }
                if self.state.derive.awaits(ticket) =>
            {
                self.derive(|derive, to| derive.hear(event, to));
                None
            }
            other => Some(other),
        }
    }

    /// Takes in that the worker is gone.
    pub(super) fn forget_tools(&mut self) {
        self.derive(Derive::forget_worker);
    }

    /// Forgets what was made of another picture than the one on stage, and what an engine was asked that
    /// has stopped.
    pub(in crate::page) fn finish_tools(&mut self) {
        let subject = self.state.subject();
        self.derive(|derive, to| derive.renew(subject.as_ref(), to));
        if !self.state.engine.is_awake() {
            self.forget_tools();
            self.edit(|edit, _, to| edit.forget_asked(to));
        }
    }

    fn grant_derive(&mut self, wish: DeriveWish) {
        if !self.has_engine() {
            return;
        }
        if let DeriveWish::Use(work) = wish {
            let subject = self.state.subject();
            return subject.into_iter().for_each(|subject| self.use_tool(work, subject));
        }
        let Some(subject) = self.state.staged() else { return };
        match wish {
            DeriveWish::Use(_) => {}
            DeriveWish::Vary if self.state.is_of_other_model(&subject) => {
                self.state.status.warn(OTHER_MODEL.into());
            }
            DeriveWish::Vary => {
                let difference = self.state.derive.choices.difference;
                let seeds = self.state.derive.next_variations();
                self.spread(|_| {
                    Ok(Grid::of_variations(&subject.recipe, subject.png, seeds, difference))
                });
            }
            DeriveWish::DrawStyles => {
                self.spread(|model| Grid::of_styles(&subject.recipe, &subject.png, model));
            }
        }
    }

    /// Has the worker use a tool on a picture. What the form refuses is no end of a morph.
    fn use_tool(&mut self, work: Work, subject: Subject) {
        let mut ends = None;
        if work == Work::Morph {
            if self.form(|form, _, to| form.is_refused(to)) {
                return;
            }
            match self.state.morph_ends() {
                Ok(both) => ends = Some(both),
                Err(problem) => return self.state.status.warn(problem.into()),
            }
        }
        self.derive(|derive, to| derive.begin(work, subject, ends, to));
    }

    /// Draws a grid around a picture. The focus moves to it, because the pressed button is gone while it
    /// is drawn.
    pub(in crate::page) fn spread(
        &mut self,
        grid: impl FnOnce(&ModelFacts) -> Result<Grid, String>,
    ) {
        let Some(model) = self.state.engine.model() else { return };
        match grid(model) {
            Ok(grid) => {
                let draw = StageAction::DrawGrid(grid);
                self.stage(|stage, sides, to| stage.handle(draw, sides, to));
                self.effects.push(Effect::Focus(".spread"));
            }
            Err(problem) => self.state.status.warn(problem),
        }
    }

    /// Returns whether an engine is ready. If not, tells the visitor what to do.
    pub(in crate::page) fn has_engine(&mut self) -> bool {
        let State { engine, .. } = &self.state;
        if engine.loaded().is_none() && self.engine(|engine, _, to| engine.is_there(NEEDS, to)) {
            self.state.status.say(SOON.into());
        }
        self.state.engine.loaded().is_some()
    }
}
