//! A grid: pictures that are drawn one after another. In an X/Y grid two settings vary, with one picture for
//! each pair of values.

use std::rc::Rc;

use super::plan::Plan;
use super::run::StageRun;
use super::shown::{Opened, Origin};
use super::{Stage, StageAnswer, StageWish};
use crate::page::facts::ModelFacts;
use crate::recipe::Recipe;
use crate::recipe::limits::{GUIDANCE, STEPS};
use crate::recipe::seed;
use crate::tools::words::meant;

/// How many pictures a grid has at most.
const MAX_CELLS: usize = 100;

/// A setting that can vary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// How many denoising steps there are.
    Steps,
    /// The guidance scale.
    Guidance,
    /// The seed of the initial noise.
    Seed,
    /// The sampler.
    Sampler,
    /// The style.
    Style,
}

impl Setting {
    /// Every setting.
    pub const ALL: [Self; 5] =
        [Self::Steps, Self::Guidance, Self::Seed, Self::Sampler, Self::Style];

    /// Returns its label.
    pub fn name(self) -> &'static str {
        match self {
            Self::Steps => "Steps",
            Self::Guidance => "Guidance",
            Self::Seed => "Seed",
            Self::Sampler => "Sampler",
            Self::Style => "Style",
        }
    }

    /// Returns the setting with this label, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|setting| setting.name() == name)
    }

    /// Returns suggested values, separated by commas.
    pub fn suggestion(self, model: Option<&ModelFacts>) -> String {
        match self {
            Self::Steps => "2, 5, 10, 20".into(),
            Self::Guidance => "1, 2, 4, 8".into(),
            Self::Seed => "1, 2, 3, 4".into(),
            Self::Sampler => {
                let samplers = model.iter().flat_map(|model| &model.samplers);
                samplers.map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
            }
            Self::Style => {
                let styles = model.iter().flat_map(|model| &model.styles);
                styles.take(4).map(String::as_str).collect::<Vec<_>>().join(", ")
            }
        }
    }

    /// Puts a value into a recipe, or returns a sentence if the value is invalid.
    fn apply(self, value: &str, recipe: &mut Recipe, model: &ModelFacts) -> Result<(), String> {
        let refuse = |what: &str| Err(format!("“{value}” is no {what}."));
        match self {
            Self::Steps => match value.parse::<usize>() {
                Ok(steps) if STEPS.of_page().hold(steps as f64) => recipe.steps = steps,
                _ => return refuse(&format!("number of steps: give 1 to {}", STEPS.page_most)),
            },
            Self::Guidance => match value.parse() {
                Ok(guidance) if GUIDANCE.hold(guidance) => recipe.guidance = guidance,
                _ => return refuse(&format!("guidance: give 0 to {}", GUIDANCE.most)),
            },
            Self::Seed => recipe.seed = seed(value).map_err(|error| error.to_string())?,
            Self::Sampler => match model.sampler(value) {
                Some(name) => recipe.sampler = name.to_owned(),
                None => {
                    let all = self.suggestion(Some(model));
                    return refuse(&format!("sampler: there are {all}"));
                }
            },
            Self::Style => match meant(value, &model.styles) {
                Some(style) => recipe.style.clone_from(style),
                None => return refuse(&format!("style: there are {}", model.styles.join(", "))),
            },
        }
        Ok(())
    }
}

/// A setting and its values along one side of a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// The setting that varies.
    pub setting: Setting,
    /// Its values, as typed.
    pub values: Vec<String>,
}

impl Axis {
    /// Returns an axis of values that are separated by commas.
    pub fn new(setting: Setting, values: &str) -> Self {
        let values = values.split(',').map(|value| value.trim().to_owned());
        Self { setting, values: values.filter(|value| !value.is_empty()).collect() }
    }
}

/// A grid and its finished cells.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// What its cells are.
    pub plan: Plan,
    /// The recipes of the cells, row by row.
    pub recipes: Vec<Recipe>,
    /// The pictures, row by row; `None` until a cell is drawn.
    pub cells: Vec<Option<Rc<[u8]>>>,
    /// The cell of the picture that it was made around.
    pub own: Option<usize>,
    /// Whether its cells are being drawn, one after another.
    pub is_drawing: bool,
    /// How many milliseconds the finished cells took.
    pub milliseconds: f64,
}

