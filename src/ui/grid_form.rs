//! The X/Y grid: its form, and its cells while they are drawn.

use yew::{
    AttrValue, Callback, Html, Properties, SubmitEvent, function_component, html, use_state_eq,
};

use crate::page::StageAction;
use crate::page::stage::grid::{Axis, Grid, Setting};
use crate::page::stage::plan::Plan;
use crate::ui::controls::{Choice, Text};
use crate::ui::grid_cells::{actions, cell};
use crate::ui::handle::{Dispatcher, PageHandle};

#[derive(PartialEq, Properties)]
pub(super) struct GridFormProps {
    pub(super) state: PageHandle,
}

/// Renders the grid and its form.
#[function_component]
pub(super) fn GridForm(GridFormProps { state }: &GridFormProps) -> Html {
    let settings = use_state_eq(|| [Setting::Guidance, Setting::Steps]);
    let texts = use_state_eq(|| settings.map(|setting| setting.suggestion(None)));
    let problem = use_state_eq(String::new);
    let onsubmit = {
        let (state, texts) = (state.clone(), texts.clone());
        let (settings, told) = (settings.clone(), problem.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let [across, down] = [0, 1].map(|i| Axis::new(settings[i], &texts[i]));
            let Some(loaded) = state.engine.loaded() else { return };
            match Grid::new(&state.form.recipe, across, down, &loaded.model) {
                Ok(grid) => {
                    told.set(String::new());
                    state.dispatcher.dispatch(StageAction::DrawGrid(grid));
                }
                // The error is shown beside the form, because the status may be out of sight.
                Err(problem) => told.set(problem),
            }
        })
    };
    let side = |i: usize, label: &'static str, values: &'static str| {
        let (chosen, state, now) = (settings[i], state.clone(), texts.clone());
        let settings = settings.clone();
        let choose = Callback::from(move |name: String| {
            let Some(setting) = Setting::named(&name) else { return };
            let (mut chosen, mut both) = (*settings, (*now).clone());
            let model = state.engine.loaded().map(|loaded| &loaded.model);
            (chosen[i], both[i]) = (setting, setting.suggestion(model));
            settings.set(chosen);
            now.set(both);
        });
        let now = texts.clone();
        let change = Callback::from(move |text| {
            let mut both = (*now).clone();
            both[i] = text;
            now.set(both);
        });
        let options: Vec<(AttrValue, AttrValue, bool)> =
            Setting::ALL.map(|s| (s.name().into(), s.name().into(), false)).to_vec();
        html! {
            <div class="row">
                <Choice {label} help="The setting that changes along this side." {options} value={chosen.name()}
                    change={choose} />
                <Text label={values} help="Separated by commas." value={texts[i].clone()}
                    {change} />
            </div>
        }
    };
    let table = state.stage.grid.as_ref().and_then(|grid| match &grid.plan {
        Plan::Table { across, down } => Some((grid, across, down)),
        Plan::List { .. } => None,
    });
    html! {
        <section class="patch grid" aria-label="Grid">
            <details open={table.is_some()}>
                <summary>{"Compare settings in a grid"}</summary>
                <form {onsubmit}>
                    {side(0, "Across", "Values across")}
                    {side(1, "Down", "Values down")}
                    <p><small>{"Everything else is as in the form above."}</small></p>
                    if !problem.is_empty() {
                        <p role="alert"><small class="wrong" translate="no">{(*problem).clone()}</small></p>
                    }
                    <button type="submit" disabled={state.engine.loaded().is_none()}>{"Draw grid"}</button>
                </form>
                if let Some((grid, across, down)) = table {
                    {drawn(grid, across, down, &state.dispatcher)}
                }
            </details>
        </section>
    }
}

/// Renders an X/Y grid.
fn drawn(grid: &Grid, across: &Axis, down: &Axis, dispatcher: &Dispatcher) -> Html {
    let (done, seconds, columns) = (grid.done(), grid.milliseconds / 1e3, grid.columns());
    let heading = |value: &String| html! { <th scope="col">{value.clone()}</th> };
    let row = |(y, value): (usize, &String)| {
        let one = |x| html! { <td>{cell(grid, y * columns + x, dispatcher)}</td> };
        html! {
            <tr>
                <th scope="row">{value.clone()}</th>
                {for (0..columns).map(one)}
            </tr>
        }
    };
    let (x, y) = (across.setting.name(), down.setting.name());
    html! {
        <>
            <p translate="no">
                {format!("{x} across, {y} down: {done} of {} drawn in {seconds:.1} s", grid.cells.len())}
            </p>
            <div class="scrolls" tabindex="0" role="group" aria-label="Grid of pictures">
                <table translate="no">
                    <thead><tr><td />{for across.values.iter().map(heading)}</tr></thead>
                    <tbody>{for down.values.iter().enumerate().map(row)}</tbody>
                </table>
            </div>
            {actions(grid, dispatcher)}
        </>
    }
}
