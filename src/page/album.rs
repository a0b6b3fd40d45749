//! The pictures and masks that runs begin with, which the page keeps to hand them to its worker.

use std::rc::Rc;

use super::protocol::{File, Kept, Request};
use crate::recipe::Recipe;

/// How many pictures are kept. Each move of a frame and each stroke of a mask makes one. Older ones are
/// still in the PNGs of the pictures made from them.
const MOST: usize = 64;

/// The message if a recipe names a picture that is not kept.
pub(super) const NOT_HERE: &str = "The picture that it begins with is not here: bring it first, by opening the PNG \
     of the sticker that was made from it.";

/// A picture at the model's size, or a mask, with the hash by which recipes name it.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The hash.
    pub hash: String,
    /// The PNG.
    pub png: Rc<[u8]>,
}

/// The pictures and masks that are kept, the latest last.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Album(Vec<Held>);

impl Album {
    /// Keeps a picture or a mask as the latest.
    pub fn keep(&mut self, Kept { hash, png: File(bytes) }: Kept) {
        self.0.retain(|held| held.hash != hash);
        self.0.push(Held { hash, png: bytes.into() });
        let old = self.0.len().saturating_sub(MOST);
        self.0.drain(..old);
    }

    /// Makes a picture the latest, so that it is dropped last.
    pub fn touch(&mut self, hash: &str) {
        if let Some(at) = self.0.iter().position(|held| held.hash == hash) {
            self.0[at..].rotate_left(1);
        }
    }

    /// Returns the PNG of a hash, if it is kept.
    pub fn find(&self, hash: &str) -> Option<&Rc<[u8]>> {
        self.0.iter().find(|held| held.hash == hash).map(|held| &held.png)
    }

    /// Returns whether all pictures are kept that a recipe names.
    pub fn has_all_of(&self, recipe: &Recipe) -> bool {
        named(recipe).all(|hash| self.find(hash).is_some())
    }

    /// Returns the requests that hand a recipe's pictures to a worker.
    pub fn requests(&self, recipe: &Recipe) -> Vec<Request> {
        let request = |hash: &str| {
            let png = File(self.find(hash)?.to_vec());
            Some(Request::Picture { hash: hash.to_owned(), png })
        };
        named(recipe).filter_map(request).collect()
    }
}

/// Returns the hashes that a recipe's run needs: that of its picture, then that of its mask.
fn named(recipe: &Recipe) -> impl Iterator<Item = &str> {
    let named = recipe.begins_with_picture().then_some([&recipe.picture, &recipe.mask]);
    named.into_iter().flatten().map(String::as_str).filter(|hash| !hash.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(hash: &impl ToString) -> Kept {
        Kept { hash: hash.to_string(), png: File(vec![1]) }
    }

    #[test]
    fn the_oldest_picture_is_dropped_unless_it_was_touched() {
        let mut album = Album::default();
        (0..MOST).for_each(|i| album.keep(kept(&i)));
        album.touch("0");
        album.keep(kept(&"new"));
        assert!(album.find("0").is_some() && album.find("1").is_none());
        assert_eq!(album.0.len(), MOST);
    }

    #[test]
    fn a_recipe_needs_its_picture_and_its_mask() {
        let mut album = Album::default();
        album.keep(kept(&"a"));
        let recipe = Recipe { picture: "a".into(), mask: "b".into(), ..Recipe::default() };
        assert!(!album.has_all_of(&recipe));
        album.keep(kept(&"b"));
        assert!(album.has_all_of(&recipe));
        assert_eq!(album.requests(&recipe).len(), 2);
        assert!(album.requests(&Recipe::default()).is_empty());
    }
}
