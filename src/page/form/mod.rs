//! The form: the recipe that is drawn next, and what helps to write it.

pub mod action;
mod begin;
mod bring;
pub mod concepts;
pub mod help;
pub mod offer;
mod prompt;
mod shown;

pub use action::{FormAction, FormEffect};
pub(super) use action::{FormAnswer, FormWish};
use concepts::Concepts;
use offer::Brought;
pub(super) use shown::{for_engine, is_open};

use super::album::Album;
use super::facts::{ModelChoice, ModelFacts, Reading};
use super::session::Session;
use crate::recipe::address::{field_pairs, read, standard};
use crate::recipe::{PartialRecipe, Recipe};

/// The form.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Form {
    /// The fields that the visitor chose, or that a link or a picture brought. The model decides the
    /// others.
    pub chosen: PartialRecipe,
    /// The whole recipe that is shown.
    pub recipe: Recipe,
    /// Whether the next picture keeps the seed of the last one.
    pub keeps_seed: bool,
    /// Whether the visitor chose the seed since the last picture. Then the next picture uses it,
    /// even if it is not kept.
    pub seed_is_fresh: bool,
    /// The problem with the form, which prevents drawing.
    refused: Option<String>,
    /// How the model reads the prompt.
    pub prompt_reading: Reading,
    /// How the model reads the negative prompt.
    pub negative_reading: Reading,
    /// The index of the earlier prompt in the form, and the prompt that it replaced.
    pub(super) earlier: Option<(usize, String)>,
    /// The recipe that was brought before the models were known.
    pub(super) brought: Option<Brought>,
    /// The recipe of a picture that was brought without the one that it begins with.
    lacking: Option<Brought>,
    /// Whether the settings are unfolded.
    pub unfolds_settings: bool,
    /// The concepts that the model can draw, once the visitor has asked for them.
    pub concepts: Concepts,
}

/// What the form must know of the models.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    /// The loaded model.
    pub(super) model: Option<&'a ModelFacts>,
    /// Whether it runs on a GPU that has passed the check.
    pub(super) is_checked: bool,
    /// The models of this server; `None` until it has listed them.
    pub(super) models: Option<&'a [ModelChoice]>,
    /// The chosen model's folder.
    pub(super) folder: &'a str,
    /// The pictures that runs can begin with.
    pub(super) album: &'a Album,
}

impl Form {
    /// Returns the form of a page before it [follows](Self::follow) its address.
    pub(super) fn start(unfolds_settings: bool) -> Self {
        Self { recipe: standard(), unfolds_settings, ..Self::default() }
    }

