//! The progress of a tool.

use js_sys::Date;
use yew::{Callback, Html, MouseEvent, Properties, function_component, html, use_memo};

use crate::page::DeriveAction;
use crate::page::derive::job::Job;
use crate::ui::handle::{Dispatcher, act};
/// Renders the progress of a tool of this room. `unit` is what is counted, such as “frames”; empty if
/// that is not told.
pub(super) fn progress(job: &Job, unit: &'static str, dispatcher: &Dispatcher) -> Html {
    let panel = job.work.panel();
    html! {
        <Progress name={job.work.progress()} ticket={job.ticket} done={job.done} total={job.total} {unit}
            stop={act(dispatcher, move || DeriveAction::Stop(panel))} />
    }
}

#[derive(PartialEq, Properties)]
pub(in crate::ui) struct ProgressProps {
    /// The name of the work.
    pub(in crate::ui) name: &'static str,
    /// The number of the work.
    pub(in crate::ui) ticket: u32,
    /// How much of it is done, and how much there is; 0 until that is known.
    pub(in crate::ui) done: usize,
    pub(in crate::ui) total: usize,
    /// What is counted, such as “frames”; empty if it is not told.
    #[prop_or_default]
    pub(in crate::ui) unit: &'static str,
    /// Stops it.
    pub(in crate::ui) stop: Callback<MouseEvent>,
}

/// Renders a tool's progress, and the button that stops it.
#[function_component]
pub(in crate::ui) fn Progress(props: &ProgressProps) -> Html {
    let ProgressProps { name, ticket, done, total, unit, stop } = props;
    let (ticket, done, total) = (*ticket, *done, *total);
    let began = use_memo(ticket, |_| Date::now());
    // The time is read once for each part of the work.
    let left = use_memo((ticket, done, total), |_| {
        let share = done as f64 / total.max(1) as f64;
        let seconds = (Date::now() - *began) / 1e3;
        (share > 0.0).then(|| seconds * (1.0 / share - 1.0))
    });
    let mut words = match (total, *unit) {
        (0, _) => String::new(),
        (_, "") => format!("{:.0} %", 100.0 * done as f64 / total as f64),
        (_, unit) => format!("{done} of {total} {unit}"),
    };
    if let Some(left) = *left {
        words += &format!(", {left:.0} s left");
    }
    let value = (total > 0).then(|| done.to_string());
    html! {
        <div class="progress">
            <progress aria-label={*name} max={total.max(1).to_string()} {value} />
            <small>{words}</small>
            <div class="actions">
                <button type="button" onclick={stop.clone()}>{"Stop"}</button>
            </div>
        </div>
    }
}
