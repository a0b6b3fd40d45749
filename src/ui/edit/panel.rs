//! The panel of the picture that is changed.

use yew::{
    Callback, Html, Properties, function_component, html, use_effect_with, use_node_ref,
    use_state_eq,
};

use crate::page::edit::asked::Asked;
use crate::page::edit::painting::{Change, Ink, Painting};
use crate::page::edit::source::{Source, Way};
use crate::page::{Current, EditAction};
use crate::ui::derive::progress::Progress;
use crate::ui::derive::tools_in_editor;
use crate::ui::edit::canvas::Canvas;
use crate::ui::edit::frame::{Framed, zoom};
use crate::ui::edit::ground::Background;
use crate::ui::edit::mask::MaskTools;
use crate::ui::edit::paint::{MASK, Pen};
use crate::ui::edit::restyle::restyle;
use crate::ui::edit::tools::{draw, strength, ways, words};
use crate::ui::handle::{Dispatcher, PageHandle, act};
use crate::ui::picture::Shared;

/// The width and the height of masks in pixels.
const MASK_SIDE: u32 = 256;

#[derive(PartialEq, Properties)]
pub(super) struct PanelProps {
    pub(super) state: PageHandle,
    pub(super) source: Source,
}

/// Renders the panel.
#[function_component]
pub(super) fn Panel(PanelProps { state, source }: &PanelProps) -> Html {
    // The pen that corrects the picture by hand, if it is corrected.
    let pen = use_state_eq(|| None::<Pen>);
    {
        // The mask and the picture are not painted at once.
        let pen = pen.clone();
        use_effect_with(source.way, move |_| pen.set(None));
    }
    let erases = use_state_eq(|| false);
    let width = use_state_eq(|| 0.12);
    let dispatcher = &state.dispatcher;
    let choose = {
        let pen = pen.clone();
        Callback::from(move |chosen| pen.set(chosen))
    };
    let set_erases = {
        let erases = erases.clone();
        Callback::from(move |eraser| erases.set(eraser))
    };
    let set_width = {
        let width = width.clone();
        Callback::from(move |to: f64| width.set(to))
    };
    let to = dispatcher.clone();
    let move_frame = Callback::from(move |frame| to.dispatch(EditAction::Move(frame)));
    let mask_pen = Pen::Ink(if *erases { Ink::Eraser } else { Ink::Colour(MASK) });
    let is_stopped = state.engine.current == Current::Stopped;
    html! {
        <section class="patch edit" aria-label="Edit" translate="no">
            <h2 tabindex="-1">{"Change the picture"}</h2>
            <div class="edit-columns">
                <div class="edit-view">
                    if let Some(pen) = *pen {
                        <Corrected source={source.clone()} {pen} width={*width}
                            dispatcher={dispatcher.clone()} />
                    } else {
                        <div class="edit-frame">
                            <Framed file={Shared(source.picture.clone())} size={source.size()} frame={source.frame}
                                change={move_frame.clone()} />
                            if source.way == Way::Mend {
                                <Masked source={source.clone()} pen={mask_pen} width={*width}
                                    dispatcher={dispatcher.clone()} />
                            }
                        </div>
                        {zoom(source.frame, source.way == Way::Mend, &move_frame)}
                    }
                    <div class="activity">
                        if let Some(asked) = state.edit.activity() {
                            {activity(asked, dispatcher)}
                        }
                    </div>
                </div>
                <div class="edit-tools">
                    <Background pen={*pen} {choose} width={*width} set_width={set_width.clone()}
                        can_undo={source.can_undo()} dispatcher={dispatcher.clone()} />
                    {ways(source, dispatcher)}
                    if source.way == Way::Mend && pen.is_none() {
                        <MaskTools erases={*erases} {set_erases} width={*width} {set_width}
                            dispatcher={dispatcher.clone()} />
                    } else if source.way == Way::Restyle {
                        {restyle(state, source)}
                    }
                    {words(source, &state.form.recipe.prompt, dispatcher)}
                    {strength(source, dispatcher)}
                    {draw(source, is_stopped, dispatcher)}
                </div>
            </div>
            {tools_in_editor(state)}
        </section>
    }
}

/// Renders what a tool does. What the visitor asked for can be stopped.
fn activity(asked: &Asked, dispatcher: &Dispatcher) -> Html {
    let name = asked.progress();
    if !asked.is_pressed() {
        return html! { <small>{format!("{name} …")}</small> };
    }
    html! {
        <>
            <small>{name}</small>
            <Progress {name} ticket={asked.ticket} done={asked.done} total={asked.total}
                stop={act(dispatcher, || EditAction::Stop)} />
        </>
    }
}

#[derive(PartialEq, Properties)]
struct PaintedProps {
    source: Source,
    pen: Pen,
    width: f64,
    dispatcher: Dispatcher,
}

/// Renders the picture to be corrected with a pen.
#[function_component]
fn Corrected(PaintedProps { source, pen, width, dispatcher }: &PaintedProps) -> Html {
    let node = use_node_ref();
    let to = dispatcher.clone();
    let png = Callback::from(move |png| to.dispatch(EditAction::Correct(png)));
    let to = dispatcher.clone();
    let undo = Callback::from(move |()| to.dispatch(EditAction::Undo));
    html! {
        <Canvas label="Correct the picture" class="corrected" {node}
            size={<(u32, u32)>::from(source.size())} painting={Painting::default()}
            under={Shared(source.picture.clone())} old={Shared(source.brought.clone())}
            pen={*pen} width={*width} {png} {undo} />
    }
}

/// Renders the mask over the picture.
#[function_component]
fn Masked(PaintedProps { source, pen, width, dispatcher }: &PaintedProps) -> Html {
    let node = use_node_ref();
    let change = source.mask.change;
    let to = dispatcher.clone();
    let png = Callback::from(move |png| to.dispatch(EditAction::Painted { change, png }));
    let to = dispatcher.clone();
    let mark = Callback::from(move |mark| to.dispatch(EditAction::Paint(Change::Add(mark))));
    let to = dispatcher.clone();
    let undo = Callback::from(move |()| to.dispatch(EditAction::Paint(Change::Undo)));
    html! {
        <Canvas label="Mask" class="masked" {node} size={(MASK_SIDE, MASK_SIDE)}
            painting={source.mask.painting.clone()} pen={*pen} width={*width} {mark} {png} {undo} />
    }
}
