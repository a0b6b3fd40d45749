//! What is made of the picture on stage: a larger one, a trace, a morph, variations of it.

pub mod action;
pub mod choices;
mod hear;
pub mod job;
pub mod morph;
pub mod save;

use std::rc::Rc;

pub use action::{DeriveAction, DeriveEffect};
pub(super) use action::{DeriveAnswer, DeriveWish};
pub use choices::Choices;
use job::Job;
pub use job::{Panel, Work};
use morph::Ends;

use super::protocol::{File, Request, Tool};
use crate::recipe::Recipe;

/// The first ticket of this room. Other rooms count from 1, so that no ticket has two meanings.
const FIRST_TICKET: u32 = 1 << 20;

/// How many variations one press draws.
pub const VARIATIONS: u64 = 8;

/// A picture that tools work on.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// The picture as it was drawn, a PNG.
    pub png: Rc<[u8]>,
    /// The recipe that it was drawn from.
    pub recipe: Recipe,
}

/// An enlarged picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Enlarged {
    /// The longer side that was asked for, in pixels.
    pub side: u32,
    /// The picture that the upscaler made, a PNG.
    pub sharp: Rc<[u8]>,
    /// The picture enlarged by plain interpolation, a PNG.
    pub plain: Rc<[u8]>,
}

/// What was made of the picture on stage.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Derive {
    /// The panel that is unfolded.
    pub unfolded: Option<Panel>,
    /// Whether it is unfolded for the picture in the editor, and not for the one on stage.
    pub is_in_editor: bool,
    /// What the visitor chose in the panels.
    pub choices: Choices,
    /// The tools at work.
    pub jobs: Vec<Job>,
    /// The picture that was given to tools last.
    subject: Option<Subject>,
    /// The enlarged picture.
    pub enlarged: Option<Enlarged>,
    /// The trace, an SVG.
    pub trace: Option<Rc<[u8]>>,
    /// The frames of the morph, PNGs; none until it is drawn.
    pub frames: Vec<Rc<[u8]>>,
    /// How many requests were made.
    asked: u32,
    /// How many variations were asked for.
    varied: u64,
}

impl Derive {
    /// Handles an action.
    pub(super) fn handle(&mut self, action: DeriveAction, answer: &mut DeriveAnswer) {
        match action {
            DeriveAction::Unfold(panel) => self.unfold(panel, false),
            DeriveAction::UnfoldInEditor(panel) => self.unfold(panel, true),
            DeriveAction::Choose(choices) => {
                let choices = choices.within_limits();
                // A trace in other colours is not what is chosen now.
                self.trace.take_if(|_| choices.colours != self.choices.colours);
                self.choices = choices;
            }
            DeriveAction::Use(work) => answer.wish(DeriveWish::Use(work)),
            DeriveAction::Stop(panel) => {
                if self.stop(|job| job.work.panel() == panel, answer) > 0 {
                    answer.say("Stopped.");
                    answer.focus(".tools [aria-expanded=\"true\"]");
                }
            }
            DeriveAction::Save(product) => self.save(product, answer),
            DeriveAction::Vary => answer.wish(DeriveWish::Vary),
            DeriveAction::DrawStyles => answer.wish(DeriveWish::DrawStyles),
        }
    }

    fn unfold(&mut self, panel: Panel, is_in_editor: bool) {
        let is_unfolded = self.unfolded == Some(panel) && self.is_in_editor == is_in_editor;
        self.unfolded = (!is_unfolded).then_some(panel);
        self.is_in_editor = is_in_editor;
    }

    /// Has the worker use a tool on a picture, in place of the same tool. `ends` are those of a morph.
    pub(super) fn begin(
        &mut self,
        work: Work,
        subject: Subject,
        ends: Option<Ends>,
        answer: &mut DeriveAnswer,
    ) {
        let mut files = vec![File(subject.png.to_vec())];
        let tool = match work {
            Work::Enlarge { side } => Tool::Enlarge { side },
            Work::Trace => Tool::Trace { colours: self.choices.colours },
            Work::Morph => {
                let Some(ends) = ends else { return };
                files.clear();
                ends.tool(self.choices.frames)
            }
            Work::Animate(format) if !self.frames.is_empty() => {
                files = self.frames.iter().map(|frame| File(frame.to_vec())).collect();
                let milliseconds = self.choices.milliseconds_of(files.len());
                Tool::Animate { format, milliseconds, returns: self.choices.returns }
            }
            Work::Animate(_) => return,
        };
        self.stop(|job| job.work.is_kind_of(work), answer);
        self.asked += 1;
        let ticket = FIRST_TICKET + self.asked;
        self.jobs.push(Job::new(ticket, work));
        self.subject = Some(subject);
        answer.say(work.begins());
        answer.send(Request::Use { ticket, tool, files });
    }

    /// Stops tools. Returns how many were at work.
    fn stop(&mut self, is_meant: impl Fn(&Job) -> bool, answer: &mut DeriveAnswer) -> usize {
        let (stopped, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.jobs).into_iter().partition(|job| is_meant(job));
        self.jobs = others;
        for Job { ticket, .. } in &stopped {
            answer.send(Request::StopUsing { ticket: *ticket });
        }
        stopped.len()
    }

    /// Forgets what was made of another picture than the one on stage, and stops what is being made of
    /// it. While no finished picture is on stage, all stays.
    pub(super) fn renew(&mut self, now: Option<&Subject>, answer: &mut DeriveAnswer) {
        let is_same = |of: &Subject| now.is_none_or(|now| now.png == of.png);
        if self.subject.take_if(|of| !is_same(of)).is_none() {
            return;
        }
        if self.stop(|_| true, answer) > 0 {
            answer.add(
                "The tool was stopped, because another picture has taken the place of its own.",
            );
        }
        (self.enlarged, self.trace, self.frames) = (None, None, Vec::new());
    }

    /// Returns the seeds of the next variations.
    pub(super) fn next_variations(&mut self) -> std::ops::RangeInclusive<u64> {
        let last = self.varied;
        self.varied += VARIATIONS;
        last + 1..=self.varied
    }

    /// Returns whether a request of this room has this ticket, and has no answer yet.
    pub(super) fn awaits(&self, ticket: u32) -> bool {
        self.jobs.iter().any(|job| job.ticket == ticket)
    }

    /// Returns the tool of a panel that is at work.
    pub fn job_of(&self, panel: Panel) -> Option<&Job> {
        self.jobs.iter().find(|job| job.work.panel() == panel)
    }
}
