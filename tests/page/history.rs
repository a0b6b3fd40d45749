//! Pictures that are kept, opened, deleted and restored.

use std::rc::Rc;

use patchwork::page::gallery::entry::HistoryEntry;
use patchwork::page::protocol::Event;
use patchwork::page::session::Remembered;
use patchwork::page::{Action, Effect, FormAction, GalleryAction, GalleryEffect, StageEffect};
use patchwork::recipe::Recipe;
use patchwork::recipe::address::standard;

use crate::support::{Page, file};

fn stored(key: u32, prompt: &str) -> Rc<HistoryEntry> {
    let recipe = Recipe { prompt: prompt.into(), seed: u64::from(key), ..standard() };
    HistoryEntry::stored(key, &serde_json::to_string(&recipe).expect("plain data"))
}

fn history(page: &mut Page, action: GalleryAction) {
    page.act(action);
}

/// Returns a page with two stored pictures and a damaged row.
fn with_pictures() -> Page {
    let mut page = Page::ready();
    let new = vec![stored(4, "fox"), stored(5, "cat"), HistoryEntry::stored(6, "{damaged")];
    history(&mut page, recalled(&[], &[4, 5, 6], new));
    page
}

fn shown(page: &Page) -> Vec<u32> {
    page.state.gallery.kept().map(|entry| entry.key).collect()
}

/// Returns the store's answer to a page that knew some keys when it asked.
fn recalled(known: &[u32], keys: &[u32], new: Vec<Rc<HistoryEntry>>) -> GalleryAction {
    GalleryAction::Recalled { known: known.to_vec(), keys: keys.to_vec(), new }
}

/// Returns the keys of deleted pictures that the browser remembers.
fn remembered(page: &Page) -> &[u32] {
    let last = page.effects.iter().rev().find_map(|effect| match effect {
        Effect::Gallery(GalleryEffect::RememberTrash(keys)) => Some(keys.as_slice()),
        _ => None,
    });
    last.expect("it remembers")
}

#[test]
fn reads_only_new_pictures_and_opens_one_when_it_is_fetched() {
    let mut page = with_pictures();
    assert!(page.effects.contains(&Effect::AskToPersist));
    assert_eq!(shown(&page), [6, 5, 4]);
    let entry = page.state.gallery.entries[2].clone();
    history(&mut page, GalleryAction::Show(entry.clone()));
    assert!(
        page.effects.contains(&Effect::Gallery(GalleryEffect::Fetch {
            entry: entry.clone(),
            scrolls: true
        }))
    );
    let png: Rc<[u8]> = [7].into();
    history(
        &mut page,
        GalleryAction::Fetched { entry: entry.clone(), png: Some(png), scrolls: true },
    );
    assert_eq!(page.status(), "“fox, any style, seed 4”, from the history.");
    assert!(page.effects.contains(&Effect::Stage(StageEffect::Scroll)) && !page.state.can_decode());
    history(&mut page, GalleryAction::Fetched { entry, png: None, scrolls: true });
    assert!(page.state.status.is_bad && page.status().contains("not in this browser any more"));
    // Another tab has deleted one picture and drawn another: only the new one is read.
    history(&mut page, GalleryAction::Recall);
    assert!(page.effects.contains(&Effect::Gallery(GalleryEffect::Recall(vec![6, 5, 4]))));
    history(&mut page, recalled(&[6, 5, 4], &[4, 6, 9], vec![stored(9, "owl")]));
    assert_eq!(shown(&page), [9, 6, 4]);
}

