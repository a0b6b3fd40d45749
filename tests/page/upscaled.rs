//! Pictures that the model's upscaler enlarges, and the model's own style.

use patchwork::image::finish::{FileFormat, Finish};
use patchwork::page::facts::ModelFacts;
use patchwork::page::protocol::{Archive, DeviceChoice, Event, Request};
use patchwork::page::session::Remembered;
use patchwork::page::{
    Action, Effect, EngineAction, FormAction, GalleryAction, GalleryEffect, StageAction,
    StageEffect,
};
use patchwork::recipe::Recipe;

use crate::support::{Page, choice, done, file, ready, step};

/// Returns the event of a loaded model with an upscaler and a style of its own.
fn upscaling() -> Event {
    let Event::Ready { model, device, seconds } = ready("stickers") else { unreachable!() };
    let mut defaults = model.defaults.clone();
    defaults.style = "fluent flat".into();
    let model = ModelFacts { side: 128, upscaled_side: 512, defaults, ..*model };
    Event::Ready { model: model.into(), device, seconds }
}

fn page() -> Page {
    let mut page = Page::open(&[]);
    page.act(EngineAction::Models(vec![choice("stickers")]));
    page.hear(upscaling());
    page.effects.clear();
    page
}

/// Returns the ticket, picture and finish of each requested file.
fn asked(page: &mut Page) -> Vec<(u32, Vec<u8>, Finish)> {
    let asked = page.sent().into_iter().filter_map(|request| match request {
        Request::Finish { ticket, png, finish } => Some((ticket, png.0, finish)),
        _ => None,
    });
    asked.collect()
}

fn shown(page: &Page) -> Option<Vec<u8>> {
    page.state.on_stage().0[0].file.as_ref().map(|file| file.to_vec())
}

const LARGE: Finish = Finish { size: 512, outline: false, format: FileFormat::Png };

#[test]
fn the_history_keeps_the_upscaled_picture() {
    let mut page = page();
    page.draw("fox", 3);
    let job = page.state.engine.jobs;
    page.begin();
    page.hear(step(job));
    assert_eq!((asked(&mut page), shown(&page)), (Vec::new(), Some(vec![2])), "a glance stays");
    page.hear(done(job, false));
    let [(ticket, png, finish)] = &asked(&mut page)[..] else { panic!("it is asked for once") };
    assert_eq!((&png[..], *finish, shown(&page)), (&[9][..], LARGE, None));
    let recipe = page.state.stage.run.as_ref().unwrap().recipe.clone();
    let (key, recipe) = (Some(4), Box::new(recipe));
    page.act(GalleryAction::Kept { key, recipe, png: [9].into() });
    page.hear(Event::Finished { ticket: *ticket, is_upscaled: true, outcome: Ok(file(5)) });
    assert_eq!(shown(&page), Some(vec![5]));
    let kept = page
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::Gallery(GalleryEffect::KeepLarge { key: 4, large }) if large[..] == [5]));
    assert!(kept && page.state.gallery.entries[0].large.is_some());
    page.effects.clear();
    page.act(StageAction::Save(None));
    let saved = page.effects.iter().find_map(|effect| match effect {
        Effect::Stage(StageEffect::Save { name, bytes, .. }) => {
            Some((name.clone(), bytes.to_vec()))
        }
        _ => None,
    });
    assert_eq!(saved, Some(("fox-3.png".into(), vec![5])));
    assert!(
        !page
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Gallery(GalleryEffect::KeepLarge { .. })))
    );
}

/// The large picture is kept, whether the file or the store's key arrives first.
#[test]
fn keeps_an_upscaled_picture_that_arrives_before_its_key() {
    let mut page = page();
    page.draw("fox", 3);
    page.finish();
    let ticket = asked(&mut page)[0].0;
    page.hear(Event::Finished { ticket, is_upscaled: true, outcome: Ok(file(5)) });
    assert!(
        !page
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Gallery(GalleryEffect::KeepLarge { .. })))
    );
    let recipe = Box::new(page.state.stage.run.as_ref().unwrap().recipe.clone());
    page.act(GalleryAction::Kept { key: Some(1), recipe, png: [9].into() });
    assert!(
        page.effects.iter().any(|effect| matches!(
            effect,
            Effect::Gallery(GalleryEffect::KeepLarge { key: 1, .. })
        ))
    );
}

