//! The page's state and its changes, without a browser, so that they are tested natively.
//!
//! ```text
//!  Action ──► update(State, Action) ──► State ──► what is shown
//!                      │
//!                      └──► Effects: messages to the worker, the address, the store, a seed
//! ```
//!
//! The state has six rooms, each a folder with its own part of the state, its actions and its
//! effects. No room knows another. Each answers an action with messages, effects and wishes of
//! other rooms, and `turn` connects them. A line uses only what is below it:
//!
//! ```text
//!                   mod, turn
//!   form     engine     stage     gallery     edit     derive
//!       answer, album, beginning, picture, session
//!                facts, protocol
//! ```

pub mod album;
mod answer;
mod beginning;
pub mod derive;
pub mod edit;
pub mod engine;
pub mod facts;
pub mod form;
pub mod gallery;
pub mod picture;
pub mod protocol;
pub mod session;
pub mod stage;
mod subject;
mod turn;

pub use answer::Status;
pub use derive::{Derive, DeriveAction, DeriveEffect};
pub use edit::{Edit, EditAction, EditEffect};
pub use engine::{Current, Engine, EngineAction, EngineEffect};
pub use facts::ModelChoice;
pub use form::{Form, FormAction, FormEffect};
pub use gallery::{Gallery, GalleryAction, GalleryEffect};
pub use stage::{Stage, StageAction, StageEffect};

use gallery::Trash;
use protocol::Request;
use session::{Remembered, Session};
use stage::Landing;
use stage::landing::press;
use stage::run::View;
use stage::shown::{Shown, Sides};
use turn::Turn;

use crate::recipe::Recipe;
use crate::recipe::address::{Address, standard};

/// The whole state of the page.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The recipe that is drawn next, and what helps to write it.
    pub form: Form,
    /// The workers with their models, and what they are doing.
    pub engine: Engine,
    /// What is shown, and what is saved of it.
    pub stage: Stage,
    /// The history.
    pub gallery: Gallery,
    /// What is made of the picture on stage.
    pub derive: Derive,
    /// The picture that is changed.
    pub edit: Edit,
    /// The last message for the visitor.
    pub status: Status,
}

/// Something that happened to the page.
pub enum Action {
    /// Something happened to the form.
    Form(FormAction),
    /// Something happened to the engine.
    Engine(EngineAction),
    /// Something happened on the stage.
    Stage(StageAction),
    /// Something happened to the gallery.
    Gallery(GalleryAction),
    /// Something happened to the tools that make something of the picture on stage.
    Derive(DeriveAction),
    /// Something happened in the editor.
    Edit(EditAction),
    /// The visitor reloads the page, which keeps its form.
    Reload,
    /// There is a message for the visitor.
    Say(String),
    /// There is an error message for the visitor.
    Warn(String),
}

impl From<FormAction> for Action {
    fn from(action: FormAction) -> Self {
        Self::Form(action)
    }
}

impl From<EngineAction> for Action {
    fn from(action: EngineAction) -> Self {
        Self::Engine(action)
    }
}

impl From<StageAction> for Action {
    fn from(action: StageAction) -> Self {
        Self::Stage(action)
    }
}

impl From<GalleryAction> for Action {
    fn from(action: GalleryAction) -> Self {
        Self::Gallery(action)
    }
}

impl From<DeriveAction> for Action {
    fn from(action: DeriveAction) -> Self {
        Self::Derive(action)
    }
}

impl From<EditAction> for Action {
    fn from(action: EditAction) -> Self {
        Self::Edit(action)
    }
}

/// Something to be done outside the state. Its outcome returns as an [`Action`].
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Something that the form asks for.
    Form(FormEffect),
    /// Something that the engine asks for.
    Engine(EngineEffect),
    /// Something that the stage asks for.
    Stage(StageEffect),
    /// Something that the gallery asks for.
    Gallery(GalleryEffect),
    /// Something that these tools ask for.
    Derive(DeriveEffect),
    /// Something that the editor asks for.
    Edit(EditEffect),
    /// Sends a request to the current worker.
    Send(Request),
    /// Moves the keyboard focus to the element of a CSS selector, because the pressed element is
    /// gone or far away.
    Focus(&'static str),
    /// Asks the browser to promise to keep what it stores.
    AskToPersist,
    /// Stores the session of this tab, as JSON.
    RememberSession(String),
    /// Reloads the page, with a recipe in its address.
    Reload(Box<Recipe>),
}

