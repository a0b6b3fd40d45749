//! Prompts, seeds and grids: what is drawn.

use patchwork::page::facts::{Chip, DeviceFacts, Reading};
use patchwork::page::protocol::{Event, Request};
use patchwork::page::stage::grid::{Axis, Grid, Setting};
use patchwork::page::{
    Action, Effect, EngineAction, FormAction, FormEffect, GalleryAction, GalleryEffect,
    StageAction, StageEffect,
};
use patchwork::recipe::Recipe;

use crate::support::{Page, done, ready, ready_on, step};

/// The engine resolves the recipe, and the picture is kept with its answer.
#[test]
fn a_picture_is_kept_with_the_recipe_that_the_engine_resolved() {
    let mut page = Page::ready();
    page.draw("fox", 3);
    let job = page.state.engine.jobs;
    let resolved = Recipe { prompt: "fox".into(), shift: Some(3.5), ..Recipe::default() };
    let recipe = resolved.clone().into();
    page.hear(Event::Started {
        job,
        recipe,
        steps: 1,
        notes: vec![],
        levels: vec![1.0, 0.0],
        noise: vec![],
    });
    page.hear(step(job));
    page.hear(done(job, false));
    let kept = page.effects.iter().find_map(|effect| match effect {
        Effect::Gallery(GalleryEffect::Keep(kept)) => {
            kept.first().map(|(recipe, _)| recipe.clone())
        }
        _ => None,
    });
    assert_eq!(kept, Some(resolved));
}

#[test]
fn a_draw_is_sent_to_the_worker_shown_and_kept() {
    let mut page = Page::ready();
    page.draw("fox", 3);
    assert_eq!(page.state.engine.phase(), "running");
    assert_eq!(page.state.title(), "(0/12) fox – Patchwork");
    let shown = page
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::Stage(StageEffect::ShowAddress(_))));
    let drawn = page.drawn();
    let (job, recipe) = &drawn[0];
    assert!(shown && drawn.len() == 1);
    assert_eq!((recipe.prompt.as_str(), recipe.seed, *job), ("fox", 3, page.state.engine.jobs));
    // What the visitor did not choose is left to the engine, and shown as it is expected.
    assert_eq!((recipe.shift, recipe.model_hash.as_str()), (None, ""));
    let expected = page.state.stage.run.as_ref().unwrap().recipe.clone();
    assert_eq!((expected.shift, expected.model_hash.as_str()), (Some(2.0), "hash of stickers"));
    page.finish();
    assert_eq!(page.state.engine.phase(), "done");
    assert_eq!(
        (page.status(), page.state.title().as_str()),
        ("Done in 0.0 s. A note.", "Patchwork")
    );
    let kept = page
        .effects
        .iter()
        .filter(|effect| matches!(effect, Effect::Gallery(GalleryEffect::Keep(_))));
    assert_eq!(kept.count(), 1);
}

#[test]
fn a_new_draw_replaces_the_running_one() {
    let mut page = Page::ready();
    page.draw("cat", 1);
    let first = page.state.engine.jobs;
    page.hear(step(first));
    page.draw("fox", 1);
    let drawn = page.drawn();
    assert!(drawn.len() == 2 && drawn[1].0 != first && drawn[1].1.prompt == "fox");
    // Events of the first job are ignored now.
    page.hear(done(first, false));
    assert_eq!(page.state.engine.phase(), "running");
    assert!(page.state.stage.run.as_ref().unwrap().frames.is_empty());
    page.finish();
    assert_eq!(page.state.engine.phase(), "done");
}

#[test]
fn cancel_stops_the_running_or_waiting_draw() {
    let mut page = Page::ready();
    page.draw("fox", 1);
    page.effects.clear();
    page.act(EngineAction::Cancel);
    assert_eq!(page.sent(), [Request::Cancel]);
    let job = page.state.engine.jobs;
    page.hear(step(job));
    page.hear(done(job, true));
    assert!(page.status().starts_with("Stopped after 1 of"), "{}", page.status());
    assert!(
        !page
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Gallery(GalleryEffect::Keep(_))))
    );
    // A job that waits for the model is cancelled too.
    let mut page = Page::open(&[]);
    page.draw("fox", 1);
    assert!(page.state.engine.is_busy());
    page.act(EngineAction::Cancel);
    page.effects.clear();
    page.hear(ready("stickers"));
    assert!(page.drawn().is_empty() && page.state.engine.phase() == "ready");
    // If nothing is drawn, nothing is stopped.
    page.act(EngineAction::Cancel);
    assert_eq!(page.sent(), []);
}

