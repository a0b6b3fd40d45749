//! The tools that change pictures, on request of the page.

mod animate;
mod cut_out;
mod describe;
mod enlarge;
mod frame;
mod morph;

pub(super) use frame::carried;

use gloo_timers::future::TimeoutFuture;
use wasm_bindgen_futures::spawn_local;

use super::post;
use super::state::Shared;
use crate::image::Image;
use crate::page::protocol::{Event, File, Made, Tool};
use crate::{Error, Result};

/// A tool at work.
struct Job {
    worker: Shared,
    ticket: u32,
}

/// Begins to use a tool.
pub(super) fn begin(worker: &Shared, ticket: u32, tool: Tool, files: Vec<File>) {
    let job = Job { worker: worker.clone(), ticket };
    worker.borrow_mut().tools.insert(ticket);
    spawn_local(async move {
        let outcome = made(&job, tool, files).await;
        job.worker.borrow_mut().tools.remove(&ticket);
        let crashed = match &outcome {
            Err(error @ Error::Device(_)) => Some(error.to_string()),
            _ => None,
        };
        post(&Event::Used { ticket, outcome: outcome.map_err(|error| error.to_string()) });
        if let Some(message) = crashed {
            post(&Event::Crashed { message, on_gpu: true });
        }
    });
}

/// Stops a tool before its next step.
pub(super) fn stop(worker: &Shared, ticket: u32) {
    worker.borrow_mut().tools.remove(&ticket);
}

async fn made(job: &Job, tool: Tool, files: Vec<File>) -> Result<Made> {
    let worker = &job.worker;
    match tool {
        Tool::Fit(frame) => frame::fit(worker, &picture(&files)?, frame),
        Tool::Around(frame) => frame::around(worker, &picture(&files)?, frame),
        Tool::Mask => frame::mask(worker, &picture(&files)?),
        Tool::Carried => carried(worker, png(&files)?).map(Made::Carried),
        Tool::CutOut(ground) => cut_out::cut_out(job, &picture(&files)?, ground).await,
        Tool::Describe => describe::describe(job, &picture(&files)?).await,
        Tool::Trace { colours } => {
            let svg = crate::image::trace::to_svg(&picture(&files)?, colours)?;
            Ok(Made::File(File(svg.into_bytes())))
        }
        Tool::Enlarge { side } => enlarge::enlarge(job, &picture(&files)?, side).await,
        Tool::Morph { from, to, frames } => morph::morph(job, [&from, &to], frames).await,
        Tool::Animate { format, milliseconds, returns } => {
            animate::animate(&files, format, milliseconds, returns)
        }
    }
}

/// Returns the only file of a request.
fn png(files: &[File]) -> Result<&[u8]> {
    match files {
        [File(png)] => Ok(png),
        _ => Err(Error::Picture("This tool works on one picture: choose one".into())),
    }
}

fn picture(files: &[File]) -> Result<Image> {
    Image::from_png(png(files)?)
}

impl Job {
    /// Reports progress, and lets the page's requests in.
    ///
    /// # Errors
    /// Returns an error if the page has stopped the tool.
    async fn advance(&self, (done, total): (usize, usize), picture: Option<File>) -> Result<()> {
        post(&Event::Using { ticket: self.ticket, done, total, picture });
        self.rest().await
    }

    /// Lets the page's requests in.
    ///
    /// # Errors
    /// Returns an error if the page has stopped the tool.
    async fn rest(&self) -> Result<()> {
        TimeoutFuture::new(0).await;
        if self.is_wanted() { Ok(()) } else { Err(stopped()) }
    }

    /// Returns whether the page has not stopped the tool.
    fn is_wanted(&self) -> bool {
        self.worker.borrow().tools.contains(&self.ticket)
    }
}

/// Returns the error of a tool that the page has stopped; the page does not show it.
fn stopped() -> Error {
    Error::Picture("Stopped".into())
}
