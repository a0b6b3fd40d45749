//! The picture that is changed, and the ways to change it.

use std::rc::Rc;

use super::painting::{Change, Painting, Point};
use crate::image::frame::Frame;
use crate::page::beginning::Beginning;
use crate::recipe::Recipe;

/// How many changes of the picture can be taken back.
const MOST_STEPS: usize = 16;

/// A way to change a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Way {
    /// All of it is drawn anew, from the picture with some noise.
    #[default]
    Redraw,
    /// The part under a mask is drawn anew.
    Mend,
    /// It is drawn in another style.
    Restyle,
}

impl Way {
    /// All ways, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Redraw, Self::Mend, Self::Restyle];

    /// Returns its name for the visitor.
    pub fn name(self) -> &'static str {
        match self {
            Self::Redraw => "Redraw",
            Self::Mend => "Mend",
            Self::Restyle => "Restyle",
        }
    }
}

/// A mask, as it is painted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mask {
    /// What is painted.
    pub painting: Painting,
    /// The number of the last change.
    pub change: u32,
    /// The painting as PNG, once it is made.
    pub(super) png: Option<Rc<[u8]>>,
    /// The hash of the mask that the worker made of it.
    pub(super) hash: Option<String>,
    /// Whether what is empty around the picture is put under it again when the picture rests.
    pub(super) refills: bool,
}

impl Mask {
    /// Changes the painting. The mask must then be made anew.
    pub(super) fn paint(&mut self, change: Change) {
        if self.painting.change(change) {
            self.change += 1;
            (self.png, self.hash) = (None, None);
        }
    }

    /// Moves the painting with the picture that it is on. What covers the empty part around the picture
    /// must be filled anew.
    fn follow(&mut self, place: &impl Fn(Point) -> Point, scale: f64) {
        if !self.painting.is_empty() {
            self.refills |= self.painting.follow(place, scale) > 0;
            self.change += 1;
            (self.png, self.hash) = (None, None);
        }
    }
}

/// The picture that is changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Its name for the visitor.
    pub name: String,
    /// The picture as it was brought.
    pub brought: Rc<[u8]>,
    /// The picture as it is now.
    pub picture: Rc<[u8]>,
    /// The picture before each change.
    pub(super) earlier: Vec<Rc<[u8]>>,
    /// The part of it that the model sees.
    pub frame: Frame,
    /// The number of the last move of the frame.
    pub(super) moves: u32,
    /// The hash of what the worker made of it in this frame, which runs begin with.
    pub(super) hash: Option<String>,
    /// Where it changes.
    pub mask: Mask,
    /// How it changes.
    pub way: Way,
    /// How much of it changes in each way, from 0 to 1.
    strengths: [f64; 3],
    /// What it shows, in words.
    pub shows: String,
    /// The style that it is in; empty if that is not known.
    pub style: String,
    /// Words that may describe it.
    pub captions: Vec<String>,
    /// The prompts of the form that the visitor did not write for this picture.
    pub(super) unmeant: [String; 2],
}

impl Source {
    /// Returns a picture that is to be changed. `prompt` is the form's, and `recipe` its own if it is
    /// known.
    pub(super) fn new(
        name: String,
        picture: Rc<[u8]>,
        recipe: Option<&Recipe>,
        prompt: &str,
    ) -> Self {
        let (shows, style) =
            recipe.map(|recipe| (recipe.prompt.clone(), recipe.style.clone())).unwrap_or_default();
        Self {
            name,
            brought: picture.clone(),
            picture,
            earlier: Vec::new(),
            frame: Frame::default(),
            moves: 0,
            hash: None,
            mask: Mask::default(),
            way: Way::default(),
            strengths: [0.6, 0.9, 1.0],
            shows,
            style,
            captions: Vec::new(),
            unmeant: [prompt.to_owned(), prompt.to_owned()],
        }
    }

    /// Returns how much of the picture changes, from 0 to 1.
    pub fn strength(&self) -> f64 {
        self.strengths[self.way as usize]
    }

    pub(super) fn set_strength(&mut self, strength: f64) {
        self.strengths[self.way as usize] = strength;
    }

