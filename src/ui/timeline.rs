//! Every step of a run, to scrub through, to play, and to decode in full.

use gloo_timers::callback::Interval;
use web_sys::HtmlInputElement;
use yew::{
    Callback, Html, InputEvent, MouseEvent, Properties, TargetCast, function_component, html,
    use_effect_with, use_state_eq,
};

use crate::page::Action;
use crate::page::run::StageRun;
use crate::ui::form::act;
use crate::ui::handle::PageHandle;

/// Milliseconds that a step is shown for in playback.
const PACE: u32 = 200;

#[derive(PartialEq, Properties)]
pub(super) struct TimelineProps {
    pub(super) state: PageHandle,
    pub(super) run: StageRun,
}

/// The timeline.
#[function_component]
pub(super) fn Timeline(TimelineProps { state, run }: &TimelineProps) -> Html {
    let last = run.frames.len().saturating_sub(1);
    let at = run.looking.unwrap_or(last);
    let is_playing = use_state_eq(|| false);
    {
        let (state, playing) = (state.clone(), is_playing.clone());
        use_effect_with((*is_playing, at), move |&(is_playing, at)| {
            let next = is_playing.then(|| {
                Interval::new(PACE, move || {
                    if at < last {
                        state.dispatch(Action::Look(Some(at + 1)));
                    } else {
                        state.dispatch(Action::Look(None));
                        playing.set(false);
                    }
                })
            });
            move || drop(next)
        });
    }
    let play = {
        let (state, playing) = (state.clone(), is_playing.clone());
        Callback::from(move |_: MouseEvent| {
            if !*playing && at == last {
                state.dispatch(Action::Look(Some(0)));
            }
            playing.set(!*playing);
        })
    };
    let look = {
        let dispatcher = state.dispatcher();
        Callback::from(move |event: InputEvent| {
            let input: Option<HtmlInputElement> = event.target_dyn_into();
            let step = input.and_then(|input| input.value().parse().ok());
            dispatcher.dispatch(Action::Look(step.map(|step: usize| step.min(last))));
        })
    };
    let noisy = state.noisy;
    let toggle = {
        let dispatcher = state.dispatcher();
        Callback::from(move |_: InputEvent| dispatcher.dispatch(Action::ShowNoisy(!noisy)))
    };
    let decode = act(state, move || Action::Decode(at));
    let is_done = !state.is_drawing() && run.ending.is_some();
    html! {
        <section class="timeline" aria-label="Timeline">
            <label class="field">
                <span>{format!("Step {} of {}", at + 1, run.steps)}</span>
                <input type="range" min="0" max={(run.steps - 1).to_string()} value={at.to_string()}
                    aria-label="Step" aria-valuetext={format!("{} of {}", at + 1, run.steps)}
                    oninput={look} />
            </label>
            <div class="actions">
                <button type="button" onclick={play} disabled={!is_done || last == 0}>
                    {if *is_playing { "Pause" } else { "Play" }}
                </button>
                <label class="check">
                    <input type="checkbox" checked={noisy} oninput={toggle} />
                    {"Show the noise"}
                </label>
                <button type="button" onclick={decode} disabled={!is_done || noisy || !state.can_decode()}>
                    {"Decode this step"}
                </button>
                <button type="button" onclick={act(state, || Action::Look(None))}
                    disabled={run.looking.is_none() || !is_done}>{"Back to the result"}</button>
            </div>
        </section>
    }
}
