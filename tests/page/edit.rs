//! Pictures that are brought, and runs that begin with them.

use std::rc::Rc;

use patchwork::image::frame::Frame;
use patchwork::page::edit::painting::{Change, Ink, Mark};
use patchwork::page::edit::source::Way;
use patchwork::page::form::offer::Brought;
use patchwork::page::gallery::entry::HistoryEntry;
use patchwork::page::protocol::{Event, File, Ground, Kept, Made, Request, Tool};
use patchwork::page::{
    EditAction, EditEffect, Effect, EngineAction, FormAction, GalleryAction, StageAction,
};
use patchwork::recipe::Recipe;

use crate::support::{Page, crashed, file, ready};

impl Page {
    /// Brings a file that holds a picture without a recipe.
    fn bring(&mut self, byte: u8) {
        self.act(StageAction::BringFile { name: "dog.jpg".into(), bytes: vec![byte] });
        let ticket = self.state.stage.bringings;
        self.hear(Event::Brought { ticket, name: "dog.jpg".into(), outcome: Ok(file(byte)) });
    }

    /// Returns the uses of tools that were asked since they were last taken.
    fn uses(&mut self) -> Vec<(u32, Tool, Vec<File>)> {
        let uses = self.sent().into_iter().filter_map(|request| match request {
            Request::Use { ticket, tool, files } => Some((ticket, tool, files)),
            _ => None,
        });
        uses.collect()
    }

    /// Answers the only use of a tool since they were last taken.
    fn answer(&mut self, outcome: Result<Made, String>) -> (Tool, Vec<File>) {
        let mut uses = self.uses();
        assert_eq!(uses.len(), 1, "{uses:?}");
        let (ticket, tool, files) = uses.remove(0);
        self.hear(Event::Used { ticket, outcome });
        (tool, files)
    }

    /// Brings a picture, and has it fitted: its hash is “dog”.
    fn with_dog(&mut self) {
        self.bring(7);
        let (tool, files) = self.answer(Ok(made("dog")));
        assert_eq!((tool, files), (Tool::Fit(Frame::default()), vec![file(7)]));
    }

    /// Returns the requests for pictures and draws since they were last taken: hashes and recipes.
    fn handed(&mut self) -> (Vec<String>, Vec<Recipe>) {
        let (mut hashes, mut recipes) = (Vec::new(), Vec::new());
        for request in self.sent() {
            match request {
                Request::Picture { hash, .. } => {
                    assert!(recipes.is_empty(), "pictures are handed over before the draw");
                    hashes.push(hash);
                }
                Request::Draw { recipe, .. } => recipes.push(recipe.onto(Recipe::default())),
                _ => {}
            }
        }
        (hashes, recipes)
    }

    /// Draws the form as it is, with seed 3.
    fn generate(&mut self) {
        self.act(FormAction::UseSeed(3));
        self.act(FormAction::Draw);
    }
}

fn kept(hash: &str) -> Kept {
    Kept { hash: hash.into(), png: file(hash.len() as u8) }
}

fn made(hash: &str) -> Made {
    Made::Picture(kept(hash))
}

fn rectangle() -> Mark {
    Mark::Rectangle { ink: Ink::Colour(2), from: (0.0, 0.0), size: (0.5, 0.5) }
}

/// Returns the recipe of a picture that was made from the one named “fox”.
fn made_from_fox() -> Recipe {
    Recipe {
        prompt: "red fox".into(),
        picture: "fox".into(),
        strength: 0.4,
        model: "stickers".into(),
        model_hash: "hash of stickers".into(),
        ..Recipe::default()
    }
}

#[test]
fn a_brought_picture_is_fitted_and_what_is_drawn_begins_with_it() {
    let mut page = Page::ready();
    page.with_dog();
    page.edit(|form| form.prompt = Some("cat".into()));
    page.generate();
    let (hashes, recipes) = page.handed();
    assert_eq!(hashes, ["dog"]);
    let drawn = &recipes[0];
    assert_eq!((drawn.prompt.as_str(), drawn.seed), ("cat", 3));
    assert_eq!((drawn.picture.as_str(), drawn.strength, drawn.inversion), ("dog", 0.6, false));
    // Each draw hands it over again, because the worker may be another one.
    page.finish();
    page.generate();
    assert_eq!(page.handed().0, ["dog"]);
}

