//! One turn of the page: an action changes the rooms, which answer with messages, effects and wishes.
//! Each wish is granted by another room before the rest of the answer takes place.

mod derive;

use super::album::Album;
use super::answer::{Answer, Part};
use super::edit::EditAction;
use super::engine::{Begun, Engine, EngineAnswer, EngineWish};
use super::form::offer::{Brought, offered};
use super::form::{Form, FormAction, FormAnswer, FormWish, Known, for_engine};
use super::gallery::{Gallery, GalleryAnswer, GalleryWish};
use super::protocol::Event;
use super::stage::run::StageRun;
use super::stage::save::Work;
use super::stage::shown::{Opened, Origin, Sides};
use super::stage::{Stage, StageAction, StageAnswer, StageWish};
use super::{Action, Effect, State};
use crate::recipe::{PartialRecipe, Recipe};

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

    /// Takes in an event of a worker that is not about the engine.
    fn hear(&mut self, event: Event) {
        let Some(event) = self.hear_tool(event) else { return };
        match event {
            Event::Read { prompt, negative } => {
                let form = &mut self.state.form;
                (form.prompt_reading, form.negative_reading) = (prompt, negative);
            }
            Event::Stopped { job } => {
                if self.state.stage.hear_failure(Some(job)) {
                    self.state.engine.hear_end();
                    self.state.status.say("Stopped before the first step.".into());
                    self.engine(|engine, _, to| engine.take_over(to));
                }
            }
            // Another file was brought meanwhile.
            Event::Opened { ticket, .. } | Event::Brought { ticket, .. }
                if ticket != self.state.stage.bringings => {}
            Event::Opened { outcome: Err(problem), .. } => self.state.status.warn(problem),
            Event::Opened { name, outcome: Ok((recipe, unknown)), is_whole, carried, .. } => {
                self.edit(|edit, _, to| {
                    edit.close(to);
                    edit.keep_carried(carried);
                });
                self.stage(|stage, _, to| stage.open_brought(&recipe, is_whole, to));
                let brought = Brought::of_file(&name, (*recipe).into(), &unknown);
                self.form(|form, known, to| form.bring_new(brought, known, to));
                if !is_whole {
                    self.state.status.add("The picture in that file is damaged, and is not shown.");
                    self.state.status.is_bad = true;
                }
            }
            Event::Brought { name, outcome, .. } => {
                self.state.stage.brought = None;
                self.edit(|edit, prompt, to| edit.bring(name, outcome, prompt, to));
            }
            Event::Using { ticket, done, total, .. } if self.state.edit.owns(ticket) => {
                self.state.edit.hear_using(ticket, done, total);
            }
            Event::Used { ticket, outcome } if self.state.edit.owns(ticket) => {
                self.edit(|edit, prompt, to| edit.hear_used(ticket, outcome, prompt, to));
            }
            other => self.stage(|stage, sides, to| stage.hear(other, sides, to)),
        }
    }

    fn hear_failure(&mut self, job: Option<u32>, message: String) {
        if !self.state.stage.hear_failure(job) {
            return;
        }
        self.engine(|engine, _, to| engine.hear_failure(to));
        let message = match self.engine(|engine, _, to| engine.take_over(to)) {
            true => format!("{message} {}", self.state.status.text),
            false => message,
        };
        self.state.status.warn(message);
    }

    /// Takes in that a model is loaded. What waits for it is drawn, or the picture that is shown
    /// first, or the rest of the grid.
    fn hear_model(&mut self, waiting: Option<Box<PartialRecipe>>) {
        self.state.stage.finishing.hear_model(self.state.sides());
        let differs = self.form(Form::hear_model);
        self.edit(|edit, _, to| edit.hear_model(to));
        if self.state.engine.loaded().is_none() {
            // The brought recipe belongs to another model, which is being loaded.
            return;
        }
        // If the picture would differ from the requested one, the page says so and does not draw it
        // unasked.
        self.state.stage.landing.take_if(|_| differs.is_some());
        if let Some(asked) = waiting {
            let State { engine, edit, .. } = &self.state;
            let (asked, _) = offered(*asked, engine.model(), &edit.album);
            self.begin(asked, None);
        } else if !self.land() {
            self.stage(|stage, _, to| stage.next_cell(to));
        }
        differs.iter().for_each(|differs| self.state.status.add(differs));
    }

    /// Shows the first picture if the history has it, once the history has been read or there is none.
    fn land_on_history(&mut self) {
        let State { stage, gallery, .. } = &mut self.state;
        let Some(landing) = &mut stage.landing else { return };
        if let Some(entry) = gallery.find(&landing.recipe).cloned() {
            stage.landing = None;
            self.gallery(|_, to| Gallery::show(&entry, false, to));
        } else {
            landing.is_new = true;
            self.land();
        }
    }

    /// Draws the first picture's recipe if that is quick. Returns whether it does.
    fn land(&mut self) -> bool {
        let State { form, engine, stage, gallery, edit, .. } = &mut self.state;
        let Some(model) = engine.model() else { return false };
        let landed = stage.land(model, &form.recipe, gallery.is_closed);
        // After a reload, the picture that it begins with is gone.
        let can_draw = |recipe: &Recipe| !engine.is_busy() && edit.album.has_all_of(recipe);
        let landed = landed.filter(|(recipe, _)| can_draw(recipe));
        let Some((recipe, is_form)) = landed else { return false };
        form.seed_is_fresh &= !is_form;
        self.begin(recipe.into(), None);
        true
    }
}