#[test]
fn a_deleted_picture_can_be_restored_until_the_undo_time_is_over() {
    let mut page = with_pictures();
    page.effects.clear();
    history(&mut page, GalleryAction::Remove(Some(4)));
    assert_eq!(shown(&page), [6, 5]);
    assert!(page.effects.contains(&Effect::Gallery(GalleryEffect::PurgeLater(1))));
    assert!(
        !page
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Gallery(GalleryEffect::Purge(_))))
    );
    assert_eq!(remembered(&page), [4]);
    history(&mut page, GalleryAction::Undo);
    assert_eq!((shown(&page), page.status()), (vec![6, 5, 4], "1 picture back."));
    assert!(remembered(&page).is_empty());
    // The timer of the first deletion has no effect any more, even if the same picture is deleted again.
    history(&mut page, GalleryAction::Remove(Some(4)));
    page.effects.clear();
    history(&mut page, GalleryAction::Purge(1));
    assert_eq!(page.effects, []);
    history(&mut page, GalleryAction::Undo);
    // All pictures are deleted, including the damaged row.
    history(&mut page, GalleryAction::Remove(None));
    assert!(shown(&page).is_empty());
    history(&mut page, GalleryAction::Purge(3));
    assert!(page.effects.contains(&Effect::Gallery(GalleryEffect::Purge(vec![6, 5, 4]))));
    history(&mut page, GalleryAction::Purged(vec![6, 5, 4]));
    assert!(page.state.gallery.entries.is_empty() && remembered(&page).is_empty());
    // A list that was requested before that does not restore them.
    let new = vec![stored(4, "fox")];
    history(&mut page, recalled(&[], &[4], new));
    assert!(shown(&page).is_empty());
    // A second deletion makes the first one final. The first picture does not reappear meanwhile.
    let mut page = with_pictures();
    history(&mut page, GalleryAction::Remove(Some(4)));
    page.effects.clear();
    history(&mut page, GalleryAction::Remove(Some(5)));
    assert!(page.effects.contains(&Effect::Gallery(GalleryEffect::Purge(vec![4]))));
    assert_eq!((shown(&page), remembered(&page)), (vec![6], &[5, 4][..]));
    history(&mut page, GalleryAction::Undo);
    history(&mut page, GalleryAction::Purged(vec![4]));
    assert_eq!(shown(&page), [6, 5]);
    // If the store fails to delete, the page reports it and shows the picture again.
    history(&mut page, GalleryAction::Remove(Some(5)));
    history(&mut page, GalleryAction::Purge(3));
    history(&mut page, GalleryAction::NotPurged(vec![5]));
    assert!(page.state.status.is_bad);
    assert_eq!(shown(&page), [6, 5]);
    // Deleting all counts only the pictures that are left.
    history(&mut page, GalleryAction::Remove(Some(5)));
    history(&mut page, GalleryAction::Remove(None));
    assert!(page.status().starts_with("1 picture deleted"), "{}", page.status());
}

/// A picture that can still be restored is drawn again: the copy is kept as a picture of its own.
#[test]
fn keeps_a_picture_whose_copy_is_in_the_trash() {
    let mut page = Page::ready();
    page.draw("fox", 3);
    page.finish();
    let keep = |page: &mut Page| {
        let kept = std::mem::take(&mut page.effects).into_iter().find_map(|effect| match effect {
            Effect::Gallery(GalleryEffect::Keep(mut kept)) => kept.pop(),
            _ => None,
        });
        kept.map(|(recipe, png)| (Box::new(recipe), png))
    };
    let (recipe, png) = keep(&mut page).expect("it is kept");
    history(&mut page, GalleryAction::Kept { key: Some(1), recipe, png });
    page.draw("fox", 3);
    page.finish();
    assert_eq!(keep(&mut page), None, "once is enough");
    history(&mut page, GalleryAction::Remove(Some(1)));
    page.draw("fox", 3);
    page.finish();
    let (recipe, png) = keep(&mut page).expect("this one is kept");
    history(&mut page, GalleryAction::Kept { key: Some(2), recipe, png });
    history(&mut page, GalleryAction::Purge(1));
    history(&mut page, GalleryAction::Purged(vec![1]));
    assert_eq!(shown(&page), [2]);
}

/// A picture that is drawn while the store is being read is kept. A picture that another tab deleted does
/// not reappear.
#[test]
fn compares_the_store_with_the_keys_that_were_known_at_the_request() {
    let mut page = with_pictures();
    let recipe = Recipe { seed: 99, ..standard() }.into();
    history(&mut page, GalleryAction::Kept { key: Some(7), recipe, png: [1].into() });
    history(&mut page, GalleryAction::Remove(Some(5)));
    history(&mut page, recalled(&[6, 5, 4], &[4, 6], Vec::new()));
    assert_eq!(shown(&page), [7, 6, 4]);
    assert!(page.state.gallery.trash.keys.is_empty(), "there is nothing to bring back");
}

