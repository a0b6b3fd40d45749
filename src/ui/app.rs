//! The page as a whole.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{KeyboardEvent, window};
use yew::{
    Callback, Html, MouseEvent, UseReducerHandle, function_component, html, use_effect_with,
    use_mut_ref, use_reducer,
};

use crate::protocol::{DeviceChoice, Request};
use crate::recipe::Recipe;
use crate::ui::canvas::Canvas;
use crate::ui::form::Form;
use crate::ui::link::Link;
use crate::ui::share;
use crate::ui::stage::Stage;
use crate::ui::state::{Action, Entry, Phase, State};

/// The model's folder, relative to the worker's script.
const MODEL: &str = "./models/stickers";

fn first_state() -> State {
    let default = Recipe { sampler: "euler".into(), seed: 7, ..Recipe::default() };
    let hash = window().and_then(|window| window.location().hash().ok()).unwrap_or_default();
    State::new(share::from_hash(&hash, default))
}

/// Ends whatever worker there is and starts one that loads the model.
fn restart(
    link: &Rc<RefCell<Option<Link>>>,
    state: &UseReducerHandle<State>,
    choice: DeviceChoice,
) {
    let dispatcher = state.dispatcher();
    dispatcher.dispatch(Action::Restarted);
    link.take();
    let hear = move |event| dispatcher.dispatch(Action::Worker(event));
    match Link::start(hear) {
        Some(started) => {
            started.send(Request::Load { model: MODEL.into(), device: choice });
            link.replace(Some(started));
        }
        None => {
            let message = "This browser runs no web workers of modules, which drawing needs: \
                           update it, or try another one."
                .into();
            state.dispatch(Action::Worker(crate::protocol::Event::Crashed { message }));
        }
    }
}

/// The page.
#[function_component]
pub(super) fn App() -> Html {
    let state = use_reducer(first_state);
    let link = use_mut_ref(|| None::<Link>);
    {
        let (link, state) = (link.clone(), state.clone());
        use_effect_with((), move |()| restart(&link, &state, DeviceChoice::Auto));
    }
    {
        let link = link.clone();
        let key = (state.form.prompt.clone(), state.places);
        use_effect_with(key, move |(prompt, places)| {
            if let (true, Some(link)) = (*places > 0, &*link.borrow()) {
                link.send(Request::Count { prompt: prompt.clone() });
            }
        });
    }
    // Drawing begins once the state that a click changed is there: the job number asks for it.
    let asked = yew::use_state(|| 0u32);
    let generate = {
        let asked = asked.clone();
        Callback::from(move |()| asked.set(*asked + 1))
    };
    {
        let (link, state) = (link.clone(), state.clone());
        use_effect_with(*asked, move |&job| {
            if let (true, Some(link)) = (job > 0, &*link.borrow()) {
                state.dispatch(Action::Begun(job));
                link.send(Request::Draw { job, recipe: state.form.clone() });
            }
        });
    }
    let send = {
        let link = link.clone();
        move |request: Request| {
            if let Some(link) = &*link.borrow() {
                link.send(request);
            }
        }
    };
    let cancel = {
        let send = send.clone();
        Callback::from(move |()| send(Request::Cancel))
    };
    let decode = {
        let job = state.run.as_ref().map_or(0, |run| run.job);
        Callback::from(move |step| send(Request::Decode { job, step }))
    };
    let act = {
        let state = state.clone();
        Callback::from(move |action| state.dispatch(action))
    };
    let choose = {
        let (link, state) = (link.clone(), state.clone());
        Callback::from(move |choice| restart(&link, &state, choice))
    };
    use_keys(&generate, &cancel, &state);

    let state_now: State = (*state).clone();
    html! {
        <main data-state={state.phase.name()}>
            <header>
                <h1>{"Patchwork"}</h1>
                <p>{"Stickers from words, by a Diffusion Transformer that runs on your machine."}</p>
            </header>
            {loading(&state)}
            <p class="status" role="status" aria-label="Status">{state.status.clone()}</p>
            {recover(&state, &choose)}
            <div class="columns">
                <Form state={state_now.clone()} act={act.clone()} generate={generate.clone()}
                    {cancel} restart={choose} />
                <Stage state={state_now} act={act.clone()} {generate} {decode} />
            </div>
            {history(&state, &act)}
            {facts(&state)}
            {credits()}
        </main>
    }
}