#[test]
fn a_file_without_a_picture_is_reported() {
    let mut page = Page::ready();
    let problem = "dog.txt is no picture.".to_owned();
    page.hear(Event::Brought { ticket: 0, name: "dog.txt".into(), outcome: Err(problem.clone()) });
    assert!(page.status() == problem && page.state.status.is_bad);
    assert!(page.state.edit.source.is_none());
}

#[test]
fn a_moved_frame_is_fitted_when_it_rests() {
    let mut page = Page::ready();
    page.with_dog();
    let frame = |x| Frame { zoom: 2.0, x, y: 0.5 };
    page.effects.clear();
    page.act(EditAction::Move(frame(0.2)));
    page.act(EditAction::Move(frame(0.3)));
    let rests: Vec<u32> = page
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Edit(EditEffect::Rest(moves)) => Some(*moves),
            _ => None,
        })
        .collect();
    page.act(EditAction::Rested(rests[0]));
    assert!(page.uses().is_empty(), "the frame has moved on");
    page.act(EditAction::Rested(rests[1]));
    let uses = page.uses();
    assert_eq!(uses[0].1, Tool::Fit(frame(0.3)));
    // What is drawn now waits for the answer.
    page.generate();
    assert!(page.handed().1.is_empty());
    let answer = Event::Used { ticket: uses[0].0, outcome: Ok(made("dog 2")) };
    page.hear(answer);
    let (hashes, recipes) = page.handed();
    assert_eq!((hashes.as_slice(), recipes[0].picture.as_str()), (&["dog 2".into()][..], "dog 2"));
}

#[test]
fn the_strength_of_each_way_is_its_own() {
    let mut page = Page::ready();
    page.with_dog();
    page.act(EditAction::SetStrength(0.25));
    page.generate();
    assert_eq!(page.handed().1[0].strength, 0.25);
    page.act(EditAction::Choose(Way::Restyle));
    assert_eq!(page.state.edit.source.as_ref().unwrap().strength(), 1.0);
    page.act(EditAction::Choose(Way::Redraw));
    assert_eq!(page.state.edit.source.as_ref().unwrap().strength(), 0.25);
}

#[test]
fn a_removed_background_replaces_the_picture_until_it_is_taken_back() {
    let mut page = Page::ready();
    page.with_dog();
    let brought = page.state.edit.source.as_ref().unwrap().picture.clone();
    page.act(EditAction::CutOut(Ground::Any));
    let activity = |page: &Page| {
        let asked = page.state.edit.activity().cloned();
        asked.map(|asked| (asked.progress(), asked.done, asked.total))
    };
    assert_eq!(activity(&page), Some(("Removing the background", 0, 0)));
    let uses = page.uses();
    assert_eq!((uses[0].1.clone(), &uses[0].2), (Tool::CutOut(Ground::Any), &vec![file(7)]));
    page.hear(Event::Using { ticket: uses[0].0, done: 1, total: 3, picture: None });
    assert_eq!(activity(&page), Some(("Removing the background", 1, 3)));
    page.hear(Event::Used { ticket: uses[0].0, outcome: Ok(Made::File(file(8))) });
    // The cut-out is fitted in its turn.
    assert_eq!(page.answer(Ok(made("cut"))).1, [file(8)]);
    page.act(EditAction::Correct(vec![9]));
    assert_eq!(page.answer(Ok(made("corrected"))).1, [file(9)]);
    let source = page.state.edit.source.as_ref().unwrap();
    assert!(Rc::ptr_eq(&source.brought, &brought), "restoring needs the brought pixels");
    page.act(EditAction::Undo);
    assert_eq!(page.answer(Ok(made("cut"))).1, [file(8)]);
    page.act(EditAction::Undo);
    assert_eq!(page.answer(Ok(made("dog"))).1, [file(7)]);
    assert!(!page.state.edit.source.as_ref().unwrap().can_undo());
    page.act(EditAction::Undo);
    assert!(page.uses().is_empty());
}

#[test]
fn a_failed_tool_leaves_the_picture_and_is_reported() {
    let mut page = Page::ready();
    page.with_dog();
    page.act(EditAction::CutOut(Ground::Plain { tolerance: 0.1 }));
    page.answer(Err("There is no plain background.".into()));
    assert!(page.state.status.is_bad);
    assert_eq!(page.status(), "There is no plain background.");
    assert_eq!(&page.state.edit.source.as_ref().unwrap().picture[..], [7]);
    page.generate();
    assert_eq!(page.handed().1[0].picture, "dog");
}