#[test]
fn the_choice_as_drawn_holds_for_later_pictures() {
    let mut page = page();
    page.draw("fox", 3);
    page.finish();
    asked(&mut page);
    let drawn = Finish { size: 0, ..LARGE };
    page.act(StageAction::ChooseFinish(drawn));
    assert_eq!((shown(&page), asked(&mut page)), (Some(vec![9]), Vec::new()));
    page.draw("owl", 4);
    page.finish();
    assert_eq!((shown(&page), asked(&mut page)), (Some(vec![9]), Vec::new()));
    // Another engine makes the chosen finish, too.
    page.act(StageAction::ChooseFinish(Finish { size: 1024, ..LARGE }));
    assert_eq!(asked(&mut page).len(), 1);
    page.act(EngineAction::ChooseDevice(DeviceChoice::WebGpu));
    page.hear_next(upscaling());
    let [(_, png, finish)] = &asked(&mut page)[..] else { panic!("of the new worker, once") };
    assert_eq!((&png[..], finish.size), (&[9][..], 1024));
}

#[test]
fn a_decoded_step_is_not_upscaled() {
    let mut page = page();
    page.draw("fox", 3);
    page.finish();
    asked(&mut page);
    let job = page.state.stage.run.as_ref().unwrap().job;
    page.act(StageAction::Decode(1));
    page.hear(Event::Decoded { job, step: 1, pictures: vec![file(8)] });
    assert_eq!((shown(&page), asked(&mut page)), (Some(vec![8]), Vec::new()));
    // Outline and format are still applied to it.
    page.act(StageAction::ChooseFinish(Finish { outline: true, ..LARGE }));
    let [(_, png, finish)] = &asked(&mut page)[..] else { panic!("it is asked for once") };
    assert_eq!((&png[..], finish.size, finish.outline), (&[8][..], 0, true));
}

#[test]
fn archives_are_made_as_the_pictures_are_shown() {
    let mut page = page();
    page.draw("fox", 3);
    page.finish();
    let recipe = Box::new(page.state.stage.run.as_ref().unwrap().recipe.clone());
    page.act(GalleryAction::Kept { key: Some(7), recipe, png: [9].into() });
    page.act(StageAction::ChooseFinish(Finish { format: FileFormat::WebP, ..LARGE }));
    let webp = Finish { format: FileFormat::WebP, ..LARGE };
    for (is_history, archive, name, wanted) in [
        (false, Archive::Zip, "fox-3.webp", webp),
        // The history's files keep their recipes.
        (true, Archive::Zip, "0007-fox-3.png", LARGE),
        (true, Archive::Sheet, "0007-fox-3.png", LARGE),
    ] {
        page.effects.clear();
        page.act(StageAction::SaveAll { archive, is_history });
        let gathered = page.effects.iter().find_map(|effect| match effect {
            Effect::Stage(StageEffect::Gather { ticket, finish, members, .. }) => {
                Some((*ticket, *finish, members[0].name.clone()))
            }
            _ => None,
        });
        let (ticket, finish, own) = gathered.expect("they are gathered");
        assert_eq!((finish, own.as_str()), (wanted, name));
        page.hear(Event::Gathering { ticket, done: 3, total: 9 });
        assert_eq!(page.status(), "The file is being made: 3 of 9 pictures.");
    }
    // Events about a file that is no longer awaited are ignored.
    page.act(Action::Say("Else.".into()));
    page.hear(Event::Gathering { ticket: 99, done: 3, total: 9 });
    assert_eq!(page.status(), "Else.");
}

