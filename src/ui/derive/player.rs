//! A player of frames.

use gloo_file::{Blob, ObjectUrl};
use gloo_timers::callback::Interval;
use yew::{
    Callback, Html, MouseEvent, Properties, UseStateHandle, function_component, html,
    use_effect_with, use_memo, use_mut_ref, use_state_eq,
};

use crate::page::derive::morph::frame_at;
use crate::ui::picture::Shared;
use crate::ui::timeline::is_still;

#[derive(PartialEq, Properties)]
pub(super) struct PlayerProps {
    /// The frames, PNGs.
    pub(super) frames: Vec<Shared>,
    /// How many milliseconds each is shown.
    pub(super) pace: u32,
    /// Whether they are shown backwards after the last one.
    pub(super) returns: bool,
}

/// Renders frames one after another, over and over.
#[function_component]
pub(super) fn Player(PlayerProps { frames, pace, returns }: &PlayerProps) -> Html {
    let urls = use_memo(frames.clone(), |frames| {
        let url = |Shared(png): &Shared| {
            ObjectUrl::from(Blob::new_with_options(&png[..], Some("image/png")))
        };
        frames.iter().map(url).collect::<Vec<_>>()
    });
    // Motion does not begin by itself if the visitor prefers none.
    let is_playing = use_state_eq(|| !is_still());
    let (tick, shown) = (use_mut_ref(|| 0_usize), use_state_eq(|| 0_usize));
    {
        let (tick, shown): (_, UseStateHandle<usize>) = (tick, shown.clone());
        use_effect_with((*is_playing, *pace, *returns, frames.len()), move |&options| {
            let (plays, pace, returns, count) = options;
            let timer = plays.then(|| {
                Interval::new(pace.max(20), move || {
                    let mut tick = tick.borrow_mut();
                    *tick += 1;
                    shown.set(frame_at(*tick, count, returns));
                })
            });
            move || drop(timer)
        });
    }
    let toggle = {
        let is_playing = is_playing.clone();
        Callback::from(move |_: MouseEvent| is_playing.set(!*is_playing))
    };
    let Some(url) = urls.get(*shown).or(urls.first()) else { return html! {} };
    html! {
        <>
            <img src={url.to_string()} alt="Morph" decoding="sync" />
            <div class="actions">
                <button type="button" onclick={toggle}>{if *is_playing { "Pause" } else { "Play" }}</button>
                <small>{format!("Frame {} of {}", *shown + 1, frames.len())}</small>
            </div>
        </>
    }
}
