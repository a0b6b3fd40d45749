//! The stage: the run and its timeline, a picture opened in front of it, the grid, and what is
//! saved.

pub mod action;
mod finishing;
pub mod grid;
pub(super) mod landing;
pub mod plan;
pub mod run;
pub mod save;
pub mod shown;
mod spread;

pub use action::{StageAction, StageEffect};
pub(super) use action::{StageAnswer, StageWish};
pub use finishing::Finishing;
use grid::Grid;
pub use landing::Landing;
use run::{Picture, StageRun, View};
use save::Work;
use shown::{Opened, Origin, Sides};

use super::protocol::{Archive, Event, Request};
use crate::recipe::Recipe;

/// The stage.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stage {
    /// The picture that the page shows first, until it is shown or given up.
    pub landing: Option<Landing>,
    /// The last run.
    pub run: Option<StageRun>,
    /// A picture that is opened in front of it.
    pub opened: Option<Opened>,
    /// The file that was brought last, while it is being read.
    pub(super) brought: Option<Picture>,
    /// How many files were brought, which is the ticket of the last.
    pub bringings: u32,
    /// How pictures are finished before they are saved.
    pub finishing: Finishing,
    /// The archives that are being put together, with their tickets.
    pub archives: Vec<(u32, Archive)>,
    /// Whether previews show the noisy latent.
    pub noisy: bool,
    /// Whether playback of the timeline is on.
    pub is_playing: bool,
    /// The grid.
    pub grid: Option<Grid>,
}

impl Stage {
    /// Handles an action. `sides` are those of the loaded model's pictures.
    pub(super) fn handle(&mut self, action: StageAction, sides: Sides, answer: &mut StageAnswer) {
        match action {
            StageAction::Look(stop) => {
                self.run.iter_mut().for_each(|run| run.looking = stop);
                self.tell(answer);
            }
            StageAction::Play(plays) => self.is_playing = plays,
            StageAction::Decode(step) => {
                let Some(run) = &mut self.run else { return };
                // The prediction of the clean latent (x₀) is decoded, not the noisy latent.
                (run.looking, self.noisy) = (Some(step), false);
                answer.send(Request::Decode { job: run.job, step });
            }
            StageAction::ShowNoisy(noisy) => {
                self.noisy = noisy;
                self.tell(answer);
            }
            StageAction::OpenOne(i) => self.open_one(i, answer),
            StageAction::OpenCell(cell) => self.open_cell(cell, answer),
            StageAction::BackToRun => {
                self.opened = None;
                self.tell(answer);
                answer.focus(".stage");
            }
            StageAction::DrawGrid(grid) => self.draw_grid(grid, answer),
            StageAction::CloseGrid => {
                let grid = self.grid.take();
                let is_table = grid.is_none_or(|grid| grid.is_table());
                answer.focus(if is_table { ".grid summary" } else { ".stage" });
            }
            StageAction::ChooseFinish(finish) => answer.wish(StageWish::Work(Work::Finish(finish))),
            StageAction::Save(i) => self.save(i, sides, answer),
            StageAction::SaveAll { archive, is_history } => {
                answer.wish(StageWish::Work(Work::Gather { archive, is_history }));
            }
            StageAction::BringFile { name, bytes } => {
                answer.wish(StageWish::Work(Work::Read { name, bytes }));
            }
        }
    }

    /// Puts a new run on stage. `replaces` says whether it takes the place of one that was being
    /// drawn.
    pub(super) fn begin(&mut self, run: StageRun, replaces: bool, answer: &mut StageAnswer) {
        if run.cell.is_none() {
            answer.say(match replaces {
                true => "Starting; what was being drawn is left as it was.",
                false => "Starting.",
            });
            answer.effect(StageEffect::ShowAddress(run.recipe.clone().into()));
            answer.effect(StageEffect::Scroll);
        }
        (self.run, self.opened, self.is_playing) = (Some(run), None, false);
    }

