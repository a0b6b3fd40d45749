//! The X/Y grid: its form, its cells while they are drawn, and its download.

use yew::{
    AttrValue, Callback, Html, MouseEvent, Properties, SubmitEvent, function_component, html,
    use_state_eq,
};

use crate::page::stage::grid::{Axis, Grid, Setting};
use crate::page::{EngineAction, StageAction};
use crate::ui::controls::{Choice, Text};
use crate::ui::handle::{Dispatcher, PageHandle, act, tell};
use crate::ui::picture::{Picture, Shared};
use crate::ui::share;
use crate::ui::sheet::labelled_sheet;

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
    html! {
        <section class="patch grid" aria-label="Grid">
            <details open={state.stage.grid.is_some()}>
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
                if let Some(grid) = &state.stage.grid { {drawn(grid, &state.dispatcher)} }
            </details>
        </section>
    }
}

fn drawn(grid: &Grid, dispatcher: &Dispatcher) -> Html {
    // The cell that is being drawn is still finished.
    let stop = act(dispatcher, || EngineAction::Stop);
    let (done, seconds) = (grid.done(), grid.milliseconds / 1e3);
    let columns = grid.across.values.len();
    let cell = |i: usize| {
        let name =
            format!("{}, {}", grid.across.values[i % columns], grid.down.values[i / columns]);
        match &grid.cells[i] {
            Some(picture) => html! {
                <td>
                    <button type="button" class="thumbnail" aria-label={format!("Open {name}")}
                        onclick={act(dispatcher, move || StageAction::OpenCell(i))}>
                        <Picture file={Shared(picture.clone())} />
                    </button>
                </td>
            },
            None => html! { <td><div class="blank" /></td> },
        }
    };
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
    let heading = |value: &String| html! { <th scope="col">{value.clone()}</th> };
    let row = |(y, value): (usize, &String)| {
        html! {
            <tr>
                <th scope="row">{value.clone()}</th>
                {for (0..columns).map(|x| cell(y * columns + x))}
            </tr>
        }
    };
    let (across, down) = (grid.across.setting.name(), grid.down.setting.name());
    html! {
        <>
            <p translate="no">
                {format!("{across} across, {down} down: {done} of {} drawn in {seconds:.1} s",
                    grid.cells.len())}
            </p>
            <div class="scrolls" tabindex="0" role="group" aria-label="Grid of pictures">
                <table translate="no">
                    <thead><tr><td />{for grid.across.values.iter().map(heading)}</tr></thead>
                    <tbody>{for grid.down.values.iter().enumerate().map(row)}</tbody>
                </table>
            </div>
            <div class="actions">
                <button type="button" onclick={download} disabled={done == 0}>
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
        </>
    }
}
