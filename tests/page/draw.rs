//! The page without a browser: what happens, what it knows then, and what it asks for.

use std::rc::Rc;

use patchwork::image::Image;
use patchwork::page::grid::{Axis, Grid, Setting};
use patchwork::page::history::HistoryEntry;
use patchwork::page::offer::Brought;
use patchwork::page::protocol::{DeviceChoice, DeviceFacts, Event, ModelFacts, Request};
use patchwork::page::{Action, Effect, HistoryAction, ModelChoice, State, update};
use patchwork::recipe::address::{self, standard};
use patchwork::recipe::{Defaults, Recipe};

/// A page, and what it asked for since it was looked at last.
struct Page {
    state: State,
    effects: Vec<Effect>,
}

impl Page {
    /// Opened with what its address says after the `#`.
    fn open(pairs: &[(&str, &str)]) -> Self {
        let pairs: Vec<_> = pairs.iter().map(|&(name, value)| (name, value.to_owned())).collect();
        let (state, effects) = State::open(address::read(&pairs));
        Self { state, effects }
    }

    /// Opened, with its model loaded.
    fn ready() -> Self {
        let mut page = Self::open(&[]);
        page.act(Action::Models(vec![choice("stickers"), choice("other")]));
        page.hear(ready("stickers"));
        page.effects.clear();
        page
    }

    fn act(&mut self, action: Action) {
        let (state, effects) = update(self.state.clone(), action);
        self.state = state;
        self.effects.extend(effects);
    }

    fn edit(&mut self, edit: impl FnOnce(&mut Recipe) + 'static) {
        self.act(Action::Edit(Box::new(edit)));
    }

    /// The worker that runs now says something.
    fn hear(&mut self, event: Event) {
        self.act(Action::Worker(self.state.worker, event));
    }

    /// What the worker was told since it was looked at last.
    fn sent(&mut self) -> Vec<Request> {
        let effects = std::mem::take(&mut self.effects).into_iter();
        let sent = effects.filter_map(|effect| match effect {
            Effect::Send(request) => Some(request),
            _ => None,
        });
        sent.collect()
    }

    /// The jobs that the worker was told to draw since it was looked at last.
    fn drawn(&mut self) -> Vec<(u32, Recipe)> {
        let drawn = self.sent().into_iter().filter_map(|request| match request {
            Request::Draw { job, recipe } => Some((job, *recipe)),
            _ => None,
        });
        drawn.collect()
    }

    /// The workers that were started since it was looked at last: model and device.
    fn started(&mut self) -> Vec<(String, DeviceChoice)> {
        let effects = std::mem::take(&mut self.effects).into_iter();
        let started = effects.filter_map(|effect| match effect {
            Effect::StartWorker { model, device, .. } => Some((model, device)),
            _ => None,
        });
        started.collect()
    }

    /// The worker draws the job on stage to its end.
    fn finish(&mut self) {
        let job = self.state.jobs;
        self.hear(Event::Started { job, steps: 1, notes: vec!["A note.".into()] });
        self.hear(step(job));
        self.hear(done(job, false));
    }
}

fn dot() -> Image {
    Image { width: 1, height: 1, pixels: vec![9; 4] }
}

fn step(job: u32) -> Event {
    Event::Step { job, index: 0, milliseconds: 5.0, denoised: vec![dot()], noisy: vec![dot()] }
}

fn done(job: u32, stopped: bool) -> Event {
    Event::Done { job, stopped, pictures: vec![dot()], milliseconds: 5.0 }
}

fn choice(name: &str) -> ModelChoice {
    let (folder, hash) = (format!("./models/{name}"), format!("hash of {name}"));
    ModelChoice { folder, name: name.into(), hash, bytes: 1e6 }
}

fn ready(name: &str) -> Event {
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
    let device = DeviceFacts { name: "CPU".into(), ..DeviceFacts::default() };
    Event::Ready { model: model.into(), device, seconds: 1.0 }
}