/// Returns the state after an action, and the effects.
pub fn update(state: State, action: Action) -> (State, Vec<Effect>) {
    let is_read = |state: &State| state.engine.loaded().map(|_| state.form.prompts());
    let (read, kept, session) = (is_read(&state), state.keeps_something(), state.session());
    let mut turn = Turn { state, effects: Vec::new() };
    turn.handle(action);
    turn.finish_stage();
    turn.finish_tools();
    turn.search_stage();
    let now = is_read(&turn.state);
    if now != read
        && let Some((prompt, negative)) = now
    {
        turn.effects.push(Effect::Send(Request::Read { prompt, negative }));
    }
    if turn.state.keeps_something() && !kept {
        turn.effects.push(Effect::AskToPersist);
    }
    let now = turn.state.session();
    if now != session {
        let text = serde_json::to_string(&now).unwrap_or_default();
        turn.effects.push(Effect::RememberSession(text));
    }
    (turn.state, turn.effects)
}

impl State {
    /// Returns the state of the page at first, with the recipe of its address, and the first
    /// effects.
    pub fn start(address: Address, remembered: Remembered) -> (Self, Vec<Effect>) {
        let Remembered { session, is_same_address, unfolds_settings, trash } = remembered;
        let asked = &address.recipe;
        let has_prompt = asked.prompt.as_ref().is_some_and(|prompt| !prompt.is_empty());
        let is_bare = form::is_open(asked) && !has_prompt;
        let session = session.filter(|_| is_bare || is_same_address);
        let is_link = address.is_asked();
        let shown = match &session {
            Some(session) => session.shown.clone(),
            None => is_link.then(|| asked.onto(standard())),
        };
        let landing = shown.map(|recipe| Landing::new(recipe, session.is_none()));
        let state = Self {
            form: Form::start(unfolds_settings),
            engine: Engine::default(),
            stage: Stage { landing, ..Stage::default() },
            gallery: Gallery { trash: Trash::left_over(trash), ..Gallery::default() },
            derive: Derive::default(),
            edit: Edit::default(),
            status: Status::default(),
        };
        let mut turn = Turn { state, effects: Vec::new() };
        turn.engine(|engine, _, answer| engine.start(!is_link, answer));
        turn.gallery(|gallery, answer| gallery.start(answer));
        turn.form(|form, known, answer| form.follow(address, known, answer));
        if let Some(session) = session {
            turn.form(|form, known, _| form.restore(&session, known));
        }
        let Turn { mut state, effects } = turn;
        state.status = Status { text: "Loading the model.".into(), is_bad: false };
        (state, effects)
    }

    /// Returns what to store for this tab.
    pub fn session(&self) -> Session {
        Session {
            form: self.form.fields(),
            keeps_seed: self.form.keeps_seed,
            shown: self.stage.recipe().cloned(),
            seed_is_fresh: self.form.seed_is_fresh,
        }
    }

    /// Returns the document's title, which shows the progress even in another tab.
    pub fn title(&self) -> String {
        const NAME: &str = "Patchwork";
        match (&self.stage.run, self.engine.loading()) {
            (Some(run), _) if self.engine.is_drawing() => {
                let what =
                    if run.recipe.prompt.is_empty() { "drawing" } else { &run.recipe.prompt };
                format!("({}/{}) {what} – {NAME}", run.frames.len(), run.steps)
            }
            (_, Some(loading)) => match loading.share() {
                Some(share) => format!("({:.0} %) {NAME}", 100.0 * share),
                None => NAME.into(),
            },
            _ => NAME.into(),
        }
    }

    /// Returns what one press draws on an empty stage, as the label of a button, with the size of
    /// the download if nothing is loaded yet.
    pub fn press(&self) -> Option<String> {
        let is_asleep = self.engine.current == Current::Asleep;
        let can_draw = is_asleep || self.engine.loaded().is_some();
        let download = self.engine.chosen().filter(|_| is_asleep);
        can_draw.then(|| press(&self.form.recipe, download)).flatten()
    }

    /// Returns the sides of the loaded model's pictures.
    pub fn sides(&self) -> Sides {
        Sides::of(self.engine.model())
    }

    /// Returns the pictures on stage, and their kind.
    pub fn on_stage(&self) -> (Vec<Shown>, View) {
        self.stage.on_stage(self.sides())
    }

    /// Returns the file extension and the MIME type in which the pictures on stage are saved.
    pub fn file_type(&self) -> (&'static str, &'static str) {
        self.stage.file_type(self.sides())
    }

    /// Returns whether the worker still has the steps of the run on stage, so that it can decode
    /// them.
    pub fn can_decode(&self) -> bool {
        let run = self.stage.run.as_ref().filter(|_| self.stage.opened.is_none());
        run.is_some_and(|run| run.worker == self.engine.worker && self.engine.loaded().is_some())
    }

    /// Returns whether this browser stores weights or pictures of this page.
    pub fn keeps_something(&self) -> bool {
        self.engine.model().is_some_and(|model| model.is_kept) || self.gallery.keeps_something()
    }
}