#[test]
fn a_missing_upscaler_is_reported_and_drawing_goes_on() {
    let mut page = page();
    page.hear(Event::NoUpscaler { problem: "upscaler.safetensors: it cannot be reached.".into() });
    assert!(page.status().contains("cannot be reached") && page.status().contains("softer"));
    page.draw("fox", 3);
    page.finish();
    assert_eq!(asked(&mut page).len(), 1);
}

#[test]
fn a_file_is_saved_once_when_it_is_made() {
    let mut page = page();
    page.draw("fox", 3);
    page.finish();
    let ticket = asked(&mut page)[0].0;
    let saved = |page: &mut Page| {
        let saves = |effect: &Effect| matches!(effect, Effect::Stage(StageEffect::Save { bytes, .. }) if bytes[..] == [5]);
        std::mem::take(&mut page.effects).iter().filter(|effect| saves(effect)).count()
    };
    page.act(StageAction::Save(None));
    page.act(StageAction::Save(None));
    assert_eq!(saved(&mut page), 0);
    assert!(page.status().contains("saved as soon as it is"), "{}", page.status());
    page.hear(Event::Finished { ticket, is_upscaled: true, outcome: Ok(file(5)) });
    assert_eq!((saved(&mut page), page.status()), (1, "Saved fox-3.png."));
    // If another finish is chosen meanwhile, the pending save is dropped.
    page.act(StageAction::ChooseFinish(Finish { size: 1024, ..LARGE }));
    page.act(StageAction::Save(None));
    page.act(StageAction::ChooseFinish(LARGE));
    let ticket = page.sent().into_iter().rev().find_map(|request| match request {
        Request::Finish { ticket, .. } => Some(ticket),
        _ => None,
    });
    page.effects.clear();
    page.hear(Event::Finished { ticket: ticket.unwrap(), is_upscaled: true, outcome: Ok(file(5)) });
    assert_eq!(saved(&mut page), 0);
}

#[test]
fn a_picture_enlarged_without_the_upscaler_is_called_soft() {
    let mut page = page();
    page.draw("fox", 3);
    page.finish();
    let is_soft = |page: &Page| {
        let (shown, view) = page.state.on_stage();
        page.state.stage.is_soft(&shown[0], view, page.state.sides())
    };
    let ticket = asked(&mut page)[0].0;
    assert!(!is_soft(&page), "it is being made");
    page.hear(Event::Finished { ticket, is_upscaled: false, outcome: Ok(file(5)) });
    assert!(is_soft(&page));
    page.act(StageAction::ChooseFinish(Finish { size: 0, ..LARGE }));
    assert!(!is_soft(&page), "as drawn it is what it should be");
    page.act(StageAction::ChooseFinish(LARGE));
    let ticket = asked(&mut page)[0].0;
    page.hear(Event::Finished { ticket, is_upscaled: true, outcome: Ok(file(6)) });
    assert!(!is_soft(&page));
}

#[test]
fn a_file_that_cannot_be_made_is_reported_and_the_drawing_shown() {
    let mut page = page();
    page.draw("fox", 3);
    page.finish();
    asked(&mut page);
    page.act(StageAction::ChooseFinish(Finish { outline: true, ..LARGE }));
    let mut fail = |wanted: &str, next: Finish| {
        let ticket = asked(&mut page)[0].0;
        let outcome = Err("No room.".into());
        page.hear(Event::Finished { ticket, is_upscaled: false, outcome });
        assert_eq!(page.status(), format!("No room. It is shown as it {wanted}."));
        assert_eq!(page.state.stage.finishing.finish, next);
    };
    fail("was before", LARGE);
    fail("was drawn", Finish::default());
}