#[test]
fn after_a_failed_job_the_engine_draws_and_the_next_status_is_no_error() {
    let mut page = Page::ready();
    page.draw("fox", 1);
    let job = page.state.engine.jobs;
    page.hear(Event::Failed { job: Some(job + 1), message: "Another's.".into() });
    assert_eq!(page.state.engine.phase(), "running");
    page.hear(Event::Failed { job: Some(job), message: "There is no such style.".into() });
    assert_eq!((page.state.engine.phase(), page.state.status.is_bad), ("error", true));
    page.act(Action::Say("The link is in the clipboard.".into()));
    assert!(!page.state.status.is_bad);
    page.draw("fox", 1);
    assert_eq!(page.state.engine.phase(), "running");
}

/// A live region announces only changes, so a repeated message is altered invisibly.
#[test]
fn a_repeated_status_is_announced_again() {
    let mut page = Page::ready();
    page.act(Action::Say("Deleted.".into()));
    let first = page.status().to_owned();
    page.act(Action::Say("Deleted.".into()));
    assert_ne!(page.status(), first);
    assert_eq!(page.status().trim_end_matches('\u{a0}'), first);
}

#[test]
fn each_press_has_a_new_seed_unless_one_is_kept() {
    let mut page = Page::ready();
    page.act(FormAction::Draw);
    assert!(
        page.effects.contains(&Effect::Form(FormEffect::RollSeed { draws: true }))
            && page.drawn().is_empty()
    );
    page.act(FormAction::Rolled { seed: 99, draws: true });
    assert_eq!(page.drawn()[0].1.seed, 99);
    // A seed that was typed, rolled with its button or taken from a picture is used for one picture.
    let next = page.state.form.recipe.seed + 1;
    page.edit(move |form| form.seed = Some(next));
    page.act(FormAction::Draw);
    assert_eq!(page.drawn()[0].1.seed, 100);
    page.act(FormAction::RollSeed);
    assert!(page.effects.contains(&Effect::Form(FormEffect::RollSeed { draws: false })));
    page.act(FormAction::Rolled { seed: 5, draws: false });
    page.act(FormAction::Draw);
    assert_eq!(page.drawn()[0].1.seed, 5);
    page.act(FormAction::UseSeed(8));
    page.act(FormAction::Draw);
    assert_eq!(page.drawn()[0].1.seed, 8);
    page.act(FormAction::Draw);
    assert!(page.drawn().is_empty(), "chance is asked");
    // A seed that is kept is used until it is released.
    page.act(FormAction::KeepSeed { keeps: true, seed: Some(7) });
    for _ in 0..2 {
        page.act(FormAction::Draw);
        assert_eq!(page.drawn()[0].1.seed, 7);
    }
    page.act(FormAction::KeepSeed { keeps: false, seed: Some(7) });
    page.act(FormAction::Draw);
    assert!(page.drawn().is_empty());
}

#[test]
fn an_invalid_form_is_not_drawn() {
    let mut page = Page::ready();
    page.act(FormAction::Refuse(Some("“x” is no seed.".into())));
    page.act(FormAction::Draw);
    assert_eq!((page.drawn().len(), page.status()), (0, "“x” is no seed."));
    page.act(Action::Say(String::new()));
    let grid = grid(&page, "1", "5");
    page.act(StageAction::DrawGrid(grid));
    assert_eq!((page.drawn().len(), page.status()), (0, "“x” is no seed."));
}

fn grid(page: &Page, steps: &str, seeds: &str) -> Grid {
    let model = &page.state.engine.loaded().expect("a model is there").model;
    let (across, down) = (Axis::new(Setting::Steps, steps), Axis::new(Setting::Seed, seeds));
    Grid::new(&page.state.form.recipe, across, down, model).expect("it can be drawn")
}

#[test]
fn a_grid_draws_and_keeps_each_cell_and_reports_only_its_end() {
    let mut page = Page::ready();
    let grid = grid(&page, "1, 2", "5");
    page.act(StageAction::DrawGrid(grid.clone()));
    assert_eq!(page.status(), "Drawing a grid of 2 pictures.");
    for steps in [1, 2] {
        let drawn = page.drawn();
        assert_eq!((drawn[0].1.steps, drawn[0].1.seed, drawn.len()), (steps, 5, 1));
        page.begin();
        assert_eq!(page.status(), "Drawing a grid of 2 pictures.");
        let job = page.state.engine.jobs;
        page.hear(done(job, false));
        let kept = page
            .effects
            .iter()
            .filter(|effect| matches!(effect, Effect::Gallery(GalleryEffect::Keep(_))));
        assert_eq!(kept.count(), 1);
    }
    assert_eq!(page.status(), "The grid is done: 2 pictures in 0.0 s.");
    let drawn = page.state.stage.grid.as_ref().unwrap();
    assert!(drawn.cells.iter().all(Option::is_some) && !drawn.is_drawing);
    assert_eq!(drawn.milliseconds, 10.0);
    assert!(page.drawn().is_empty());
    page.act(StageAction::OpenCell(1));
    assert_eq!(page.state.stage.opened.as_ref().unwrap().recipe.steps, 2);
    assert!(page.status().contains("from the grid"));
    // After a stop the current cell is completed, and no other one begins.
    page.act(StageAction::DrawGrid(grid));
    page.act(EngineAction::Stop);
    page.effects.clear();
    page.finish();
    assert!(page.drawn().is_empty());
    assert_eq!(page.state.stage.grid.as_ref().unwrap().done(), 1);
    // An axis with an invalid value is refused.
    let model = &page.state.engine.loaded().unwrap().model;
    let (across, down) = (Axis::new(Setting::Steps, "0"), Axis::new(Setting::Seed, "5"));
    let refused = Grid::new(&page.state.form.recipe, across, down, model).unwrap_err();
    assert!(refused.contains("give 1 to 150"), "{refused}");
}

