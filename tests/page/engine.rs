//! Workers that start, crash and replace each other.

use patchwork::page::facts::DeviceFacts;
use patchwork::page::form::offer::Brought;
use patchwork::page::protocol::{DeviceChoice, Event, Part, Request};
use patchwork::page::stage::grid::{Axis, Grid, Setting};
use patchwork::page::{
    Action, Effect, EngineAction, EngineEffect, FormAction, GalleryEffect, StageAction,
};
use patchwork::recipe::Recipe;
use patchwork::recipe::address::standard;

use crate::support::{Page, crashed, ready, ready_on};

const DEFAULT: &str = "./models/stickers";

#[test]
fn the_page_starts_a_worker_and_asks_for_models_and_history() {
    let mut page = Page::open(&[]);
    assert_eq!((page.state.engine.phase(), page.status()), ("loading", "Loading the model."));
    assert!(page.effects.contains(&Effect::Engine(EngineEffect::ListModels)));
    assert!(page.effects.contains(&Effect::Gallery(GalleryEffect::Recall(Vec::new()))));
    assert_eq!(page.started(), [(DEFAULT.into(), DeviceChoice::Auto)]);
    page.hear(Event::Loading { part: Part::Weights, loaded: 1.0, total: 3.0, at: 0.0 });
    page.hear(Event::Loading { part: Part::Program, loaded: 1.0, total: 1.0, at: 0.0 });
    assert_eq!(page.state.engine.loading().unwrap().share(), Some(0.5));
    assert_eq!(page.state.title(), "(50 %) Patchwork");
    page.hear(Event::Stage { stage: "Compiling shaders".into() });
    assert_eq!(page.state.engine.loading().unwrap().describe(), "Compiling shaders");
    page.hear(ready("stickers"));
    assert_eq!((page.state.engine.phase(), page.status()), ("ready", "Ready on the CPU."));
    // The form takes the model's default settings, and the worker reads its prompts.
    let form = &page.state.form.recipe;
    assert_eq!((form.sampler.as_str(), form.steps, form.shift), ("heun", 12, Some(2.0)));
    assert!(matches!(page.sent()[..], [Request::Read { .. }]));
}

#[test]
fn a_chosen_sampling_field_keeps_the_others_as_they_are_shown() {
    let mut page = Page::ready();
    let open = page.state.form.chosen.clone();
    assert_eq!((open.sampler, open.steps, open.guidance), (None, None, None));
    // The model has these steps in any case.
    page.edit(|form| form.steps = Some(12));
    assert_eq!(page.state.form.chosen.steps, None);
    page.edit(|form| form.prompt = Some("fox".into()));
    assert_eq!(page.state.form.chosen.sampler, None);
    page.edit(|form| form.steps = Some(3));
    let chosen = &page.state.form.chosen;
    assert_eq!((chosen.sampler.as_deref(), chosen.steps), (Some("heun"), Some(3)));
    assert_eq!((chosen.shift, chosen.guidance.is_some()), (Some(2.0), true));
    // The style and the number of pictures still follow the model and the device.
    assert_eq!((&chosen.style, chosen.count), (&None, None));
}

#[test]
fn a_brought_recipe_that_began_with_a_picture_says_so_and_is_drawn_without_it() {
    let mut page = Page::ready();
    let recipe = Recipe { prompt: "fox".into(), picture: "0123456789abcdef".into(), ..standard() };
    let what = "The recipe of a.png is in the form".to_owned();
    let recipe = recipe.into();
    let brought = Brought { what, is_of_picture: true, recipe, unknown: Vec::new() };
    page.act(FormAction::Bring(brought.into()));
    assert!(page.status().contains("the picture that it began with"), "{}", page.status());
    page.act(FormAction::Draw);
    assert_eq!(page.drawn()[0].1.picture, "");
}

#[test]
fn a_recipe_that_is_drawn_again_is_drawn_unchanged() {
    let mut page = Page::ready();
    let recipe = Recipe {
        prompt: "fox".into(),
        steps: 200,
        guidance_channels: Some(3),
        sampler: "magic".into(),
        ..standard()
    };
    page.act(FormAction::DrawAgain(recipe.clone().into()));
    let drawn = page.drawn()[0].1.clone();
    assert_eq!(drawn, recipe);
}

#[test]
fn a_draw_while_loading_waits_for_the_model() {
    let mut page = Page::open(&[]);
    page.edit(|form| form.steps = Some(3));
    page.draw("fox", 1);
    assert_eq!(page.status(), "This is drawn as soon as the model is loaded.");
    page.edit(|form| form.prompt = Some("cat".into()));
    page.effects.clear();
    page.hear(ready("stickers"));
    // The recipe is drawn as it was when it was asked for.
    let recipe = &page.drawn()[0].1;
    assert_eq!((recipe.prompt.as_str(), recipe.steps), ("fox", 3));
    assert_eq!(page.state.form.recipe.prompt, "cat");
}

