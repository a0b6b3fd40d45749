//! A canvas to paint on, with a pointer or with the keyboard: arrow keys move a cursor, Space paints a
//! dot, and Shift with arrow keys draws lines.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use web_sys::{CanvasPattern, HtmlCanvasElement};
use yew::{
    AttrValue, Callback, FocusEvent, Html, KeyboardEvent, NodeRef, PointerEvent, Properties,
    function_component, hook, html, use_effect_with, use_mut_ref, use_state_eq,
};

use crate::page::edit::painting::{Mark, Painting, Point};
use crate::ui::edit::paint::{Easel, Loaded, Pen};
use crate::ui::picture::Shared;
use crate::ui::sheet::{picture, png_of};

/// How far an arrow key moves the cursor, as a share of the side.
const STEP: f64 = 1.0 / 32.0;

#[derive(PartialEq, Properties)]
pub(super) struct CanvasProps {
    pub(super) label: &'static str,
    pub(super) class: &'static str,
    /// The canvas, for who reads it.
    pub(super) node: NodeRef,
    /// Its width and height in pixels.
    pub(super) size: (u32, u32),
    pub(super) painting: Painting,
    /// The picture at the bottom.
    #[prop_or_default]
    pub(super) under: Option<Shared>,
    /// The picture that a restoring pen brings back.
    #[prop_or_default]
    pub(super) old: Option<Shared>,
    pub(super) pen: Pen,
    /// How wide the pen is, as a share of the longer side.
    pub(super) width: f64,
    /// Receives each line of ink. Without it, lines change the picture at the bottom.
    #[prop_or_default]
    pub(super) mark: Option<Callback<Mark>>,
    /// Receives what is on the canvas as PNG, after each change.
    #[prop_or_default]
    pub(super) png: Option<Callback<Vec<u8>>>,
    /// Is called by Ctrl+Z.
    pub(super) undo: Callback<()>,
}

/// Renders a canvas to paint on.
#[function_component]
pub(super) fn Canvas(props: &CanvasProps) -> Html {
    // The line that is being drawn.
    let points = use_mut_ref(Vec::<Point>::new);
    let old = use_paint(props, &points);
    let cursor = use_state_eq(|| (0.5, 0.5));
    let is_focused = use_state_eq(|| false);
    let draw = {
        let (node, pen, width) = (props.node.clone(), props.pen, props.width);
        move |points: &[Point]| {
            if let Some(easel) = node.cast().and_then(Easel::of) {
                easel.line(pen, old.borrow().as_ref(), width, points);
            }
        }
    };
    let finish = {
        let (node, pen, width) = (props.node.clone(), props.pen, props.width);
        let (mark, png) = (props.mark.clone(), props.png.clone());
        move |points: Vec<Point>| match (&mark, pen) {
            (Some(mark), Pen::Ink(ink)) => {
                mark.emit(Mark::Line { ink, width, points: points.into() });
            }
            _ => send(node.cast(), png.clone()),
        }
    };
    let onpointerdown = {
        let (points, draw) = (points.clone(), draw.clone());
        Callback::from(move |event: PointerEvent| {
            if event.button() != 0 {
                return;
            }
            let Some((canvas, point)) = place(&event) else { return };
            drop(canvas.set_pointer_capture(event.pointer_id()));
            *points.borrow_mut() = vec![point];
            draw(&[point]);
        })
    };
    let onpointermove = {
        let (points, draw) = (points.clone(), draw.clone());
        Callback::from(move |event: PointerEvent| {
            let mut points = points.borrow_mut();
            if let (Some(&last), Some((_, point))) = (points.last(), place(&event)) {
                points.push(point);
                draw(&[last, point]);
            }
        })
    };
    let onpointerup = {
        let finish = finish.clone();
        Callback::from(move |_: PointerEvent| {
            let points = points.take();
            if !points.is_empty() {
                finish(points);
            }
        })
    };
    let onkeydown = {
        let (cursor, undo) = (cursor.clone(), props.undo.clone());
        Callback::from(move |event: KeyboardEvent| {
            let has_control = event.ctrl_key() || event.meta_key();
            let (x, y) = *cursor;
            let line = match event.key().as_str() {
                "z" | "Z" if has_control => {
                    event.prevent_default();
                    return undo.emit(());
                }
                _ if has_control || event.alt_key() => return,
                " " => vec![(x, y)],
                key => {
                    let Some((across, down)) = arrow(key) else { return };
                    let to = (x + across * STEP, y + down * STEP);
                    let to = (to.0.clamp(0.0, 1.0), to.1.clamp(0.0, 1.0));
                    cursor.set(to);
                    if event.shift_key() { vec![(x, y), to] } else { Vec::new() }
                }
            };
            event.prevent_default();
            if !line.is_empty() {
                draw(&line);
                finish(line);
            }
        })
    };
    let focus = |is: bool| {
        let is_focused = is_focused.clone();
        Callback::from(move |_: FocusEvent| is_focused.set(is))
    };
    let (width, height) = props.size;
    let help = format!("{}-keys", props.class);
    html! {
        <div class={format!("canvas {}", props.class)}>
            <canvas ref={props.node.clone()} width={width.to_string()} height={height.to_string()}
                role="application" tabindex="0" aria-label={props.label} aria-describedby={help.clone()}
                {onpointerdown} {onpointermove} onpointerup={onpointerup.clone()} onpointercancel={onpointerup}
                {onkeydown} onfocus={focus(true)} onblur={focus(false)} />
            if *is_focused {
                {cross(*cursor, props.size, props.width)}
            }
            <small id={help} class="hidden">
                {"Arrow keys move the cursor, Space paints a dot, Shift with an arrow key draws a line, \
                  Ctrl+Z takes back the last."}
            </small>
        </div>
    }
}

