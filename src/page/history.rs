//! Pictures that were drawn before.

use std::rc::Rc;

use crate::image::Image;
use crate::recipe::Recipe;

/// Numbers from here on are of pictures that the store had no room for.
const UNSTORED: u32 = 3_000_000_000;

/// A picture of the history.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEntry {
    /// Its number in the store or, if it is not stored, one that no stored picture has.
    pub key: u32,
    /// What it was drawn from.
    pub recipe: Recipe,
    /// Fields of its recipe that this version does not know.
    pub unknown: Vec<String>,
    /// The picture, with its recipe inside.
    pub png: Rc<[u8]>,
}

impl HistoryEntry {
    /// From a PNG of the store; `None` if it is damaged.
    pub fn read(key: u32, png: Vec<u8>) -> Option<Rc<Self>> {
        let (recipe, unknown) = Image::recipe_of_png(&png).ok()??;
        Some(Rc::new(Self { key, recipe, unknown, png: png.into() }))
    }

    /// Returns whether the store has it.
    pub fn is_stored(&self) -> bool {
        self.key < UNSTORED
    }

    /// Returns a number for a picture that is not stored, which none of `history` has.
    pub fn unstored_key(history: &[Rc<Self>]) -> u32 {
        let last = history.iter().map(|entry| entry.key).filter(|key| *key >= UNSTORED).max();
        last.map_or(UNSTORED, |last| last + 1)
    }

    /// Makes the PNG that carries `recipe`; `None` if the picture cannot be written.
    pub fn png(picture: &Image, recipe: &Recipe) -> Option<Vec<u8>> {
        picture.to_png(Some(&serde_json::to_string(recipe).ok()?)).ok()
    }
}
