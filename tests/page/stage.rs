//! The timeline, what is shown on the stage, and what is saved of it.

use std::rc::Rc;

use patchwork::image::finish::{FileFormat, Finish};
use patchwork::page::protocol::{Archive, Event, Request};
use patchwork::page::stage::run::View;
use patchwork::page::{Action, Effect, FormAction, GalleryAction, StageAction, StageEffect};
use patchwork::recipe::Recipe;

use crate::support::{Page, done, file, step};

fn on_view(page: &Page) -> (Vec<Vec<u8>>, View) {
    let (shown, view) = page.state.on_stage();
    (shown.iter().map(|shown| shown.png.to_vec()).collect(), view)
}

/// Returns the name and the bytes of the file that was saved last.
fn saved(page: &mut Page) -> Option<(String, Vec<u8>)> {
    let effects = std::mem::take(&mut page.effects);
    effects.into_iter().rev().find_map(|effect| match effect {
        Effect::Stage(StageEffect::Save { name, bytes, .. }) => Some((name, bytes.to_vec())),
        _ => None,
    })
}

#[test]
fn the_timeline_goes_from_pure_noise_to_the_finished_picture() {
    let mut page = Page::ready();
    page.draw("fox", 3);
    let job = page.state.engine.jobs;
    page.begin();
    assert_eq!(on_view(&page), (vec![vec![1]], View::Preview), "noise at once");
    page.hear(step(job));
    assert_eq!(on_view(&page), (vec![vec![2]], View::Preview));
    page.act(StageAction::Look(Some(0)));
    assert_eq!(
        (on_view(&page).0, page.status()),
        (vec![vec![1]], "Pure noise, noise 1.00: where it begins.")
    );
    // The view follows the run again.
    page.act(StageAction::Look(None));
    assert_eq!(on_view(&page).0, [[2]]);
    page.act(StageAction::ShowNoisy(true));
    assert_eq!(
        (on_view(&page).0, page.status()),
        (vec![vec![3]], "Step 1 of 1, noise 0.00: the latent as it is.")
    );
    page.hear(done(job, false));
    // The finished picture has a stop of its own, whichever kind of preview is shown.
    assert_eq!(on_view(&page), (vec![vec![9]], View::Result));
    let run = page.state.stage.run.as_ref().unwrap();
    assert_eq!((run.stop(), run.end(), run.name_of(2).as_str()), (2, 2, "Finished"));
    page.act(StageAction::Look(Some(1)));
    assert_eq!(on_view(&page).0, [[3]]);
    page.act(StageAction::ShowNoisy(false));
    page.effects.clear();
    page.act(StageAction::Decode(1));
    assert_eq!(page.sent(), [Request::Decode { job, step: 1 }]);
    page.hear(Event::Decoded { job, step: 1, pictures: vec![file(8)] });
    assert_eq!(on_view(&page), (vec![vec![8]], View::Decoded));
    assert!(page.status().contains("decoded in full"), "{}", page.status());
    page.act(StageAction::Look(None));
    assert_eq!((on_view(&page).0, page.status()), (vec![vec![9]], "Done in 0.0 s."));
}

#[test]
fn the_stop_after_the_last_step_shows_the_end() {
    let mut page = Page::ready();
    page.draw("fox", 3);
    let job = page.state.engine.jobs;
    page.hear(Event::Started {
        job,
        recipe: Box::default(),
        steps: 9,
        notes: vec![],
        levels: vec![],
        noise: vec![file(1)],
    });
    page.hear(step(job));
    page.hear(done(job, true));
    page.act(StageAction::Look(Some(5)));
    assert_eq!(on_view(&page), (vec![vec![9]], View::Result));
    assert_eq!(page.state.stage.run.as_ref().unwrap().name_of(10), "Stopped");
}