#[test]
fn mending_needs_a_mask_and_waits_for_it() {
    let mut page = Page::ready();
    page.with_dog();
    page.act(EditAction::Choose(Way::Mend));
    page.generate();
    assert!(page.handed().1.is_empty() && page.state.status.is_bad);
    assert!(page.status().contains("Fill around it"), "{}", page.status());
    page.act(EditAction::Paint(Change::Add(rectangle())));
    let change = page.state.edit.source.as_ref().unwrap().mask.change;
    page.generate();
    assert!(page.handed().1.is_empty(), "the mask is not there yet");
    page.act(EditAction::Painted { change: change - 1, png: vec![1] });
    assert!(page.uses().is_empty(), "that was an earlier painting");
    page.act(EditAction::Painted { change, png: vec![5] });
    let uses = page.uses();
    assert_eq!((uses[0].1.clone(), &uses[0].2), (Tool::Mask, &vec![file(5)]));
    page.hear(Event::Used { ticket: uses[0].0, outcome: Ok(made("mask")) });
    let (hashes, recipes) = page.handed();
    assert_eq!(hashes, ["dog", "mask"]);
    assert_eq!((recipes[0].mask.as_str(), recipes[0].strength), ("mask", 0.9));
    // Without the mask, the picture is whole again.
    page.act(EditAction::Choose(Way::Redraw));
    page.generate();
    assert_eq!(page.handed().1[0].mask, "");
}

#[test]
fn the_ground_around_a_picture_joins_the_mask() {
    let mut page = Page::ready();
    page.with_dog();
    page.act(EditAction::Choose(Way::Mend));
    page.act(EditAction::FillAround);
    assert_eq!(page.answer(Ok(made("around"))).0, Tool::Around(Frame::default()));
    let marks = |page: &Page| page.state.edit.source.as_ref().unwrap().mask.painting.marks.clone();
    assert_eq!(marks(&page), [Rc::new(Mark::Shape(Rc::new([6])))]);
    page.act(EditAction::Paint(Change::Undo));
    assert!(marks(&page).is_empty());
}

#[test]
fn restyling_inverts_the_picture_with_its_own_words() {
    let mut page = Page::ready();
    page.edit(|form| form.prompt = Some("an old prompt".into()));
    page.with_dog();
    page.act(EditAction::Choose(Way::Restyle));
    page.generate();
    assert!(page.handed().1.is_empty() && page.state.status.is_bad);
    page.act(EditAction::Describe);
    let captions = vec!["dog".to_owned(), "puppy".to_owned()];
    assert_eq!(page.answer(Ok(Made::Captions(captions.clone()))).0, Tool::Describe);
    assert_eq!(page.state.edit.source.as_ref().unwrap().captions, captions);
    page.act(EditAction::SetShows("dog".into()));
    page.act(EditAction::SetStyle("noto".into()));
    page.edit(|form| form.style = Some("fluent flat".into()));
    page.generate();
    let (_, recipes) = page.handed();
    let drawn = &recipes[0];
    assert!(drawn.inversion);
    assert_eq!((drawn.source_prompt.as_str(), drawn.source_style.as_str()), ("dog", "noto"));
    assert_eq!((drawn.prompt.as_str(), drawn.style.as_str()), ("dog", "fluent flat"));
    assert_eq!((drawn.sampler.as_str(), drawn.strength), ("euler", 1.0));
    // A prompt that is written for the picture is drawn instead of its own words.
    page.edit(|form| form.prompt = Some("wolf".into()));
    page.generate();
    let drawn = &page.handed().1[0];
    assert_eq!((drawn.prompt.as_str(), drawn.source_prompt.as_str()), ("wolf", "dog"));
    // The form keeps its own sampler.
    assert_eq!(page.state.form.recipe.sampler, "heun");
}

#[test]
fn one_press_restyles_a_picture_in_every_style() {
    let mut page = Page::ready();
    page.with_dog();
    page.act(EditAction::Choose(Way::Restyle));
    page.act(EditAction::DrawStyles);
    assert!(page.handed().1.is_empty() && page.state.status.is_bad, "its words are missing");
    page.act(EditAction::SetShows("dog".into()));
    page.act(EditAction::DrawStyles);
    let (hashes, recipes) = page.handed();
    assert_eq!(hashes, ["dog"]);
    assert!(recipes[0].inversion && recipes[0].source_prompt == "dog");
    let grid = page.state.stage.grid.as_ref().unwrap();
    assert_eq!(grid.cells.len(), page.state.engine.model().unwrap().styles.len());
}

