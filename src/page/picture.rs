//! Pictures as all rooms know them: their names, and which are the same.

use std::rc::Rc;

use crate::recipe::Recipe;

/// A picture for an archive: its file name and its bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The file name.
    pub name: String,
    /// The bytes, or the picture's key in the store.
    pub png: Result<Rc<[u8]>, u32>,
}

/// Returns the name of a recipe's picture for the visitor.
pub fn name(recipe: &Recipe) -> String {
    let style = if recipe.style.is_empty() { "any style" } else { &recipe.style };
    let prompt: String = recipe.prompt.chars().take(80).collect();
    let prompt = if prompt.trim().is_empty() { "no words" } else { &prompt };
    format!("{prompt}, {style}, seed {}", recipe.seed)
}

/// Returns whether two recipes draw the same first picture with the same model.
pub fn is_same(one: &Recipe, other: &Recipe) -> bool {
    // The history is long, so the fields that mostly differ are compared first.
    if (one.seed, &one.prompt, &one.style) != (other.seed, &other.prompt, &other.style) {
        return false;
    }
    let first =
        |recipe: &Recipe| Recipe { count: 1, model: String::new(), ..recipe.clone().unsaved() };
    first(one) == first(other)
}

/// Returns how a picture was made from another one, as a part of a description; `None` if it was made
/// from words alone.
pub fn origin(recipe: &Recipe) -> Option<String> {
    let Recipe { picture, strength, mask, inversion, source_style, .. } = recipe;
    match (picture.is_empty(), mask.is_empty(), inversion) {
        (true, ..) => None,
        (_, _, true) if source_style.is_empty() => Some("restyled".into()),
        (_, _, true) => Some(format!("restyled from {source_style}")),
        (_, false, _) => Some("mended".into()),
        (_, true, _) => Some(format!("from a picture, strength {strength}")),
    }
}