#[test]
fn files_made_before_the_upscaler_was_loaded_are_made_again() {
    let mut page = page();
    page.draw("fox", 3);
    page.finish();
    let ticket = asked(&mut page)[0].0;
    page.hear(Event::Finished { ticket, is_upscaled: false, outcome: Ok(file(5)) });
    assert_eq!((shown(&page), asked(&mut page)), (Some(vec![5]), Vec::new()));
    page.hear(Event::Upscales);
    let [(ticket, png, _)] = &asked(&mut page)[..] else { panic!("it is asked for once") };
    assert_eq!(png, &[9]);
    page.hear(Event::Finished { ticket: *ticket, is_upscaled: true, outcome: Ok(file(6)) });
    // A picture that the upscaler made is kept.
    page.hear(Event::Upscales);
    assert_eq!((shown(&page), asked(&mut page)), (Some(vec![6]), Vec::new()));
}

/// The picture may have been resized before it was saved, so it stays unchanged.
#[test]
fn an_opened_picture_stays_unchanged_until_a_size_is_chosen() {
    let mut page = page();
    page.act(StageAction::BringFile { name: "a.png".into(), bytes: vec![1] });
    let recipe = Recipe { prompt: "owl".into(), ..Recipe::default() };
    let outcome = Ok((recipe.into(), Vec::new()));
    page.hear(Event::Opened {
        ticket: 1,
        name: "a.png".into(),
        outcome,
        is_whole: true,
        carried: Vec::new(),
    });
    assert_eq!((shown(&page), asked(&mut page)), (Some(vec![1]), Vec::new()));
    page.act(StageAction::ChooseFinish(Finish { size: 1024, ..LARGE }));
    let [(_, png, finish)] = &asked(&mut page)[..] else { panic!("it is asked for once") };
    assert_eq!((&png[..], finish.size), (&[1][..], 1024));
}

#[test]
fn a_sheet_says_how_large_its_pictures_are() {
    let mut page = page();
    for seed in 0..17 {
        page.draw("fox", seed);
        page.finish();
        let recipe = Box::new(page.state.stage.run.as_ref().unwrap().recipe.clone());
        let key = Some(seed as u32 + 1);
        page.act(GalleryAction::Kept { key, recipe, png: [9].into() });
    }
    page.act(StageAction::ChooseFinish(Finish { size: 1024, ..LARGE }));
    page.act(StageAction::SaveAll { archive: Archive::Sheet, is_history: true });
    assert!(
        page.status().contains("17 pictures each has room for 819 pixels"),
        "{}",
        page.status()
    );
    page.act(StageAction::SaveAll { archive: Archive::Zip, is_history: true });
    assert_eq!(page.status(), "The file is being made.");
}

#[test]
fn an_open_style_takes_the_models_and_an_empty_one_means_any() {
    let own = |page: &Page| page.state.form.recipe.style.clone();
    assert_eq!(own(&page()), "fluent flat");
    // The style is known before the weights are loaded.
    let mut early = Page::open(&[]);
    let known = patchwork::page::ModelChoice { style: "noto".into(), ..choice("stickers") };
    early.act(EngineAction::Models(vec![known]));
    assert_eq!(own(&early), "noto");
    early.edit(|form| form.style = Some(String::new()));
    early.hear(upscaling());
    assert_eq!(own(&early), "", "any style was chosen");
    // The links have no style, an empty one, and a given one.
    for (pairs, wanted) in [
        (vec![("prompt", "fox")], "fluent flat"),
        (vec![("prompt", "fox"), ("style", "")], ""),
        (vec![("prompt", "fox"), ("style", "noto")], "noto"),
    ] {
        let mut page = Page::open_with(&pairs, Remembered::default());
        page.act(EngineAction::Models(vec![choice("stickers")]));
        page.act(EngineAction::Cached(true));
        page.hear(upscaling());
        assert_eq!(own(&page), wanted, "{pairs:?}");
    }
    // A recipe that is opened or drawn again keeps its style, which may be empty.
    let mut page = page();
    page.act(FormAction::DrawAgain(Recipe { prompt: "owl".into(), ..Recipe::default() }.into()));
    assert_eq!((own(&page), page.drawn()[0].1.style.as_str()), (String::new(), ""));
}