    /// Returns the fields that the visitor chose, by name, from which [`restore`](Self::restore) restores
    /// them.
    pub(super) fn fields(&self) -> Vec<(String, String)> {
        let pairs = field_pairs(&self.chosen).into_iter();
        pairs.map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Restores the form of this tab before a reload.
    pub(super) fn restore(&mut self, session: &Session, known: Known<'_>) {
        (self.chosen, self.keeps_seed) = (read(&session.form).recipe, session.keeps_seed);
        // The pictures that runs begin with are gone after a reload.
        self.chosen.leave_picture_out();
        self.seed_is_fresh = session.seed_is_fresh;
        self.show(known);
    }

    /// Handles an action.
    pub(super) fn handle(&mut self, action: FormAction, known: Known<'_>, answer: &mut FormAnswer) {
        match action {
            FormAction::Edit(edit) => {
                let (chosen, before) = (self.chosen.clone(), self.recipe.clone());
                self.lacking = None;
                edit(&mut self.chosen);
                self.show(known);
                if self.recipe == before {
                    // What was typed is what the model has in any case.
                    self.chosen = chosen;
                }
                self.choose_sampling(&before, known);
                self.seed_is_fresh |= self.recipe.seed != before.seed;
                if self.recipe.prompt != before.prompt {
                    self.earlier = None;
                }
                // A visitor who edits the recipe of a link wants the edited one drawn, on request.
                if self.recipe != before {
                    answer.wish(FormWish::GiveUpLanding { is_of_form: true });
                }
            }
            FormAction::Earlier { back } => answer.wish(FormWish::Earlier { back }),
            FormAction::TakeChip(chip) => {
                self.take_chip(&chip);
                self.show(known);
                answer.wish(FormWish::GiveUpLanding { is_of_form: true });
                answer.focus("#prompt");
            }
            FormAction::Follow(address) => self.follow_here(*address, known, answer),
            FormAction::Bring(brought) => self.bring_new(*brought, known, answer),
            FormAction::Refuse(problem) => self.refused = problem,
            FormAction::RollSeed => answer.effect(FormEffect::RollSeed { draws: false }),
            FormAction::Rolled { seed, draws } => {
                // Other noise has no variation of the noise before.
                (self.chosen.variation_seed, self.chosen.variation_strength) = (None, None);
                self.set_seed(seed, known);
                self.seed_is_fresh = !draws;
                match draws {
                    true => self.draw_form(answer),
                    false => answer.wish(FormWish::GiveUpLanding { is_of_form: true }),
                }
            }
            FormAction::KeepSeed { keeps, seed } => {
                let seed = seed.unwrap_or(self.recipe.seed);
                self.set_seed(seed, known);
                self.keeps_seed = keeps;
                answer.say(match keeps {
                    true => format!("The next pictures keep seed {seed}."),
                    false => "Each picture gets a new seed.".into(),
                });
            }
            FormAction::UseSeed(seed) => {
                self.set_seed(seed, known);
                self.seed_is_fresh = true;
                answer.wish(FormWish::GiveUpLanding { is_of_form: true });
                answer.say(format!("The next picture has seed {seed}."));
            }
            FormAction::UnfoldSettings(unfolds) => {
                self.unfolds_settings = unfolds;
                answer.effect(FormEffect::RememberSettings(unfolds));
            }
            FormAction::UnfoldConcepts => {
                if self.concepts.begin(known.folder) {
                    answer.effect(FormEffect::ListConcepts(known.folder.to_owned()));
                }
            }
            FormAction::Concepts { folder, text } => self.concepts.hear(&folder, text.as_deref()),
            FormAction::Draw => self.draw(answer),
            FormAction::DrawAgain(recipe) => self.draw_again(*recipe, known, answer),
        }
    }

    /// Returns whether the form has a problem, and reports it.
    pub(super) fn is_refused(&self, answer: &mut FormAnswer) -> bool {
        self.refused.iter().for_each(|problem| answer.warn(problem));
        self.refused.is_some()
    }

    /// Draws the form, with a new seed unless the seed is kept or was just chosen.
    pub(super) fn draw(&mut self, answer: &mut FormAnswer) {
        if self.is_refused(answer) {
            return;
        }
        if !self.keeps_seed && !self.seed_is_fresh {
            return answer.effect(FormEffect::RollSeed { draws: true });
        }
        self.draw_form(answer);
    }

    fn draw_form(&mut self, answer: &mut FormAnswer) {
        (self.seed_is_fresh, self.lacking) = (false, None);
        let seed = Some(self.recipe.seed);
        let drawn = PartialRecipe { seed, ..self.chosen.clone() };
        answer.wish(FormWish::Draw(begin::as_inverted(drawn)));
    }

    /// Takes in a recipe and draws it unchanged. The focus moves to the stage, because the pressed
    /// button is gone.
    fn draw_again(&mut self, recipe: Recipe, known: Known<'_>, answer: &mut FormAnswer) {
        let drawn = PartialRecipe { model: None, model_hash: None, ..recipe.into() };
        // The form keeps its own number of pictures.
        let count = self.chosen.count;
        self.chosen = PartialRecipe { count, ..drawn.clone() };
        if !known.album.has_all_of(&drawn.onto(Recipe::default())) {
            self.chosen.leave_picture_out();
        }
        self.show(known);
        (self.seed_is_fresh, self.lacking) = (false, None);
        answer.wish(FormWish::Draw(drawn));
        answer.focus(".stage");
    }

    fn set_seed(&mut self, seed: u64, known: Known<'_>) {
        self.chosen.seed = Some(seed);
        self.show(known);
    }

    /// Returns the prompt and the negative prompt.
    pub(super) fn prompts(&self) -> (String, String) {
        (self.recipe.prompt.clone(), self.recipe.negative.clone())
    }
}

impl<'a> Known<'a> {
    /// Returns the chosen model as the server lists it, if it is listed.
    fn chosen(self) -> Option<&'a ModelChoice> {
        self.models.into_iter().flatten().find(|model| model.folder == self.folder)
    }
}
