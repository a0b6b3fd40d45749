//! The alert after a crash, with the reason and what the visitor can do. The form is kept.

use yew::{Html, html};

use crate::page::protocol::DeviceChoice;
use crate::page::{Action, Current, Engine, EngineAction};
use crate::ui::handle::{Dispatcher, act};

/// Renders the alert, if there is one.
pub(super) fn trouble(engine: &Engine, dispatcher: &Dispatcher) -> Html {
    let is_stopped = matches!(engine.current, Current::Stopped);
    if engine.is_outdated {
        let reload = act(dispatcher, || Action::Reload);
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
    if engine.trouble.is_none() && !is_stopped {
        return html! {};
    }
    html! {
        <div class="trouble" role="alert">
            if let Some(trouble) = &engine.trouble {
                <p translate="no">{format!("{trouble} Your settings and your history are kept. If it happens \
                             again, the CPU is slower and steadier.")}</p>
            } else {
                <p>{"The model could not be started, for the reason above. Try again, or on the CPU. If a \
                     file is missing or damaged, tell the owner of this page."}</p>
            }
            <div class="actions">
                <button type="button" onclick={act(dispatcher, || EngineAction::Restart)}>
                    {"Start again"}
                </button>
                if engine.trouble.is_some() || engine.choice.device == DeviceChoice::WebGpu {
                    <button type="button" onclick={act(dispatcher, || EngineAction::ChooseDevice(DeviceChoice::Cpu))}>
                        {"Use the CPU"}
                    </button>
                }
            </div>
        </div>
    }
}
