//! Bringing a recipe and its model into the form, and saying how the picture will differ.

use super::offer::{Brought, offered};
use super::{Follows, Form, FormAnswer, FormWish, Known};
use crate::recipe::Recipe;
use crate::recipe::address::{Address, SAMPLING, standard};
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

fn judge(brought: &Brought, known: Known<'_>) -> Judged {
    let (recipe, lost) = offered(brought.recipe.clone(), known.model);
    let missing: Vec<String> = brought.unknown.iter().cloned().chain(lost).collect();
    let (mut differs, mut folder) = (Vec::new(), None);
    if !missing.is_empty() {
        differs.push(format!("this page leaves out or changes {}", several(&missing)));
    }
    let hash = recipe.model_hash.trim().to_ascii_lowercase();
    let hash = &hash;
    let mut models = known.models.into_iter().flatten();
    let other = models.find(|m| !hash.is_empty() && m.hash == *hash);
    match (known.model, other) {
        _ if hash.is_empty() => {
            if brought.is_of_picture {
                differs.push("it does not say which model drew it".into());
            }
        }
        (Some(model), _) if model.hash == *hash => {}
        (_, Some(other)) => {
            folder = Some(other.folder.clone()).filter(|folder| *folder != known.folder);
        }
        (Some(_), None) if known.models.is_none() => {}
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

/// Returns whether the recipe names the loaded model as its own, or any model if none is loaded
/// yet.
fn is_brought_again(recipe: &Recipe, known: Known<'_>) -> bool {
    let hash = recipe.model_hash.trim();
    !hash.is_empty() && known.model.is_none_or(|model| model.hash.eq_ignore_ascii_case(hash))
}

/// How a recipe was brought.
struct Outcome {
    /// Whether, as far as is known, its picture will not differ.
    is_clear: bool,
    /// Whether its model is being loaded.
    loads: bool,
}

impl Form {
    /// Offers to draw the recipe of a link, though its model is a large download.
    pub(in crate::page) fn offer_press(&self, known: Known<'_>, answer: &mut FormAnswer) {
        answer.say("Nothing is downloaded yet: one press draws what this link asks for.");
        let brought = self.brought.as_ref();
        let differs = brought.and_then(|brought| judge(brought, known).sentence(&brought.what));
        differs.into_iter().for_each(|differs| answer.add(differs));
    }

    /// Takes in a recipe, and loads its model if the server has it. Says how the picture will
    /// differ.
    fn bring(&mut self, brought: Brought, known: Known<'_>, answer: &mut FormAnswer) -> Outcome {
        let judged = judge(&brought, known);
        let what = &brought.what;
        let mut status = match judged.sentence(what) {
            Some(differs) => differs,
            None if is_brought_again(&judged.recipe, known) => {
                format!("{what}: Generate draws it again.")
            }
            None => format!("{what}: Generate draws it."),
        };
        let Judged { recipe, differs, folder } = judged;
        let outcome = Outcome { is_clear: differs.is_empty(), loads: folder.is_some() };
        if let Some(folder) = folder {
            status += &format!(" Its model, “{}”, is being loaded.", short(&recipe.model, 40));
            answer.wish(FormWish::Load { folder, status: status.clone() });
        } else {
            // The samplers, styles and hash of a model are unknown until it is loaded.
            let is_known = known.model.is_some() && known.models.is_some();
            self.brought = (!is_known).then_some(brought);
        }
        (self.follows.device, self.follows.style) = (false, false);
        // The model that draws next fills in its own name and hash.
        self.recipe = Recipe { model: String::new(), model_hash: String::new(), ..recipe };
        self.seed_is_fresh = true;
        answer.say(status);
        outcome
    }

    /// Takes in a recipe that the visitor brought. It replaces the picture that the page was about
    /// to show.
    pub(in crate::page) fn bring_new(
        &mut self,
        brought: Brought,
        known: Known<'_>,
        answer: &mut FormAnswer,
    ) {
        self.follows.let_go_sampling();
        self.earlier = None;
        answer.wish(FormWish::GiveUpLanding { is_of_form: false });
        self.bring(brought, known, answer);
    }

    /// Judges the brought recipe again, now that more is known about the models. Loads its model,
    /// or returns a sentence that says how the picture will differ.
    fn bring_again(&mut self, known: Known<'_>, answer: &mut FormAnswer) -> Option<String> {
        let brought = self.brought.as_ref()?;
        let judged = judge(brought, known);
        let differs = judged.sentence(&brought.what);
        if let Some(folder) = judged.folder {
            let status = "Loading the model that drew it.".into();
            answer.wish(FormWish::Load { folder, status });
            return None;
        }
        known.model?;
        if known.models.is_some() {
            self.brought = None;
        }
        differs
    }

    /// Takes in an address. What is invalid in it is reported once the model is loaded. Returns
    /// whether, as far as is known, all of it is valid.
    pub(in crate::page) fn follow(
        &mut self,
        address: Address,
        known: Known<'_>,
        answer: &mut FormAnswer,
    ) -> bool {
        let Address { recipe, unset, has_style, unknown } = address;
        let what = "The link's recipe is in the form".into();
        let is_asked = recipe != standard();
        let follows_device = self.follows.device && !is_asked;
        let brought = Brought { what, is_of_picture: false, recipe, unknown };
        let Outcome { is_clear, loads } = self.bring(brought, known, answer);
        let model = unset.len() == SAMPLING.len();
        self.follows = Follows { model, style: !has_style, device: follows_device, unset };
        self.seed_is_fresh = is_asked;
        if !is_asked && self.brought.as_ref().is_some_and(|brought| brought.unknown.is_empty()) {
            self.brought = None;
        }
        if !loads {
            self.recipe = self.follows.apply(self.recipe.clone(), known);
        }
        is_clear
    }

    /// Follows a link in the open page: its picture is shown from the history, or drawn.
    pub(super) fn follow_here(
        &mut self,
        address: Address,
        known: Known<'_>,
        answer: &mut FormAnswer,
    ) {
        let recipe = address.recipe.clone();
        if self.follow(address, known, answer) && recipe != standard() {
            answer.wish(FormWish::Land(recipe));
        }
    }

    /// Takes in that the server has listed its models.
    pub(in crate::page) fn hear_models(&mut self, known: Known<'_>, answer: &mut FormAnswer) {
        if let (true, Some(model)) = (self.follows.style, known.chosen()) {
            self.recipe.style.clone_from(&model.style);
        }
        if let Some(differs) = self.bring_again(known, answer) {
            answer.add(differs);
        }
    }

    /// Takes in what follows the model that was loaded, and the model's names of sampler and style.
    /// Returns a sentence that says how the picture of a brought recipe will differ.
    pub(in crate::page) fn hear_model(
        &mut self,
        known: Known<'_>,
        answer: &mut FormAnswer,
    ) -> Option<String> {
        self.follows.take_up(&self.recipe, known);
        self.recipe = self.follows.apply(self.recipe.clone(), known);
        let (Recipe { sampler, style, .. }, _) = offered(self.recipe.clone(), known.model);
        (self.recipe.sampler, self.recipe.style) = (sampler, style);
        self.bring_again(known, answer)
    }

    /// Returns a recipe that waited for the model, as the model draws it.
    pub(in crate::page) fn as_awaited(&self, recipe: Recipe, known: Known<'_>) -> Recipe {
        // A recipe that is drawn unchanged keeps its own number of pictures.
        let count = recipe.count;
        let mut recipe = self.follows.apply(recipe, known);
        recipe.count = if self.follows.model { recipe.count } else { count };
        offered(recipe, known.model).0
    }
}