fn lost() -> Event {
    Event::Crashed { message: "The browser lost its GPU.".into() }
}

#[test]
fn a_start_asks_for_a_worker_the_models_and_the_history() {
    let mut page = Page::open(&[]);
    assert_eq!((page.state.phase(), page.state.status.as_str()), ("loading", "Loading the model."));
    assert!(page.effects.contains(&Effect::ListModels) && page.effects.contains(&Effect::Recall));
    assert_eq!(page.started(), [("./models/stickers".into(), DeviceChoice::Auto)]);
    page.hear(Event::Loading { loaded: 1.0, total: 4.0, rate: 2.0 });
    assert_eq!(page.state.loading().map(|loading| loading.total), Some(4.0));
    page.hear(ready("stickers"));
    assert_eq!(page.state.phase(), "ready");
    // The form takes over how the model draws best, and the worker reads its prompts.
    let form = &page.state.form;
    assert_eq!((form.sampler.as_str(), form.steps, form.shift), ("heun", 12, Some(2.0)));
    assert!(matches!(page.sent()[..], [Request::Read { .. }]));
}

#[test]
fn a_draw_is_told_to_the_worker_shown_and_kept() {
    let mut page = Page::ready();
    page.edit(|form| (form.prompt, form.seed) = ("fox".into(), 3));
    page.effects.clear();
    page.act(Action::Draw);
    assert_eq!(page.state.phase(), "running");
    let shown = page.effects.iter().any(|effect| matches!(effect, Effect::ShowAddress(_)));
    let drawn = page.drawn();
    let (job, recipe) = &drawn[0];
    assert!(shown && drawn.len() == 1);
    assert_eq!((recipe.prompt.as_str(), recipe.seed, *job), ("fox", 3, page.state.jobs));
    // The recipe says all that it is drawn with, and by which model.
    assert_eq!((recipe.shift, recipe.model_hash.as_str()), (Some(2.0), "hash of stickers"));
    page.finish();
    assert_eq!(page.state.phase(), "done");
    assert_eq!(page.state.status, "Done in 0.0 s. A note.");
    let Some(Effect::Keep(kept)) = page.effects.pop() else { panic!("it is kept") };
    let [(recipe, png)] = kept.try_into().unwrap();
    page.act(Action::History(HistoryAction::Kept { key: Some(1), recipe: recipe.into(), png }));
    assert_eq!(page.state.history.len(), 1);
    // The very same picture is not kept twice.
    page.act(Action::Draw);
    page.finish();
    assert!(!page.effects.iter().any(|effect| matches!(effect, Effect::Keep(_))));
}

#[test]
fn a_new_draw_replaces_the_one_that_is_drawn() {
    let mut page = Page::ready();
    page.act(Action::Draw);
    let first = page.state.jobs;
    page.hear(step(first));
    page.edit(|form| form.prompt = "fox".into());
    page.act(Action::Draw);
    let drawn = page.drawn();
    assert!(drawn.len() == 2 && drawn[1].0 != first && drawn[1].1.prompt == "fox");
    // What is said of the first is of no interest any more.
    page.hear(done(first, false));
    assert_eq!(page.state.phase(), "running");
    assert!(page.state.run.as_ref().unwrap().frames.is_empty());
    page.finish();
    assert_eq!(page.state.phase(), "done");
}

#[test]
fn cancel_stops_what_is_drawn_and_keeps_how_far_it_came() {
    let mut page = Page::ready();
    page.act(Action::Draw);
    page.effects.clear();
    page.act(Action::Cancel);
    assert_eq!(page.sent(), [Request::Cancel]);
    let job = page.state.jobs;
    page.hear(step(job));
    page.hear(done(job, true));
    assert!(page.state.status.starts_with("Stopped after 1 of"));
    assert!(!page.effects.iter().any(|effect| matches!(effect, Effect::Keep(_))));
    // What waits for the model is cancelled too.
    let mut page = Page::open(&[]);
    page.act(Action::Draw);
    assert!(page.state.is_busy());
    page.act(Action::Cancel);
    page.effects.clear();
    page.hear(ready("stickers"));
    assert!(page.drawn().is_empty() && page.state.phase() == "ready");
}

