//! What is made of the picture on stage: larger pictures, traces, morphs, variations, other styles.

use std::rc::Rc;

use patchwork::page::derive::action::Product;
use patchwork::page::derive::morph::SAME;
use patchwork::page::derive::{Choices, Panel, Work};
use patchwork::page::protocol::{Animation, DeviceChoice, Event, File, Kept, Made, Request, Tool};
use patchwork::page::stage::plan::Plan;
use patchwork::page::{
    DeriveAction, DeriveEffect, Effect, EngineAction, FormAction, GalleryAction, StageAction,
};
use patchwork::recipe::{PartialRecipe, Recipe};

use crate::support::{Page, crashed, done, file, ready};

/// Returns a page with a finished picture, file 9.
fn page() -> Page {
    let mut page = Page::ready();
    page.draw("fox", 3);
    page.finish();
    page.effects.clear();
    page
}

/// Puts another picture on stage, one of the history.
fn open_another(page: &mut Page) {
    let recipe = Recipe { prompt: "owl".into(), ..Recipe::default() }.into();
    page.act(GalleryAction::Kept { key: Some(1), recipe, png: [7].into() });
    let entry = page.state.gallery.entries[0].clone();
    page.act(GalleryAction::Show(entry));
}

/// Uses a tool, and returns the ticket, the tool and the files of the request.
fn used(page: &mut Page, work: Work) -> (u32, Tool, Vec<File>) {
    page.effects.clear();
    page.act(DeriveAction::Use(work));
    let asked = page.sent().into_iter().find_map(|request| match request {
        Request::Use { ticket, tool, files } => Some((ticket, tool, files)),
        _ => None,
    });
    asked.expect("the tool is asked for")
}

fn answer(page: &mut Page, ticket: u32, outcome: Result<Made, &str>) {
    page.hear(Event::Used { ticket, outcome: outcome.map_err(str::to_owned) });
}

fn enlarged() -> Result<Made, &'static str> {
    Ok(Made::Enlarged { sharp: file(5), plain: file(6) })
}

/// Returns the name, the MIME type and the bytes of the file that was saved last.
fn saved(page: &mut Page) -> Option<(String, &'static str, Vec<u8>)> {
    let effects = std::mem::take(&mut page.effects);
    effects.into_iter().rev().find_map(|effect| match effect {
        Effect::Derive(DeriveEffect::Save { name, mime, bytes }) => {
            Some((name, mime, bytes.to_vec()))
        }
        _ => None,
    })
}

const ENLARGE: Work = Work::Enlarge { side: 512 };

#[test]
fn one_panel_is_unfolded_at_a_time() {
    let mut page = page();
    page.act(DeriveAction::Unfold(Panel::Enlarge));
    page.act(DeriveAction::Unfold(Panel::Morph));
    assert_eq!(page.state.derive.unfolded, Some(Panel::Morph));
    page.act(DeriveAction::Unfold(Panel::Morph));
    assert_eq!(page.state.derive.unfolded, None);
}

#[test]
fn the_picture_as_drawn_is_enlarged_and_both_files_are_saved() {
    let mut page = page();
    let (ticket, tool, files) = used(&mut page, ENLARGE);
    assert_eq!((tool, files), (Tool::Enlarge { side: 512 }, vec![file(9)]));
    page.hear(Event::Using { ticket, done: 2, total: 16, picture: None });
    let job = page.state.derive.job_of(Panel::Enlarge).unwrap();
    assert_eq!((job.done, job.total), (2, 16));
    page.act(DeriveAction::Save(Product::Sharp));
    assert_eq!(saved(&mut page), None, "not before it is made");
    answer(&mut page, ticket, enlarged());
    assert_eq!(page.status(), "Enlarged to 512 px.");
    assert!(page.state.derive.jobs.is_empty());
    for (product, name, byte) in
        [(Product::Sharp, "fox-3-512.png", 5), (Product::Plain, "fox-3-512-plain.png", 6)]
    {
        page.act(DeriveAction::Save(product));
        assert_eq!(saved(&mut page), Some((name.into(), "image/png", vec![byte])));
    }
}

