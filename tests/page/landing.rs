//! Links and reloads that open a picture.

use patchwork::page::gallery::entry::HistoryEntry;
use patchwork::page::session::Remembered;
use patchwork::page::session::Session;
use patchwork::page::{Current, Effect, EngineAction, FormAction, GalleryAction, GalleryEffect};
use patchwork::recipe::Recipe;
use patchwork::recipe::address;
use patchwork::recipe::{Defaults, address::standard};

use crate::support::{Page, choice, ready};

/// Opens a link's page, and passes it the models, whether the browser has the weights, and an empty
/// history.
fn linked(pairs: &[(&str, &str)], is_cached: bool) -> Page {
    let mut page = Page::open(pairs);
    page.act(EngineAction::Models(vec![choice("stickers"), choice("other")]));
    page.act(EngineAction::Cached(is_cached));
    page.act(recalled(&[]));
    page
}

fn recalled(recipes: &[Recipe]) -> GalleryAction {
    let entry = |(key, recipe): (u32, &Recipe)| {
        HistoryEntry::stored(key, &serde_json::to_string(recipe).expect("plain data"))
    };
    let new: Vec<_> = (1..).zip(recipes).map(entry).collect();
    let keys = new.iter().map(|entry| entry.key).collect();
    GalleryAction::Recalled { known: Vec::new(), keys, new }
}

#[test]
fn a_link_of_one_picture_and_few_steps_is_drawn_without_a_press() {
    let mut page = linked(&[("prompt", "fox"), ("seed", "3")], true);
    assert_eq!(page.started().len(), 1);
    page.hear(ready("stickers"));
    let drawn = page.drawn();
    assert_eq!((drawn[0].1.prompt.as_str(), drawn[0].1.seed, drawn[0].1.steps), ("fox", 3, 12));
    // A link that asks for more needs a press, and the button says why.
    for (name, value, word) in [("steps", "100", "100 steps"), ("count", "4", "4 pictures")] {
        let mut page = linked(&[("prompt", "fox"), ("seed", "3"), (name, value)], true);
        page.hear(ready("stickers"));
        assert!(page.drawn().is_empty(), "{name}");
        let press = page.state.press().unwrap();
        assert!(press.contains("“fox”") && press.contains(word), "{press}");
        page.act(FormAction::Draw);
        assert_eq!(page.drawn()[0].1.seed, 3);
    }
    // A link with a style that this model does not have is not drawn by itself.
    let mut page = linked(&[("prompt", "fox"), ("style", "cubism")], true);
    page.hear(ready("stickers"));
    assert!(page.drawn().is_empty());
}

#[test]
fn nothing_large_is_downloaded_for_a_link_before_a_press() {
    let mut page = linked(&[("prompt", "fox"), ("seed", "3")], false);
    assert!(page.started().is_empty());
    assert_eq!(
        (&page.state.engine.current, page.state.engine.phase()),
        (&Current::Asleep, "ready")
    );
    assert_eq!(page.state.press().unwrap(), "Draw “fox” (37 MB to download, once)");
    page.act(FormAction::Draw);
    assert_eq!((page.started().len(), page.state.engine.phase()), (1, "loading"));
    page.hear(ready("stickers"));
    assert_eq!(page.drawn()[0].1.seed, 3);
    // Unknown fields are reported before that.
    let page = linked(&[("prompt", "fox"), ("lora", "x")], false);
    assert!(page.status().contains("one press") && page.status().contains("“lora”"));
    // A small model is loaded without a press, and so is one of unknown size.
    for models in [vec![patchwork::page::ModelChoice { bytes: 1e6, ..choice("stickers") }], vec![]]
    {
        let mut page = Page::open(&[("prompt", "fox")]);
        page.act(EngineAction::Cached(false));
        page.act(EngineAction::Models(models));
        assert_eq!(page.started().len(), 1);
    }
    // If the page is opened without a link, the model is loaded.
    assert_eq!(Page::open(&[]).started().len(), 1);
}

#[test]
fn a_links_picture_in_the_history_is_shown() {
    let link = [
        ("prompt", "fox"),
        ("seed", "3"),
        ("steps", "5"),
        ("guidance", "3"),
        ("sampler", "heun"),
        ("shift", "2"),
        ("model", "stickers"),
        ("model_hash", "hash of stickers"),
    ];
    let mut page = Page::open(&link);
    let recipe = page.state.stage.landing.as_ref().unwrap().recipe.clone();
    page.act(recalled(&[Recipe { seed: 9, ..recipe.clone() }, recipe]));
    let fetched = page
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::Gallery(GalleryEffect::Fetch { entry, .. }) if entry.key == 2));
    assert!(fetched);
    page.act(EngineAction::Models(vec![choice("stickers")]));
    page.act(EngineAction::Cached(true));
    page.effects.clear();
    page.hear(ready("stickers"));
    assert!(page.drawn().is_empty());
}

