//! The pictures on stage, and how they are finished. The file that is shown is the file that is
//! saved.

use super::Stage;
use super::run::{Picture, View};
use crate::image::finish::Finish;
use crate::page::facts::ModelFacts;
use crate::page::picture::name;
use crate::recipe::Recipe;

/// Where an opened picture comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The visitor brought it.
    File,
    /// The grid.
    Grid,
    /// The history.
    History,
    /// A run of several pictures.
    Several,
}

impl Origin {
    /// Returns the end of a sentence about such a picture.
    fn words(self) -> &'static str {
        match self {
            Self::File => "from a file",
            Self::Grid => "from the grid",
            Self::History => "from the history",
            Self::Several => "one of several",
        }
    }
}

/// A picture that is opened in front of the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The recipe that it was drawn from.
    pub recipe: Recipe,
    /// The picture.
    pub png: Picture,
    /// Where it comes from.
    pub from: Origin,
}

/// A picture as it is shown, with its recipe.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The recipe that it was drawn from.
    pub recipe: Recipe,
    /// The picture as it was drawn.
    pub png: Picture,
    /// The file that is shown and saved; `None` while it is being made.
    pub file: Option<Picture>,
    /// Whether the file was made from the upscaler's output.
    pub is_upscaled: bool,
}

/// The sides of a model's pictures, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sides {
    /// As they are drawn; 0 if no model is loaded.
    pub drawn: u32,
    /// As the model's upscaler makes them, if it has one.
    pub upscaled: Option<u32>,
}

impl Sides {
    /// Returns the sides of the loaded model's pictures.
    pub fn of(model: Option<&ModelFacts>) -> Self {
        let side = |side: usize| u32::try_from(side).ok().filter(|side| *side > 0);
        Self {
            drawn: model.and_then(|model| side(model.side)).unwrap_or(0),
            upscaled: model.and_then(|model| side(model.upscaled_side)),
        }
    }

    /// Returns the default finish of a model with an upscaler.
    pub(super) fn finish(self) -> Option<Finish> {
        Some(Finish { size: self.upscaled?, ..Finish::default() })
    }
}

impl Stage {
    /// Returns the pictures on stage, and their kind.
    pub fn on_stage(&self, sides: Sides) -> (Vec<Shown>, View) {
        if let Some(Opened { recipe, png, .. }) = &self.opened {
            return (vec![self.as_shown(recipe.clone(), png, View::Result, sides)], View::Result);
        }
        let Some(run) = &self.run else { return (Vec::new(), View::Preview) };
        let (pictures, view) = run.on_view(self.noisy);
        let shown = |(i, png)| self.as_shown(run.recipe_of(i), png, view, sides);
        (pictures.iter().enumerate().map(shown).collect(), view)
    }

    /// Returns how pictures of a view are finished.
    pub fn finish_of(&self, view: View, sides: Sides) -> Finish {
        let finish = self.finishing.finish;
        match view {
            // A preview is saved as it is.
            View::Preview => Finish::default(),
            // Only finished pictures are upscaled: a decoded step is shown as the decoder returns
            // it.
            View::Decoded if sides.upscaled.is_some() => Finish { size: 0, ..finish },
            // A brought picture may have been enlarged already, so it keeps its size.
            View::Result if self.is_brought() && !self.finishing.is_chosen => {
                Finish { size: 0, ..finish }
            }
            View::Decoded | View::Result => finish,
        }
    }

    /// Returns whether a finished picture on stage was enlarged without the upscaler, because that
    /// could not be loaded.
    pub fn is_soft(&self, shown: &Shown, view: View, sides: Sides) -> bool {
        let is_larger = self.finish_of(view, sides).size > sides.drawn;
        let is_due = view == View::Result && sides.upscaled.is_some() && !self.is_brought();
        is_due && is_larger && shown.file.is_some() && !shown.is_upscaled
    }

    /// Returns whether the picture on stage is one that the visitor brought.
    pub fn is_brought(&self) -> bool {
        self.opened.as_ref().is_some_and(|opened| opened.from == Origin::File)
    }

    fn as_shown(&self, recipe: Recipe, png: &Picture, view: View, sides: Sides) -> Shown {
        let (file, is_upscaled) = match self.finishing.made_of(png) {
            _ if self.finish_of(view, sides).is_plain() => (Some(png.clone()), false),
            Some((file, is_upscaled)) => (Some(file.clone()), is_upscaled),
            None => (None, false),
        };
        Shown { recipe, png: png.clone(), file, is_upscaled }
    }

    /// Returns the file extension and the MIME type in which the pictures on stage are saved.
    pub(in crate::page) fn file_type(&self, sides: Sides) -> (&'static str, &'static str) {
        let format = self.finish_of(self.on_stage(sides).1, sides).format;
        (format.extension(), format.mime())
    }

    /// Returns a sentence about what is on stage.
    pub(super) fn describe(&self) -> String {
        match (&self.opened, &self.run) {
            (Some(Opened { recipe, from, .. }), _) => {
                format!("“{}”, {}.", name(recipe), from.words())
            }
            (None, Some(run)) => run.describe(self.noisy),
            (None, None) => String::new(),
        }
    }
}