#[test]
fn a_worker_that_crashes_while_loading_is_not_restarted() {
    let mut page = Page::open(&[]);
    page.effects.clear();
    page.hear(crashed("It cannot be loaded.", false));
    assert_eq!((page.state.engine.phase(), page.status()), ("error", "It cannot be loaded."));
    assert!(page.started().is_empty() && page.state.status.is_bad);
    // A stopped engine draws nothing, and its events are ignored.
    page.draw("fox", 1);
    page.hear(ready("stickers"));
    assert!(page.drawn().is_empty() && page.state.engine.phase() == "error");
    page.act(EngineAction::Restart);
    assert_eq!((page.started().len(), page.state.engine.phase()), (1, "loading"));
    page.hear(ready("stickers"));
    assert_eq!(page.state.engine.phase(), "ready");
}

/// With Auto, the page goes on with the CPU after a GPU is lost, and gives the reason.
#[test]
fn a_gpu_that_is_lost_before_it_is_ready_leaves_the_cpu() {
    let mut page = Page::open(&[]);
    page.draw("fox", 1);
    page.effects.clear();
    page.hear(crashed("The browser lost its GPU (gone).", true));
    assert!(
        page.effects.contains(&Effect::Engine(EngineEffect::UseWorker(2))),
        "and the first one ends"
    );
    assert_eq!(page.started(), [(DEFAULT.into(), DeviceChoice::Cpu)]);
    page.hear(ready("stickers"));
    assert_eq!(page.drawn()[0].1.prompt, "fox", "what waited is drawn");
    let reason = &page.state.engine.loaded().unwrap().device.reason;
    assert!(reason.contains("lost its GPU (gone)"), "{reason}");
    // If the CPU fails too, the page reports the error and stops.
    let mut page = Page::open(&[]);
    page.hear(crashed("The GPU is gone.", true));
    page.hear(crashed("No room.", false));
    assert_eq!((page.state.engine.phase(), page.status()), ("error", "No room."));
}

#[test]
fn a_lost_gpu_restarts_the_model_and_keeps_form_and_picture() {
    let mut page = Page::ready();
    page.draw("fox", 1);
    page.finish();
    assert!(page.state.can_decode());
    let old = page.state.engine.worker;
    page.effects.clear();
    page.hear(crashed("The browser lost its GPU.", true));
    assert_eq!((page.started().len(), page.state.engine.phase()), (1, "loading"));
    assert_eq!(page.state.engine.trouble.as_deref(), Some("The browser lost its GPU."));
    assert_eq!((page.state.form.recipe.prompt.as_str(), page.state.can_decode()), ("fox", false));
    assert!(!page.state.stage.run.as_ref().unwrap().pictures().is_empty());
    // The old worker's last events are ignored.
    page.act(EngineAction::Worker(old, ready("other")));
    assert_eq!(page.state.engine.phase(), "loading");
    page.act(EngineAction::ChooseDevice(DeviceChoice::Cpu));
    assert_eq!(page.started(), [(DEFAULT.into(), DeviceChoice::Cpu)]);
    assert_eq!(page.state.engine.trouble, None);
    page.hear(ready("stickers"));
    page.draw("fox", 1);
    assert_eq!(page.drawn().len(), 1);
}

#[test]
fn another_device_takes_over_when_it_is_ready_and_the_picture_is_done() {
    let mut page = Page::ready();
    page.draw("fox", 1);
    let old = page.state.engine.worker;
    page.effects.clear();
    page.act(EngineAction::ChooseDevice(DeviceChoice::WebGpu));
    assert_eq!(page.state.engine.phase(), "running", "the old one draws on");
    assert!(
        !page
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Engine(EngineEffect::UseWorker(_))))
    );
    assert_eq!(page.started(), [(DEFAULT.into(), DeviceChoice::WebGpu)]);
    let gpu = DeviceFacts { name: "WebGPU".into(), ..DeviceFacts::default() };
    page.hear_next(ready_on("stickers", gpu));
    assert_eq!((page.state.engine.worker, page.state.engine.phase()), (old, "running"));
    page.finish();
    assert_ne!(page.state.engine.worker, old);
    assert_eq!((page.state.engine.phase(), page.status()), ("ready", "Ready on the GPU."));
    assert!(!page.state.stage.run.as_ref().unwrap().pictures().is_empty());
    assert!(page.drawn().is_empty(), "and draws nothing by itself");
    // While the next worker loads, the old one draws. A cancelled job stays cancelled.
    page.act(EngineAction::ChooseDevice(DeviceChoice::Cpu));
    assert_eq!(page.state.engine.phase(), "loading");
    page.draw("cat", 1);
    let job = page.state.engine.jobs;
    page.act(EngineAction::Cancel);
    page.hear(crate::support::done(job, true));
    page.effects.clear();
    page.hear_next(ready("stickers"));
    assert!(page.drawn().is_empty());
}

