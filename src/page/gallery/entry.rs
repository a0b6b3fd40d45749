//! The entries of the history.

use std::rc::Rc;

use crate::image::RECIPE_KEYWORD;
use crate::page::picture::{Member, name};
use crate::recipe::Recipe;
use crate::recipe::file_name::file_name;

/// The first key of pictures that are not in the store.
const UNSTORED: u32 = 3_000_000_000;

/// A picture of the history.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryEntry {
    /// Its key in the store or, if it is not stored, a key that no stored picture has.
    pub key: u32,
    /// The recipe that it was drawn from; `None` if the stored recipe is damaged.
    pub recipe: Option<Recipe>,
    /// Fields of its recipe that this version does not know.
    pub unknown: Vec<String>,
    /// The PNG, with its recipe inside, if it was drawn on this page; otherwise the store has it.
    pub png: Option<Rc<[u8]>>,
    /// The upscaled version, if it was made on this page; otherwise the store may have it.
    pub large: Option<Rc<[u8]>>,
}

impl HistoryEntry {
    /// Returns an entry of the store from its key and its recipe as JSON.
    pub fn stored(key: u32, json: &str) -> Rc<Self> {
        let (recipe, unknown) = Recipe::from_json(json).ok().unzip();
        Rc::new(Self { key, recipe, unknown: unknown.unwrap_or_default(), png: None, large: None })
    }

    /// Returns whether a key is one of the store's.
    pub fn is_stored_key(key: u32) -> bool {
        key < UNSTORED
    }

    /// Returns a key for a picture that is not stored, which no entry of `history` has.
    pub fn unstored_key(history: &[Rc<Self>]) -> u32 {
        let last = history.iter().map(|entry| entry.key).filter(|key| *key >= UNSTORED).max();
        last.map_or(UNSTORED, |last| last + 1)
    }

    /// Returns its name for the visitor.
    pub fn name(&self) -> String {
        let Some(recipe) = &self.recipe else { return format!("damaged picture {}", self.key) };
        name(recipe)
    }

    /// Returns it as a member of an archive.
    pub(in crate::page) fn member(&self) -> Member {
        let name = self.recipe.as_ref().map_or("damaged".into(), file_name);
        let png = self.png.clone().ok_or(self.key);
        Member { name: format!("{:04}-{name}.png", self.key), png }
    }
}

/// Returns the recipe's JSON in a PNG as this project writes it; `None` if there is none in that
/// form. The worker reads the files of other programs, whose text may be compressed or in another
/// place.
pub fn own_recipe(png: &[u8]) -> Option<&str> {
    // The keyword, no compression, no language, and no translated keyword.
    let head = format!("{RECIPE_KEYWORD}\0\0\0\0\0");
    let mut rest = png.get(8..)?;
    loop {
        let (length, chunk) = (rest.get(..4)?, rest.get(8..)?);
        let length = u32::from_be_bytes(length.try_into().ok()?) as usize;
        let data = chunk.get(..length)?;
        if &rest[4..8] == b"iTXt" && data.starts_with(head.as_bytes()) {
            return str::from_utf8(&data[head.len()..]).ok();
        }
        rest = chunk.get(length + 4..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Image;

    #[test]
    fn finds_the_recipe_of_an_own_png_and_none_in_a_damaged_one() {
        let image = Image { width: 2, height: 1, pixels: vec![7; 8] };
        let png = image.to_png(Some("{\"prompt\": \"été\"}")).unwrap();
        assert_eq!(own_recipe(&png), Some("{\"prompt\": \"été\"}"));
        for end in [0, 4, 8, 11, 33, 40, 60] {
            assert_eq!(own_recipe(&png[..end]), None, "{end}");
        }
        let mut long = png.clone();
        long[33..37].copy_from_slice(&u32::MAX.to_be_bytes());
        assert_eq!(own_recipe(&long), None);
        let entry = HistoryEntry::stored(4, "{\"prompt\": \"fish\", \"lora\": 1}");
        assert_eq!((entry.name().as_str(), entry.unknown.len()), ("fish, any style, seed 0", 1));
        assert_eq!(HistoryEntry::stored(4, "{").name(), "damaged picture 4");
    }
}
