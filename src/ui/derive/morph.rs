//! The panel that draws the way from the picture to what the form describes.

use web_sys::HtmlInputElement;
use yew::{Callback, Html, InputEvent, TargetCast, html};

use super::player::Player;
use super::progress::progress;
use crate::page::derive::choices::{FRAMES, SECONDS};
use crate::page::derive::morph::Ends;
use crate::page::derive::{Choices, Derive, Panel, Work};
use crate::page::picture::name;
use crate::page::protocol::Animation;
use crate::page::{DeriveAction, FormAction};
use crate::ui::controls::{Number, Text};
use crate::ui::handle::{Dispatcher, PageHandle, act};
use crate::ui::picture::{Picture, Shared};

/// Renders the panel.
pub(super) fn morph(state: &PageHandle) -> Html {
    let (derive, dispatcher) = (&state.derive, &state.dispatcher);
    let (told, is_same) = match state.morph_ends() {
        Ok(Ends { from, to }) => (format!("From “{}” to “{}”.", name(&from), name(&to)), false),
        Err(problem) => (problem.to_owned(), true),
    };
    let draw = act(dispatcher, || DeriveAction::Use(Work::Morph));
    let to = dispatcher.clone();
    let set_end = Callback::from(move |text: String| {
        to.dispatch(FormAction::Edit(Box::new(move |recipe| recipe.prompt = Some(text))));
    });
    let job = derive.job_of(Panel::Morph);
    let is_drawing = job.is_some_and(|job| job.work == Work::Morph);
    let latest = job.and_then(|job| job.picture.clone());
    html! {
        <>
            <Text label="Morph to" value={state.form.recipe.prompt.clone()} change={set_end}
                help="It is the prompt at the top. Style and seed are those of the form; “Use settings” of a picture in the history takes all of them." />
            <p><small>{told}</small></p>
            {choices(derive.choices, dispatcher)}
            <div class="actions">
                // The button is not `disabled`, so that it keeps the keyboard focus.
                <button type="button" onclick={draw} aria-disabled={is_same.to_string()}>{"Draw the morph"}</button>
            </div>
            if let Some(job) = job {
                {progress(job, if is_drawing { "frames" } else { "" }, dispatcher)}
            }
            if is_drawing {
                if let Some(picture) = latest {
                    <Picture file={Shared(picture)} label="Morph" />
                }
            } else if !derive.frames.is_empty() {
                {drawn(derive, dispatcher)}
            }
        </>
    }
}

/// Renders the controls of a morph.
fn choices(now: Choices, dispatcher: &Dispatcher) -> Html {
    let choose = |change: fn(Choices, f64) -> Choices| {
        let to = dispatcher.clone();
        Callback::from(move |text: String| {
            if let Ok(number) = text.trim().parse() {
                to.dispatch(DeriveAction::Choose(change(now, number)));
            }
        })
    };
    let to = dispatcher.clone();
    let toggle = Callback::from(move |event: InputEvent| {
        let input: Option<HtmlInputElement> = event.target_dyn_into();
        let returns = input.is_some_and(|input| input.checked());
        to.dispatch(DeriveAction::Choose(Choices { returns, ..now }));
    });
    html! {
        <>
            <div class="row">
                <Number label="Frames" help="More is smoother, and slower." value={now.frames.to_string()}
                    min={FRAMES.0.to_string()} max={FRAMES.1.to_string()}
                    change={choose(|now, frames| Choices { frames: frames.round() as u32, ..now })} />
                <Number label="Seconds" help="How long one way takes." value={now.seconds.to_string()}
                    min={SECONDS.0.to_string()} max={SECONDS.1.to_string()} step="any"
                    change={choose(|now, seconds| Choices { seconds, ..now })} />
            </div>
            <label class="check">
                <input type="checkbox" checked={now.returns} oninput={toggle} />{"And back"}
            </label>
        </>
    }
}

/// Renders the drawn morph, and the buttons that save it.
fn drawn(derive: &Derive, dispatcher: &Dispatcher) -> Html {
    let save = |format| act(dispatcher, move || DeriveAction::Use(Work::Animate(format)));
    let frames = derive.frames.iter().cloned().map(Shared).collect::<Vec<_>>();
    let pace = derive.choices.milliseconds_of(frames.len());
    html! {
        <>
            <Player {frames} {pace} returns={derive.choices.returns} />
            <div class="actions">
                <button type="button" onclick={save(Animation::Apng)}>{"Save APNG"}</button>
                <button type="button" onclick={save(Animation::Gif)}>{"Save GIF"}</button>
            </div>
        </>
    }
}