/// The picture that is shown is the one that is saved, in every state.
#[test]
fn what_is_shown_is_what_is_saved() {
    let mut page = Page::ready();
    page.act(StageAction::Save(None));
    assert_eq!(saved(&mut page), None);
    page.draw("red fox!", 3);
    let job = page.state.engine.jobs;
    page.begin();
    page.act(StageAction::Save(None));
    assert_eq!(saved(&mut page), Some(("red-fox-3-step-0.png".into(), vec![1])));
    page.hear(step(job));
    page.act(StageAction::Save(None));
    assert_eq!(saved(&mut page), Some(("red-fox-3-step-1.png".into(), vec![2])));
    page.hear(done(job, false));
    page.act(StageAction::Save(None));
    assert_eq!(saved(&mut page), Some(("red-fox-3.png".into(), vec![9])));
    page.act(StageAction::Look(Some(1)));
    page.act(StageAction::Save(None));
    assert_eq!(saved(&mut page).unwrap().1, [2]);
    page.act(StageAction::Decode(1));
    page.hear(Event::Decoded { job, step: 1, pictures: vec![file(8)] });
    page.act(StageAction::Save(None));
    assert_eq!(saved(&mut page), Some(("red-fox-3-step-1.png".into(), vec![8])));
    // The same holds for a picture from the history, shown in front of the run.
    let recipe = Recipe { prompt: "owl".into(), ..Recipe::default() }.into();
    page.act(GalleryAction::Kept { key: Some(1), recipe, png: [7].into() });
    let entry = page.state.gallery.entries[0].clone();
    page.act(GalleryAction::Show(entry));
    page.act(StageAction::Save(None));
    assert_eq!(saved(&mut page).unwrap(), ("owl-0.png".into(), vec![7]));
    page.act(StageAction::BackToRun);
    assert_eq!(on_view(&page).0, [[8]], "the run that was there is there");
}

#[test]
fn a_finished_file_is_shown_and_saved() {
    let mut page = Page::ready();
    page.draw("fox", 3);
    page.finish();
    page.effects.clear();
    let finish = Finish { size: 512, outline: true, format: FileFormat::WebP };
    page.act(StageAction::ChooseFinish(finish));
    let sent = page.sent();
    let [Request::Finish { ticket, png, finish: asked }] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((png, asked), (&file(9), &finish));
    page.act(StageAction::Save(None));
    assert_eq!(saved(&mut page), None, "not before it is made");
    page.hear(Event::Finished { ticket: *ticket, is_upscaled: true, outcome: Ok(file(5)) });
    assert_eq!(page.state.on_stage().0[0].file.as_deref(), Some(&[5][..]));
    page.act(StageAction::Save(None));
    assert_eq!(saved(&mut page), Some(("fox-3.webp".into(), vec![5])));
    // An earlier step is saved as it is, and back at the end the finished file is still there.
    page.act(StageAction::Look(Some(0)));
    page.act(StageAction::Save(None));
    assert_eq!(saved(&mut page).unwrap().0, "fox-3-step-0.png");
    page.act(StageAction::Look(None));
    assert_eq!(page.sent(), []);
    // Another finish is requested once.
    page.act(StageAction::ChooseFinish(Finish { size: 256, ..finish }));
    assert!(matches!(page.sent()[..], [Request::Finish { .. }]));
    page.act(Action::Say("Nothing new.".into()));
    assert_eq!(page.sent(), []);
    // If a finish fails, the page reports it and shows the picture as it was drawn.
    let ticket = ticket + 1;
    page.hear(Event::Finished { ticket, is_upscaled: false, outcome: Err("No room.".into()) });
    assert!(page.state.status.is_bad && page.state.stage.finishing.finish.is_plain());
    assert_eq!(page.state.on_stage().0[0].file.as_deref(), Some(&[9][..]));
}

