//! Bringing a recipe into the form, and the model that drew it; and saying what will differ.

use super::effect::Effect;
use super::offer::{Brought, offered};
use super::state::{Engine, State};
use super::turn::Turn;
use crate::recipe::Recipe;
use crate::tools::words::{several, short};

/// What is to be said and done about a recipe that was brought.
struct Judged {
    recipe: Recipe,
    /// Why the picture will not be the same, in clauses.
    differs: Vec<String>,
    /// The folder of the model that drew it, if that is another than the chosen one.
    folder: Option<String>,
}

impl Judged {
    /// Returns a sentence that says what will differ; `what` begins it.
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
            // That shows when the model is there.
            (None, None) => {}
        }
        Judged { recipe, differs, folder }
    }

    /// Returns a sentence that says what will differ from what was brought, as far as is known.
    pub(super) fn differs(&self) -> Option<String> {
        let brought = self.brought.as_ref()?;
        self.judge(brought).sentence(&brought.what)
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
        self.state.folder.clone_from(&folder);
        if self.state.engine == Engine::Asleep {
            // Not before the visitor wants it, unless it is here already.
            self.state.is_cached = None;
            self.effects.push(Effect::AskCached(folder));
            return;
        }
        self.state.brought = None;
        self.restart(status, None);
        self.stop_grid();
    }

    /// Takes a recipe into the form, and its model too if this page has it; says what will differ.
    /// Returns whether, as far as is known, nothing will.
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
            // Until a model is there, its samplers, its styles and its hash are not known.
            let is_known = self.state.loaded().is_some() && self.state.models.is_some();
            self.state.brought = (!is_known).then_some(brought);
        }
        (self.state.follows_device, self.state.follows_style) = (false, false);
        // Whichever model draws next says so itself.
        self.state.form = Recipe { model: String::new(), model_hash: String::new(), ..recipe };
        self.state.seed_is_fresh = true;
        self.say(status);
        differs.is_empty()
    }

    /// Looks at the brought recipe again, now that more is known of models: loads its model, or
    /// returns a sentence that says what will differ.
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
