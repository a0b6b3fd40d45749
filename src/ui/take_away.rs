//! Taking the picture on stage away: as a file, in the clipboard, or as a link.

use std::rc::Rc;

use yew::{Html, MouseEvent, html};

use crate::image::Image;
use crate::page::history::HistoryEntry;
use crate::page::run::StageRun;
use crate::ui::handle::{PageHandle, tell};
use crate::ui::share;

/// Returns the picture, or several as a contact sheet.
fn whole(run: &StageRun) -> Rc<Image> {
    match run.pictures() {
        [picture] => picture.clone(),
        pictures => Image::contact_sheet(pictures).into(),
    }
}

/// The buttons.
pub(super) fn take_away(state: &PageHandle, run: &StageRun) -> Html {
    let shared = Rc::new(run.clone());
    let run = shared.clone();
    let download = tell(state, move |_: MouseEvent| {
        let name = format!("{}.png", share::file_name(&run.recipe));
        let status = share::save(&name, "image/png", HistoryEntry::png(&whole(&run), &run.recipe));
        async { status }
    });
    let run = shared.clone();
    let copy = tell(state, move |_: MouseEvent| {
        let picture = whole(&run);
        async move { share::copy_picture(&picture).await }
    });
    let run = shared.clone();
    let link = tell(state, move |_: MouseEvent| {
        let run = run.clone();
        async move { share::copy_link(&run.recipe).await }
    });
    let note = if shared.was_stopped() {
        "Stopped early: its recipe draws the whole picture."
    } else if shared.pictures().len() > 1 {
        "Download saves them as one sheet; each picture is in the history."
    } else {
        "The PNG is transparent and carries its recipe: drop it on this page to get it back."
    };
    html! {
        <div class="take-away">
            <div class="actions">
                <button type="button" onclick={download}>{"Download PNG"}</button>
                <button type="button" onclick={copy}>{"Copy picture"}</button>
                <button type="button" onclick={link}>{"Copy link"}</button>
            </div>
            <small>{note}</small>
        </div>
    }
}