#[test]
fn what_is_asked_for_while_loading_is_drawn_when_the_model_is_there() {
    let mut page = Page::open(&[("prompt", "fox"), ("sampler", "EULER")]);
    page.act(Action::Draw);
    assert_eq!(page.state.status, "This is drawn as soon as the model is loaded.");
    page.edit(|form| form.prompt = "cat".into());
    page.effects.clear();
    page.hear(ready("stickers"));
    let drawn = page.drawn();
    // As it was asked for, in the names that the model knows, and with what the link left to it.
    let recipe = &drawn[0].1;
    assert_eq!((recipe.prompt.as_str(), recipe.sampler.as_str()), ("fox", "euler"));
    assert_eq!((recipe.steps, page.state.form.prompt.as_str()), (12, "cat"));
}

#[test]
fn a_worker_that_crashes_while_loading_is_not_started_by_itself() {
    let mut page = Page::open(&[]);
    page.effects.clear();
    page.hear(Event::Crashed { message: "It cannot be loaded.".into() });
    assert_eq!((page.state.phase(), page.state.status.as_str()), ("error", "It cannot be loaded."));
    assert!(page.started().is_empty());
    // A stopped engine draws nothing, and is not heard.
    page.act(Action::Draw);
    page.hear(ready("stickers"));
    assert!(page.drawn().is_empty() && page.state.phase() == "error");
    page.act(Action::Restart);
    assert_eq!((page.started().len(), page.state.phase()), (1, "loading"));
    page.hear(ready("stickers"));
    assert_eq!(page.state.phase(), "ready");
}

#[test]
fn a_lost_gpu_starts_the_model_again_and_keeps_form_and_picture() {
    let mut page = Page::ready();
    page.edit(|form| form.prompt = "fox".into());
    page.act(Action::Draw);
    page.finish();
    assert!(page.state.can_decode());
    let old = page.state.worker;
    page.effects.clear();
    page.hear(lost());
    assert_eq!((page.started().len(), page.state.phase()), (1, "loading"));
    assert_eq!(page.state.trouble.as_deref(), Some("The browser lost its GPU."));
    assert_eq!((page.state.form.prompt.as_str(), page.state.can_decode()), ("fox", false));
    assert!(!page.state.run.as_ref().unwrap().pictures().is_empty());
    // The old worker's last words are not heard.
    page.act(Action::Worker(old, ready("other")));
    assert_eq!(page.state.phase(), "loading");
    page.act(Action::ChooseDevice(DeviceChoice::Cpu));
    assert_eq!(page.started(), [("./models/stickers".into(), DeviceChoice::Cpu)]);
    assert_eq!(page.state.trouble, None);
    page.hear(ready("stickers"));
    page.act(Action::Draw);
    assert_eq!(page.drawn().len(), 1);
}

#[test]
fn a_restart_while_drawing_draws_again() {
    let mut page = Page::ready();
    page.edit(|form| form.prompt = "fox".into());
    page.act(Action::Draw);
    page.act(Action::ChooseDevice(DeviceChoice::Cpu));
    page.effects.clear();
    page.hear(ready("stickers"));
    assert_eq!(page.drawn()[0].1.prompt, "fox");
    // Two restarts do not lose it.
    page.act(Action::Restart);
    page.act(Action::Restart);
    page.effects.clear();
    page.hear(ready("stickers"));
    assert_eq!(page.drawn()[0].1.prompt, "fox");
}

#[test]
fn a_failed_job_leaves_the_engine_ready() {
    let mut page = Page::ready();
    page.act(Action::Draw);
    let job = page.state.jobs;
    page.hear(Event::Failed { job: Some(job + 1), message: "Another's.".into() });
    assert_eq!(page.state.phase(), "running");
    page.hear(Event::Failed { job: Some(job), message: "There is no such style.".into() });
    assert_eq!((page.state.phase(), page.state.has_failed()), ("error", true));
    page.act(Action::Draw);
    assert_eq!(page.state.phase(), "running");
}