    /// Takes in an event about pictures.
    pub(super) fn hear(&mut self, event: Event, sides: Sides, answer: &mut StageAnswer) {
        match event {
            Event::Upscales => self.finishing.forget_soft(),
            Event::Gathering { ticket, done, total } => {
                self.gathering(ticket, (done, total), answer);
            }
            Event::Finished { ticket, is_upscaled, outcome } => {
                self.hear_file((ticket, is_upscaled), outcome, sides, answer);
            }
            other => self.hear_of_run(other, answer),
        }
    }

    /// Takes in an event of the run on stage, if it is one.
    fn hear_of_run(&mut self, event: Event, answer: &mut StageAnswer) {
        let Some(run) = &mut self.run else { return };
        let is_end = matches!(event, Event::Done { .. });
        let Some(status) = run.hear(event) else { return };
        // A grid reports as a whole, not for each cell. A picture in front of the run has its own
        // message.
        if run.cell.is_none() && self.opened.is_none() {
            answer.say(status);
        }
        if is_end {
            answer.wish(StageWish::HearEnd(run.finished()));
            self.fill_cell();
            self.end_stopped_cell(answer);
        }
    }

    /// Takes in that a job failed, or something that belongs to none. Removes a run that has
    /// nothing to show. Returns whether the failure is not that of an earlier run.
    pub(super) fn hear_failure(&mut self, job: Option<u32>) -> bool {
        let current = self.run.as_ref().map(|run| run.job);
        let is_current = job.is_none() || job == current;
        self.run.take_if(|run| is_current && run.frames.is_empty() && run.cell.is_none());
        is_current
    }

    /// Returns the run, unless it is a cell of a grid.
    pub(super) fn drawn(&self) -> Option<&StageRun> {
        self.run.as_ref().filter(|run| run.cell.is_none())
    }

    /// Returns whether nothing is on stage.
    pub fn is_empty(&self) -> bool {
        self.run.is_none() && self.opened.is_none()
    }

    /// Returns the recipe of the picture on stage, or of the one that is shown first.
    pub(super) fn recipe(&self) -> Option<&Recipe> {
        match (&self.opened, &self.run) {
            (Some(opened), _) => Some(&opened.recipe),
            (None, Some(_)) => self.drawn().map(|run| &run.recipe),
            (None, None) => self.landing.as_ref().map(|landing| &landing.recipe),
        }
    }

    /// Opens a picture in front of the run.
    pub(super) fn open(&mut self, opened: Opened, scrolls: bool, answer: &mut StageAnswer) {
        (self.opened, self.is_playing) = (Some(opened), false);
        self.tell(answer);
        if scrolls {
            answer.effect(StageEffect::Scroll);
        }
    }

    /// Opens the picture of the brought file, whose recipe was read.
    pub(super) fn open_brought(
        &mut self,
        recipe: &Recipe,
        is_whole: bool,
        answer: &mut StageAnswer,
    ) {
        if let Some(png) = self.brought.take().filter(|_| is_whole) {
            let recipe = recipe.clone();
            self.open(Opened { recipe, png, from: Origin::File }, true, answer);
        }
    }

    /// Opens one of the run's pictures alone.
    fn open_one(&mut self, i: usize, answer: &mut StageAnswer) {
        let Some(run) = &self.run else { return };
        let (pictures, View::Result) = run.on_view(self.noisy) else { return };
        let Some(png) = pictures.get(i).cloned() else { return };
        let (recipe, from) = (run.recipe_of(i), Origin::Several);
        self.open(Opened { recipe, png, from }, false, answer);
        answer.focus(".stage");
    }

    /// Describes what is on stage to the visitor.
    fn tell(&self, answer: &mut StageAnswer) {
        let text = self.describe();
        if !text.is_empty() {
            answer.tell(text);
        }
    }

    /// Forgets what the last worker was asked. Returns whether it was putting a file together,
    /// which is lost.
    pub(super) fn forget_worker(&mut self) -> bool {
        self.finishing.forget_asked();
        !std::mem::take(&mut self.archives).is_empty()
    }
}