    /// Moves the picture in its frame, and the mask with it.
    pub(super) fn shift(&mut self, frame: Frame) {
        let (from, size) = (self.frame, self.size());
        self.mask.follow(&|point| from.place_in(frame, size, point), frame.zoom / from.zoom);
        self.frame = frame;
        self.moves += 1;
        self.hash = None;
    }

    /// Returns the picture's width and height in pixels.
    pub fn size(&self) -> [u32; 2] {
        size_of(&self.picture).unwrap_or([1, 1])
    }

    /// Returns whether a change of the picture can be taken back.
    pub fn can_undo(&self) -> bool {
        !self.earlier.is_empty()
    }

    /// Puts another picture in the place of this one.
    pub(super) fn replace(&mut self, picture: Rc<[u8]>) {
        self.earlier.push(std::mem::replace(&mut self.picture, picture));
        let old = self.earlier.len().saturating_sub(MOST_STEPS);
        self.earlier.drain(..old);
    }

    /// Returns what is missing before it can be drawn, in a sentence.
    pub fn lack(&self) -> Option<&'static str> {
        match self.way {
            Way::Mend if self.mask.painting.is_empty() && !self.mask.refills => {
                Some("Paint over what shall change first, or press “Fill around it”.")
            }
            Way::Restyle if self.shows.trim().is_empty() => {
                Some("Say first what the picture shows, or press “Propose words”.")
            }
            _ => None,
        }
    }

    /// Returns whether the worker has made all that a run begins with.
    pub(super) fn is_made(&self) -> bool {
        self.hash.is_some() && (self.way != Way::Mend || self.mask.hash.is_some())
    }

    /// Returns what runs begin with, if it is made.
    pub(super) fn beginning(&self) -> Option<Beginning> {
        let inverted =
            (self.way == Way::Restyle).then(|| (self.shows.trim().to_owned(), self.style.clone()));
        Some(Beginning {
            picture: self.hash.clone()?,
            strength: self.strength(),
            mask: self.mask.hash.clone().filter(|_| self.way == Way::Mend),
            inverted,
        })
    }

    /// Returns the words that it is drawn by, if the form's prompt is `prompt`.
    pub fn words<'a>(&'a self, prompt: &'a str) -> &'a str {
        if self.takes_own_words(prompt) { self.shows.trim() } else { prompt }
    }

    /// Returns whether it is restyled, and the visitor did not write the form's prompt for it.
    fn takes_own_words(&self, prompt: &str) -> bool {
        let is_meant = !prompt.trim().is_empty() && self.unmeant.iter().all(|own| own != prompt);
        self.way == Way::Restyle && !is_meant
    }

    /// Returns the prompt to draw with in place of the form's `prompt`, which is kept if the visitor
    /// wrote it for this picture.
    pub(super) fn prompt_for(&mut self, prompt: &str) -> Option<String> {
        if !self.takes_own_words(prompt) {
            return None;
        }
        let shows = self.shows.trim().to_owned();
        self.unmeant[1].clone_from(&shows);
        Some(shows)
    }
}

/// Returns the width and the height of a PNG in pixels; `None` if it has no header.
fn size_of(png: &[u8]) -> Option<[u32; 2]> {
    let number = |at: usize| {
        let bytes = png.get(at..at + 4)?.try_into().ok()?;
        Some(u32::from_be_bytes(bytes)).filter(|number| *number > 0)
    };
    Some([number(16)?, number(20)?])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Image;

    #[test]
    fn reads_the_size_of_a_png() {
        let png = Image { width: 3, height: 2, pixels: vec![7; 24] }.to_png(None).unwrap();
        assert_eq!(size_of(&png), Some([3, 2]));
        assert_eq!(size_of(&png[..20]), None);
    }

    #[test]
    fn a_prompt_that_was_written_for_the_picture_is_kept() {
        let mut source = Source::new("a.png".into(), Rc::new([1]), None, "an old prompt");
        (source.way, source.shows) = (Way::Restyle, " a dog ".into());
        assert_eq!(source.prompt_for("an old prompt").as_deref(), Some("a dog"));
        assert_eq!(source.prompt_for("a dog").as_deref(), Some("a dog"));
        assert_eq!(source.prompt_for("a cat"), None);
        source.way = Way::Redraw;
        assert_eq!(source.prompt_for("an old prompt"), None);
    }
}
