//! An X/Y grid: two settings against each other, one picture for each pair.

use std::rc::Rc;

use crate::image::Image;
use crate::recipe::Recipe;
use crate::tools::words::{meant, seed};
use crate::ui::form::{MAX_GUIDANCE, MAX_STEPS, SAMPLERS};

/// The most pictures of a grid.
const MAX_CELLS: usize = 100;

/// A setting that can vary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setting {
    Steps,
    Guidance,
    Seed,
    Sampler,
    Style,
}

impl Setting {
    pub(super) const ALL: [Self; 5] =
        [Self::Steps, Self::Guidance, Self::Seed, Self::Sampler, Self::Style];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Steps => "Steps",
            Self::Guidance => "Guidance",
            Self::Seed => "Seed",
            Self::Sampler => "Sampler",
            Self::Style => "Style",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|setting| setting.name() == name)
    }

    /// Values to begin with, separated by commas.
    pub(super) fn suggestion(self, styles: &[String]) -> String {
        match self {
            Self::Steps => "2, 5, 10, 20".into(),
            Self::Guidance => "1, 2, 4, 8".into(),
            Self::Seed => "1, 2, 3, 4".into(),
            Self::Sampler => SAMPLERS.map(|(name, _)| name).join(", "),
            Self::Style => styles[..styles.len().min(4)].join(", "),
        }
    }

    /// Puts a value into a recipe; a sentence where it is none.
    fn apply(self, value: &str, recipe: &mut Recipe, styles: &[String]) -> Result<(), String> {
        let refuse = |what: &str| Err(format!("“{value}” is no {what}."));
        match self {
            Self::Steps => match value.parse() {
                Ok(steps) if (1..=MAX_STEPS).contains(&steps) => recipe.steps = steps,
                _ => return refuse(&format!("number of steps: give 1 to {MAX_STEPS}")),
            },
            Self::Guidance => match value.parse() {
                Ok(guidance) if (0.0..=MAX_GUIDANCE).contains(&guidance) => {
                    recipe.guidance = guidance;
                }
                _ => return refuse(&format!("guidance: give 0 to {MAX_GUIDANCE}")),
            },
            Self::Seed => recipe.seed = seed(value).map_err(|error| error.to_string())?,
            Self::Sampler => {
                let is_meant =
                    |(name, label): &&(&str, &str)| meant(value, [name, label]).is_some();
                match SAMPLERS.iter().find(is_meant) {
                    Some((name, _)) => recipe.sampler = (*name).to_owned(),
                    None => {
                        return refuse(&format!("sampler: there are {}", self.suggestion(styles)));
                    }
                }
            }
            Self::Style => match meant(value, styles) {
                Some(style) => recipe.style.clone_from(style),
                None => return refuse(&format!("style: there are {}", styles.join(", "))),
            },
        }
        Ok(())
    }
}

/// A setting and its values along one side.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    pub(super) setting: Setting,
    pub(super) values: Vec<String>,
}

impl Axis {
    /// Values separated by commas.
    pub(super) fn new(setting: Setting, values: &str) -> Self {
        let values = values.split(',').map(|value| value.trim().to_owned());
        Self { setting, values: values.filter(|value| !value.is_empty()).collect() }
    }
}

/// A grid, and what is drawn of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Grid {
    pub(super) across: Axis,
    pub(super) down: Axis,
    /// Row by row.
    pub(super) recipes: Vec<Recipe>,
    /// Row by row; `None` until it is drawn.
    pub(super) cells: Vec<Option<Rc<Image>>>,
    pub(super) is_drawing: bool,
}

impl Grid {
    /// Lays a grid round `base`; a sentence where a value does not fit.
    pub(super) fn new(
        base: &Recipe,
        across: Axis,
        down: Axis,
        styles: &[String],
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
                let mut recipe = Recipe { count: 1, ..base.clone() };
                across.setting.apply(column, &mut recipe, styles)?;
                down.setting.apply(row, &mut recipe, styles)?;
                recipes.push(recipe);
            }
        }
        Ok(Self { across, down, recipes, cells: vec![None; count], is_drawing: true })
    }

    /// The first cell that is not drawn.
    pub(super) fn next(&self) -> Option<(usize, Recipe)> {
        let cell = self.cells.iter().position(Option::is_none)?;
        Some((cell, self.recipes[cell].clone()))
    }
}
