//! The cells of any grid while they are drawn, and its buttons.

use yew::{Html, MouseEvent, html};

use crate::page::stage::grid::Grid;
use crate::page::{EngineAction, StageAction};
use crate::ui::handle::{Dispatcher, act, tell};
use crate::ui::picture::{Picture, Shared};
use crate::ui::share;
use crate::ui::sheet::labelled_sheet;

/// Renders a cell: its picture as a button that opens it, or an empty place.
pub(super) fn cell(grid: &Grid, i: usize, dispatcher: &Dispatcher) -> Html {
    let name = grid.name_of(i);
    match &grid.cells[i] {
        Some(picture) => html! {
            <button type="button" class="thumbnail" aria-label={format!("Open {name}")}
                onclick={act(dispatcher, move || StageAction::OpenCell(i))}>
                <Picture file={Shared(picture.clone())} />
            </button>
        },
        None => html! { <div class="blank" /> },
    }
}

/// Renders the buttons that save, stop and close a grid.
pub(super) fn actions(grid: &Grid, dispatcher: &Dispatcher) -> Html {
    // The cell that is being drawn is still finished.
    let stop = act(dispatcher, || EngineAction::Stop);
    let saved = grid.clone();
    let download = tell(dispatcher, move |_: MouseEvent| {
        let grid = saved.clone();
        async move {
            const NAME: &str = "patchwork-grid.png";
            let saved = labelled_sheet(&grid).await;
            match saved.and_then(|png| share::save(NAME, "image/png", &png)) {
                Some(()) => format!("Saved {NAME}."),
                None => "This browser did not let the grid be made into one picture.".into(),
            }
        }
    });
    html! {
        <div class="actions">
            <button type="button" onclick={download} disabled={grid.done() == 0}>
                {"Download grid"}
            </button>
            if grid.is_drawing {
                <button type="button" onclick={stop}>{"Stop grid"}</button>
            } else {
                <button type="button" onclick={act(dispatcher, || StageAction::CloseGrid)}>
                    {"Close grid"}
                </button>
            }
        </div>
    }
}
