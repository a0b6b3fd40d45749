//! Bringing a recipe into the form: as far as this page and its model can draw it, and no promise
//! beyond that.

use crate::address::standard;
use crate::recipe::{MAX_SHIFT, Recipe, meant};
use crate::ui::form::{MAX_GUIDANCE, MAX_IMAGES, MAX_STEPS, SAMPLERS};
use crate::ui::state::{Loaded, State};

/// A recipe that was brought, and where from.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Brought {
    /// The beginning of a sentence: “The recipe of a.png is in the form”.
    pub(super) what: String,
    /// Whether it ought to name its model.
    pub(super) is_of_picture: bool,
    pub(super) recipe: Recipe,
    /// What in it is not known, in words.
    pub(super) unknown: Vec<String>,
}

/// The recipe as far as the form has controls for it, within their bounds; and what it cannot take
/// over, in words. Names are as this page spells them. `styles` are the model's, if it is loaded.
pub(super) fn offered(mut recipe: Recipe, styles: Option<&[String]>) -> (Recipe, Vec<String>) {
    let mut lost = Vec::new();
    let sampler =
        SAMPLERS.iter().find(|(name, label)| meant(&recipe.sampler, [name, label]).is_some());
    if sampler.is_none() && !recipe.sampler.trim().is_empty() {
        lost.push(format!("the sampler “{}”", short(&recipe.sampler)));
    }
    recipe.sampler = sampler.map_or(standard().sampler, |(name, _)| (*name).to_owned());
    recipe.style = recipe.style.trim().to_owned();
    match styles.map(|styles| meant(&recipe.style, styles)) {
        Some(Some(style)) => recipe.style.clone_from(style),
        // It stays, so that no other is drawn instead.
        Some(None) if !recipe.style.is_empty() => {
            lost.push(format!("the style “{}”", short(&recipe.style)));
        }
        _ => {}
    }
    let mut whole = |what: &str, value: &mut usize, most: usize| {
        let bound = (*value).clamp(1, most);
        if *value != bound {
            lost.push(format!("{value} {what} (at most {most})"));
        }
        *value = bound;
    };
    whole("steps", &mut recipe.steps, MAX_STEPS);
    whole("images", &mut recipe.count, MAX_IMAGES);
    let guidance = if recipe.guidance.is_finite() { recipe.guidance } else { standard().guidance };
    recipe.guidance = guidance.clamp(0.0, MAX_GUIDANCE);
    recipe.shift = recipe.shift.map(|shift| shift.clamp(1.0 / MAX_SHIFT, MAX_SHIFT));
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

fn short(name: &str) -> String {
    name.chars().take(40).collect()
}

/// What is to be said and done about a recipe that was brought.
struct Judged {
    recipe: Recipe,
    /// Why the picture will not be the same, in clauses.
    differs: Vec<String>,
    /// The folder of the model that drew it, where that is another than the chosen one.
    folder: Option<String>,
}

impl State {
    fn judge(&self, brought: &Brought) -> Judged {
        let styles = self.loaded.as_ref().map(|Loaded { model, .. }| &model.styles[..]);
        let (recipe, lost) = offered(brought.recipe.clone(), styles);
        let missing: Vec<String> = brought.unknown.iter().cloned().chain(lost).collect();
        let (mut differs, mut folder) = (Vec::new(), None);
        if !missing.is_empty() {
            differs.push(format!("this page does not know {}", missing.join(", ")));
        }
        let hash = &recipe.model_hash;
        let other = self.models.iter().find(|model| !hash.is_empty() && model.hash == *hash);
        match (&self.loaded, other) {
            _ if hash.is_empty() => {
                if brought.is_of_picture {
                    differs.push("it does not say which model drew it".into());
                }
            }
            (Some(loaded), _) if loaded.model.hash == *hash => {}
            (_, Some(other)) => {
                folder = Some(other.folder.clone()).filter(|folder| *folder != self.folder);
            }
            (Some(_), None) => differs.push(format!(
                "“{}” ({}) drew it, a model that is not here",
                short(&recipe.model),
                short(hash)
            )),
            // That shows when the model is there.
            (None, None) => {}
        }
        Judged { recipe, differs, folder }
    }

    /// Takes a recipe into the form, and its model too if this page has it; says what will differ.
    pub(super) fn bring(&mut self, brought: Brought) {
        let Judged { recipe, differs, folder } = self.judge(&brought);
        let what = &brought.what;
        let mut status = match differs.is_empty() {
            true => format!("{what}: Generate draws it again."),
            false => format!("{what}, but the picture will differ: {}.", differs.join("; ")),
        };
        if let Some(folder) = folder {
            status += &format!(" Its model, “{}”, is being loaded.", short(&recipe.model));
            self.folder = folder;
            self.restart(&status);
        }
        // Until a model is there, its styles and its hash are not known.
        self.brought = self.loaded.is_none().then_some(brought);
        // Whichever model draws next says so itself.
        self.form = Recipe { model: String::new(), model_hash: String::new(), ..recipe };
        (self.status, self.seed_is_fresh) = (status, true);
    }

    /// Once more of models is known, what was brought before is looked at again: its model is loaded,
    /// or what will differ is told, in a sentence.
    pub(super) fn bring_again(&mut self) -> Option<String> {
        let Judged { differs, folder, .. } = self.judge(self.brought.as_ref()?);
        if let Some(folder) = folder {
            self.folder = folder;
            self.restart("Loading the model that drew it.");
            return None;
        }
        let loaded = self.loaded.as_ref()?;
        if let Some(style) = meant(&self.form.style, &loaded.model.styles) {
            self.form.style.clone_from(style);
        }
        self.brought = None;
        (!differs.is_empty())
            .then(|| format!("What was brought will be drawn otherwise: {}.", differs.join("; ")))
    }
}