#[test]
fn a_second_press_takes_the_place_of_the_first() {
    let mut page = page();
    let (first, ..) = used(&mut page, ENLARGE);
    page.act(DeriveAction::Use(Work::Enlarge { side: 2048 }));
    let sent = page.sent();
    let [Request::StopUsing { ticket }, Request::Use { ticket: second, .. }] = sent[..] else {
        panic!("{sent:?}")
    };
    assert!(ticket == first && second != first);
    answer(&mut page, first, enlarged());
    assert_eq!(page.state.derive.enlarged, None, "the first one's answer is ignored");
    answer(&mut page, second, enlarged());
    assert_eq!(page.state.derive.enlarged.as_ref().unwrap().side, 2048);
}

#[test]
fn a_stopped_tool_is_not_heard_any_more() {
    let mut page = page();
    let (ticket, ..) = used(&mut page, ENLARGE);
    // Tools of other panels go on.
    let (other, ..) = used(&mut page, Work::Trace);
    page.act(DeriveAction::Stop(Panel::Enlarge));
    assert_eq!(page.sent(), [Request::StopUsing { ticket }]);
    assert_eq!(page.status(), "Stopped.");
    answer(&mut page, ticket, Err("It was stopped."));
    assert_eq!(page.status(), "Stopped.", "the visitor knows");
    assert_eq!(page.state.derive.jobs[0].ticket, other);
    page.act(DeriveAction::Stop(Panel::Enlarge));
    assert_eq!(page.sent(), [], "nothing is left to be stopped");
}

#[test]
fn a_tool_that_fails_says_so_and_leaves_the_rest() {
    let mut page = page();
    let (ticket, ..) = used(&mut page, ENLARGE);
    answer(&mut page, ticket, enlarged());
    let (ticket, ..) = used(&mut page, Work::Enlarge { side: 2048 });
    answer(&mut page, ticket, Err("There is no room for it."));
    assert_eq!((page.status(), page.state.status.is_bad), ("There is no room for it.", true));
    assert_eq!(page.state.derive.enlarged.as_ref().unwrap().side, 512);
    let (ticket, ..) = used(&mut page, Work::Trace);
    answer(&mut page, ticket, enlarged());
    assert!(page.state.status.is_bad, "an answer that does not fit is reported");
    assert_eq!(page.state.derive.trace, None);
}

#[test]
fn another_picture_on_stage_ends_the_tools_and_drops_what_they_made() {
    let mut page = page();
    let (ticket, ..) = used(&mut page, ENLARGE);
    answer(&mut page, ticket, enlarged());
    let (ticket, ..) = used(&mut page, Work::Trace);
    // An earlier step of the run is no other picture.
    page.act(StageAction::Look(Some(0)));
    page.act(StageAction::Look(None));
    assert_eq!(page.sent(), []);
    assert!(page.state.derive.enlarged.is_some());
    open_another(&mut page);
    assert_eq!(page.sent(), [Request::StopUsing { ticket }]);
    assert!(
        page.status().ends_with("another picture has taken the place of its own."),
        "{}",
        page.status()
    );
    assert_eq!(page.state.derive.enlarged, None);
    answer(&mut page, ticket, Ok(Made::File(file(5))));
    assert_eq!(page.state.derive.trace, None);
    // Tools work on the picture that is on stage now.
    assert_eq!(used(&mut page, ENLARGE).2, [file(7)]);
}

#[test]
fn a_picture_that_is_not_finished_is_given_to_no_tool() {
    let mut page = Page::ready();
    page.draw("fox", 3);
    page.begin();
    assert_eq!(page.state.subject(), None);
    let job = page.state.engine.jobs;
    page.hear(done(job, true));
    assert_eq!(page.state.subject(), None, "it was stopped");
    page.effects.clear();
    for action in [DeriveAction::Use(ENLARGE), DeriveAction::Vary, DeriveAction::DrawStyles] {
        page.act(action);
    }
    assert_eq!(page.sent(), []);
}

#[test]
fn a_trace_has_the_chosen_colours_and_is_saved() {
    let mut page = page();
    let chosen = Choices { colours: 32, ..page.state.derive.choices };
    page.act(DeriveAction::Choose(chosen));
    let (ticket, tool, files) = used(&mut page, Work::Trace);
    assert_eq!((tool, files), (Tool::Trace { colours: 32 }, vec![file(9)]));
    answer(&mut page, ticket, Ok(Made::File(File(vec![1; 1500]))));
    assert_eq!(page.status(), "Traced: an SVG of 2 KB.");
    page.act(DeriveAction::Save(Product::Svg));
    let (name, mime, bytes) = saved(&mut page).unwrap();
    assert_eq!((name.as_str(), mime, bytes.len()), ("fox-3.svg", "image/svg+xml", 1500));
}

