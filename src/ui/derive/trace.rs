//! The panel that traces the picture.

use std::rc::Rc;

use yew::{AttrValue, Callback, Html, MouseEvent, html};

use super::progress::progress;
use crate::page::DeriveAction;
use crate::page::derive::action::Product;
use crate::page::derive::choices::COLOURS;
use crate::page::derive::save::kilobytes;
use crate::page::derive::{Choices, Derive, Panel, Work};
use crate::recipe::Recipe;
use crate::recipe::file_name::file_name;
use crate::ui::controls::Choice;
use crate::ui::handle::{Dispatcher, act, tell};
use crate::ui::picture::{Picture, Shared};
use crate::ui::share;
use crate::ui::sheet::png_of_svg;

/// The longer side of a trace's PNG, in pixels.
const SIDE: u32 = 1024;

/// Renders the panel.
pub(super) fn trace(derive: &Derive, recipe: &Recipe, dispatcher: &Dispatcher) -> Html {
    let now = derive.choices;
    let to = dispatcher.clone();
    let change = Callback::from(move |text: String| {
        let colours = text.parse().unwrap_or(now.colours);
        to.dispatch(DeriveAction::Choose(Choices { colours, ..now }));
    });
    let option = |colours: u8| (colours.to_string().into(), colours.to_string().into(), false);
    let options: Vec<(AttrValue, AttrValue, bool)> = COLOURS.map(option).to_vec();
    html! {
        <>
            <div class="actions">
                <Choice label="Colours" help="" {options} value={now.colours.to_string()} {change} />
                <button type="button" onclick={act(dispatcher, || DeriveAction::Use(Work::Trace))}>{"Trace"}</button>
            </div>
            if let Some(job) = derive.job_of(Panel::Trace) {
                {progress(job, "", dispatcher)}
            }
            if let Some(svg) = &derive.trace {
                {traced(svg, recipe, dispatcher)}
            }
        </>
    }
}

/// Renders the trace, and the buttons that save it.
fn traced(svg: &Rc<[u8]>, recipe: &Recipe, dispatcher: &Dispatcher) -> Html {
    let name = format!("{}-trace-{SIDE}.png", file_name(recipe));
    let drawn = svg.clone();
    let download = tell(dispatcher, move |_: MouseEvent| {
        let (svg, name) = (drawn.clone(), name.clone());
        async move {
            let Some(png) = png_of_svg(&svg, SIDE).await else {
                return "This browser cannot make a PNG of the trace: download the SVG.".into();
            };
            match share::save(&name, "image/png", &png) {
                Some(()) => format!("Saved {name}, {}.", kilobytes(png.len())),
                None => "This browser did not let the file be saved.".into(),
            }
        }
    });
    let save = act(dispatcher, || DeriveAction::Save(Product::Svg));
    html! {
        <>
            <Picture file={Shared(svg.clone())} mime="image/svg+xml" label="Traced" />
            <div class="actions">
                <span class="file">
                    <button type="button" onclick={save}>{"Download SVG"}</button>
                    <small>{kilobytes(svg.len())}</small>
                </span>
                <button type="button" onclick={download}>{format!("Download {SIDE} px PNG")}</button>
            </div>
        </>
    }
}
