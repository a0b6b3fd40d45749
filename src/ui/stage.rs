//! Where the picture appears, step by step.

use std::rc::Rc;

use yew::{Callback, Html, MouseEvent, Properties, function_component, html};

use crate::image::Image;
use crate::page::run::StageRun;
use crate::page::{Action, State};
use crate::ui::canvas::Canvas;
use crate::ui::handle::PageHandle;
use crate::ui::take_away::take_away;
use crate::ui::timeline::Timeline;

/// Prompts to begin with, of those that the shipped weights draw best: prompt and style.
const IDEAS: [(&str, &str); 6] = [
    ("fox", "noto"),
    ("pizza", "fluent flat"),
    ("rocket", "3d"),
    ("cactus", "noto"),
    ("rainbow", "fluent flat"),
    ("blue car", "3d"),
];

#[derive(PartialEq, Properties)]
pub(super) struct StageProps {
    pub(super) state: PageHandle,
}

/// The stage.
#[function_component]
pub(super) fn Stage(StageProps { state }: &StageProps) -> Html {
    html! {
        <section class="patch stage" aria-label="Picture">
            if let Some(run) = &state.run {
                {pictures(state, run)}
                {progress(state, run)}
                if !run.frames.is_empty() {
                    <Timeline state={state.clone()} run={run.clone()} />
                }
                if !run.pictures().is_empty() {
                    {take_away(state, run)}
                }
            } else {
                {ideas(state)}
            }
        </section>
    }
}

fn ideas(state: &PageHandle) -> Html {
    let idea = |(prompt, style): (&'static str, &'static str)| {
        let dispatcher = state.dispatcher();
        let pick = Callback::from(move |_: MouseEvent| {
            dispatcher.dispatch(Action::Edit(Box::new(move |recipe| {
                recipe.prompt = prompt.into();
                recipe.style = style.into();
            })));
            dispatcher.dispatch(Action::Draw);
        });
        html! { <button type="button" onclick={pick}>{format!("{prompt}, {style}")}</button> }
    };
    html! {
        <div class="empty">
            <img src="./icon.svg" alt="" width="96" height="96" />
            if state.form.prompt.trim().is_empty() {
                <p>{"Say what to draw, or begin with one of these:"}</p>
            } else {
                <p>{"Press Generate to draw what the form says, or begin with one of these:"}</p>
            }
            <div class="ideas">{for IDEAS.into_iter().map(idea)}</div>
        </div>
    }
}

fn pictures(state: &State, run: &StageRun) -> Html {
    let (pictures, is_preview) = run.on_view(state.noisy);
    let label = if is_preview { "Preview" } else { "Result" };
    let many = pictures.len() > 1;
    let canvas = |(i, picture): (usize, &Rc<Image>)| {
        let label = if many { format!("{label} {}", i + 1) } else { label.to_owned() };
        html! { <Canvas key={i} picture={picture.clone()} {label} pixelated={is_preview} /> }
    };
    html! {
        <div class={if many { "pictures many" } else { "pictures" }}>
            {for pictures.iter().enumerate().map(canvas)}
            if pictures.is_empty() { <div class="blank" /> }
        </div>
    }
}

fn progress(state: &State, run: &StageRun) -> Html {
    if !state.is_drawing() {
        return html! {};
    }
    let (done, steps) = (run.frames.len(), run.steps);
    let pace = run.step_milliseconds().map(|each| {
        let left = each * (steps - done.min(steps)) as f64 / 1e3;
        format!(", {each:.0} ms a step, {left:.1} s left")
    });
    html! {
        <div class="progress">
            <progress aria-label="Denoising" max={steps.to_string()} value={done.to_string()} />
            <small>{format!("Step {done} of {steps}{}", pace.unwrap_or_default())}</small>
        </div>
    }
}
