//! The progress of a tool.

use js_sys::Date;
use yew::{Html, Properties, function_component, html, use_memo};

use crate::page::DeriveAction;
use crate::page::derive::job::Job;
use crate::ui::handle::{Dispatcher, act};

#[derive(PartialEq, Properties)]
pub(super) struct ProgressProps {
    pub(super) job: Job,
    /// What is counted, such as “frames”; empty if it is not told.
    #[prop_or_default]
    pub(super) unit: &'static str,
    pub(super) dispatcher: Dispatcher,
}

/// Renders a tool's progress, and the button that stops it.
#[function_component]
pub(super) fn Progress(ProgressProps { job, unit, dispatcher }: &ProgressProps) -> Html {
    let (done, total, panel) = (job.done, job.total, job.work.panel());
    let began = use_memo(job.ticket, |_| Date::now());
    // The time is read once for each part of the work.
    let left = use_memo((job.ticket, done, total), |_| {
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
            <progress aria-label={job.work.progress()} max={total.max(1).to_string()} {value} />
            <small>{words}</small>
            <div class="actions">
                <button type="button" onclick={act(dispatcher, move || DeriveAction::Stop(panel))}>{"Stop"}</button>
            </div>
        </div>
    }
}