/// Ctrl+Enter draws, Esc stops.
#[yew::hook]
fn use_keys(generate: &Callback<()>, cancel: &Callback<()>, state: &UseReducerHandle<State>) {
    let (generate, cancel) = (generate.clone(), cancel.clone());
    let can_draw = !matches!(state.phase, Phase::Loading) && !state.worker_is_dead;
    yew::use_effect(move || {
        let listener = Closure::<dyn FnMut(KeyboardEvent)>::new(move |event: KeyboardEvent| {
            match event.key().as_str() {
                "Enter" if (event.ctrl_key() || event.meta_key()) && can_draw => generate.emit(()),
                "Escape" => cancel.emit(()),
                _ => {}
            }
        });
        let target = window();
        let function: js_sys::Function =
            listener.as_ref().unchecked_ref::<js_sys::Function>().clone();
        if let Some(target) = &target {
            drop(target.add_event_listener_with_callback("keydown", &function));
        }
        move || {
            if let Some(target) = target {
                drop(target.remove_event_listener_with_callback("keydown", &function));
            }
            drop(listener);
        }
    });
}

fn loading(state: &State) -> Html {
    if state.phase != Phase::Loading {
        return html! {};
    }
    let (loaded, total) = (state.loaded / 1e6, state.total / 1e6);
    html! {
        <div class="progress">
            <progress aria-label="Loading" max={total.max(1.0).to_string()} value={loaded.to_string()} />
            <small>{format!("{loaded:.0} of {total:.0} MB, kept for the next visit")}</small>
        </div>
    }
}

/// After a crash: the worker can be started anew, and nothing of the form is lost.
fn recover(state: &State, choose: &Callback<DeviceChoice>) -> Html {
    if !state.worker_is_dead {
        return html! {};
    }
    let (again, choice) = (choose.clone(), state.choice);
    let again = Callback::from(move |_: MouseEvent| again.emit(choice));
    let cpu = choose.reform(|_: MouseEvent| DeviceChoice::Cpu);
    html! {
        <div class="actions">
            <button type="button" onclick={again}>{"Start again"}</button>
            <button type="button" onclick={cpu}>{"Use the CPU"}</button>
        </div>
    }
}

fn history(state: &State, act: &Callback<Action>) -> Html {
    if state.history.is_empty() {
        return html! {};
    }
    let entry = |(i, entry): (usize, &Rc<Entry>)| {
        let (edit, recipe) = (act.clone(), entry.recipe.clone());
        let again = Callback::from(move |_: MouseEvent| {
            let recipe = recipe.clone();
            edit.emit(Action::Edit(Box::new(move |form| *form = recipe)));
        });
        let act = act.clone();
        let forget = Callback::from(move |_: MouseEvent| act.emit(Action::Forget(i)));
        html! {
            <li>
                <Canvas picture={entry.picture.clone()} label={entry.recipe.prompt.clone()} />
                <small>{format!("{} · seed {}", entry.recipe.prompt, entry.recipe.seed)}</small>
                <div class="actions">
                    <button type="button" onclick={again}>{"Use these settings"}</button>
                    <button type="button" onclick={forget}>{"Delete"}</button>
                </div>
            </li>
        }
    };
    let clear = act.reform(|_: MouseEvent| Action::Clear);
    html! {
        <section class="history" aria-label="History">
            <h2>{"Drawn so far"}</h2>
            <ul>{for state.history.iter().enumerate().map(entry)}</ul>
            <button type="button" onclick={clear}>{"Clear"}</button>
        </section>
    }
}

fn facts(state: &State) -> Html {
    let Some(device) = &state.device else { return html! {} };
    let adapter = if device.adapter.is_empty() { "none" } else { &device.adapter };
    html! {
        <details class="facts">
            <summary>{format!("Runs on: {}", device.name)}</summary>
            <p>{format!("{} Adapter: {adapter}. Loaded in {:.1} s.", device.reason, state.load_seconds)}</p>
        </details>
    }
}

fn credits() -> Html {
    html! {
        <footer>
            <p>
                {"Emoji and clip art, not photographs. Learned from Noto Emoji (Google, Apache-2.0), \
                  Twemoji (Twitter and contributors, CC BY 4.0), Fluent Emoji (Microsoft, MIT), \
                  EmojiOne 2 (CC BY 4.0), FxEmojis (Mozilla, CC BY 4.0) and Streamline Emojis \
                  (CC BY 4.0), rasterised and used for training; labels from emojibase (MIT); words \
                  read by all-MiniLM-L6-v2 (Apache-2.0). "}
                <a href="./models/stickers/README.md">{"Model card and licences"}</a>
            </p>
        </footer>
    }
}
