//! Orders: the recipes that are drawn, and the files that they are written to.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::GenerateArguments;
use super::origin;
use super::origin::Given;
use super::pattern::Pattern;
use super::prompts::{self, Line, Wish};
use crate::cli::terminal::note;
use crate::cli::{check_targets, finishing};
use crate::image::Image;
use crate::image::file::Format;
use crate::pipeline::Pipeline;
use crate::recipe::{PartialRecipe, Recipe, fields};
use crate::{Error, Result};

/// A picture, or a sheet of a recipe's pictures, that is to be drawn.
#[derive(Debug)]
pub(super) struct Order {
    /// The line of the list that asks for it, 1 for the first; `None` without a list.
    pub(super) line: Option<usize>,
    /// The recipe, in which all fields are resolved.
    pub(super) recipe: Recipe,
    /// How many steps its run takes.
    pub(super) steps: usize,
    /// The file that it is written to.
    pub(super) path: PathBuf,
    /// The notes about it that are known before it is drawn.
    pub(super) notes: Vec<String>,
}

/// The contents of the files that options name, which are read before the model is loaded.
#[derive(Debug)]
pub(super) struct Named {
    pattern: Pattern,
    /// The fields of the recipe to draw again.
    recipe: PartialRecipe,
    lines: Option<Vec<Line>>,
    /// The picture that runs begin with, and its mask.
    pictures: Option<origin::Named>,
}

/// The line of the list that an error is about, and the error.
pub(super) type Failure = (Option<usize>, Error);

impl Named {
    /// Reads the recipe, the list and the pattern of the output.
    pub(super) fn read(arguments: &GenerateArguments) -> Result<Self> {
        let pattern = match arguments.output.to_str() {
            Some(name) => Pattern::read(name)?,
            None => Pattern::read("-")?,
        };
        let recipe = match &arguments.recipe {
            None => PartialRecipe::default(),
            Some(path) => recipe_of(path)?,
        };
        let lines = arguments.prompts.as_deref().map(prompts::read).transpose()?;
        let [from, mask, own] = [&arguments.from, &arguments.mask, &arguments.recipe];
        let pictures = origin::Named::read(from.as_deref(), mask.as_deref(), own.as_deref())?;
        Ok(Self { pattern, recipe, lines, pictures })
    }

    /// Returns the picture that runs begin with, encoded.
    pub(super) fn given(&self, pipeline: &Pipeline) -> Result<Option<Given>> {
        self.pictures.as_ref().map(|named| named.given(pipeline)).transpose()
    }

    /// Returns whether runs begin with a picture, so that the model's encoder is needed.
    pub(super) fn has_picture(&self) -> bool {
        self.pictures.is_some()
    }

    /// Checks the target if its name has no placeholders, because there is only one then.
    pub(super) fn check_one(&self, arguments: &GenerateArguments) -> Result<()> {
        let name = self.name(arguments, 1, &Recipe::default());
        Format::of(&name)?;
        match self.pattern.has_places() {
            true if arguments.is_watched() => Err(Error::Options(
                "--latents-in, --latents-out and --steps-out are for a single run: give -o a name \
                 without placeholders"
                    .into(),
            )),
            true => Ok(()),
            false => arguments.check_beside(&[&name]),
        }
    }

    fn name(&self, arguments: &GenerateArguments, number: usize, recipe: &Recipe) -> PathBuf {
        match arguments.output.to_str() {
            Some(_) => self.pattern.name(number, recipe),
            None => arguments.output.clone(),
        }
    }

