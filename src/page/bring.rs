//! Bringing a recipe into the form: as far as this page and its model can draw it, and no promise
//! beyond that.

use super::protocol::ModelFacts;
use super::state::State;
use super::turn::Turn;
use crate::recipe::Recipe;
use crate::recipe::limits::{MAX_GUIDANCE, MAX_SHIFT, MIN_SHIFT, PAGE_MAX_COUNT, PAGE_MAX_STEPS};
use crate::tools::words::{meant, several, short};

/// A recipe that was brought, and where from.
#[derive(Debug, Clone, PartialEq)]
pub struct Brought {
    /// The beginning of a sentence: “The recipe of a.png is in the form”.
    pub what: String,
    /// Whether it ought to name its model.
    pub is_of_picture: bool,
    /// What it says.
    pub recipe: Recipe,
    /// What in it is not known, in words.
    pub unknown: Vec<String>,
}

/// Fields of a recipe that this version does not know, in words.
pub fn fields(names: &[String]) -> Vec<String> {
    names.iter().map(|name| format!("the field “{}”", short(name, 40))).collect()
}

/// Returns the recipe as far as the form has controls for it, within their bounds; and what it
/// cannot take over, in words. Names are as this page spells them, and those of `model`, if it is
/// loaded.
pub fn offered(mut recipe: Recipe, model: Option<&ModelFacts>) -> (Recipe, Vec<String>) {
    let mut lost = Vec::new();
    if let (true, Some(model)) = (recipe.sampler.trim().is_empty(), model) {
        recipe.sampler.clone_from(&model.defaults.sampler);
    }
    if let Some(model) = model {
        match model.sampler(&recipe.sampler) {
            Some(name) => recipe.sampler = name.to_owned(),
            None => {
                lost.push(format!("the sampler “{}”", short(&recipe.sampler, 40)));
                recipe.sampler.clone_from(&model.defaults.sampler);
            }
        }
    }
    recipe.style = recipe.style.trim().to_owned();
    match model.map(|model| meant(&recipe.style, &model.styles)) {
        Some(Some(style)) => recipe.style.clone_from(style),
        // It stays, so that no other is drawn instead.
        Some(None) if !recipe.style.is_empty() => {
            lost.push(format!("the style “{}”", short(&recipe.style, 40)));
        }
        _ => {}
    }
    let mut whole = |what: &str, value: &mut usize, most: usize| {
        let bound = (*value).clamp(1, most);
        if *value != bound {
            lost.push(format!("{value} {what} (1 to {most})"));
        }
        *value = bound;
    };
    whole("steps", &mut recipe.steps, PAGE_MAX_STEPS);
    whole("images", &mut recipe.count, PAGE_MAX_COUNT);
    let mut bounded = |what: &str, value: f64, (least, most): (f64, f64)| {
        let bound = if value.is_finite() { value.clamp(least, most) } else { least };
        if bound != value {
            lost.push(format!("{what} {value} ({least} to {most})"));
        }
        bound
    };
    recipe.guidance = bounded("guidance", recipe.guidance, (0.0, MAX_GUIDANCE));
    let shifts = (MIN_SHIFT, MAX_SHIFT);
    recipe.shift = recipe.shift.map(|shift| bounded("shift", shift, shifts));
    if let Some(class) = recipe.class.take() {
        lost.push(format!("the class {class}"));
    }
    if recipe.eta != 0.0 {
        lost.push(format!("eta {}", recipe.eta));
        recipe.eta = 0.0;
    }
    if recipe.karras {
        lost.push("Karras levels".into());
        recipe.karras = false;
    }
    if let Some(channels) = recipe.guidance_channels.take() {
        lost.push(format!("guidance of {channels} channels alone"));
    }
    (recipe, lost)
}

/// What is to be said and done about a recipe that was brought.
struct Judged {
    recipe: Recipe,
    /// Why the picture will not be the same, in clauses.
    differs: Vec<String>,
    /// The folder of the model that drew it, if that is another than the chosen one.
    folder: Option<String>,
}