#[test]
fn a_model_is_switched_and_a_pictures_model_is_loaded() {
    let mut page = Page::ready();
    page.act(Action::ChooseModel("./models/other".into()));
    assert_eq!(page.started(), [("./models/other".into(), DeviceChoice::Auto)]);
    page.hear(ready("other"));
    let recipe = Recipe {
        prompt: "fox".into(),
        model: "stickers".into(),
        model_hash: "HASH OF stickers ".into(),
        ..standard()
    };
    let what = "The recipe of a.png is in the form".to_owned();
    let brought = Brought { what, is_of_picture: true, recipe, unknown: Vec::new() };
    page.act(Action::Bring(brought.clone()));
    assert_eq!(page.started(), [("./models/stickers".into(), DeviceChoice::Auto)]);
    assert!(page.state.status.contains("is being loaded"), "{}", page.state.status);
    page.hear(ready("stickers"));
    assert_eq!(page.state.form.prompt, "fox");
    // Of a model that is not here, and with what this one does not know.
    let recipe = Recipe { model_hash: "0".into(), style: "cubism".into(), ..brought.recipe };
    page.act(Action::Bring(Brought { recipe, ..brought }));
    for word in ["picture will differ", "“cubism”", "a model that is not here"] {
        assert!(page.state.status.contains(word), "{}", page.state.status);
    }
    assert!(page.started().is_empty());
}

#[test]
fn a_link_names_what_it_cannot_mean_once_the_model_is_there() {
    let mut page = Page::open(&[("prompt", "fox"), ("sampler", "magic"), ("lora", "x")]);
    assert_eq!(page.state.status, "Loading the model.");
    page.hear(ready("stickers"));
    for word in ["“magic”", "“lora”", "Press Generate"] {
        assert!(page.state.status.contains(word), "{}", page.state.status);
    }
    assert_eq!(page.state.form.sampler, "heun");
}

#[test]
fn a_grid_is_drawn_cell_by_cell_and_stops_with_the_cell() {
    let mut page = Page::ready();
    let model = page.state.loaded().unwrap().model.clone();
    let axis = |setting, values| Axis::new(setting, values);
    let across = axis(Setting::Steps, "1, 2");
    let grid = Grid::new(&page.state.form, across, axis(Setting::Seed, "5"), &model).unwrap();
    page.act(Action::DrawGrid(grid.clone()));
    for steps in [1, 2] {
        let drawn = page.drawn();
        assert_eq!((drawn[0].1.steps, drawn[0].1.seed, drawn.len()), (steps, 5, 1));
        page.finish();
    }
    let drawn = page.state.grid.as_ref().unwrap();
    assert!(drawn.cells.iter().all(Option::is_some) && !drawn.is_drawing);
    assert!(page.drawn().is_empty());
    // A stop lets the cell end, and begins no other; its pictures are in no history.
    page.act(Action::DrawGrid(grid));
    page.act(Action::Stop);
    page.effects.clear();
    page.finish();
    assert_eq!(page.effects, []);
    assert_eq!(page.state.grid.as_ref().unwrap().cells.iter().flatten().count(), 1);
    // And the form takes the stage from a grid.
    let (across, down) = (axis(Setting::Steps, "0"), axis(Setting::Seed, "5"));
    let refused = Grid::new(&page.state.form, across, down, &model).unwrap_err();
    assert!(refused.contains("give 1 to 150"), "{refused}");
}