/// If Auto already uses the CPU, choosing the CPU changes nothing.
#[test]
fn a_device_that_draws_already_is_not_loaded_again() {
    let mut page = Page::ready();
    page.act(EngineAction::ChooseDevice(DeviceChoice::Cpu));
    assert!(page.started().is_empty() && page.status().contains("already"), "{}", page.status());
    page.act(EngineAction::ChooseDevice(DeviceChoice::Auto));
    assert_eq!(page.started().len(), 1, "there may be a GPU by now");
}

/// If the server has another version of the program than this page, the worker that draws goes on.
#[test]
fn after_an_update_on_the_server_the_running_worker_goes_on() {
    let mut page = Page::ready();
    page.draw("fox", 1);
    page.act(EngineAction::ChooseDevice(DeviceChoice::WebGpu));
    let next = page.state.engine.next.as_ref().unwrap().worker;
    page.hear_next(Event::Outdated);
    assert!(
        page.effects.contains(&Effect::Engine(EngineEffect::EndWorker(next)))
            && page.state.status.is_bad
    );
    assert_eq!(
        (page.state.engine.phase(), page.state.engine.choice.device),
        ("running", DeviceChoice::Auto)
    );
    page.finish();
    assert_eq!(page.state.engine.phase(), "done");
}

/// A tile of the quilt that was pressed before the model was loaded makes one picture, on a GPU too.
#[test]
fn a_waiting_recipe_keeps_its_number_of_pictures() {
    let gpu = || DeviceFacts { name: "WebGPU".into(), is_checked: true, ..DeviceFacts::default() };
    let mut page = Page::open(&[]);
    page.act(FormAction::DrawAgain(Recipe { prompt: "fox".into(), ..standard() }.into()));
    page.hear(ready_on("stickers", gpu()));
    assert_eq!(page.drawn()[0].1.count, 1);
    // The form is drawn with the device's default number of pictures.
    let mut page = Page::open(&[]);
    page.draw("fox", 1);
    page.hear(ready_on("stickers", gpu()));
    assert_eq!(page.drawn()[0].1.count, 4);
}

#[test]
fn reports_an_archive_that_is_lost_with_its_worker() {
    let mut page = Page::ready();
    let archive = patchwork::page::protocol::Archive::Zip;
    page.act(StageAction::SaveAll { archive, is_history: true });
    page.act(EngineAction::ChooseDevice(DeviceChoice::WebGpu));
    page.hear_next(ready("stickers"));
    assert!(page.status().contains("ask for it again"), "{}", page.status());
    assert!(page.state.stage.archives.is_empty());
}

#[test]
fn if_a_new_device_fails_the_old_one_stays_in_use() {
    let mut page = Page::ready();
    page.act(EngineAction::ChooseDevice(DeviceChoice::WebGpu));
    page.hear_next(crashed("This browser offers no WebGPU here: choose Auto or CPU.", false));
    assert_eq!(
        (page.state.engine.phase(), page.state.engine.choice.device),
        ("ready", DeviceChoice::Auto)
    );
    assert!(page.status().contains("offers no WebGPU") && page.state.status.is_bad);
    page.draw("fox", 1);
    assert_eq!(page.drawn().len(), 1);
    // Choosing the old device again before the new one is ready ends the new worker.
    page.finish();
    page.act(EngineAction::ChooseDevice(DeviceChoice::WebGpu));
    let given_up = page.state.engine.next.as_ref().unwrap().worker;
    page.act(EngineAction::ChooseDevice(DeviceChoice::Auto));
    assert!(
        page.effects.contains(&Effect::Engine(EngineEffect::EndWorker(given_up)))
            && page.state.engine.next.is_none()
    );
    // If the old worker crashes meanwhile, the next one is already starting.
    page.act(EngineAction::ChooseDevice(DeviceChoice::WebGpu));
    page.effects.clear();
    page.hear(crashed("Out of memory.", false));
    assert!(page.started().is_empty() && page.state.engine.phase() == "loading");
    page.hear(ready("stickers"));
    assert_eq!(page.state.engine.phase(), "ready");
}

#[test]
fn a_restart_repeats_the_running_draw() {
    let mut page = Page::ready();
    page.draw("fox", 1);
    page.act(EngineAction::Restart);
    page.effects.clear();
    page.hear(ready("stickers"));
    assert_eq!(page.drawn()[0].1.prompt, "fox");
    // Two restarts do not lose the job.
    page.act(EngineAction::Restart);
    page.act(EngineAction::Restart);
    page.effects.clear();
    page.hear(ready("stickers"));
    assert_eq!(page.drawn()[0].1.prompt, "fox");
}