#[test]
fn a_morph_goes_from_the_picture_to_the_form_with_the_pictures_sampling() {
    let mut page = page();
    assert_eq!(page.state.morph_ends(), Err(SAME));
    page.act(DeriveAction::Use(Work::Morph));
    assert_eq!((page.sent(), page.status()), (Vec::new(), SAME));
    page.edit(|form| {
        (form.prompt, form.steps, form.guidance) = (Some("owl".into()), Some(40), Some(9.0));
    });
    let (_, tool, files) = used(&mut page, Work::Morph);
    let Tool::Morph { from, to, frames } = tool else { panic!("{tool:?}") };
    let drawn =
        Recipe { prompt: "fox".into(), ..page.state.stage.run.as_ref().unwrap().recipe.clone() };
    let asked = |recipe: Recipe| PartialRecipe {
        outline: None,
        model: None,
        model_hash: None,
        ..recipe.into()
    };
    assert_eq!(*from, asked(drawn.clone()));
    assert_eq!(*to, asked(Recipe { prompt: "owl".into(), ..drawn }));
    assert_eq!((from.seed, frames, files), (Some(3), 12, Vec::new()));
}

#[test]
fn another_seed_is_another_end_if_the_next_picture_has_it() {
    let mut page = page();
    page.act(FormAction::UseSeed(8));
    assert_eq!(page.state.morph_ends().unwrap().to.seed, 8);
    page.act(FormAction::KeepSeed { keeps: true, seed: Some(9) });
    assert_eq!(page.state.morph_ends().unwrap().to.seed, 9);
}

#[test]
fn what_the_form_refuses_is_no_end_of_a_morph() {
    let mut page = page();
    page.edit(|form| form.prompt = Some("owl".into()));
    page.act(FormAction::Refuse(Some("“x” is no seed.".into())));
    page.act(DeriveAction::Use(Work::Morph));
    assert!(page.state.derive.jobs.is_empty() && page.status().contains("no seed"));
}

#[test]
fn the_frames_of_a_morph_are_shown_and_saved_as_one_file() {
    let mut page = page();
    page.edit(|form| form.prompt = Some("owl".into()));
    page.act(DeriveAction::Use(Work::Animate(Animation::Gif)));
    assert!(page.state.derive.jobs.is_empty(), "there are no frames yet");
    let (ticket, ..) = used(&mut page, Work::Morph);
    page.hear(Event::Using { ticket, done: 1, total: 4, picture: Some(file(1)) });
    page.hear(Event::Using { ticket, done: 2, total: 4, picture: None });
    let job = page.state.derive.job_of(Panel::Morph).unwrap();
    assert_eq!((job.done, job.picture.as_deref()), (2, Some(&[1][..])), "the latest stays");
    let frames = vec![file(1), file(2), file(3), file(4)];
    answer(&mut page, ticket, Ok(Made::Frames(frames.clone())));
    assert_eq!(page.status(), "The morph is drawn: 4 frames.");
    let chosen = Choices { seconds: 1.0, returns: true, ..page.state.derive.choices };
    page.act(DeriveAction::Choose(chosen));
    for (format, name, mime) in [
        (Animation::Apng, "fox-morph.png", "image/png"),
        (Animation::Gif, "fox-morph.gif", "image/gif"),
    ] {
        let (ticket, tool, files) = used(&mut page, Work::Animate(format));
        assert_eq!(tool, Tool::Animate { format, milliseconds: 250, returns: true });
        assert_eq!(files, frames);
        answer(&mut page, ticket, Ok(Made::File(file(8))));
        assert_eq!(page.status(), format!("Saved {name}, 1 KB."));
        assert_eq!(saved(&mut page), Some((name.into(), mime, vec![8])));
    }
}

/// Returns the recipes that are drawn until the grid is done, each finished at once.
fn drawn(page: &mut Page) -> Vec<Recipe> {
    let mut all = Vec::new();
    while let [(job, recipe)] = &page.drawn()[..] {
        all.push(recipe.clone());
        page.hear(done(*job, false));
    }
    all
}