#[test]
fn a_tile_of_the_quilt_draws_one_picture_from_its_recipe() {
    let mut page = Page::open(&[]);
    let gpu = DeviceFacts { name: "WebGPU".into(), is_checked: true, ..DeviceFacts::default() };
    page.hear(ready_on("stickers", gpu));
    // A checked GPU draws four pictures, unless the visitor chose a number.
    assert_eq!(page.state.form.recipe.count, 4);
    let recipe =
        Recipe { prompt: "fox".into(), seed: 2, steps: 3, ..page.state.form.recipe.clone() };
    let recipe = Recipe { count: 1, sampler: "euler".into(), ..recipe };
    page.act(FormAction::DrawAgain(recipe.clone().into()));
    let drawn = page.drawn();
    assert_eq!((drawn[0].1.seed, drawn[0].1.steps, drawn[0].1.count), (2, 3, 1));
    assert_eq!((page.state.form.recipe.prompt.as_str(), page.state.form.recipe.count), ("fox", 4));
    // A recipe that is opened while the weights load waits for them.
    let mut page = Page::open(&[]);
    page.act(FormAction::DrawAgain(recipe.into()));
    page.effects.clear();
    page.hear(ready("stickers"));
    assert_eq!(page.drawn()[0].1.seed, 2);
    page.edit(|form| form.count = Some(2));
    page.act(EngineAction::Restart);
    page.hear(ready("stickers"));
    assert_eq!(page.state.form.recipe.count, 2);
}

#[test]
fn recalls_earlier_prompts_and_the_draft() {
    let mut page = Page::ready();
    for prompt in ["fox", "cat"] {
        page.draw(prompt, 1);
        page.finish();
        page.act(keep_of(&page));
    }
    page.edit(|form| form.prompt = Some("a draft".into()));
    let back = |page: &mut Page, back| {
        page.act(FormAction::Earlier { back });
        page.state.form.recipe.prompt.clone()
    };
    let found = [true, true, true, false, false].map(|is_back| back(&mut page, is_back));
    assert_eq!(found, ["cat", "fox", "fox", "cat", "a draft"]);
    assert_eq!(back(&mut page, false), "a draft");
    // An earlier prompt that was changed becomes a draft too.
    back(&mut page, true);
    page.edit(|form| form.prompt = Some("cat with a hat".into()));
    let found = [true, false].map(|is_back| back(&mut page, is_back));
    assert_eq!(found, ["cat", "cat with a hat"]);
}

fn keep_of(page: &Page) -> GalleryAction {
    let run = page.state.stage.run.as_ref().expect("something was drawn");
    let (recipe, png) = (run.recipe_of(0).into(), run.pictures()[0].clone());
    GalleryAction::Kept { key: Some(page.state.engine.jobs), recipe, png }
}

#[test]
fn a_chip_replaces_the_unknown_words() {
    let mut page = Page::ready();
    page.edit(|form| form.prompt = Some("A red Carrott, été".into()));
    let chip = |part: &str, name: &str| Chip { part: part.into(), name: name.into() };
    let prompt = Reading { chips: vec![chip("carrott", "carrot")], ..Reading::default() };
    page.hear(Event::Read { prompt, negative: Reading::default() });
    page.act(FormAction::TakeChip(page.state.form.prompt_reading.chips[0].clone()));
    assert_eq!(page.state.form.recipe.prompt, "A red carrot, été");
    page.act(FormAction::TakeChip(chip("", "cat face")));
    assert_eq!(page.state.form.recipe.prompt, "cat face");
    // The prompt that it replaced comes back.
    page.act(FormAction::Earlier { back: false });
    assert_eq!(page.state.form.recipe.prompt, "A red carrot, été");
    // A part that is no longer in the prompt, or is not a whole word, is not replaced.
    for part in ["zebra", "carr", "rot", "été,"] {
        page.act(FormAction::TakeChip(chip(part, "horse")));
        assert_eq!(page.state.form.recipe.prompt, "A red carrot, été", "{part}");
    }
    page.act(FormAction::TakeChip(chip("été", "summer")));
    assert_eq!(page.state.form.recipe.prompt, "A red carrot, summer");
}