#[test]
fn chance_is_asked_only_for_a_seed_that_nobody_chose() {
    let mut page = Page::ready();
    page.act(Action::Draw);
    page.act(Action::Draw);
    assert_eq!(page.drawn().len(), 2);
    page.act(Action::LockSeed(false));
    page.act(Action::Draw);
    assert_eq!(page.effects, [Effect::RollSeed { draws: true }]);
    page.effects.clear();
    page.act(Action::Rolled { seed: 99, draws: true });
    assert_eq!(page.drawn()[0].1.seed, 99);
    // A seed that was typed, or rolled by its button, holds for one picture.
    for _ in 0..2 {
        page.edit(|form| form.seed += 1);
        page.act(Action::Draw);
        assert_eq!(page.drawn().len(), 1);
        page.act(Action::RollSeed);
        assert_eq!(page.effects, [Effect::RollSeed { draws: false }]);
        page.act(Action::Rolled { seed: 5, draws: false });
        page.act(Action::Draw);
        assert_eq!(page.drawn()[0].1.seed, 5);
    }
    // What the form refuses is not drawn.
    page.act(Action::Refuse(Some("“x” is no seed.".into())));
    page.act(Action::Draw);
    assert_eq!((page.drawn().len(), page.state.status.as_str()), (0, "“x” is no seed."));
    page.act(Action::Say(String::new()));
    let model = page.state.loaded().unwrap().model.clone();
    let axis = |setting, values| Axis::new(setting, values);
    let (across, down) = (axis(Setting::Steps, "1"), axis(Setting::Seed, "5"));
    let grid = Grid::new(&page.state.form, across, down, &model).unwrap();
    page.act(Action::DrawGrid(grid));
    assert_eq!((page.drawn().len(), page.state.status.as_str()), (0, "“x” is no seed."));
}

#[test]
fn the_history_is_kept_closed_recalled_and_removed() {
    let mut page = Page::ready();
    let recipe = Recipe { prompt: "fox".into(), ..standard() };
    let png: Rc<[u8]> = HistoryEntry::png(&dot(), &recipe).unwrap().into();
    let stored = HistoryEntry::read(4, png.to_vec()).unwrap();
    page.act(Action::History(HistoryAction::Recalled(vec![stored.clone()])));
    assert!(page.effects.contains(&Effect::AskToPersist));
    page.act(Action::History(HistoryAction::Open(stored)));
    assert_eq!(page.state.status, "“fox”, from the history.");
    assert!(page.effects.contains(&Effect::ShowStage) && !page.state.can_decode());
    page.effects.clear();
    page.act(Action::History(HistoryAction::Remove(Some(4))));
    assert_eq!(page.effects, [Effect::Remove(Some(4))]);
    page.act(Action::History(HistoryAction::Removed(Some(4))));
    assert_eq!((page.state.history.len(), page.state.status.as_str()), (0, "Deleted."));
    // Without a store it is in memory, each picture under its own number.
    page.act(Action::History(HistoryAction::Closed));
    assert!(page.state.status.contains("until the page is closed"));
    for _ in 0..2 {
        page.act(Action::History(HistoryAction::Kept {
            key: None,
            recipe: recipe.clone().into(),
            png: png.clone(),
        }));
    }
    let keys: Vec<u32> = page.state.history.iter().map(|entry| entry.key).collect();
    assert!(keys.len() == 2 && keys[0] != keys[1]);
    page.effects.clear();
    page.act(Action::History(HistoryAction::Remove(Some(keys[0]))));
    assert_eq!(page.effects, [Effect::FocusHistory]);
    page.act(Action::History(HistoryAction::Remove(None)));
    assert!(page.state.history.is_empty());
}