    /// Returns all orders, and the lines that cannot be drawn.
    ///
    /// # Errors
    /// Returns an error if the options that all orders share, or the names of files, are invalid.
    pub(super) fn orders(
        &self,
        arguments: &GenerateArguments,
        pipeline: &Pipeline,
        given: Option<&Given>,
    ) -> Result<(Vec<Order>, Vec<Failure>)> {
        let base = arguments.partial()?.over(self.recipe.clone());
        if let Some(class) = &base.class {
            pipeline.class(class)?;
        }
        let (mut orders, mut failures, mut number) = (Vec::new(), Vec::new(), 1);
        // Without placeholders in the name, several pictures of a recipe make a sheet.
        let of_own = |count: usize| if self.pattern.has_places() { count } else { 1 };
        let whole = vec![(0, Ok(Wish::Fields(Box::default())))];
        for (line, wish) in self.lines.as_ref().unwrap_or(&whole) {
            let line = self.lines.as_ref().map(|_| *line);
            let found = match wish {
                Ok(wish) => self.recipes(wish, &base, arguments, (pipeline, given)),
                Err(problem) => Err(Error::Recipe(problem.clause())),
            };
            let recipes = match found {
                Ok(recipes) => recipes,
                Err(problem) => {
                    failures.push((line, problem));
                    // The numbers of a failed line's pictures are skipped, so that the following pictures
                    // keep theirs when the line is corrected.
                    number += arguments.style.len().max(1) * of_own(base.count.unwrap_or(1));
                    continue;
                }
            };
            for (recipe, steps, notes) in recipes {
                let count = of_own(recipe.count);
                for i in 0..count as u64 {
                    let recipe = match count {
                        1 => recipe.clone(),
                        _ => Recipe { seed: recipe.seed + i, count: 1, ..recipe.clone() },
                    };
                    let path = self.name(arguments, number, &recipe);
                    let notes = notes.clone();
                    orders.push(Order { line, recipe, steps, path, notes });
                    number += 1;
                }
            }
        }
        self.check_targets(arguments, &orders)?;
        Ok((orders, failures))
    }

    /// Returns the recipes of a wish, one for each style, each with its number of steps and its notes.
    /// `given` is the picture that runs begin with.
    fn recipes(
        &self,
        wish: &Wish,
        base: &PartialRecipe,
        arguments: &GenerateArguments,
        (pipeline, given): (&Pipeline, Option<&Given>),
    ) -> Result<Vec<(Recipe, usize, Vec<String>)>> {
        let mut styles = arguments.style.clone();
        let mut asked = match wish {
            Wish::Words(class) if pipeline.text.is_none() => {
                PartialRecipe { class: Some(class.clone()), ..base.clone() }
            }
            Wish::Words(prompt) => PartialRecipe { prompt: Some(prompt.clone()), ..base.clone() },
            Wish::Fields(fields) => {
                if fields.style.is_some() {
                    styles.clear();
                }
                (**fields).clone().over(base.clone())
            }
        };
        asked.mask = given.map(|given| given.mask_hash.clone());
        let hash = given.map(|given| given.hash.clone());
        let began = std::mem::replace(&mut asked.picture, hash.clone());
        let other = match (hash, began) {
            (None, Some(began)) if !began.is_empty() => {
                return Err(Error::Recipe(format!(
                    "The recipe begins with the picture {began}: give it with --from"
                )));
            }
            (Some(hash), Some(began)) if !began.is_empty() && began != hash => Some(format!(
                "The recipe began with another picture, {began}; this is {hash}, so the result will differ."
            )),
            _ => None,
        };
        let of_model = of_another_model(&asked, pipeline);
        let mut each = vec![asked.clone()];
        if !styles.is_empty() {
            let styled = |style| PartialRecipe { style: Some(style), ..asked.clone() };
            each = styles.into_iter().map(styled).collect();
        }
        let each = each.into_iter().map(|asked| {
            let recipe = pipeline.resolve(&asked)?;
            recipe.check()?;
            let is_alone = self.pattern.has_places();
            finishing::check(&Recipe {
                count: if is_alone { 1 } else { recipe.count },
                ..recipe.clone()
            })?;
            let steps = pipeline.check(&recipe)?;
            let is_bare = pipeline.text.is_some() && recipe.prompt.trim().is_empty();
            let bare =
                is_bare.then(|| "There is no prompt: the model decides what it draws.".to_owned());
            let notes = of_model.clone().into_iter().chain(other.clone()).chain(bare).collect();
            Ok((recipe, steps, notes))
        });
        each.collect()
    }

