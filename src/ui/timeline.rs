//! The timeline of a run, from pure noise to the finished picture: to scrub through, to play, and
//! to decode steps in full. While the run is drawn, it shows the progress.

use gloo_timers::callback::Interval;
use web_sys::{HtmlInputElement, window};
use yew::{
    Callback, Html, InputEvent, MouseEvent, Properties, TargetCast, function_component, html,
    use_effect_with,
};

use crate::page::StageAction;
use crate::page::stage::run::{StageRun, View};
use crate::ui::handle::{PageHandle, act};

/// How many milliseconds playback shows a step.
const PACE: u32 = 200;

#[derive(PartialEq, Properties)]
pub(super) struct TimelineProps {
    /// The whole state, so that each change sets the slider, wherever the visitor has dragged it.
    pub(super) state: PageHandle,
    pub(super) run: StageRun,
}

/// Renders the timeline.
#[function_component]
pub(super) fn Timeline(TimelineProps { state, run }: &TimelineProps) -> Html {
    let at = run.stop();
    let end = run.end();
    let is_drawing = state.engine.is_drawing() && run.ending.is_none();
    {
        let (state, next) = (state.clone(), next(run));
        use_effect_with((state.stage.is_playing, at), move |&(is_playing, _)| {
            let tick = is_playing.then(|| {
                Interval::new(PACE, move || {
                    state.dispatcher.dispatch(StageAction::Look(next));
                    if next.is_none() {
                        state.dispatcher.dispatch(StageAction::Play(false));
                    }
                })
            });
            move || drop(tick)
        });
    }
    let look = {
        let (dispatcher, newest) = (state.dispatcher.clone(), run.newest());
        Callback::from(move |event: InputEvent| {
            let input: Option<HtmlInputElement> = event.target_dyn_into();
            let stop: Option<usize> = input.and_then(|input| input.value().parse().ok());
            dispatcher.dispatch(StageAction::Play(false));
            dispatcher.dispatch(StageAction::Look(stop.filter(|stop| *stop < newest)));
        })
    };
    let name = run.name_of(at);
    let value = if is_drawing && run.looking.is_none() { run.frames.len() } else { at };
    html! {
        <section class="timeline" aria-label="Timeline">
            <div class="line">
                if is_drawing {
                    {progress(run)}
                }
                <input type="range" min="0" max={end.to_string()} value={value.to_string()}
                    aria-label="Step" aria-valuetext={name.clone()} oninput={look} />
                <div class="axis" aria-hidden="true">
                    <span>{"noise"}</span>
                    <output>{pace(run, is_drawing).unwrap_or(name)}</output>
                    <span>{"picture"}</span>
                </div>
            </div>
            {buttons(state, run, is_drawing)}
        </section>
    }
}

/// Renders how far the run is, or its way back to noise before that.
fn progress(run: &StageRun) -> Html {
    let (name, done, total) = match run.inverting.filter(|_| run.levels.is_empty()) {
        Some((done, total)) => ("Inverting", done, total),
        None => ("Denoising", run.frames.len(), run.steps),
    };
    html! { <progress aria-label={name} max={total.max(1).to_string()} value={done.to_string()} /> }
}

/// Returns the stop that playback shows next; `None` is the end.
fn next(run: &StageRun) -> Option<usize> {
    let at = run.stop();
    (at < run.frames.len()).then_some(at + 1)
}

/// Returns the time of a step and the remaining time, while the run is drawn.
fn pace(run: &StageRun, is_drawing: bool) -> Option<String> {
    if !is_drawing || run.looking.is_some() {
        return None;
    }
    let (done, steps) = (run.frames.len(), run.steps);
    let each = run.step_milliseconds()?;
    let left = each * (steps - done.min(steps)) as f64 / 1e3;
    Some(format!("Step {done} of {steps}, {each:.0} ms a step, {left:.1} s left"))
}

fn buttons(state: &PageHandle, run: &StageRun, is_drawing: bool) -> Html {
    let at = run.stop();
    let is_done = !is_drawing && run.ending.is_some();
    let (is_playing, next) = (state.stage.is_playing, next(run));
    let play = {
        let dispatcher = state.dispatcher.clone();
        let is_at_end = at == run.end();
        Callback::from(move |_: MouseEvent| {
            if is_still() {
                // Each press shows one more stop.
                let next = if is_at_end { Some(0) } else { next };
                return dispatcher.dispatch(StageAction::Look(next));
            }
            if !is_playing && is_at_end {
                dispatcher.dispatch(StageAction::Look(Some(0)));
            }
            dispatcher.dispatch(StageAction::Play(!is_playing));
        })
    };
    let noisy = state.stage.noisy;
    let toggle = {
        let dispatcher = state.dispatcher.clone();
        Callback::from(move |_: InputEvent| dispatcher.dispatch(StageAction::ShowNoisy(!noisy)))
    };
    let is_full = run.on_view(noisy).1 != View::Preview;
    let live = act(&state.dispatcher, || StageAction::Look(None));
    let play_name = match (is_still(), is_playing) {
        (true, _) => "Next step",
        (false, true) => "Pause",
        (false, false) => "Play",
    };
    html! {
        <div class="actions">
            if is_drawing {
                // The button is not `disabled`, so that it keeps the keyboard focus.
                <button type="button" onclick={live} aria-disabled={run.looking.is_none().to_string()}>
                    {"Live"}
                </button>
            } else {
                <button type="button" onclick={play} disabled={!is_done || run.frames.is_empty()}>
                    {play_name}
                </button>
            }
            <label class="check">
                <input type="checkbox" checked={noisy} oninput={toggle} />
                {"Show the noise"}
            </label>
            <button type="button" onclick={act(&state.dispatcher, move || StageAction::Decode(at))}
                disabled={!is_done || is_full || !state.can_decode()}>
                {"Decode this step"}
            </button>
            if is_done {
                <button type="button" onclick={act(&state.dispatcher, || StageAction::Look(None))}
                    aria-disabled={(at == run.end()).to_string()}>{"Back to the result"}</button>
            }
        </div>
    }
}

/// Returns whether the visitor prefers reduced motion.
pub(super) fn is_still() -> bool {
    let query = window().and_then(|w| w.match_media("(prefers-reduced-motion: reduce)").ok());
    query.flatten().is_some_and(|query| query.matches())
}