#[test]
fn a_grid_ends_if_the_model_changes() {
    let page = Page::ready();
    let model = page.state.engine.loaded().unwrap().model.clone();
    let (across, down) = (Axis::new(Setting::Steps, "1, 2"), Axis::new(Setting::Seed, "5"));
    let grid = Grid::new(&page.state.form.recipe, across, down, &model).unwrap();
    for (name, goes_on) in [("stickers", true), ("other", false)] {
        let mut page = Page::ready();
        page.act(StageAction::DrawGrid(grid.clone()));
        match goes_on {
            true => page.act(EngineAction::ChooseDevice(DeviceChoice::WebGpu)),
            false => page.act(EngineAction::ChooseModel("./models/other".into())),
        }
        page.hear_next(ready(name));
        page.effects.clear();
        page.finish();
        assert_eq!(page.drawn().len(), usize::from(goes_on), "{name}");
    }
}

#[test]
fn switches_models_and_loads_the_model_of_a_picture() {
    let mut page = Page::ready();
    page.act(EngineAction::ChooseModel("./models/other".into()));
    assert_eq!(page.started(), [("./models/other".into(), DeviceChoice::Auto)]);
    page.hear_next(ready("other"));
    let recipe = Recipe {
        prompt: "fox".into(),
        model: "stickers".into(),
        model_hash: "HASH OF stickers ".into(),
        ..standard()
    };
    let what = "The recipe of a.png is in the form".to_owned();
    let brought =
        Brought { what, is_of_picture: true, recipe: recipe.clone().into(), unknown: Vec::new() };
    page.act(FormAction::Bring(brought.clone().into()));
    assert_eq!(page.started(), [(DEFAULT.into(), DeviceChoice::Auto)]);
    assert!(page.status().contains("is being loaded"), "{}", page.status());
    page.hear(ready("stickers"));
    assert_eq!(page.state.form.recipe.prompt, "fox");
    // The recipe is of a model that the page does not offer, and has a style that this model does not have.
    let recipe = Recipe { model_hash: "0".into(), style: "cubism".into(), ..recipe };
    let recipe = recipe.into();
    page.act(FormAction::Bring(Brought { recipe, ..brought }.into()));
    for word in ["picture will differ", "“cubism”", "a model that is not here"] {
        assert!(page.status().contains(word), "{}", page.status());
    }
    assert!(page.started().is_empty());
}

#[test]
fn removed_weights_are_no_longer_kept() {
    let mut page = Page::open(&[]);
    let Event::Ready { mut model, device, seconds } = ready("stickers") else { unreachable!() };
    model.is_kept = true;
    page.hear(Event::Ready { model, device, seconds });
    assert!(page.state.keeps_something() && page.effects.contains(&Effect::AskToPersist));
    page.hear(Event::Forgotten { message: "They are removed.".into() });
    assert!(!page.state.keeps_something());
    assert_eq!(page.state.engine.loaded().unwrap().model.kept, "They are removed.");
}

#[test]
fn a_page_of_another_version_asks_to_be_reloaded() {
    let mut page = Page::ready();
    page.edit(|form| form.prompt = Some("fox".into()));
    page.hear(Event::Outdated);
    assert_eq!(page.state.engine.phase(), "error");
    page.effects.clear();
    page.act(Action::Reload);
    let Some(Effect::Reload(recipe)) = page.effects.pop() else { panic!("it is loaded anew") };
    assert_eq!((recipe.prompt.as_str(), recipe.model_hash.as_str()), ("fox", "hash of stickers"));
}

/// The worker's first lines get no data from the engine, and must list the files that it will request.
#[test]
fn worker_main_names_the_store_and_the_files_of_drawing() {
    let lines = include_str!("../../www/worker_main.js");
    let store = format!("open(\"{}\")", patchwork::page::protocol::WEIGHTS);
    assert!(lines.contains(&store), "{store}");
    let manifest = include_str!("../../www/models/stickers/model.json");
    let manifest: serde_json::Value = serde_json::from_str(manifest).unwrap();
    // Drawing needs no encoder, and the upscaler is loaded later.
    let all = manifest["files"].as_object().unwrap().keys();
    let needed = all.filter(|name| {
        !["vae_encoder.safetensors", "upscaler.safetensors"].contains(&name.as_str())
    });
    let (begin, end) = ("const NEEDED = [", "];");
    let list = lines.split_once(begin).and_then(|(_, rest)| rest.split_once(end)).unwrap().0;
    let mut listed: Vec<&str> = list.split(", ").map(|name| name.trim_matches('"')).collect();
    listed.sort_unstable();
    assert_eq!(listed, needed.map(String::as_str).collect::<Vec<_>>());
}