    /// Checks that each file can be written, and that no two have the same name.
    fn check_targets(&self, arguments: &GenerateArguments, orders: &[Order]) -> Result<()> {
        let mut seen: HashMap<PathBuf, &Order> = HashMap::new();
        for order in orders {
            let path = order.path.as_path();
            if let Some(first) = seen.insert(as_one(path), order) {
                return Err(Error::Options(self.twice(first, order)));
            }
            if !self.pattern.has_places() {
                continue;
            }
            Format::of(path)?;
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).map_err(|source| Error::write(folder, source))?;
            }
            check_targets(&[("--output", Some(&order.path))], &arguments.read())?;
        }
        Ok(())
    }

    /// Returns the error message for two pictures with the same name.
    fn twice(&self, first: &Order, second: &Order) -> String {
        let path = first.path.display();
        if !self.pattern.has_places() {
            return format!(
                "Several pictures would all be written to {path}: give -o placeholders, such as \
                 pictures/{{n:03}}-{{prompt}}-{{style}}.png"
            );
        }
        let who = match (first.line, second.line) {
            (Some(a), Some(b)) if a != b => format!("Lines {a} and {b}"),
            (Some(a), Some(_)) => format!("Two pictures of line {a}"),
            _ => "Two pictures".into(),
        };
        format!("{who} would both be written to {path}: put {{n}} into the name")
    }
}

/// Returns the fields of a recipe in a PNG or a JSON file.
fn recipe_of(path: &Path) -> Result<PartialRecipe> {
    let bytes = std::fs::read(path).map_err(|source| Error::read(path, source))?;
    let refuse = |problem: String| Error::Recipe(format!("{}: {problem}", path.display()));
    let clause = |error: Error| refuse(error.clause());
    let text = if bytes.starts_with(b"\x89PNG") {
        let found = Image::recipe_text_of_png(&bytes).map_err(clause)?;
        found.ok_or_else(|| {
            refuse("it holds no recipe: choose a PNG that Patchwork wrote and no other program has saved since".into())
        })?
    } else {
        let advice = "it is neither a PNG nor the JSON of a recipe; a JPEG or a WebP carries none";
        String::from_utf8(bytes).map_err(|_| refuse(advice.into()))?
    };
    let (recipe, unknown) = PartialRecipe::from_json(&within_line(&text)).map_err(clause)?;
    if recipe.is_empty() {
        return Err(refuse(format!(
            "it has no field of a recipe; those are {}",
            fields().join(", ")
        )));
    }
    if !unknown.is_empty() {
        note(format!(
            "{} has {}, which this version does not know and leaves out.",
            path.display(),
            unknown.join(", ")
        ));
    }
    Ok(recipe)
}

/// Returns the recipe in a line that `--json` prints, and any other text unchanged.
fn within_line(text: &str) -> String {
    let line = serde_json::from_str::<serde_json::Value>(text.trim_start_matches('\u{feff}'));
    let recipe = line.ok().and_then(|line| line.get("recipe").filter(|it| it.is_object()).cloned());
    recipe.map_or_else(|| text.to_owned(), |recipe| recipe.to_string())
}

/// Returns a note if a recipe was drawn by another model.
fn of_another_model(recipe: &PartialRecipe, pipeline: &Pipeline) -> Option<String> {
    let Pipeline { name, hash, .. } = pipeline;
    let model_hash =
        recipe.model_hash.as_ref().filter(|found| !found.is_empty() && *found != hash)?;
    let model = recipe.model.as_deref().unwrap_or_default();
    Some(format!(
        "The recipe was drawn by another model, {model} ({model_hash}); this is {name} ({hash}), so the picture may \
         differ."
    ))
}

/// Returns a path as the system compares them: in lower case on Windows and macOS.
fn as_one(path: &Path) -> PathBuf {
    match cfg!(any(windows, target_os = "macos")) {
        true => path.to_string_lossy().to_lowercase().into(),
        false => path.to_owned(),
    }
}
