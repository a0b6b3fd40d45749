//! The picture in the square frame that the model sees, which can be moved.

use std::ops::Deref;

use gloo_file::{Blob, ObjectUrl};
use web_sys::Element;
use yew::{
    Callback, Html, KeyboardEvent, PointerEvent, Properties, TargetCast, function_component, html,
    use_memo, use_mut_ref,
};

use crate::image::frame::Frame;
use crate::ui::edit::canvas::arrow;
use crate::ui::edit::controls::range;
use crate::ui::picture::Shared;

/// The smallest and the largest zoom, and the range's step.
const ZOOM: (f64, f64, f64) = (0.5, 4.0, 0.05);
/// How far an arrow key moves the picture, as a share of the frame.
const STEP: f64 = 0.02;

#[derive(PartialEq, Properties)]
pub(super) struct FramedProps {
    pub(super) file: Shared,
    /// The picture's width and height in pixels.
    pub(super) size: [u32; 2],
    pub(super) frame: Frame,
    pub(super) change: Callback<Frame>,
}

/// Renders the picture in its frame, which a pointer or the arrow keys move.
#[function_component]
pub(super) fn Framed(FramedProps { file, size, frame, change }: &FramedProps) -> Html {
    let url = use_memo(file.clone(), |Shared(bytes)| {
        ObjectUrl::from(Blob::new_with_options(&bytes[..], Some("image/png")))
    });
    // Where the pointer was pressed, and the frame then.
    let grip = use_mut_ref(|| None::<((f64, f64), Frame)>);
    let (frame, size) = (*frame, *size);
    let at = |event: &PointerEvent| (f64::from(event.client_x()), f64::from(event.client_y()));
    let onpointerdown = {
        let grip = grip.clone();
        Callback::from(move |event: PointerEvent| {
            let Some(svg) = own_svg(&event) else { return };
            drop(svg.set_pointer_capture(event.pointer_id()));
            *grip.borrow_mut() = Some((at(&event), frame));
        })
    };
    let onpointermove = {
        let (grip, change) = (grip.clone(), change.clone());
        Callback::from(move |event: PointerEvent| {
            let Some((from, frame)) = *grip.borrow() else { return };
            let Some(svg) = own_svg(&event) else { return };
            let side = f64::from(svg.client_width()).max(1.0);
            let to = at(&event);
            let by = ((to.0 - from.0) / side, (to.1 - from.1) / side);
            change.emit(frame.moved(size, by));
        })
    };
    let onpointerup = Callback::from(move |_: PointerEvent| *grip.borrow_mut() = None);
    let onkeydown = {
        let change = change.clone();
        Callback::from(move |event: KeyboardEvent| {
            let has_modifier = event.ctrl_key() || event.meta_key() || event.alt_key();
            if let Some((right, down)) = arrow(&event.key()).filter(|_| !has_modifier) {
                event.prevent_default();
                change.emit(frame.moved(size, (right * STEP, down * STEP)));
            }
        })
    };
    let (width, height) = frame.shares(size);
    let number = |value: f64| value.to_string();
    html! {
        <svg class="framed" viewBox="0 0 1 1" role="img" aria-label="Picture to change" tabindex="0"
            aria-describedby="frame-help" {onpointerdown} {onpointermove}
            onpointerup={onpointerup.clone()} onpointercancel={onpointerup} {onkeydown}>
            <image href={url.deref().to_string()} preserveAspectRatio="none"
                x={number(0.5 - frame.x * width)} y={number(0.5 - frame.y * height)}
                width={number(width)} height={number(height)} />
        </svg>
    }
}

/// Returns the SVG that a pointer is on.
fn own_svg(event: &PointerEvent) -> Option<Element> {
    event.target_dyn_into::<Element>()?.closest("svg").ok()?
}

/// Renders the range of the zoom.
pub(super) fn zoom(frame: Frame, is_painted: bool, change: &Callback<Frame>) -> Html {
    let change = change.clone();
    let set = Callback::from(move |zoom| change.emit(Frame { zoom, ..frame }));
    html! {
        <>
            {range("Zoom", ZOOM, frame.zoom, format!("{:.2} times", frame.zoom), set)}
            <small id="frame-help">
                {if is_painted {
                    "The square is what the model sees. To move the picture in it, choose Redraw first."
                } else {
                    "The square is what the model sees. Drag the picture, or move it with the arrow keys."
                }}
            </small>
        </>
    }
}