#[test]
fn several_pictures_are_opened_saved_together_and_deleted_one_by_one() {
    let mut page = Page::ready();
    page.edit(|form| (form.prompt, form.seed, form.count) = (Some("fox".into()), Some(3), Some(2)));
    page.act(FormAction::Draw);
    let (job, pictures) = (page.state.engine.jobs, vec![file(1), file(2)]);
    page.hear(Event::Done { job, stopped: false, pictures, milliseconds: 5.0 });
    for (key, seed) in [(1, 3), (2, 4)] {
        let recipe =
            Recipe { seed, count: 1, ..page.state.stage.run.as_ref().unwrap().recipe.clone() };
        let (key, png): (_, Rc<[u8]>) = (Some(key), [9].into());
        page.act(GalleryAction::Kept { key, recipe: recipe.into(), png });
    }
    page.act(StageAction::Save(Some(1)));
    assert_eq!(saved(&mut page), Some(("fox-4.png".into(), vec![2])));
    for (action, archive) in [
        (StageAction::Save(None), Archive::Sheet),
        (StageAction::SaveAll { archive: Archive::Zip, is_history: false }, Archive::Zip),
    ] {
        page.act(action);
        let gathered = page.effects.iter().find_map(|effect| match effect {
            Effect::Stage(StageEffect::Gather { ticket, archive, members, .. }) => {
                Some((*ticket, *archive, members.clone()))
            }
            _ => None,
        });
        let (ticket, found, members) = gathered.unwrap();
        assert_eq!((found, members.len(), members[1].name.as_str()), (archive, 2, "fox-4.png"));
        page.effects.clear();
        page.hear(Event::Finished { ticket, is_upscaled: true, outcome: Ok(file(5)) });
        assert_eq!(saved(&mut page).unwrap().1, [5]);
    }
    let second = page.state.on_stage().0[1].recipe.clone();
    page.act(GalleryAction::RemoveOf(second.into()));
    assert_eq!(page.state.gallery.trash.keys, [2]);
    // Zip files and sheets are made from the drawings. A sheet is a PNG, even if pictures are saved as
    // WebP.
    let finish = Finish { size: 512, outline: true, format: FileFormat::WebP };
    page.act(StageAction::ChooseFinish(finish));
    let png = Finish { format: FileFormat::Png, ..finish };
    for (action, name, wanted) in [
        (StageAction::SaveAll { archive: Archive::Zip, is_history: false }, "fox-3.webp", finish),
        (StageAction::Save(None), "fox-3.png", png),
    ] {
        page.effects.clear();
        page.act(action);
        let made = page.effects.iter().find_map(|effect| match effect {
            Effect::Stage(StageEffect::Gather { finish, members, .. }) => {
                Some((*finish, members[0].clone()))
            }
            _ => None,
        });
        let (made, member) = made.unwrap();
        assert_eq!((made, member.name.as_str(), member.png), (wanted, name, Ok([1].into())));
    }
    page.act(StageAction::OpenOne(1));
    assert_eq!(on_view(&page).0, [[2]]);
    assert_eq!(page.state.on_stage().0[0].recipe.seed, 4);
}

/// If there is no engine, nothing waits for it.
#[test]
fn without_an_engine_requests_fail_with_advice() {
    let mut page = Page::ready();
    page.draw("fox", 3);
    page.finish();
    page.act(StageAction::ChooseFinish(Finish { size: 512, ..Finish::default() }));
    page.hear(Event::Outdated);
    page.act(StageAction::Save(None));
    assert_eq!(saved(&mut page), Some(("fox-3.png".into(), vec![9])));
    for action in [
        Action::Stage(StageAction::ChooseFinish(Finish { size: 512, ..Finish::default() })),
        Action::Stage(StageAction::SaveAll { archive: Archive::Zip, is_history: true }),
        Action::Stage(StageAction::BringFile { name: "a.png".into(), bytes: vec![1] }),
        Action::Form(FormAction::DrawAgain(Recipe::default().into())),
    ] {
        page.act(Action::Say(String::new()));
        page.act(action);
        assert!(page.state.status.is_bad && page.status().contains("reload"), "{}", page.status());
    }
    assert!(page.state.stage.finishing.finish.is_plain() && page.state.stage.archives.is_empty());
}

#[test]
fn the_worker_reads_a_file_that_is_opened() {
    let mut page = Page::ready();
    page.act(StageAction::BringFile { name: "a.png".into(), bytes: vec![1] });
    assert_eq!(page.sent(), [Request::Open { ticket: 1, name: "a.png".into(), file: file(1) }]);
    let recipe =
        Recipe { prompt: "owl".into(), model_hash: "hash of stickers".into(), ..Recipe::default() };
    page.hear(Event::Opened {
        ticket: 1,
        name: "a.png".into(),
        outcome: Ok((recipe.clone().into(), vec!["lora".into()])),
        is_whole: true,
        carried: Vec::new(),
    });
    assert_eq!(page.state.form.recipe.prompt, "owl");
    assert_eq!(on_view(&page).0, [[1]], "and it is shown");
    assert!(
        page.status().contains("a.png") && page.status().contains("“lora”"),
        "{}",
        page.status()
    );
    let outcome = Err("b holds no recipe.".into());
    page.hear(Event::Opened {
        ticket: 1,
        name: "b".into(),
        outcome,
        is_whole: false,
        carried: Vec::new(),
    });
    assert!(page.state.status.is_bad);
    // Only the recipe of a damaged file is taken: the picture is not shown as if it were complete.
    page.act(StageAction::BringFile { name: "c.png".into(), bytes: vec![3] });
    let outcome = Ok((recipe.into(), Vec::new()));
    page.hear(Event::Opened {
        ticket: 2,
        name: "c.png".into(),
        outcome,
        is_whole: false,
        carried: Vec::new(),
    });
    assert_eq!(on_view(&page).0, [[1]]);
    assert!(page.state.status.is_bad && page.status().contains("damaged"), "{}", page.status());
}