#[test]
fn variations_are_drawn_around_the_picture_and_are_new_at_each_press() {
    let mut page = page();
    let chosen = Choices { difference: 0.4, ..page.state.derive.choices };
    page.act(DeriveAction::Choose(chosen));
    let subject = page.state.subject().unwrap();
    page.act(DeriveAction::Vary);
    assert_eq!(page.status(), "Variations: drawing 8 pictures.");
    let recipes = drawn(&mut page);
    let seeds: Vec<_> = recipes.iter().map(|recipe| recipe.variation_seed).collect();
    assert_eq!(seeds, [1, 2, 3, 4, 5, 6, 7, 8]);
    for recipe in &recipes {
        let Recipe { prompt, seed, variation_strength, .. } = recipe;
        assert_eq!((prompt.as_str(), *seed, *variation_strength), ("fox", 3, 0.4));
    }
    let grid = page.state.stage.grid.as_ref().unwrap();
    assert_eq!((grid.done(), grid.columns(), grid.name_of(4)), (9, 3, "The picture".into()));
    assert!(Rc::ptr_eq(grid.cells[4].as_ref().unwrap(), &subject.png));
    page.act(StageAction::OpenCell(4));
    assert_eq!(page.state.subject().unwrap(), subject);
    page.act(StageAction::OpenCell(5));
    assert_eq!(page.state.subject().unwrap().recipe.variation_seed, 5);
    page.act(StageAction::OpenCell(4));
    page.act(DeriveAction::Vary);
    assert_eq!(drawn(&mut page)[0].variation_seed, 9);
}

/// The next picture of the form gets other noise, so it is no variation.
#[test]
fn a_new_seed_ends_a_variation_that_is_in_the_form() {
    let mut page = page();
    let recipe = Recipe {
        prompt: "fox".into(),
        variation_seed: 5,
        variation_strength: 0.4,
        ..Recipe::default()
    };
    page.act(FormAction::DrawAgain(recipe.into()));
    assert_eq!(page.drawn()[0].1.variation_seed, 5);
    page.act(FormAction::Rolled { seed: 9, draws: true });
    assert_eq!(page.drawn()[0].1.variation_strength, 0.0);
}

#[test]
fn every_style_of_the_model_is_drawn_once() {
    let mut page = page();
    page.edit(|form| form.style = Some("noto".into()));
    page.draw("fox", 3);
    page.finish();
    page.effects.clear();
    page.act(DeriveAction::DrawStyles);
    let recipes = drawn(&mut page);
    let [recipe] = &recipes[..] else { panic!("its own style is there already") };
    assert_eq!((recipe.style.as_str(), recipe.seed), ("fluent flat", 3));
    let grid = page.state.stage.grid.as_ref().unwrap();
    let Plan::List { names, .. } = &grid.plan else { panic!("each has a name") };
    assert_eq!((&names[..], grid.done()), (&["noto".to_owned(), "fluent flat".into()][..], 2));
    assert!(page.status().starts_with("The grid is done"), "{}", page.status());
    page.act(StageAction::OpenCell(1));
    assert_eq!(page.state.subject().unwrap().recipe.style, "fluent flat");
}

/// Another model may have a style of the same name, and draws something else.
#[test]
fn a_picture_of_another_model_is_drawn_in_its_own_style_too() {
    let mut page = page();
    let recipe = Recipe { style: "noto".into(), model_hash: "other".into(), ..Recipe::default() };
    page.act(GalleryAction::Kept { key: Some(1), recipe: recipe.into(), png: [7].into() });
    let entry = page.state.gallery.entries[0].clone();
    page.act(GalleryAction::Show(entry));
    page.act(DeriveAction::DrawStyles);
    assert_eq!(drawn(&mut page).len(), 2);
    // The loaded model would draw variations of another picture.
    page.act(StageAction::CloseGrid);
    let entry = page.state.gallery.entries.last().unwrap().clone();
    page.act(GalleryAction::Show(entry));
    page.act(DeriveAction::Vary);
    assert!(drawn(&mut page).is_empty() && page.status().contains("Another model drew"));
    assert!(page.state.morph_ends().is_err_and(|problem| problem.contains("Another model drew")));
}