#[test]
fn after_the_editor_is_closed_pictures_are_drawn_from_words_alone() {
    let mut page = Page::ready();
    page.with_dog();
    page.act(EditAction::Close);
    assert!(page.state.edit.source.is_none());
    page.generate();
    let (hashes, recipes) = page.handed();
    assert!(hashes.is_empty() && recipes[0].picture.is_empty());
}

#[test]
fn a_picture_on_stage_becomes_the_source_with_its_recipe() {
    let mut page = Page::ready();
    page.draw("fox", 3);
    page.finish();
    page.effects.clear();
    let shown = page.state.on_stage().0.remove(0);
    page.act(EditAction::Take { png: shown.png, recipe: shown.recipe.into() });
    assert_eq!(page.answer(Ok(made("fox"))).1, [file(9)]);
    assert_eq!(page.state.edit.source.as_ref().unwrap().shows, "fox");
    // A form without words takes those of the picture.
    let mut page = Page::ready();
    let recipe = Recipe { prompt: "owl".into(), ..Recipe::default() };
    page.act(EditAction::Take { png: Rc::new([1]), recipe: recipe.into() });
    assert_eq!(page.state.form.recipe.prompt, "owl");
}

#[test]
fn a_drawing_becomes_the_source() {
    let mut page = Page::ready();
    page.act(EditAction::UnfoldDrawing(true));
    page.act(EditAction::DrawByHand(Change::Add(rectangle())));
    assert_eq!(page.state.edit.drawing.as_ref().unwrap().marks.len(), 1);
    page.act(EditAction::DrawByHand(Change::Undo));
    assert!(page.state.edit.drawing.as_ref().unwrap().is_empty());
    page.act(EditAction::UseDrawing(vec![4]));
    assert!(page.state.edit.drawing.is_none());
    assert_eq!(page.answer(Ok(made("drawing"))).1, [file(4)]);
}

#[test]
fn a_recipe_whose_picture_is_not_here_is_not_drawn() {
    let mut page = Page::ready();
    page.act(FormAction::DrawAgain(made_from_fox().into()));
    assert!(page.handed().1.is_empty() && page.state.status.is_bad);
    assert!(page.status().contains("is not here"), "{}", page.status());
    assert_eq!(page.state.engine.phase(), "ready");
    // The form can still draw from words.
    page.generate();
    assert!(page.handed().1[0].picture.is_empty());
}

#[test]
fn an_opened_png_brings_its_picture_so_that_it_is_drawn_again() {
    let mut page = Page::ready();
    let open = |carried| Event::Opened {
        ticket: 0,
        name: "a.png".into(),
        outcome: Ok((made_from_fox().into(), Vec::new())),
        is_whole: true,
        carried,
    };
    page.hear(open(vec![kept("fox")]));
    assert!(page.status().contains("Generate draws it again"), "{}", page.status());
    page.act(FormAction::Draw);
    let (hashes, recipes) = page.handed();
    assert_eq!((hashes.as_slice(), recipes[0].strength), (&["fox".to_owned()][..], 0.4));
    // A file that has lost the picture draws something else, and says so.
    let mut page = Page::ready();
    page.hear(open(Vec::new()));
    assert!(page.status().contains("the picture that it began with"), "{}", page.status());
    page.act(FormAction::Draw);
    assert!(page.handed().1[0].picture.is_empty());
}

#[test]
fn a_brought_recipe_takes_the_place_of_the_picture_that_is_changed() {
    let mut page = Page::ready();
    page.with_dog();
    page.hear(Event::Opened {
        ticket: 1,
        name: "a.png".into(),
        outcome: Ok((Recipe { picture: String::new(), ..made_from_fox() }.into(), Vec::new())),
        is_whole: true,
        carried: Vec::new(),
    });
    page.act(FormAction::Draw);
    let drawn = &page.handed().1[0];
    assert_eq!((drawn.prompt.as_str(), drawn.picture.as_str()), ("red fox", ""));
}

