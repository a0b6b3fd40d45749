//! The page as a whole.

use std::rc::Rc;

use yew::{Component, Context, Html, Properties, classes, function_component, html};

use crate::page::protocol::DeviceChoice;
use crate::page::{Action, Engine, State, StopReason, update};
use crate::ui::form::{Form, act};
use crate::ui::grid_form::GridForm;
use crate::ui::handle::{Dispatcher, PageHandle};
use crate::ui::history::{self, History};
use crate::ui::panel::{credits, panel};
use crate::ui::perform::Performer;
use crate::ui::stage::Stage;
use crate::ui::{address, open, use_keys};

/// Holds the state, changes it by each [`Action`], and has the effects done.
pub(super) struct App {
    state: Rc<State>,
    dispatcher: Dispatcher,
    performer: Performer,
}

impl Component for App {
    type Message = Action;
    type Properties = ();

    fn create(context: &Context<Self>) -> Self {
        let (state, effects) = State::open(address::from_address());
        let dispatcher = Dispatcher(context.link().callback(|action| action));
        let mut performer = Performer::new(dispatcher.clone());
        effects.into_iter().for_each(|effect| performer.perform(effect));
        Self { state: Rc::new(state), dispatcher, performer }
    }

    fn update(&mut self, _: &Context<Self>, action: Action) -> bool {
        let (state, effects) = update((*self.state).clone(), action);
        self.state = Rc::new(state);
        effects.into_iter().for_each(|effect| self.performer.perform(effect));
        true
    }

    fn view(&self, _: &Context<Self>) -> Html {
        html! { <Whole state={PageHandle::new(self.state.clone(), self.dispatcher.clone())} /> }
    }
}

#[derive(PartialEq, Properties)]
struct WholeProps {
    state: PageHandle,
}

/// Everything on the page.
#[function_component]
fn Whole(WholeProps { state }: &WholeProps) -> Html {
    use_keys::use_keys(state);
    open::use_open(state);
    history::use_recall(state);
    html! {
        <main data-state={state.phase()}>
            <header>
                <h1>{"Patchwork"}</h1>
                <p>{"Stickers from words, by a Diffusion Transformer that runs on your machine."}</p>
            </header>
            {loading(state)}
            <p class={classes!("status", state.has_failed().then_some("wrong"))}
                role="status" aria-label="Status">{state.status.clone()}</p>
            {trouble(state)}
            <div class="columns">
                <Form state={state.clone()} />
                <div class="right">
                    <Stage state={state.clone()} />
                    <History state={state.clone()} />
                </div>
            </div>
            <GridForm state={state.clone()} />
            {panel(state)}
            {credits()}
        </main>
    }
}

fn loading(state: &State) -> Html {
    let Some(loading) = state.loading() else { return html! {} };
    let (loaded, total, rate) = (loading.loaded / 1e6, loading.total / 1e6, loading.rate / 1e6);
    let mut text = match state.chosen() {
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
fn trouble(state: &PageHandle) -> Html {
    let is_stopped = matches!(state.engine, Engine::Stopped(_));
    if state.trouble.is_none() && !is_stopped {
        return html! {};
    }
    if state.engine == Engine::Stopped(StopReason::Outdated) {
        let reload = act(state, || Action::Reload);
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
                <p>{"The model could not be started, for the reason above. Try again, or on the CPU. If a \
                     file is missing or damaged, whoever keeps this page can mend it."}</p>
            }
            <div class="actions">
                <button type="button" onclick={act(state, || Action::Restart)}>
                    {"Start again"}
                </button>
                if state.trouble.is_some() || state.device == DeviceChoice::WebGpu {
                    <button type="button" onclick={act(state, || Action::ChooseDevice(DeviceChoice::Cpu))}>
                        {"Use the CPU"}
                    </button>
                }
            </div>
        </div>
    }
}
