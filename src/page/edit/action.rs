//! What happens in the editor, and what it asks for.

use std::rc::Rc;

use super::painting::Change;
use super::source::Way;
use crate::image::frame::Frame;
use crate::page::answer::Answer;
use crate::page::protocol::{File, Ground, Tool};
use crate::recipe::Recipe;

/// Something that happened in the editor.
pub enum EditAction {
    /// The visitor changes a picture on stage.
    Take {
        /// The picture as it was drawn.
        png: Rc<[u8]>,
        /// Its recipe.
        recipe: Box<Recipe>,
    },
    /// The visitor changes the picture that the one of this recipe was made from.
    GoBack(Box<Recipe>),
    /// The visitor unfolds the canvas to draw by hand, or folds it.
    UnfoldDrawing(bool),
    /// The visitor draws by hand.
    DrawByHand(Change),
    /// The visitor changes the drawing, which is this PNG.
    UseDrawing(Vec<u8>),
    /// The visitor moves the frame.
    Move(Frame),
    /// The frame has rested since the move of this number.
    Rested(u32),
    /// The visitor removes the background.
    CutOut(Ground),
    /// The visitor has corrected the picture by hand, which is this PNG now.
    Correct(Vec<u8>),
    /// The visitor takes back the last change of the picture.
    Undo,
    /// The visitor chooses how the picture changes.
    Choose(Way),
    /// The visitor chooses how much of the picture changes, from 0 to 1.
    SetStrength(f64),
    /// The visitor paints the mask.
    Paint(Change),
    /// The mask has been painted.
    Painted {
        /// The number of the change after which it is this.
        change: u32,
        /// The mask in the alpha of a PNG.
        png: Vec<u8>,
    },
    /// The visitor has all around the picture filled.
    FillAround,
    /// The visitor asks for words that describe the picture.
    Describe,
    /// The visitor says what the picture shows.
    SetShows(String),
    /// The visitor says in which style the picture is.
    SetStyle(String),
    /// The visitor draws.
    Draw,
    /// The visitor draws the picture in every style.
    DrawStyles,
    /// The visitor stops what a tool does.
    Stop,
    /// The visitor closes the editor.
    Close,
}

/// What the editor asks of the browser.
#[derive(Debug, Clone, PartialEq)]
pub enum EditEffect {
    /// Reports after a moment that the frame has rested since the move of this number.
    Rest(u32),
}

/// What the editor wishes of other rooms.
pub(in crate::page) enum EditWish {
    /// A tool is used on a picture.
    Use { ticket: u32, tool: Tool, file: File },
    /// The form is drawn, with this prompt if there is one.
    Draw { prompt: Option<String> },
    /// The form is drawn in every style, with this prompt if there is one.
    DrawStyles { prompt: Option<String> },
    /// The pictures of a file are here now, which the form may have lacked.
    HearPictures,
    /// The form gets this prompt if it has none.
    OfferPrompt(String),
}

pub(in crate::page) type EditAnswer = Answer<EditEffect, EditWish>;