#[test]
fn a_picture_that_began_with_another_keeps_that_in_variations_and_styles() {
    let mut page = page();
    let recipe = Recipe {
        picture: "ab".into(),
        strength: 0.3,
        mask: "cd".into(),
        style: "noto".into(),
        ..Recipe::default()
    };
    page.act(GalleryAction::Kept { key: Some(1), recipe: recipe.into(), png: [7].into() });
    let entry = page.state.gallery.entries[0].clone();
    for action in [DeriveAction::Vary, DeriveAction::DrawStyles] {
        page.act(GalleryAction::Show(entry.clone()));
        let asked = page.effects.iter().find_map(|effect| match effect {
            Effect::Send(Request::Use { ticket, tool: Tool::Carried, .. }) => Some(*ticket),
            _ => None,
        });
        if let Some(ticket) = asked {
            let carried = ["ab", "cd"].map(|hash| Kept { hash: hash.into(), png: file(1) });
            page.hear(Event::Used { ticket, outcome: Ok(Made::Carried(carried.to_vec())) });
        }
        page.effects.clear();
        page.act(action);
        let Recipe { picture, strength, mask, .. } = &drawn(&mut page)[0];
        assert_eq!((picture.as_str(), *strength, mask.as_str()), ("ab", 0.3, "cd"));
    }
}

#[test]
fn a_lost_worker_ends_its_tools_with_a_sentence() {
    let mut page = page();
    let (ticket, ..) = used(&mut page, ENLARGE);
    answer(&mut page, ticket, enlarged());
    let (ticket, ..) = used(&mut page, Work::Trace);
    page.hear(crashed("The GPU is gone.", true));
    assert!(page.state.derive.jobs.is_empty());
    assert!(page.status().contains("The trace that was being made is lost"), "{}", page.status());
    assert!(page.state.derive.enlarged.is_some(), "what is made stays");
    page.act(DeriveAction::Use(ENLARGE));
    assert!(page.status().contains("being loaded"), "{}", page.status());
    page.hear(ready("stickers"));
    answer(&mut page, ticket, Ok(Made::File(file(5))));
    assert_eq!(page.state.derive.trace, None);
}

#[test]
fn tools_end_when_another_device_takes_over_or_the_page_is_outdated() {
    let mut page = page();
    used(&mut page, ENLARGE);
    page.act(EngineAction::ChooseDevice(DeviceChoice::WebGpu));
    assert_eq!(page.state.derive.jobs.len(), 1, "it goes on until then");
    page.hear_next(ready("stickers"));
    assert!(page.state.derive.jobs.is_empty() && page.status().contains("is lost"));
    used(&mut page, ENLARGE);
    page.hear(Event::Outdated);
    assert!(page.state.derive.jobs.is_empty() && page.status().contains("is lost"));
    page.act(DeriveAction::Use(ENLARGE));
    assert!(page.state.status.is_bad && page.status().contains("reload"), "{}", page.status());
}

#[test]
fn tools_in_the_editor_work_on_its_picture_and_those_on_stage_on_that() {
    let mut page = page();
    page.hear(Event::Brought { ticket: 0, name: "cat.jpg".into(), outcome: Ok(file(8)) });
    page.effects.clear();
    page.act(DeriveAction::UnfoldInEditor(Panel::Trace));
    let (_, _, files) = used(&mut page, Work::Trace);
    assert_eq!(files, [file(8)]);
    page.act(DeriveAction::Unfold(Panel::Trace));
    let (_, _, files) = used(&mut page, Work::Trace);
    assert_eq!(files, [file(9)]);
    // Variations are drawn around the picture on stage, whatever is unfolded.
    page.act(DeriveAction::UnfoldInEditor(Panel::Enlarge));
    assert_eq!(page.state.derive.unfolded, Some(Panel::Enlarge));
    page.act(DeriveAction::UnfoldInEditor(Panel::Enlarge));
    assert_eq!(page.state.derive.unfolded, None);
}

#[test]
fn stopped_variations_are_counted_and_their_picture_is_on_stage_again() {
    let mut page = page();
    let subject = page.state.subject().unwrap();
    page.act(DeriveAction::Vary);
    page.finish();
    page.begin();
    page.act(EngineAction::Cancel);
    page.hear(done(page.state.engine.jobs, true));
    assert_eq!(page.status(), "Stopped: 2 of 9 pictures are drawn.");
    assert_eq!(page.state.subject().unwrap(), subject);
}
