//! Saving what tools made.

use super::Derive;
use super::action::{DeriveAnswer, DeriveEffect, Product};
use crate::page::protocol::Animation;
use crate::recipe::Recipe;
use crate::recipe::file_name::{file_name, slug};

/// Returns the size of a file in words: “12 KB”.
pub fn kilobytes(bytes: usize) -> String {
    format!("{} KB", bytes.div_ceil(1000))
}

/// Returns the file name of a morph that begins with a recipe's picture.
pub(super) fn morph_name(recipe: &Recipe, format: Animation) -> String {
    let words = slug(&recipe.prompt);
    let words = if words.is_empty() { "patchwork" } else { &words };
    format!("{words}-morph.{}", format.extension())
}

impl Derive {
    /// Saves a file that a tool made, if there is one.
    pub(super) fn save(&self, product: Product, answer: &mut DeriveAnswer) {
        let Some(subject) = &self.subject else { return };
        let stem = file_name(&subject.recipe);
        let enlarged = self.enlarged.as_ref();
        let file = match product {
            Product::Sharp => {
                enlarged.map(|made| (format!("{stem}-{}.png", made.side), &made.sharp))
            }
            Product::Plain => {
                enlarged.map(|made| (format!("{stem}-{}-plain.png", made.side), &made.plain))
            }
            Product::Svg => self.trace.as_ref().map(|svg| (format!("{stem}.svg"), svg)),
        };
        let Some((name, bytes)) = file else { return };
        let mime = if product == Product::Svg { "image/svg+xml" } else { "image/png" };
        answer.say(format!("Saved {name}, {}.", kilobytes(bytes.len())));
        answer.effect(DeriveEffect::Save { name, mime, bytes: bytes.clone() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_up() {
        assert_eq!([0, 1, 1000, 1001].map(kilobytes), ["0 KB", "1 KB", "1 KB", "2 KB"]);
    }
}
