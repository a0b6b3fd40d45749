//! The page as a whole.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use web_sys::window;
use yew::{
    Callback, Html, MouseEvent, UseReducerHandle, classes, function_component, html,
    use_effect_with, use_reducer,
};

use crate::page::protocol::{DeviceChoice, Request};
use crate::recipe::Recipe;
use crate::ui::form::{Form, act};
use crate::ui::grid_form::GridForm;
use crate::ui::history::{self, History};
use crate::ui::panel::{credits, panel};
use crate::ui::stage::Stage;
use crate::ui::state::{Action, Phase, State};
use crate::ui::{address, models, open, storage, use_keys, use_worker};

fn first_state() -> State {
    State::new(address::from_address())
}

/// The page.
#[function_component]
pub(super) fn App() -> Html {
    let state = use_reducer(first_state);
    let send = use_worker::use_worker(&state);
    use_keys::use_keys(&state);
    open::use_open(&state);
    history::use_history(&state);
    use_models(&state);
    use_reading(&state, &send);
    storage::use_storage(&state);
    html! {
        <main data-state={state.phase.name()}>
            <header>
                <h1>{"Patchwork"}</h1>
                <p>{"Stickers from words, by a Diffusion Transformer that runs on your machine."}</p>
            </header>
            {loading(&state)}
            <p class={classes!("status", (state.phase == Phase::Error).then_some("wrong"))}
                role="status" aria-label="Status">{state.status.clone()}</p>
            {trouble(&state)}
            <div class="columns">
                <Form state={state.clone()} />
                <div class="right">
                    <Stage state={state.clone()} send={send.clone()} />
                    <History state={state.clone()} />
                </div>
            </div>
            <GridForm state={state.clone()} />
            {panel(&state, &send)}
            {credits()}
        </main>
    }
}

/// Asks which models there are.
#[yew::hook]
fn use_models(state: &UseReducerHandle<State>) {
    let dispatcher = state.dispatcher();
    use_effect_with((), move |()| {
        spawn_local(async move { dispatcher.dispatch(Action::Models(models::list().await)) });
    });
}

/// Asks the worker how it reads the prompts whenever they have changed.
#[yew::hook]
fn use_reading(state: &UseReducerHandle<State>, send: &Callback<Request>) {
    let send = send.clone();
    let Recipe { prompt, negative, .. } = state.form.clone();
    use_effect_with(
        (prompt, negative, state.loaded.is_some()),
        move |(prompt, negative, ready)| {
            if *ready {
                send.emit(Request::Read { prompt: prompt.clone(), negative: negative.clone() });
            }
        },
    );
}

fn loading(state: &State) -> Html {
    if state.phase != Phase::Loading {
        return html! {};
    }
    let (loaded, total) = (state.loading.loaded / 1e6, state.loading.total / 1e6);
    let rate = state.loading.rate / 1e6;
    let mut text = match state.models.iter().find(|model| model.folder == state.folder) {
        Some(model) if total == 0.0 => {
            format!("{:.0} MB to download, unless this browser kept them.", model.bytes / 1e6)
        }
        _ if total == 0.0 => "Starting.".into(),
        _ => format!("{loaded:.0} of {total:.0} MB"),
    };
    if rate > 0.0 && loaded < total {
        let left = (total - loaded) / rate;
        text += &format!(", {rate:.1} MB/s, {left:.0} s left; kept for the next visit");
    }
    html! {
        <div class="progress">
            <progress aria-label="Loading" max={total.max(1.0).to_string()}
                value={(total > 0.0).then(|| loaded.to_string())} />
            <small>{text}</small>
        </div>
    }
}

/// After a crash: what happened, and the ways on. Nothing of the form is lost.
fn trouble(state: &UseReducerHandle<State>) -> Html {
    if state.trouble.is_none() && !state.worker_is_dead {
        return html! {};
    }
    if state.is_outdated {
        let mut form = state.form.clone();
        if let Some(model) = state.models.iter().find(|model| model.folder == state.folder) {
            (form.model, form.model_hash) = (model.name.clone(), model.hash.clone());
        }
        let reload = Callback::from(move |_: MouseEvent| {
            // What is in the form comes back with the address.
            address::show_in_address(&form);
            if let Some(window) = window() {
                drop(window.location().reload());
            }
        });
        return html! {
            <div class="trouble" role="alert">
                <p>{"A newer version of this page is on its server, and does not fit this one. What is \
                     in the form and in the history is kept."}</p>
                <div class="actions">
                    <button type="button" onclick={reload}>{"Reload the page"}</button>
                </div>
            </div>
        };
    }
    html! {
        <div class="trouble" role="alert">
            if let Some(trouble) = &state.trouble {
                <p>{format!("{trouble} Your settings and your history are kept. If it happens \
                             again, the CPU is slower and steadier.")}</p>
            } else {
                <p>{"The model could not be started. Try again; if that does not help, its files on the \
                     server are at fault, and whoever keeps this page can mend them."}</p>
            }
            <div class="actions">
                <button type="button" onclick={act(state, || Action::Restart)}>
                    {"Start again"}
                </button>
                if state.trouble.is_some() || state.choice == DeviceChoice::WebGpu {
                    <button type="button" onclick={act(state, || Action::Choose(DeviceChoice::Cpu))}>
                        {"Use the CPU"}
                    </button>
                }
            </div>
        </div>
    }
}

/// A callback that does something with the state as it is then, and tells of it.
pub(super) fn tell<Input, Work: Future<Output = String> + 'static>(
    state: &UseReducerHandle<State>,
    work: impl Fn(Input) -> Work + 'static,
) -> Callback<Input> {
    let (dispatcher, work) = (state.dispatcher(), Rc::new(work));
    Callback::from(move |input| {
        let (dispatcher, work) = (dispatcher.clone(), work(input));
        spawn_local(async move { dispatcher.dispatch(Action::Say(work.await)) });
    })
}
