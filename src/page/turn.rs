//! One turn of the page: an action changes the rooms, which answer with messages, effects and wishes.
//! Each wish is granted by another room before the rest of the answer takes place.

mod derive;
mod edit;
mod hear;

use super::album::Album;
use super::answer::{Answer, Part};
use super::edit::EditAction;
use super::engine::{Begun, Engine, EngineAction, EngineAnswer, EngineWish};
use super::form::{Form, FormAction, FormAnswer, FormWish, Known, for_engine};
use super::gallery::{Gallery, GalleryAnswer, GalleryWish};
use super::stage::run::StageRun;
use super::stage::save::Work;
use super::stage::shown::{Opened, Origin, Sides};
use super::stage::{Stage, StageAction, StageAnswer, StageWish};
use super::{Action, Effect, State};
use crate::recipe::PartialRecipe;

/// The message if a worker ended while it was putting a file together.
const LOST: &str = "The file that was being made is lost: ask for it again.";

/// The state in a turn, and the effects so far.
pub(super) struct Turn {
    pub(super) state: State,
    pub(super) effects: Vec<Effect>,
}

/// Returns what the form must know of the models and of the pictures that runs can begin with.
fn known<'a>(engine: &'a Engine, album: &'a Album) -> Known<'a> {
    Known {
        album,
        model: engine.model(),
        is_checked: engine.loaded().is_some_and(|loaded| loaded.device.is_checked),
        models: engine.models.as_deref(),
        folder: &engine.choice.folder,
    }
}

/// Turns with one room each.
impl Turn {
    pub(super) fn form<T>(
        &mut self,
        act: impl FnOnce(&mut Form, Known<'_>, &mut FormAnswer) -> T,
    ) -> T {
        let mut answer = Answer::new();
        let State { form, engine, edit, .. } = &mut self.state;
        let result = act(form, known(engine, &edit.album), &mut answer);
        self.take(answer, Effect::Form, Self::grant_form);
        result
    }

    pub(super) fn engine<T>(
        &mut self,
        act: impl FnOnce(&mut Engine, Option<&PartialRecipe>, &mut EngineAnswer) -> T,
    ) -> T {
        let mut answer = Answer::new();
        let drawn = self.state.stage.drawn().map(|run| &run.asked);
        let result = act(&mut self.state.engine, drawn, &mut answer);
        self.take(answer, Effect::Engine, Self::grant_engine);
        result
    }

    fn stage<T>(&mut self, act: impl FnOnce(&mut Stage, Sides, &mut StageAnswer) -> T) -> T {
        let mut answer = Answer::new();
        let result = act(&mut self.state.stage, Sides::of(self.state.engine.model()), &mut answer);
        self.take(answer, Effect::Stage, Self::grant_stage);
        result
    }

    pub(super) fn gallery<T>(
        &mut self,
        act: impl FnOnce(&mut Gallery, &mut GalleryAnswer) -> T,
    ) -> T {
        let mut answer = Answer::new();
        let result = act(&mut self.state.gallery, &mut answer);
        self.take(answer, Effect::Gallery, Self::grant_gallery);
        result
    }

    /// Takes the parts of an answer in their order.
    pub(super) fn take<Own, Wish>(
        &mut self,
        answer: Answer<Own, Wish>,
        effect: fn(Own) -> Effect,
        grant: fn(&mut Self, Wish),
    ) {
        for part in answer.parts {
            match part {
                Part::Say(text) => self.state.status.say(text),
                Part::Warn(text) => self.state.status.warn(text),
                Part::Add(text) => self.state.status.add(&text),
                Part::Tell(text) if text == self.state.status.text => {}
                Part::Tell(text) => self.state.status.say(text),
                Part::Send(request) => self.effects.push(Effect::Send(request)),
                Part::Focus(selector) => self.effects.push(Effect::Focus(selector)),
                Part::Effect(own) => self.effects.push(effect(own)),
                Part::Wish(wish) => grant(self, wish),
            }
        }
    }
}

/// What connects the rooms.
impl Turn {
    pub(super) fn handle(&mut self, action: Action) {
        match action {
            Action::Form(FormAction::Draw) if self.state.edit.source.is_some() => {
                self.edit(|edit, prompt, to| edit.handle(EditAction::Draw, prompt, to));
            }
            Action::Form(action @ (FormAction::Bring(_) | FormAction::Follow(_))) => {
                self.edit(|edit, _, to| edit.close(to));
                self.form(|form, known, to| form.handle(action, known, to));
            }
            Action::Edit(action) => self.edit(|edit, prompt, to| edit.handle(action, prompt, to)),
            Action::Form(action) => {
                self.form(|form, known, to| form.handle(action, known, to));
                // A recipe that was drawn again is in the form, but not what the next one begins with.
                if let Some(beginning) = self.state.edit.beginning() {
                    self.form(|form, known, _| form.begin_with(Some(&beginning), known));
                }
            }
            Action::Engine(EngineAction::Cancel) if !self.state.engine.is_busy() => {
                self.engine(|engine, drawn, to| engine.handle(EngineAction::Cancel, drawn, to));
                self.stop_tools();
            }
            Action::Engine(action) => {
                self.engine(|engine, drawn, to| engine.handle(action, drawn, to));
            }
            // What the form refuses is drawn in no cell.
            Action::Stage(StageAction::DrawGrid(_))
                if self.form(|form, _, to| form.is_refused(to)) => {}
            Action::Stage(action) => self.stage(|stage, sides, to| stage.handle(action, sides, to)),
            Action::Gallery(action) => self.gallery(|gallery, to| gallery.handle(action, to)),
            Action::Derive(action) => self.handle_derive(action),
            Action::Reload => {
                let mut form = Box::new(self.state.form.recipe.clone());
                if let Some(model) = self.state.engine.chosen() {
                    (form.model, form.model_hash) = (model.name.clone(), model.hash.clone());
                }
                self.effects.push(Effect::Reload(form));
            }
            Action::Say(text) => self.state.status.say(text),
            Action::Warn(text) => self.state.status.warn(text),
        }
    }

