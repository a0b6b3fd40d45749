//! Pictures around one: its variations, and the same in every style.

use yew::{Html, html};

use crate::page::Stage;
use crate::page::stage::plan::Plan;
use crate::ui::grid_cells::{actions, cell};
use crate::ui::handle::Dispatcher;

/// Renders the grid if its pictures have names.
pub(in crate::ui) fn spread(stage: &Stage, dispatcher: &Dispatcher) -> Html {
    let Some(grid) = &stage.grid else { return html! {} };
    let Plan::List { title, names, .. } = &grid.plan else { return html! {} };
    let (done, total, seconds) = (grid.done(), grid.cells.len(), grid.milliseconds / 1e3);
    let class = if grid.columns() == 3 { "cells three" } else { "cells" };
    let one = |(i, name): (usize, &String)| {
        html! { <li key={i}>{cell(grid, i, dispatcher)}<small>{name.clone()}</small></li> }
    };
    html! {
        <section class="patch spread" aria-label={*title} tabindex="-1" translate="no">
            <h2>{*title}</h2>
            <p><small>{format!("{done} of {total} drawn in {seconds:.1} s")}</small></p>
            <ul {class}>{for names.iter().enumerate().map(one)}</ul>
            {actions(grid, dispatcher)}
        </section>
    }
}