impl Grid {
    /// Builds an X/Y grid around `base`, or returns a sentence if a value is invalid.
    pub fn new(
        base: &Recipe,
        across: Axis,
        down: Axis,
        model: &ModelFacts,
    ) -> Result<Self, String> {
        if across.setting == down.setting {
            return Err("Across and down must be two different settings.".into());
        }
        let count = across.values.len() * down.values.len();
        if !(1..=MAX_CELLS).contains(&count) {
            return Err(format!(
                "A grid has 1 to {MAX_CELLS} pictures; {} × {} values make {count}.",
                across.values.len(),
                down.values.len()
            ));
        }
        let mut recipes = Vec::with_capacity(count);
        for row in &down.values {
            for column in &across.values {
                let mut recipe = Recipe { count: 1, ..base.clone().invertible() };
                across.setting.apply(column, &mut recipe, model)?;
                down.setting.apply(row, &mut recipe, model)?;
                recipes.push(recipe);
            }
        }
        let cells = vec![None; count];
        let plan = Plan::Table { across, down };
        Ok(Self { plan, recipes, cells, own: None, is_drawing: true, milliseconds: 0.0 })
    }

    /// Returns the first cell that is not drawn yet, and its recipe.
    pub fn next(&self) -> Option<(usize, Recipe)> {
        let cell = self.cells.iter().position(Option::is_none)?;
        Some((cell, self.recipes[cell].clone()))
    }

    /// Returns how many cells are drawn.
    pub fn done(&self) -> usize {
        self.cells.iter().flatten().count()
    }
}

impl Stage {
    /// Has the grid's next cell drawn if the grid is being drawn, and reports when the grid is
    /// done.
    pub(in crate::page) fn next_cell(&mut self, answer: &mut StageAnswer) {
        let Some(grid) = self.grid.as_ref().filter(|grid| grid.is_drawing) else { return };
        let (total, seconds) = (grid.cells.len(), grid.milliseconds / 1e3);
        match grid.next() {
            Some((cell, recipe)) => answer.wish(StageWish::DrawCell(cell, recipe)),
            None => {
                answer.say(format!("The grid is done: {total} pictures in {seconds:.1} s."));
                self.stop_grid();
            }
        }
    }

    /// Takes in that the run of a cell was stopped. What was drawn before stays on stage, or is told.
    pub(super) fn end_stopped_cell(&mut self, answer: &mut StageAnswer) {
        let is_stopped = |run: &mut StageRun| run.cell.is_some() && run.was_stopped();
        if self.run.take_if(is_stopped).is_none() {
            return;
        }
        self.stop_grid();
        let Some(grid) = &self.grid else { return };
        let (done, total) = (grid.done(), grid.cells.len());
        let last = grid.cells.iter().rposition(Option::is_some);
        let shown = grid.own.or(last);
        if let Some((cell, png)) = shown.and_then(|cell| Some((cell, grid.cells[cell].clone()?))) {
            let recipe = grid.recipes[cell].clone();
            self.opened = Some(Opened { recipe, png, from: Origin::Grid });
        }
        answer.say(format!("Stopped: {done} of {total} pictures are drawn."));
    }

    /// Draws no further cell of the grid.
    pub(in crate::page) fn stop_grid(&mut self) {
        self.grid.iter_mut().for_each(|grid| grid.is_drawing = false);
    }

    /// Begins to draw a grid.
    pub(super) fn draw_grid(&mut self, grid: Grid, answer: &mut StageAnswer) {
        answer.say(grid.begins());
        self.grid = Some(grid);
        self.next_cell(answer);
    }

    /// Puts the picture of a finished run into the cell that it was drawn for.
    pub(super) fn fill_cell(&mut self) {
        if let (Some(run), Some(grid)) = (&self.run, &mut self.grid)
            && let Some(cell) = run.cell
            && let Some(ending) = run.ending.as_ref().filter(|ending| !ending.was_stopped)
            && let Some(first) = ending.pictures.first()
        {
            grid.cells[cell] = Some(first.clone());
            grid.recipes[cell] = run.recipe_of(0);
            grid.milliseconds += ending.milliseconds;
        }
    }

    /// Opens a cell's picture.
    pub(super) fn open_cell(&mut self, cell: usize, answer: &mut StageAnswer) {
        let Some(grid) = &self.grid else { return };
        let Some(png) = grid.cells.get(cell).cloned().flatten() else { return };
        let recipe = grid.recipes[cell].clone();
        self.open(Opened { recipe, png, from: Origin::Grid }, true, answer);
    }
}
