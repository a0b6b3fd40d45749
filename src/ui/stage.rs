//! Where the picture appears, step by step, and can be looked at afterwards.

use web_sys::HtmlInputElement;
use yew::{
    Callback, Html, InputEvent, MouseEvent, Properties, TargetCast, function_component, html,
};

use crate::image::Image;
use crate::ui::canvas::Canvas;
use crate::ui::share;
use crate::ui::state::{Action, Phase, Run, State};

/// Prompts to begin with: prompt and style.
const IDEAS: [(&str, &str); 6] = [
    ("grinning face", "noto"),
    ("blue car", "twemoji"),
    ("dog face", "3d"),
    ("green frog", "fluent flat"),
    ("sunflower", "noto"),
    ("castle", "outline"),
];

#[derive(PartialEq, Properties)]
pub(super) struct Props {
    pub(super) state: State,
    pub(super) act: Callback<Action>,
    pub(super) generate: Callback<()>,
    /// Decodes a step in full.
    pub(super) decode: Callback<usize>,
}

/// The stage.
#[function_component]
pub(super) fn Stage(props: &Props) -> Html {
    let state = &props.state;
    html! {
        <section class="stage" aria-label="Picture">
            {match &state.run {
                Some(run) => html! { <>{pictures(state, run)}{progress(state, run)}{timeline(props, run)}{take_away(props, run)}</> },
                None => ideas(props),
            }}
        </section>
    }
}

fn ideas(props: &Props) -> Html {
    let idea = |(prompt, style): (&'static str, &'static str)| {
        let (act, generate) = (props.act.clone(), props.generate.clone());
        let pick = Callback::from(move |_: MouseEvent| {
            act.emit(Action::Edit(Box::new(move |recipe| {
                recipe.prompt = prompt.into();
                recipe.style = style.into();
            })));
            generate.emit(());
        });
        html! { <button type="button" onclick={pick}>{format!("{prompt}, {style}")}</button> }
    };
    html! {
        <div class="empty">
            <p>{"Say what to draw, or begin with one of these:"}</p>
            <div class="ideas">{for IDEAS.into_iter().map(idea)}</div>
        </div>
    }
}

/// The step on view, and whether it is a preview.
fn on_view(state: &State, run: &Run) -> (Vec<Image>, bool) {
    let newest = run.frames.len().checked_sub(1);
    match (run.looking, &run.decoded) {
        (None, _) if !run.pictures.is_empty() => (run.pictures.clone(), false),
        (Some(step), Some((decoded, pictures))) if step == *decoded && !state.noisy => {
            (pictures.clone(), false)
        }
        (looking, _) => match looking.or(newest).and_then(|step| run.frames.get(step)) {
            Some(frame) if state.noisy => (frame.noisy.clone(), true),
            Some(frame) => (frame.denoised.clone(), true),
            None => (Vec::new(), true),
        },
    }
}

fn pictures(state: &State, run: &Run) -> Html {
    let (pictures, is_preview) = on_view(state, run);
    let label = if is_preview { "Preview" } else { "Result" };
    let many = pictures.len() > 1;
    let canvas = |(i, picture): (usize, &Image)| {
        let label = if many { format!("{label} {}", i + 1) } else { label.to_owned() };
        html! { <Canvas picture={picture.clone()} {label} pixelated={is_preview} /> }
    };
    html! {
        <div class={if many { "pictures many" } else { "pictures" }}>
            {for pictures.iter().enumerate().map(canvas)}
        </div>
    }
}

fn progress(state: &State, run: &Run) -> Html {
    let done = run.frames.len();
    if state.phase != Phase::Running {
        return html! {};
    }
    let spent: f64 = run.frames.iter().map(|frame| frame.milliseconds).sum();
    let each = spent / done.max(1) as f64;
    let left = each * (run.steps - done.min(run.steps)) as f64 / 1e3;
    html! {
        <div class="progress">
            <progress aria-label="Denoising" max={run.steps.to_string()} value={done.to_string()} />
            <small>{format!("Step {done} of {}, {each:.0} ms a step, {left:.1} s left", run.steps)}</small>
        </div>
    }
}

fn timeline(props: &Props, run: &Run) -> Html {
    let last = run.frames.len().saturating_sub(1);
    let at = run.looking.unwrap_or(last);
    let act = props.act.clone();
    let look = Callback::from(move |event: InputEvent| {
        let input: Option<HtmlInputElement> = event.target_dyn_into();
        let step = input.and_then(|input| input.value().parse().ok());
        act.emit(Action::Look(step));
    });
    let act = props.act.clone();
    let noisy = props.state.noisy;
    let toggle = Callback::from(move |_: InputEvent| act.emit(Action::ShowNoisy(!noisy)));
    let act = props.act.clone();
    let newest = Callback::from(move |_: MouseEvent| act.emit(Action::Look(None)));
    let decode = props.decode.reform(move |_: MouseEvent| at);
    let is_done = props.state.phase == Phase::Done;
    html! {
        <section class="timeline" aria-label="Timeline">
            <label class="field">
                <span>{format!("Step {} of {}", at + 1, run.steps)}</span>
                <input type="range" min="0" max={last.to_string()} value={at.to_string()}
                    oninput={look} disabled={run.frames.is_empty()} />
            </label>
            <div class="actions">
                <label class="check">
                    <input type="checkbox" checked={noisy} oninput={toggle} />
                    {"Show the noise"}
                </label>
                <button type="button" onclick={decode} disabled={!is_done || noisy}>
                    {"Decode this step"}
                </button>
                <button type="button" onclick={newest} disabled={run.looking.is_none()}>
                    {"Back to the result"}
                </button>
            </div>
        </section>
    }
}

fn take_away(props: &Props, run: &Run) -> Html {
    let Some(picture) = run.pictures.first().cloned() else { return html! {} };
    let columns = (run.pictures.len() as f64).sqrt().ceil() as usize;
    let picture =
        if run.pictures.len() > 1 { Image::sheet(&run.pictures, columns) } else { picture };
    let (act, recipe) = (props.act.clone(), run.recipe.clone());
    let download = Callback::from(move |_: MouseEvent| {
        act.emit(Action::Say(share::download(&picture, &recipe)));
    });
    let (act, recipe) = (props.act.clone(), run.recipe.clone());
    let link = Callback::from(move |_: MouseEvent| {
        act.emit(Action::Say(share::copy_link(&recipe)));
    });
    html! {
        <div class="actions">
            <button type="button" onclick={download}>{"Download PNG"}</button>
            <button type="button" onclick={link}>{"Copy link"}</button>
        </div>
    }
}