/// Paints the canvas anew when something on it changes. Returns the pattern of the restoring pen.
#[hook]
fn use_paint(
    props: &CanvasProps,
    line: &Rc<RefCell<Vec<Point>>>,
) -> Rc<RefCell<Option<CanvasPattern>>> {
    let old = use_mut_ref(|| None);
    let latest = use_mut_ref(|| Rc::new(Cell::new(0_u32))).borrow().clone();
    let node = props.node.clone();
    // Only a painting is told when it changes: a picture without marks is what was told already.
    let png = props.png.clone().filter(|_| !props.painting.is_empty());
    let things = (props.painting.clone(), props.under.clone(), props.old.clone(), props.size);
    // A line that is no mark is on the canvas alone, and the picture below has all lines before it.
    let (pattern, line, has_marks) = (old.clone(), line.clone(), props.mark.is_some());
    use_effect_with(things, move |(painting, under, old, _)| {
        let mine = latest.get() + 1;
        latest.set(mine);
        let (painting, under, old) = (painting.clone(), under.clone(), old.clone());
        spawn_local(async move {
            let painting = Loaded::load(&painting).await;
            let under = load(under).await;
            let old = load(old).await;
            let Some(easel) = node.cast().and_then(Easel::of) else { return };
            // Another change has come in the meantime.
            if latest.get() != mine || !has_marks && !line.borrow().is_empty() {
                return;
            }
            easel.paint(under.as_ref(), &painting);
            *pattern.borrow_mut() = old.and_then(|old| easel.pattern(&old));
            send(Some(easel.canvas), png);
        });
    });
    old
}

async fn load(file: Option<Shared>) -> Option<web_sys::HtmlImageElement> {
    picture(&file?.0, "image/png").await
}

/// Passes on what is on the canvas as PNG.
fn send(canvas: Option<HtmlCanvasElement>, to: Option<Callback<Vec<u8>>>) {
    let (Some(canvas), Some(to)) = (canvas, to) else { return };
    spawn_local(async move {
        png_of(&canvas).await.into_iter().for_each(|png| to.emit(png));
    });
}

/// Returns the canvas under a pointer, and where on it the pointer is.
fn place(event: &PointerEvent) -> Option<(HtmlCanvasElement, Point)> {
    use yew::TargetCast;
    let canvas: HtmlCanvasElement = event.target_dyn_into()?;
    let (width, height) = (f64::from(canvas.client_width()), f64::from(canvas.client_height()));
    let at = (f64::from(event.offset_x()) / width, f64::from(event.offset_y()) / height);
    (width > 0.0 && height > 0.0).then_some((canvas, at))
}

/// Returns the direction of an arrow key, rightwards and downwards.
pub(super) fn arrow(key: &str) -> Option<Point> {
    Some(match key {
        "ArrowLeft" => (-1.0, 0.0),
        "ArrowRight" => (1.0, 0.0),
        "ArrowUp" => (0.0, -1.0),
        "ArrowDown" => (0.0, 1.0),
        _ => return None,
    })
}

/// Renders the cursor as a ring as wide as the brush.
fn cross((x, y): Point, (width, height): (u32, u32), brush: f64) -> Html {
    let (w, h) = (f64::from(width), f64::from(height));
    let radius = (brush * w.max(h) / 2.0).max(w.max(h) / 64.0);
    let number = |value: f64| AttrValue::from(value.to_string());
    html! {
        <svg viewBox={format!("0 0 {width} {height}")} aria-hidden="true" focusable="false">
            <circle class="ring-under" cx={number(x * w)} cy={number(y * h)} r={number(radius)} />
            <circle class="ring" cx={number(x * w)} cy={number(y * h)} r={number(radius)} />
        </svg>
    }
}