    /// Has the files made that what is on stage lacks, if there is an engine.
    pub(super) fn finish_stage(&mut self) {
        match self.state.engine.is_awake() {
            true => self.stage(|stage, sides, to| stage.finish(sides, to)),
            false => self.state.stage.finishing.rest(),
        }
    }

    fn grant_form(&mut self, wish: FormWish) {
        match wish {
            FormWish::Draw(asked) if self.lacks_picture(&asked) => {}
            FormWish::Draw(asked) => {
                self.state.stage.stop_grid();
                (self.state.stage.landing, self.state.form.earlier) = (None, None);
                if let Some(asked) = self.engine(|engine, _, to| engine.take(asked, to)) {
                    self.begin(asked, None);
                }
            }
            FormWish::Load { folder, status } => {
                self.engine(|engine, _, to| engine.load(folder, &status, to));
            }
            FormWish::Earlier { back } => {
                let State { form, stage, gallery, .. } = &mut self.state;
                let drawn = stage.run.iter().map(|run| &run.recipe);
                form.earlier(back, drawn.chain(gallery.recipes()));
                self.form(|form, known, _| form.show(known));
            }
            FormWish::Land(recipe) if !self.state.engine.is_drawing() => {
                self.state.stage.clear_for(recipe);
                self.land_on_history();
            }
            FormWish::Land(_) => {}
            FormWish::GiveUpLanding { is_of_form } => {
                self.state.stage.landing.take_if(|landing| landing.is_form || !is_of_form);
            }
        }
    }

    fn grant_engine(&mut self, wish: EngineWish) {
        match wish {
            EngineWish::HearModels => {
                self.form(Form::hear_models);
                self.engine(|engine, _, to| engine.wake(to));
            }
            EngineWish::HearModel { waiting } => self.hear_model(waiting),
            EngineWish::Hear(event) => self.hear(event),
            EngineWish::HearFailure { job, message } => self.hear_failure(job, message),
            EngineWish::ForgetWorker { tells } => {
                self.edit(|edit, _, to| edit.forget_worker(to));
                if self.state.stage.forget_worker() && tells {
                    self.state.status.add(LOST);
                }
                self.forget_tools();
            }
            EngineWish::StopGrid => self.state.stage.stop_grid(),
            EngineWish::ForgetBrought => self.state.form.brought = None,
            EngineWish::OfferPress => {
                if self.state.stage.is_empty() && self.state.press().is_some() {
                    self.form(|form, known, to| form.offer_press(known, to));
                }
            }
        }
    }

    fn grant_stage(&mut self, wish: StageWish) {
        match wish {
            StageWish::Work(work) => self.work(work),
            StageWish::DrawCell(cell, recipe) => self.begin(recipe.into(), Some(cell)),
            StageWish::HearEnd(pictures) => {
                self.state.engine.hear_end();
                self.gallery(|gallery, to| gallery.keep(pictures, to));
                self.engine(|engine, _, to| engine.take_over(to));
                if !self.state.engine.is_drawing() {
                    self.stage(|stage, _, to| stage.next_cell(to));
                }
            }
            StageWish::KeepLarge(recipe, large) => {
                self.gallery(|gallery, to| gallery.keep_large(&recipe, large, to));
            }
        }
    }

    fn grant_gallery(&mut self, wish: GalleryWish) {
        match wish {
            GalleryWish::Open { recipe, png, scrolls } => {
                let opened = Opened { recipe: *recipe, png, from: Origin::History };
                self.stage(|stage, _, to| stage.open(opened, scrolls, to));
            }
            GalleryWish::Land => self.land_on_history(),
        }
    }

    /// Draws a recipe, for a cell of the grid if one is given. Does nothing unless the model is ready.
    fn begin(&mut self, asked: PartialRecipe, cell: Option<usize>) {
        let State { engine, edit, .. } = &self.state;
        let asked = for_engine(asked, known(engine, &edit.album));
        let Some((asked, recipe)) = asked else { return };
        if self.lacks_picture(&asked) {
            return self.state.stage.stop_grid();
        }
        let requests = self.state.edit.album.requests(&recipe);
        self.effects.extend(requests.into_iter().map(Effect::Send));
        let begun = self.engine(|engine, _, to| engine.begin(asked.clone(), to));
        let Some(Begun { worker, job, replaces }) = begun else { return };
        let run = StageRun::new((worker, job), cell, asked, recipe);
        self.stage(|stage, _, to| stage.begin(run, replaces, to));
    }

    /// Has work done that needs an engine, if there is one.
    fn work(&mut self, work: Work) {
        if self.engine(|engine, _, to| engine.is_there(work.needs(), to)) {
            let of_history = work.of_history();
            let kept = if of_history { self.state.gallery.members() } else { Vec::new() };
            self.stage(|stage, sides, to| stage.work(work, kept, sides, to));
        }
    }
}