impl State {
    fn judge(&self, brought: &Brought) -> Judged {
        let model = self.loaded().map(|loaded| &loaded.model);
        let (recipe, lost) = offered(brought.recipe.clone(), model);
        let missing: Vec<String> = brought.unknown.iter().cloned().chain(lost).collect();
        let (mut differs, mut folder) = (Vec::new(), None);
        if !missing.is_empty() {
            differs.push(format!("this page leaves out or changes {}", several(&missing)));
        }
        let hash = recipe.model_hash.trim().to_ascii_lowercase();
        let hash = &hash;
        let other = self.models.iter().flatten().find(|m| !hash.is_empty() && m.hash == *hash);
        match (self.loaded(), other) {
            _ if hash.is_empty() => {
                if brought.is_of_picture {
                    differs.push("it does not say which model drew it".into());
                }
            }
            (Some(loaded), _) if loaded.model.hash == *hash => {}
            (_, Some(other)) => {
                folder = Some(other.folder.clone()).filter(|folder| *folder != self.folder);
            }
            (Some(_), None) if self.models.is_none() => {}
            (Some(_), None) => differs.push(match recipe.model.trim() {
                "" => format!("a model that is not here drew it ({})", short(hash, 40)),
                name => {
                    format!(
                        "“{}” ({}) drew it, a model that is not here",
                        short(name, 40),
                        short(hash, 40)
                    )
                }
            }),
            // That shows when the model is there.
            (None, None) => {}
        }
        Judged { recipe, differs, folder }
    }

    /// Returns whether a recipe says that the model which is loaded, or about to be, drew it.
    fn brought_again(&self, recipe: &Recipe) -> bool {
        let hash = recipe.model_hash.trim();
        !hash.is_empty()
            && self.loaded().is_none_or(|loaded| loaded.model.hash.eq_ignore_ascii_case(hash))
    }
}

impl Turn {
    /// Loads the model of a recipe, once: if it fails, or another is chosen, that is the end of it.
    /// What was drawn or waited was another model's.
    fn load_for(&mut self, folder: String, status: &str) {
        (self.state.folder, self.state.brought) = (folder, None);
        self.restart(status, None);
        self.stop_grid();
    }

    /// Takes a recipe into the form, and its model too if this page has it; says what will differ.
    pub(super) fn bring(&mut self, brought: Brought) {
        let Judged { recipe, differs, folder } = self.state.judge(&brought);
        let what = &brought.what;
        let mut status = match differs.is_empty() {
            true if self.state.brought_again(&recipe) => {
                format!("{what}: Generate draws it again.")
            }
            true => format!("{what}: Generate draws it."),
            false => format!("{what}, but the picture will differ: {}.", differs.join("; ")),
        };
        if let Some(folder) = folder {
            status += &format!(" Its model, “{}”, is being loaded.", short(&recipe.model, 40));
            self.load_for(folder, &status);
        } else {
            // Until a model is there, its samplers, its styles and its hash are not known.
            let is_known = self.state.loaded().is_some() && self.state.models.is_some();
            self.state.brought = (!is_known).then_some(brought);
        }
        // Whichever model draws next says so itself.
        self.state.form = Recipe { model: String::new(), model_hash: String::new(), ..recipe };
        (self.state.status, self.state.seed_is_fresh) = (status, true);
    }

    /// Looks at the brought recipe again, now that more is known of models: loads its model, or
    /// returns a sentence that says what will differ.
    pub(super) fn bring_again(&mut self) -> Option<String> {
        let brought = self.state.brought.clone()?;
        let Judged { differs, folder, .. } = self.state.judge(&brought);
        if let Some(folder) = folder {
            self.load_for(folder, "Loading the model that drew it.");
            return None;
        }
        let model = self.state.loaded()?.model.clone();
        if let Some(style) = meant(&self.state.form.style, &model.styles) {
            self.state.form.style.clone_from(style);
        }
        let (form, _) = offered(self.state.form.clone(), Some(&model));
        self.state.form.sampler = form.sampler;
        if self.state.models.is_some() {
            self.state.brought = None;
        }
        let what = &brought.what;
        (!differs.is_empty())
            .then(|| format!("{what}, but the picture will differ: {}.", differs.join("; ")))
    }
}
