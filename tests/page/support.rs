//! A page that is driven by actions.

use patchwork::page::facts::Quilt;
use patchwork::page::facts::{DeviceFacts, ModelFacts};
use patchwork::page::protocol::{DeviceChoice, Event, File, Request};
use patchwork::page::session::Remembered;
use patchwork::page::{
    Action, Effect, EngineAction, EngineEffect, FormAction, ModelChoice, State, update,
};
use patchwork::recipe::address;
use patchwork::recipe::{Defaults, PartialRecipe, Recipe};

/// A page, and the effects that it requested since they were last taken.
pub(crate) struct Page {
    pub(crate) state: State,
    pub(crate) effects: Vec<Effect>,
}

impl Page {
    /// Opens the page with the fields of its address after the `#`.
    pub(crate) fn open(pairs: &[(&str, &str)]) -> Self {
        Self::open_with(pairs, Remembered::default())
    }

    /// Opens the page in a browser that remembers something.
    pub(crate) fn open_with(pairs: &[(&str, &str)], remembered: Remembered) -> Self {
        let pairs: Vec<_> = pairs.iter().map(|&(name, value)| (name, value.to_owned())).collect();
        let (state, effects) = State::start(address::read(&pairs), remembered);
        Self { state, effects }
    }

    /// Opens the page and loads its model.
    pub(crate) fn ready() -> Self {
        let mut page = Self::open(&[]);
        page.act(EngineAction::Models(vec![choice("stickers"), choice("other")]));
        page.hear(ready("stickers"));
        page.effects.clear();
        page
    }

    pub(crate) fn act(&mut self, action: impl Into<Action>) {
        let (state, effects) = update(self.state.clone(), action.into());
        self.state = state;
        self.effects.extend(effects);
    }

    pub(crate) fn edit(&mut self, edit: impl FnOnce(&mut PartialRecipe) + 'static) {
        self.act(FormAction::Edit(Box::new(edit)));
    }

    /// Draws with a seed that the visitor chose.
    pub(crate) fn draw(&mut self, prompt: &str, seed: u64) {
        let prompt = prompt.to_owned();
        self.edit(move |form| form.prompt = Some(prompt));
        self.act(FormAction::UseSeed(seed));
        self.act(FormAction::Draw);
    }

    /// Passes an event of the current worker to the page.
    pub(crate) fn hear(&mut self, event: Event) {
        self.act(EngineAction::Worker(self.state.engine.worker, event));
    }

    /// Passes an event of the worker that is starting to the page.
    pub(crate) fn hear_next(&mut self, event: Event) {
        let next = self.state.engine.next.as_ref().expect("another is on its way").worker;
        self.act(EngineAction::Worker(next, event));
    }

    /// Returns the requests to the worker since they were last taken.
    pub(crate) fn sent(&mut self) -> Vec<Request> {
        let effects = std::mem::take(&mut self.effects).into_iter();
        let sent = effects.filter_map(|effect| match effect {
            Effect::Send(request) => Some(request),
            _ => None,
        });
        sent.collect()
    }

    /// Returns the jobs that the worker was requested to draw since they were last taken.
    pub(crate) fn drawn(&mut self) -> Vec<(u32, Recipe)> {
        let drawn = self.sent().into_iter().filter_map(|request| match request {
            Request::Draw { job, recipe } => Some((job, recipe.onto(Recipe::default()))),
            _ => None,
        });
        drawn.collect()
    }

    /// Returns the model and device of each worker that was started since they were last taken.
    pub(crate) fn started(&mut self) -> Vec<(String, DeviceChoice)> {
        let effects = std::mem::take(&mut self.effects).into_iter();
        let started = effects.filter_map(|effect| match effect {
            Effect::Engine(EngineEffect::StartWorker { model, device, .. }) => {
                Some((model, device))
            }
            _ => None,
        });
        started.collect()
    }

    /// Makes the worker complete the current job.
    pub(crate) fn finish(&mut self) {
        let job = self.state.engine.jobs;
        self.begin();
        self.hear(step(job));
        self.hear(done(job, false));
    }

    /// Makes the worker begin the current job.
    pub(crate) fn begin(&mut self) {
        let recipe = self.state.stage.run.as_ref().expect("a run").recipe.clone().into();
        let (job, levels, noise) = (self.state.engine.jobs, vec![1.0, 0.0], vec![file(1)]);
        let notes = vec!["A note.".into()];
        self.hear(Event::Started { job, recipe, steps: 1, notes, levels, noise });
    }

    /// Returns the text of the status.
    pub(crate) fn status(&self) -> &str {
        &self.state.status.text
    }
}

/// Returns a file with one byte, which distinguishes it from others.
pub(crate) fn file(byte: u8) -> File {
    File(vec![byte])
}

pub(crate) fn step(job: u32) -> Event {
    let (denoised, noisy) = (vec![file(2)], vec![file(3)]);
    Event::Step { job, index: 0, milliseconds: 5.0, denoised, noisy }
}

pub(crate) fn done(job: u32, stopped: bool) -> Event {
    Event::Done { job, stopped, pictures: vec![file(9)], milliseconds: 5.0 }
}

pub(crate) fn choice(name: &str) -> ModelChoice {
    let (folder, hash) = (format!("./models/{name}"), format!("hash of {name}"));
    let tiles = vec![Recipe { prompt: "fox".into(), seed: 2, ..Recipe::default() }];
    let quilt = Quilt { columns: 1, rows: 1, tiles, styles: vec!["noto".into()] };
    ModelChoice {
        folder,
        name: name.into(),
        hash,
        bytes: 34e6,
        style: String::new(),
        quilt: Some(quilt),
    }
}

pub(crate) fn ready(name: &str) -> Event {
    ready_on(name, DeviceFacts { name: "CPU".into(), ..DeviceFacts::default() })
}

pub(crate) fn ready_on(name: &str, device: DeviceFacts) -> Event {
    let sampler = |name: &str| (name.to_owned(), name.to_uppercase());
    let model = ModelFacts {
        name: name.into(),
        hash: format!("hash of {name}"),
        styles: vec!["noto".into(), "fluent flat".into()],
        samplers: vec![sampler("euler"), sampler("heun")],
        defaults: Defaults { sampler: "heun".into(), steps: 12, ..Defaults::default() },
        shift: Some(2.0),
        max_tokens: 16,
        ..ModelFacts::default()
    };
    Event::Ready { model: model.into(), device, seconds: 1.0 }
}

pub(crate) fn crashed(message: &str, on_gpu: bool) -> Event {
    Event::Crashed { message: message.into(), on_gpu }
}