/// After the largest seed comes 0, as the engine counts; and all are kept in their order.
#[test]
fn pictures_of_one_run_are_kept_with_their_seeds() {
    let mut page = Page::ready();
    page.edit(|form| (form.seed, form.count) = (u64::MAX, 2));
    page.act(Action::Draw);
    let (job, mut other) = (page.state.jobs, dot());
    other.pixels[0] = 8;
    let pictures = vec![dot(), other];
    page.effects.clear();
    page.hear(Event::Done { job, stopped: false, pictures, milliseconds: 5.0 });
    let Some(Effect::Keep(kept)) = page.effects.pop() else { panic!("they are kept") };
    let seeds: Vec<_> = kept.iter().map(|(recipe, _)| (recipe.seed, recipe.count)).collect();
    assert_eq!(seeds, [(u64::MAX, 1), (0, 1)]);
    // A history that is read while they are being stored holds them once.
    let (recipe, png) = kept[0].clone();
    let stored = HistoryEntry::read(3, png.to_vec()).unwrap();
    page.act(Action::History(HistoryAction::Recalled(vec![stored])));
    page.act(Action::History(HistoryAction::Kept { key: Some(3), recipe: recipe.into(), png }));
    assert_eq!(page.state.history.len(), 1);
}

/// Its button is disabled then; what is drawn must be heard to its end all the same.
#[test]
fn nothing_is_opened_while_something_is_drawn() {
    let mut page = Page::ready();
    let png = HistoryEntry::png(&dot(), &standard()).unwrap();
    page.act(Action::Draw);
    let stored = HistoryEntry::read(4, png).unwrap();
    page.act(Action::History(HistoryAction::Open(stored)));
    assert!(page.state.can_decode());
    page.finish();
    assert_eq!(page.state.phase(), "done");
}

#[test]
fn removed_weights_are_not_kept_any_more() {
    let mut page = Page::open(&[]);
    let Event::Ready { mut model, device, seconds } = ready("stickers") else { unreachable!() };
    model.is_kept = true;
    page.hear(Event::Ready { model, device, seconds });
    assert!(page.state.keeps_something() && page.effects.contains(&Effect::AskToPersist));
    page.hear(Event::Forgotten { message: "They are removed.".into() });
    assert!(!page.state.keeps_something());
    assert_eq!(page.state.loaded().unwrap().model.kept, "They are removed.");
}

/// A link leaves each of the sampling fields to the model, or sets it.
#[test]
fn what_a_link_leaves_open_is_the_models() {
    for (name, value) in [
        ("sampler", "euler"),
        ("steps", "3"),
        ("guidance", "1.25"),
        ("shift", "1.5"),
        ("guidance_interval", "0.25 0.75"),
    ] {
        let mut page = Page::open(&[("prompt", "fox"), (name, value)]);
        page.hear(ready("stickers"));
        let form = page.state.form.clone();
        let own = Defaults { sampler: "heun".into(), steps: 12, ..Defaults::default() };
        let own = Recipe { shift: Some(2.0), ..own.over(form.clone()) };
        let (set, open) = (address::pairs(&form), address::pairs(&own));
        let differ: Vec<_> = set.iter().zip(&open).filter(|(a, b)| a != b).collect();
        assert!(differ.iter().all(|((other, _), _)| *other == name), "{name}: {differ:?}");
        assert!(set.contains(&(name, value.into())), "{name}: {set:?}");
    }
}

#[test]
fn a_page_of_another_version_asks_to_be_loaded_anew() {
    let mut page = Page::ready();
    page.edit(|form| form.prompt = "fox".into());
    page.hear(Event::Outdated);
    assert_eq!(page.state.phase(), "error");
    page.effects.clear();
    page.act(Action::Reload);
    let Some(Effect::Reload(recipe)) = page.effects.pop() else { panic!("it is loaded anew") };
    assert_eq!((recipe.prompt.as_str(), recipe.model_hash.as_str()), ("fox", "hash of stickers"));
}

#[test]
fn a_step_is_looked_at_and_decoded() {
    let mut page = Page::ready();
    page.act(Action::Draw);
    page.finish();
    page.effects.clear();
    page.act(Action::Decode(0));
    let job = page.state.jobs;
    assert_eq!(page.sent(), [Request::Decode { job, step: 0 }]);
    page.hear(Event::Decoded { job, step: 0, pictures: vec![dot()] });
    assert_eq!(page.state.status, "Step 1, decoded in full.");
    let run = page.state.run.as_ref().unwrap();
    assert!(!run.on_view(false).1 && run.on_view(true).1);
}
