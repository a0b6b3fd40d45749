//! What the worker tells of its tools.

use std::rc::Rc;

use super::action::{DeriveAnswer, DeriveEffect};
use super::job::{Job, Work};
use super::save::{kilobytes, morph_name};
use super::{Derive, Enlarged};
use crate::page::protocol::{Animation, Event, File, Made};

/// The message about an answer that does not fit its request.
const MISFIT: &str = "The engine has made something else than it was asked for: reload the page.";

fn share(File(bytes): File) -> Rc<[u8]> {
    bytes.into()
}

impl Derive {
    /// Takes in an event about a tool. One that was stopped, or whose picture is not on stage any more, is
    /// ignored.
    pub(in crate::page) fn hear(&mut self, event: Event, answer: &mut DeriveAnswer) {
        match event {
            Event::Using { ticket, done, total, picture } => {
                let Some(job) = self.jobs.iter_mut().find(|job| job.ticket == ticket) else {
                    return;
                };
                (job.done, job.total) = (done, total);
                job.picture = picture.map(share).or(job.picture.take());
            }
            Event::Used { ticket, outcome } => {
                let Some(at) = self.jobs.iter().position(|job| job.ticket == ticket) else {
                    return;
                };
                let Job { work, .. } = self.jobs.remove(at);
                match outcome {
                    Ok(made) => self.take(work, made, answer),
                    Err(problem) => answer.warn(problem),
                }
            }
            _ => {}
        }
    }

    /// Takes in what a tool made.
    fn take(&mut self, work: Work, made: Made, answer: &mut DeriveAnswer) {
        match (work, made) {
            (Work::Enlarge { side }, Made::Enlarged { sharp, plain }) => {
                let (sharp, plain) = (share(sharp), share(plain));
                self.enlarged = Some(Enlarged { side, sharp, plain });
                answer.say(format!("Enlarged to {side} px."));
            }
            (Work::Trace, Made::File(svg)) => {
                let svg = share(svg);
                answer.say(format!("Traced: an SVG of {}.", kilobytes(svg.len())));
                self.trace = Some(svg);
            }
            (Work::Morph, Made::Frames(frames)) if !frames.is_empty() => {
                answer.say(format!("The morph is drawn: {} frames.", frames.len()));
                self.frames = frames.into_iter().map(share).collect();
            }
            (Work::Animate(format), Made::File(file)) => {
                let Some(subject) = &self.subject else { return };
                let (name, bytes) = (morph_name(&subject.recipe, format), share(file));
                answer.say(format!("Saved {name}, {}.", kilobytes(bytes.len())));
                answer.effect(DeriveEffect::Save { name, mime: mime(format), bytes });
            }
            _ => answer.warn(MISFIT),
        }
    }

    /// Takes in that the worker is gone, and what its tools were making with it.
    pub(in crate::page) fn forget_worker(&mut self, answer: &mut DeriveAnswer) {
        for Job { work, .. } in std::mem::take(&mut self.jobs) {
            let subject = work.subject();
            answer.add(format!("{subject} that was being made is lost: ask for it again."));
        }
    }
}

fn mime(format: Animation) -> &'static str {
    match format {
        Animation::Apng => "image/png",
        Animation::Gif => "image/gif",
    }
}