#[test]
fn a_picture_of_the_history_is_searched_for_the_one_before_it() {
    let mut page = Page::ready();
    let entry = HistoryEntry::stored(1, &serde_json::to_string(&made_from_fox()).unwrap());
    let png = Some(Rc::from([3_u8]));
    page.act(GalleryAction::Fetched { entry, png, scrolls: true });
    let (tool, files) = page.answer(Ok(Made::Carried(vec![kept("fox")])));
    assert_eq!((tool, files), (Tool::Carried, vec![file(3)]));
    page.act(FormAction::DrawAgain(made_from_fox().into()));
    assert_eq!(page.handed().0, ["fox"]);
    // One press goes back to that picture.
    page.act(EditAction::GoBack(made_from_fox().into()));
    assert_eq!(page.answer(Ok(made("fox"))).1, [file(3)]);
    assert!(page.state.edit.source.is_some());
}

#[test]
fn a_link_says_that_it_needs_its_picture_and_draws_nothing() {
    let mut page = Page::open(&[("prompt", "fox"), ("seed", "3"), ("picture", "fox")]);
    page.act(EngineAction::Models(Vec::new()));
    page.act(EngineAction::Cached(true));
    page.act(GalleryAction::Closed);
    page.hear(ready("stickers"));
    assert!(page.handed().1.is_empty());
    assert!(page.status().contains("open the PNG of the picture"), "{}", page.status());
}

#[test]
fn another_worker_gets_the_picture_and_the_mask_anew() {
    let mut page = Page::ready();
    page.with_dog();
    page.act(EditAction::Choose(Way::Mend));
    page.act(EditAction::Paint(Change::Add(rectangle())));
    let change = page.state.edit.source.as_ref().unwrap().mask.change;
    page.act(EditAction::Painted { change, png: vec![5] });
    page.answer(Ok(made("mask")));
    page.hear(crashed("The GPU is lost.", true));
    page.effects.clear();
    page.hear(ready("stickers"));
    let tools: Vec<Tool> = page.uses().into_iter().map(|(_, tool, _)| tool).collect();
    assert_eq!(tools, [Tool::Fit(Frame::default()), Tool::Mask]);
}

#[test]
fn answers_to_an_earlier_picture_are_ignored() {
    let mut page = Page::ready();
    page.bring(1);
    let (ticket, ..) = page.uses().remove(0);
    page.with_dog();
    page.hear(Event::Used { ticket, outcome: Ok(made("old")) });
    page.generate();
    assert_eq!(page.handed().1[0].picture, "dog");
}

#[test]
fn settings_of_the_history_are_complete_once_their_picture_is_found() {
    let mut page = Page::ready();
    let entry = HistoryEntry::stored(1, &serde_json::to_string(&made_from_fox()).unwrap());
    let brought = Brought {
        what: "The settings are in the form".into(),
        is_of_picture: true,
        recipe: made_from_fox().into(),
        unknown: Vec::new(),
    };
    page.act(FormAction::Bring(brought.into()));
    assert!(page.status().contains("the picture that it began with"), "{}", page.status());
    let png = Some(Rc::from([3_u8]));
    page.act(GalleryAction::Fetched { entry, png, scrolls: true });
    page.answer(Ok(Made::Carried(vec![kept("fox")])));
    assert!(page.status().contains("Generate draws it again"), "{}", page.status());
    page.act(FormAction::Draw);
    assert_eq!(page.handed().0, ["fox"]);
}

/// The worker cannot fit a picture before it has a model.
#[test]
fn a_picture_that_is_brought_while_the_model_is_loaded_is_drawn_afterwards() {
    let mut page = Page::open(&[]);
    page.bring(7);
    assert!(page.uses().is_empty() && !page.state.status.is_bad, "{}", page.status());
    page.act(EditAction::CutOut(Ground::Any));
    assert!(page.uses().is_empty() && page.status().contains("being loaded"), "{}", page.status());
    page.generate();
    page.hear(ready("stickers"));
    assert_eq!(page.answer(Ok(made("dog"))).0, Tool::Fit(Frame::default()));
    assert_eq!(page.handed().0, ["dog"]);
}

