//! Bringing a recipe and its model into the form, and saying how the picture will differ.

use super::offer::{Brought, PICTURE, offered};
use super::{Form, FormAnswer, FormWish, Known};
use crate::recipe::address::{Address, standard};
use crate::recipe::{PartialRecipe, Recipe};
use crate::tools::words::{several, short};

/// A brought recipe as the form can hold it, and how its picture will differ.
struct Judged {
    recipe: PartialRecipe,
    /// The reasons why the picture will differ, in clauses.
    differs: Vec<String>,
    /// The folder of the model that drew it, if this is not the chosen one.
    folder: Option<String>,
    /// Whether the picture that it begins with is not here.
    lacks_picture: bool,
}

impl Judged {
    /// Returns a sentence that says how the picture will differ; `what` begins it.
    fn sentence(&self, what: &str) -> Option<String> {
        let differs = self.differs.join("; ");
        (!differs.is_empty()).then(|| format!("{what}, but the picture will differ: {differs}."))
    }
}

fn judge(brought: &Brought, known: Known<'_>) -> Judged {
    let (recipe, mut lost) = offered(brought.recipe.clone(), known.model, known.album);
    let lacks_picture = lost.iter().any(|lost| lost == PICTURE);
    if !brought.is_of_picture {
        lost.retain(|lost| lost != PICTURE);
    }
    let missing: Vec<String> = brought.unknown.iter().cloned().chain(lost).collect();
    let (mut differs, mut folder) = (Vec::new(), None);
    if !missing.is_empty() {
        differs.push(format!("this page leaves out or changes {}", several(&missing)));
    }
    if lacks_picture && !brought.is_of_picture {
        differs.push(
            "it begins with a picture, which links do not carry (open the PNG of the picture \
             instead)"
                .into(),
        );
    }
    let text = |text: &Option<String>| text.clone().unwrap_or_default().trim().to_owned();
    let hash = text(&recipe.model_hash).to_ascii_lowercase();
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
        (Some(_), None) => differs.push(match text(&recipe.model).as_str() {
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
    Judged { recipe, differs, folder, lacks_picture }
}

/// Returns whether the recipe names the loaded model as its own, or any model if none is loaded yet.
fn is_brought_again(recipe: &PartialRecipe, known: Known<'_>) -> bool {
    let hash = recipe.model_hash.as_deref().unwrap_or_default().trim();
    !hash.is_empty() && known.model.is_none_or(|model| model.hash.eq_ignore_ascii_case(hash))
}

impl Form {
    /// Offers to draw the recipe of a link, though its model is a large download.
    pub(in crate::page) fn offer_press(&self, known: Known<'_>, answer: &mut FormAnswer) {
        answer.say("Nothing is downloaded yet: one press draws what this link asks for.");
        let brought = self.brought.as_ref();
        let differs = brought.and_then(|brought| judge(brought, known).sentence(&brought.what));
        differs.into_iter().for_each(|differs| answer.add(differs));
    }

    /// Takes in a recipe, and loads its model if the server has it. Says how the picture will differ,
    /// and returns whether, as far as is known, it will not.
    fn bring(&mut self, brought: Brought, known: Known<'_>, answer: &mut FormAnswer) -> bool {
        let judged = judge(&brought, known);
        let what = &brought.what;
        let mut status = match judged.sentence(what) {
            Some(differs) => differs,
            None if is_brought_again(&judged.recipe, known) => {
                format!("{what}: Generate draws it again.")
            }
            None => format!("{what}: Generate draws it."),
        };
        let Judged { recipe, differs, folder, lacks_picture } = judged;
        self.lacking = (lacks_picture && brought.is_of_picture).then(|| brought.clone());
        let is_clear = differs.is_empty();
        if let Some(folder) = folder {
            status += &format!(
                " Its model, “{}”, is being loaded.",
                short(recipe.model.as_deref().unwrap_or_default(), 40)
            );
            answer.wish(FormWish::Load { folder, status: status.clone() });
        } else {
            // The samplers, styles and hash of a model are unknown until it is loaded.
            let is_known = known.model.is_some() && known.models.is_some();
            self.brought = (!is_known).then_some(brought);
        }
        // The model that draws next fills in its own name and hash.
        self.chosen = PartialRecipe { model: None, model_hash: None, ..recipe };
        self.show(known);
        self.seed_is_fresh = true;
        answer.say(status);
        is_clear
    }

    /// Takes in a recipe that the visitor brought. It replaces the picture that the page was about
    /// to show.
    pub(in crate::page) fn bring_new(
        &mut self,
        brought: Brought,
        known: Known<'_>,
        answer: &mut FormAnswer,
    ) {
        self.earlier = None;
        answer.wish(FormWish::GiveUpLanding { is_of_form: false });
        self.bring(brought, known, answer);
    }

    /// Takes in a recipe again whose picture was not here, if it is now.
    pub(in crate::page) fn hear_pictures(&mut self, known: Known<'_>, answer: &mut FormAnswer) {
        let is_here =
            |lacking: &mut Brought| known.album.has_all_of(&lacking.recipe.onto(Recipe::default()));
        if let Some(brought) = self.lacking.take_if(is_here) {
            self.bring(brought, known, answer);
        }
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
        let is_asked = address.is_asked();
        let Address { mut recipe, unknown } = address;
        let what = "The link's recipe is in the form".into();
        if is_asked {
            // A link is that of one picture, whatever the device draws at once.
            recipe.count.get_or_insert(1);
        }
        let brought = Brought { what, is_of_picture: false, recipe, unknown };
        let is_clear = self.bring(brought, known, answer);
        self.seed_is_fresh = is_asked;
        if !is_asked && self.brought.as_ref().is_some_and(|brought| brought.unknown.is_empty()) {
            self.brought = None;
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
        let asked = address.is_asked().then(|| address.recipe.onto(standard()));
        if let (true, Some(recipe)) = (self.follow(address, known, answer), asked) {
            answer.wish(FormWish::Land(recipe));
        }
    }

    /// Takes in that the server has listed its models.
    pub(in crate::page) fn hear_models(&mut self, known: Known<'_>, answer: &mut FormAnswer) {
        self.show(known);
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
        self.let_go_own(known);
        self.chosen = offered(self.chosen.clone(), known.model, known.album).0;
        self.show(known);
        self.bring_again(known, answer)
    }
}
