//! The progress of long work: a bar in a terminal, and otherwise a line from time to time.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

use super::terminal::{is_quiet, note};
use crate::tools::parallel::lock;
use crate::tools::progress::Progress;

/// The interval between lines if there is no terminal, and the delay before the first one.
const REPORT_INTERVAL: Duration = Duration::from_secs(60);
const FIRST_REPORT: Duration = Duration::from_secs(10);

/// Draws one bar after another.
#[derive(Debug, Default)]
pub(super) struct Bars(Mutex<Option<Bar>>);

#[derive(Debug)]
struct Bar {
    bar: ProgressBar,
    told: Option<Instant>,
    began: Instant,
    /// Whether the bar has a message, so that it stays visible at the end.
    has_message: bool,
}

impl Bars {
    fn with(&self, work: impl FnOnce(&mut Option<Bar>)) {
        work(&mut lock(&self.0));
    }
}

impl Progress for Bars {
    fn begin(&self, what: &str, total: usize, done: usize) {
        if is_quiet() {
            return;
        }
        let bar = ProgressBar::new(total as u64).with_position(done as u64);
        let template = "{prefix} {bar:30} {pos}/{len}, {eta} left{msg}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(what.to_owned());
        bar.reset_eta();
        self.with(|now| {
            *now = Some(Bar { bar, told: None, began: Instant::now(), has_message: false });
        });
    }

    fn advance(&self, parts: usize, message: &str) {
        self.with(|now| {
            let Some(Bar { bar, told, began, has_message }) = now else { return };
            bar.inc(parts as u64);
            if message.is_empty() {
                return;
            }
            *has_message = true;
            bar.set_message(format!(", {message}"));
            let is_due = told
                .map_or(began.elapsed() > FIRST_REPORT, |told| told.elapsed() > REPORT_INTERVAL);
            if bar.is_hidden() && is_due {
                let (at, all) = (bar.position(), bar.length().unwrap_or(0));
                let left = HumanDuration(bar.eta());
                note(format!("Step {at} of {all}, {message}, {left} left."));
                *told = Some(Instant::now());
            }
        });
    }

    fn end(&self) {
        self.with(|now| {
            let Some(Bar { bar, has_message, .. }) = now.take() else { return };
            if has_message { bar.abandon() } else { bar.finish_and_clear() }
        });
    }

    fn note(&self, sentence: &str) {
        self.with(|now| match now {
            Some(Bar { bar, .. }) => bar.suspend(|| note(sentence)),
            None => note(sentence),
        });
    }
}
