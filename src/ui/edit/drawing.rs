//! Drawing by hand.

use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;
use yew::{
    Callback, Event, Html, MouseEvent, Properties, TargetCast, function_component, html,
    use_node_ref, use_state_eq,
};

use crate::page::EditAction;
use crate::page::edit::painting::{COLOURS, Change, Ink, Painting};
use crate::ui::edit::canvas::Canvas;
use crate::ui::edit::controls::{brush_size, toggle};
use crate::ui::edit::paint::Pen;
use crate::ui::handle::{Dispatcher, act};
use crate::ui::sheet::png_of;

/// The width and the height of drawings in pixels.
const SIDE: u32 = 256;

#[derive(PartialEq, Properties)]
pub(super) struct DrawingProps {
    pub(super) painting: Painting,
    pub(super) dispatcher: Dispatcher,
}

/// Renders the canvas to draw on, and its tools.
#[function_component]
pub(super) fn Drawing(DrawingProps { painting, dispatcher }: &DrawingProps) -> Html {
    let canvas = use_node_ref();
    let colour = use_state_eq(|| 0_usize);
    let erases = use_state_eq(|| false);
    let width = use_state_eq(|| 0.06);
    let ink = if *erases { Ink::Eraser } else { Ink::Colour(*colour) };
    let change = |change: Change| act(dispatcher, move || EditAction::DrawByHand(change.clone()));
    let to = dispatcher.clone();
    let mark = Callback::from(move |mark| to.dispatch(EditAction::DrawByHand(Change::Add(mark))));
    let to = dispatcher.clone();
    let undo = Callback::from(move |()| to.dispatch(EditAction::DrawByHand(Change::Undo)));
    let use_it = {
        let (canvas, to, is_empty) = (canvas.clone(), dispatcher.clone(), painting.is_empty());
        Callback::from(move |_: MouseEvent| {
            let (canvas, to) = (canvas.cast(), to.clone());
            if is_empty {
                return to.dispatch(crate::page::Action::Warn("Draw something first.".into()));
            }
            spawn_local(async move {
                let Some(canvas) = canvas else { return };
                let png = png_of(&canvas).await;
                png.into_iter().for_each(|png| to.dispatch(EditAction::UseDrawing(png)));
            });
        })
    };
    let pick = {
        let (colour, erases) = (colour.clone(), erases.clone());
        Callback::from(move |i: usize| {
            colour.set(i);
            erases.set(false);
        })
    };
    let wields = |eraser: bool| {
        let erases = erases.clone();
        Callback::from(move |_: MouseEvent| erases.set(eraser))
    };
    let set_width = {
        let width = width.clone();
        Callback::from(move |to| width.set(to))
    };
    html! {
        <section class="patch drawing" aria-label="Draw by hand">
            <Canvas label="Drawing" class="by-hand" node={canvas} size={(SIDE, SIDE)}
                painting={painting.clone()} pen={Pen::Ink(ink)} width={*width} {mark} {undo} />
            <div class="brushes">
                {colours((!*erases).then_some(*colour), &pick)}
                <div class="actions">
                    {toggle("Brush", !*erases, wields(false))}
                    {toggle("Eraser", *erases, wields(true))}
                    <button type="button" onclick={change(Change::Undo)}>{"Undo"}</button>
                    <button type="button" onclick={change(Change::Clear)}>{"Clear"}</button>
                </div>
                {brush_size(*width, set_width)}
                <div class="actions">
                    <button type="button" class="primary" onclick={use_it}>{"Use the drawing"}</button>
                </div>
            </div>
        </section>
    }
}

/// Renders the colours as radio buttons.
fn colours(chosen: Option<usize>, pick: &Callback<usize>) -> Html {
    let choice = |(i, (name, colour)): (usize, (&'static str, &'static str))| {
        let pick = pick.clone();
        let onchange = Callback::from(move |event: Event| {
            if event.target_dyn_into::<HtmlInputElement>().is_some() {
                pick.emit(i);
            }
        });
        html! {
            <label class="colour" title={name}>
                <input type="radio" name="colour" aria-label={name} checked={chosen == Some(i)} {onchange} />
                <svg viewBox="0 0 10 10" aria-hidden="true" focusable="false">
                    <circle cx="5" cy="5" r="4.5" fill={colour} />
                </svg>
            </label>
        }
    };
    html! {
        <div class="colours" role="radiogroup" aria-label="Colour">
            {for COLOURS.into_iter().enumerate().map(choice)}
        </div>
    }
}
