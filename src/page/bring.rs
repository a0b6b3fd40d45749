//! Bringing a recipe and its model into the form, and saying how the picture will differ.

use super::effect::Effect;
use super::offer::{Brought, offered};
use super::state::{Engine, State};
use super::turn::Turn;
use crate::recipe::Recipe;
use crate::tools::words::{several, short};

/// A brought recipe as the form can hold it, and how its picture will differ.
struct Judged {
    recipe: Recipe,
    /// The reasons why the picture will differ, in clauses.
    differs: Vec<String>,
    /// The folder of the model that drew it, if this is not the chosen one.
    folder: Option<String>,
}

impl Judged {
    /// Returns a sentence that says how the picture will differ; `what` begins it.
    fn sentence(&self, what: &str) -> Option<String> {
        let differs = self.differs.join("; ");
        (!differs.is_empty()).then(|| format!("{what}, but the picture will differ: {differs}."))
    }
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
            // This is checked again when a model is loaded.
            (None, None) => {}
        }
        Judged { recipe, differs, folder }
    }

    /// Returns a sentence that says how the picture will differ from the brought one, as far as is
    /// known.
    pub(super) fn differs(&self) -> Option<String> {
        let brought = self.brought.as_ref()?;
        self.judge(brought).sentence(&brought.what)
    }

    /// Returns whether the recipe names the loaded model as its own, or any model if none is loaded yet.
    fn brought_again(&self, recipe: &Recipe) -> bool {
        let hash = recipe.model_hash.trim();
        !hash.is_empty()
            && self.loaded().is_none_or(|loaded| loaded.model.hash.eq_ignore_ascii_case(hash))
    }
}

impl Turn {
    /// Loads the model of a recipe. This is tried once: the recipe is forgotten, so that a failure
    /// or another choice ends it. The current run and the queue belong to another model, and are
    /// dropped.
    fn load_for(&mut self, folder: String, status: &str) {
        self.state.folder.clone_from(&folder);
        if self.state.engine == Engine::Asleep {
            // The download waits until the visitor asks for it, unless the browser has the weights
            // already.
            self.state.is_cached = None;
            self.effects.push(Effect::AskCached(folder));
            return;
        }
        self.state.brought = None;
        self.restart(status, None);
        self.stop_grid();
    }

    /// Takes a recipe into the form, and loads its model if the server has it. Says how the picture
    /// will differ. Returns whether, as far as is known, it will not.
    pub(super) fn bring(&mut self, brought: Brought) -> bool {
        let judged = self.state.judge(&brought);
        let what = &brought.what;
        let mut status = match judged.sentence(what) {
            Some(differs) => differs,
            None if self.state.brought_again(&judged.recipe) => {
                format!("{what}: Generate draws it again.")
            }
            None => format!("{what}: Generate draws it."),
        };
        let Judged { recipe, differs, folder } = judged;
        if let Some(folder) = folder {
            status += &format!(" Its model, “{}”, is being loaded.", short(&recipe.model, 40));
            self.load_for(folder, &status);
        } else {
            // The samplers, styles and hash of a model are unknown until it is loaded.
            let is_known = self.state.loaded().is_some() && self.state.models.is_some();
            self.state.brought = (!is_known).then_some(brought);
        }
        (self.state.follows_device, self.state.follows_style) = (false, false);
        // The model that draws next fills in its own name and hash.
        self.state.form = Recipe { model: String::new(), model_hash: String::new(), ..recipe };
        self.state.seed_is_fresh = true;
        self.say(status);
        differs.is_empty()
    }

    /// Judges the brought recipe again, now that more is known about the models. Loads its model,
    /// or returns a sentence that says how the picture will differ.
    pub(super) fn bring_again(&mut self) -> Option<String> {
        let brought = self.state.brought.clone()?;
        let judged = self.state.judge(&brought);
        let differs = judged.sentence(&brought.what);
        if let Some(folder) = judged.folder {
            self.load_for(folder, "Loading the model that drew it.");
            return None;
        }
        self.state.loaded()?;
        if self.state.models.is_some() {
            self.state.brought = None;
        }
        differs
    }
}