/// If a tab is closed before a deletion is final, the next page deletes the picture.
#[test]
fn the_next_page_removes_deleted_pictures_from_the_store() {
    let mut page = Page::open_with(&[], Remembered { trash: vec![4], ..Remembered::default() });
    assert!(page.effects.contains(&Effect::Gallery(GalleryEffect::Purge(vec![4]))));
    let new = vec![stored(4, "fox"), stored(5, "cat")];
    history(&mut page, recalled(&[], &[4, 5], new));
    assert_eq!(shown(&page), [5]);
    history(&mut page, GalleryAction::Purged(vec![4]));
    assert_eq!((shown(&page), remembered(&page)), (vec![5], &[][..]));
}

#[test]
fn without_a_store_each_picture_is_in_memory_under_its_own_key() {
    let mut page = Page::ready();
    history(&mut page, GalleryAction::Closed);
    assert!(page.status().contains("until the page is closed"));
    for seed in 0..2 {
        let recipe = Recipe { seed, ..standard() }.into();
        history(&mut page, GalleryAction::Kept { key: None, recipe, png: [1].into() });
    }
    let keys = shown(&page);
    assert!(keys.len() == 2 && keys[0] != keys[1]);
    // The message appears once.
    page.act(Action::Say("Done.".into()));
    history(&mut page, GalleryAction::Closed);
    assert_eq!(page.status(), "Done.");
    let entry = page.state.gallery.entries[0].clone();
    history(&mut page, GalleryAction::Show(entry));
    assert!(page.state.stage.opened.is_some());
    history(&mut page, GalleryAction::Remove(None));
    assert!(remembered(&page).is_empty(), "the next page has others under these numbers");
    page.effects.clear();
    history(&mut page, GalleryAction::Purge(1));
    assert!(page.state.gallery.entries.is_empty() && shown(&page).is_empty());
    assert!(
        !page
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Gallery(GalleryEffect::Purge(_))))
    );
}

#[test]
fn a_full_store_is_reported_and_the_picture_stays() {
    let mut page = Page::ready();
    let recipe = standard().into();
    history(&mut page, GalleryAction::Kept { key: None, recipe, png: [1].into() });
    assert!(page.status().contains("no room") && page.state.gallery.entries.len() == 1);
}

/// After the largest seed comes 0, as in the engine. All pictures are kept once, in their order.
#[test]
fn pictures_of_one_run_are_kept_with_their_seeds() {
    let mut page = Page::ready();
    page.edit(|form| (form.seed, form.count) = (Some(u64::MAX), Some(2)));
    page.act(FormAction::Draw);
    let (job, pictures) = (page.state.engine.jobs, vec![file(1), file(2)]);
    page.effects.clear();
    page.hear(Event::Done { job, stopped: false, pictures, milliseconds: 5.0 });
    let kept = page.effects.iter().find_map(|effect| match effect {
        Effect::Gallery(GalleryEffect::Keep(kept)) => Some(kept.clone()),
        _ => None,
    });
    let kept = kept.expect("they are kept");
    let seeds: Vec<_> = kept.iter().map(|(recipe, _)| (recipe.seed, recipe.count)).collect();
    assert_eq!(seeds, [(u64::MAX, 1), (0, 1)]);
    // A history that is read while they are being stored holds them once.
    let (recipe, png) = kept[0].clone();
    let new = vec![HistoryEntry::stored(3, &serde_json::to_string(&recipe).unwrap())];
    history(&mut page, recalled(&[], &[3], new));
    history(&mut page, GalleryAction::Kept { key: Some(3), recipe: recipe.into(), png });
    assert_eq!(page.state.gallery.entries.len(), 1);
    // A picture that is drawn again is not stored again.
    page.act(FormAction::UseSeed(u64::MAX));
    page.edit(|form| form.count = Some(1));
    page.act(FormAction::Draw);
    page.effects.clear();
    page.finish();
    assert!(
        !page
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Gallery(GalleryEffect::Keep(_))))
    );
}