#[test]
fn what_was_fitted_before_a_move_is_not_drawn() {
    let mut page = Page::ready();
    page.bring(7);
    let (ticket, ..) = page.uses().remove(0);
    let frame = Frame { zoom: 2.0, ..Frame::default() };
    page.act(EditAction::Move(frame));
    page.hear(Event::Used { ticket, outcome: Ok(made("before")) });
    page.generate();
    let uses = page.uses();
    let [(ticket, Tool::Fit(asked), _)] = &uses[..] else { panic!("{uses:?}") };
    assert_eq!(*asked, frame);
    page.hear(Event::Used { ticket: *ticket, outcome: Ok(made("after")) });
    assert_eq!(page.handed().0, ["after"]);
}

/// The noise that is found by inversion is the same for each picture of a run.
#[test]
fn a_restyled_picture_is_drawn_once_with_a_sampler_that_can_be_inverted() {
    let mut page = Page::ready();
    page.edit(|form| (form.count, form.sampler) = (Some(4), Some("heun".into())));
    page.with_dog();
    page.act(EditAction::Choose(Way::Restyle));
    page.act(EditAction::SetShows("dog".into()));
    page.generate();
    assert_eq!(page.handed().1[0].count, 1);
    page.finish();
    page.act(EditAction::DrawStyles);
    assert_eq!(page.handed().1[0].sampler, "euler");
}

#[test]
fn a_tool_whose_picture_is_gone_is_stopped() {
    let mut page = Page::ready();
    page.with_dog();
    page.act(EditAction::Describe);
    let (ticket, ..) = page.uses().remove(0);
    page.act(EditAction::Close);
    assert!(page.sent().contains(&Request::StopUsing { ticket }));
    page.hear(Event::Used { ticket, outcome: Err("Stopped".into()) });
    assert!(!page.state.status.is_bad, "{}", page.status());
}

#[test]
fn a_lost_worker_ends_what_the_editor_waits_for_with_a_sentence() {
    let mut page = Page::ready();
    page.with_dog();
    page.act(EditAction::CutOut(Ground::Any));
    page.hear(crashed("The GPU is lost.", true));
    assert!(page.state.edit.activity().is_none());
    assert!(page.status().contains("is lost: press once more"), "{}", page.status());
}

#[test]
fn an_old_picture_that_is_drawn_again_leaves_the_editors_picture_in_the_form() {
    let mut page = Page::ready();
    page.with_dog();
    page.act(FormAction::DrawAgain(Recipe { prompt: "owl".into(), ..Recipe::default() }.into()));
    assert_eq!(page.handed().1[0].picture, "");
    assert_eq!(page.state.form.recipe.picture, "dog");
}

#[test]
fn strokes_of_a_mask_do_not_push_the_first_picture_out() {
    let mut page = Page::ready();
    page.with_dog();
    page.bring(8);
    page.answer(Ok(made("cat")));
    for i in 0..20 {
        page.act(EditAction::Paint(Change::Add(rectangle())));
        let change = page.state.edit.source.as_ref().unwrap().mask.change;
        page.act(EditAction::Painted { change, png: vec![i] });
        page.answer(Ok(made(&format!("mask {i}"))));
    }
    assert!(page.state.edit.album.find("dog").is_some());
}

#[test]
fn a_tool_can_be_stopped() {
    let mut page = Page::ready();
    page.with_dog();
    page.act(EditAction::Describe);
    let (ticket, ..) = page.uses().remove(0);
    page.act(EditAction::Stop);
    assert!(page.sent().contains(&Request::StopUsing { ticket }));
    assert!(page.state.edit.activity().is_none());
    page.hear(Event::Used { ticket, outcome: Err("Stopped".into()) });
    assert!(!page.state.status.is_bad, "{}", page.status());
    // What is made for drawing is not stopped.
    page.act(EditAction::Choose(Way::Mend));
    page.act(EditAction::Move(Frame { zoom: 0.5, ..Frame::default() }));
    page.act(EditAction::Rested(1));
    page.act(EditAction::Stop);
    assert_eq!(
        page.answer(Ok(made("small"))).0,
        Tool::Fit(Frame { zoom: 0.5, ..Frame::default() })
    );
    assert!(page.state.edit.activity().is_none());
}

