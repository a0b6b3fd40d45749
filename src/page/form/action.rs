//! What happens to the form, and what it asks for.

use super::offer::Brought;
use crate::page::answer::Answer;
use crate::page::facts::Chip;
use crate::recipe::address::Address;
use crate::recipe::{PartialRecipe, Recipe};

/// A change of the fields that the visitor chose.
pub type Edit = Box<dyn FnOnce(&mut PartialRecipe)>;

/// Something that happened to the form.
pub enum FormAction {
    /// The visitor edits the recipe.
    Edit(Edit),
    /// The visitor asks for an earlier prompt, or for a later one.
    Earlier {
        /// Whether it is an earlier prompt.
        back: bool,
    },
    /// The visitor takes a name that the model knows into the prompt.
    TakeChip(Chip),
    /// The address has changed.
    Follow(Box<Address>),
    /// The visitor brings a recipe into the form.
    Bring(Box<Brought>),
    /// The form has a problem, described in a sentence; `None` if it has none.
    Refuse(Option<String>),
    /// The visitor asks for a random seed.
    RollSeed,
    /// A random seed has been drawn.
    Rolled {
        /// The seed.
        seed: u64,
        /// Whether a picture is drawn with it.
        draws: bool,
    },
    /// The visitor chooses whether the next pictures keep one seed, or each gets its own.
    KeepSeed {
        /// Whether they keep the seed.
        keeps: bool,
        /// The seed; `None` for the form's seed.
        seed: Option<u64>,
    },
    /// The visitor chooses this seed for the next picture.
    UseSeed(u64),
    /// The visitor unfolds the settings or folds them.
    UnfoldSettings(bool),
    /// The visitor unfolds the list of what the model can draw.
    UnfoldConcepts,
    /// The list of what a folder's model can draw has arrived.
    Concepts {
        /// The folder.
        folder: String,
        /// The text of its `concepts.tsv`; `None` if the folder has none or it cannot be fetched.
        text: Option<String>,
    },
    /// The visitor draws the form.
    Draw,
    /// The visitor draws a recipe unchanged, which also goes into the form: one of the quilt, or
    /// the recipe of an old picture, to see its steps.
    DrawAgain(Box<Recipe>),
}

/// What the form asks of the browser.
#[derive(Debug, Clone, PartialEq)]
pub enum FormEffect {
    /// Asks for a random seed.
    RollSeed {
        /// Whether a picture is drawn with it.
        draws: bool,
    },
    /// Asks the server which concepts the model of a folder can draw.
    ListConcepts(String),
    /// Stores whether the settings are unfolded, for the next visit too.
    RememberSettings(bool),
}

/// What the form wishes of other rooms.
pub(in crate::page) enum FormWish {
    /// A recipe is drawn.
    Draw(PartialRecipe),
    /// The model of a folder is loaded, which a message tells.
    Load { folder: String, status: String },
    /// An earlier prompt is found, or a later one.
    Earlier { back: bool },
    /// The picture of a followed link is shown or drawn.
    Land(Recipe),
    /// The picture that was to be shown first is given up.
    GiveUpLanding {
        /// Whether this is only due if it is the form's.
        is_of_form: bool,
    },
}

pub(in crate::page) type FormAnswer = Answer<FormEffect, FormWish>;