/// A reload restores the draft in the form, and the last picture.
#[test]
fn a_reload_shows_the_last_picture_and_the_unsaved_prompt() {
    let mut page = Page::ready();
    page.draw("fox", 3);
    page.finish();
    page.edit(|form| form.prompt = Some("a draft".into()));
    let text = page.effects.iter().rev().find_map(|effect| match effect {
        Effect::RememberSession(text) => Some(text.clone()),
        _ => None,
    });
    let session: Session = serde_json::from_str(&text.unwrap()).unwrap();
    let shown = page.state.stage.run.as_ref().unwrap().recipe.clone();
    let pairs = address::pairs(&shown);
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let open = |pairs: &[(&str, &str)], is_same_address| {
        let session = Some(session.clone());
        Page::open_with(pairs, Remembered { session, is_same_address, ..Remembered::default() })
    };
    let again = |pairs: &[(&str, &str)]| open(pairs, true);
    let mut page = again(&pairs);
    assert!(!page.state.form.seed_is_fresh, "the next picture is another one");
    assert_eq!(page.state.form.recipe.prompt, "a draft");
    page.act(recalled(std::slice::from_ref(&shown)));
    assert!(
        page.effects
            .iter()
            .any(|effect| matches!(effect, Effect::Gallery(GalleryEffect::Fetch { .. })))
    );
    // If the history is not available, the picture is drawn again, and the draft stays.
    let mut page = again(&pairs);
    page.act(EngineAction::Models(vec![choice("stickers")]));
    page.act(EngineAction::Cached(true));
    page.act(GalleryAction::Closed);
    page.hear(ready("stickers"));
    let drawn = page.drawn();
    assert_eq!((drawn[0].1.prompt.as_str(), drawn[0].1.seed), ("fox", 3));
    assert_eq!(page.state.form.recipe.prompt, "a draft");
    // A deleted picture does not reappear by itself.
    let mut page = again(&pairs);
    page.act(EngineAction::Models(vec![choice("stickers")]));
    page.act(EngineAction::Cached(true));
    page.act(recalled(&[]));
    page.hear(ready("stickers"));
    assert!(page.drawn().is_empty());
    // Another link in the same tab is another page.
    assert_eq!(open(&[("prompt", "owl")], false).state.form.recipe.prompt, "owl");
    // A picture in the trash, which could still be restored, is not shown.
    let mut page = again(&pairs);
    page.state.gallery.trash.keys = vec![1];
    page.effects.clear();
    page.act(recalled(std::slice::from_ref(&shown)));
    assert!(
        !page
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Gallery(GalleryEffect::Fetch { .. })))
    );
}

/// The address remains that of the run when another picture is opened.
#[test]
fn a_reload_shows_the_picture_that_was_opened() {
    let mut page = Page::ready();
    page.draw("fox", 3);
    page.finish();
    let other = Recipe { prompt: "owl".into(), ..standard() };
    page.act(recalled(std::slice::from_ref(&other)));
    let entry = page.state.gallery.entries[0].clone();
    let (png, scrolls) = (Some([7].into()), false);
    page.act(GalleryAction::Fetched { entry, png, scrolls });
    assert_eq!(page.state.session().shown, Some(other));
}

/// If the visitor types while the model loads, the link's prompt is not drawn.
#[test]
fn after_an_edit_neither_the_link_nor_the_prompt_is_drawn() {
    let mut page = linked(&[("prompt", "fox"), ("seed", "3")], true);
    page.edit(|form| form.prompt = Some("a ha".into()));
    page.hear(ready("stickers"));
    assert!(page.drawn().is_empty());
    assert_eq!(page.state.form.recipe.prompt, "a ha");
}

#[test]
fn a_link_that_is_followed_in_the_open_page_is_drawn_with_its_seed() {
    let mut page = Page::ready();
    let link = [("prompt", "owl".to_owned()), ("seed", "5".to_owned())];
    page.act(FormAction::Follow(address::read(&link).into()));
    let drawn = page.drawn();
    assert_eq!((drawn[0].1.prompt.as_str(), drawn[0].1.seed), ("owl", 5));
}

#[test]
fn reports_invalid_link_values_when_the_model_is_loaded() {
    let mut page =
        linked(&[("prompt", "fox"), ("sampler", "magic"), ("lora", "x"), ("steps", "30")], true);
    page.hear(ready("stickers"));
    for word in ["“magic”", "“lora”"] {
        assert!(page.status().contains(word), "{}", page.status());
    }
    assert_eq!(page.state.form.recipe.sampler, "heun");
}

/// A link sets each of the sampling fields, or leaves it to the model.
#[test]
fn fields_that_a_link_leaves_open_follow_the_model() {
    for (name, value) in [
        ("sampler", "euler"),
        ("steps", "3"),
        ("guidance", "1.25"),
        ("shift", "1.5"),
        ("guidance_interval", "0.25 0.75"),
    ] {
        let mut page = linked(&[("prompt", "fox"), (name, value)], true);
        page.hear(ready("stickers"));
        let form = page.state.form.recipe.clone();
        let own = Defaults { sampler: "heun".into(), steps: 12, ..Defaults::default() };
        let own = Recipe { shift: Some(2.0), ..own.over(form.clone()) };
        let (set, open) = (address::pairs(&form), address::pairs(&own));
        let differ: Vec<_> = set.iter().zip(&open).filter(|(a, b)| a != b).collect();
        assert!(differ.iter().all(|((other, _), _)| *other == name), "{name}: {differ:?}");
        assert!(set.contains(&(name, value.into())), "{name}: {set:?}");
    }
    assert_eq!(standard().seed, 7);
}

#[test]
fn a_link_that_asks_for_nothing_new_draws_nothing() {
    for pair in [("prompt", ""), ("seed", "7"), ("count", "1")] {
        let mut page = linked(&[pair], true);
        page.hear(ready("stickers"));
        assert!(page.drawn().is_empty(), "{pair:?}");
    }
}