/// What is under the mask stays under it, and the empty part around the picture is found anew.
#[test]
fn the_mask_moves_with_the_picture() {
    let mut page = Page::ready();
    page.with_dog();
    page.act(EditAction::Choose(Way::Mend));
    page.act(EditAction::FillAround);
    page.answer(Ok(made("around")));
    page.act(EditAction::Paint(Change::Add(rectangle())));
    let marks = |page: &Page| page.state.edit.source.as_ref().unwrap().mask.painting.marks.clone();
    assert!(matches!(&*marks(&page)[0], Mark::Shape(_)));
    page.sent();
    let frame = Frame { zoom: 2.0, ..Frame::default() };
    page.act(EditAction::Move(frame));
    let moved = marks(&page);
    let (Mark::Rectangle { from, size, .. }, Mark::Rectangle { from: was, size: had, .. }) =
        (&*moved[0], &rectangle())
    else {
        panic!("{moved:?}")
    };
    assert_eq!(*size, (2.0 * had.0, 2.0 * had.1));
    assert_eq!(*from, (2.0 * was.0 - 0.5, 2.0 * was.1 - 0.5));
    let change = page.state.edit.source.as_ref().unwrap().mask.change;
    page.act(EditAction::Painted { change, png: vec![1] });
    assert!(page.uses().is_empty(), "nothing is made while it moves");
    page.act(EditAction::Rested(1));
    let tools: Vec<Tool> = page.uses().into_iter().map(|(_, tool, _)| tool).collect();
    assert_eq!(tools, [Tool::Fit(frame), Tool::Mask, Tool::Around(frame)]);
}

#[test]
fn a_run_waits_for_the_mask_around_the_moved_picture() {
    let mut page = Page::ready();
    page.with_dog();
    page.act(EditAction::Choose(Way::Mend));
    page.act(EditAction::FillAround);
    page.answer(Ok(made("around")));
    page.act(EditAction::Move(Frame { zoom: 0.5, ..Frame::default() }));
    page.generate();
    let uses = page.uses();
    assert!(page.state.stage.run.is_none() && page.status().contains("as soon as"));
    let tools: Vec<Tool> = uses.iter().map(|(_, tool, _)| tool.clone()).collect();
    let frame = Frame { zoom: 0.5, ..Frame::default() };
    assert_eq!(tools, [Tool::Fit(frame), Tool::Around(frame)]);
    page.hear(Event::Used { ticket: uses[0].0, outcome: Ok(made("small")) });
    page.hear(Event::Used { ticket: uses[1].0, outcome: Ok(made("around")) });
    let change = page.state.edit.source.as_ref().unwrap().mask.change;
    page.act(EditAction::Painted { change, png: vec![2] });
    page.answer(Ok(made("mask")));
    assert_eq!(page.handed().1[0].mask, "mask");
}

#[test]
fn of_two_files_the_later_one_is_taken() {
    let mut page = Page::ready();
    for byte in [1, 2] {
        page.act(StageAction::BringFile { name: "image.png".into(), bytes: vec![byte] });
    }
    let brought =
        |ticket, byte| Event::Brought { ticket, name: "image.png".into(), outcome: Ok(file(byte)) };
    page.hear(brought(2, 2));
    page.hear(brought(1, 1));
    assert_eq!(page.state.edit.source.as_ref().unwrap().picture[..], [2]);
}

#[test]
fn a_run_that_is_stopped_on_the_way_back_to_noise_leaves_no_error() {
    let mut page = Page::ready();
    page.with_dog();
    page.act(EditAction::Choose(Way::Restyle));
    page.act(EditAction::SetShows("dog".into()));
    page.generate();
    let job = page.state.stage.run.as_ref().unwrap().job;
    page.hear(Event::Inverting { job, done: 0, total: 12, noise: vec![file(1)] });
    assert_eq!(page.status(), "Leading the picture back to noise.");
    let run = page.state.stage.run.as_ref().unwrap();
    assert_eq!(run.name_of(0), "Back to noise, step 0 of 12");
    page.act(EngineAction::Cancel);
    page.hear(Event::Stopped { job });
    assert_eq!(page.status(), "Stopped before the first step.");
    assert!(!page.state.status.is_bad && page.state.stage.run.is_none());
    assert_eq!(page.state.engine.phase(), "done");
}

#[test]
fn escape_stops_the_tools_if_nothing_is_drawn() {
    let mut page = Page::ready();
    page.with_dog();
    page.act(EditAction::CutOut(Ground::Any));
    let (ticket, ..) = page.uses().remove(0);
    page.act(EngineAction::Cancel);
    assert!(page.sent().contains(&Request::StopUsing { ticket }));
    assert_eq!(page.status(), "Stopped.");
}
