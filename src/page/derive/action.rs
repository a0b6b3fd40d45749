//! What happens to the tools, and what they ask for.

use std::rc::Rc;

use super::choices::Choices;
use super::job::{Panel, Work};
use crate::page::answer::Answer;

/// Something that happened to the tools.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DeriveAction {
    /// The visitor unfolds a panel, or folds it if it is unfolded.
    Unfold(Panel),
    /// The visitor unfolds or folds a panel for the picture in the editor, in place of the one on stage.
    UnfoldInEditor(Panel),
    /// The visitor chooses something in a panel.
    Choose(Choices),
    /// The visitor uses a tool.
    Use(Work),
    /// The visitor stops the tools of a panel.
    Stop(Panel),
    /// The visitor saves what a tool made.
    Save(Product),
    /// The visitor draws variations of the picture on stage.
    Vary,
    /// The visitor draws the picture on stage in every style.
    DrawStyles,
}

/// A file that a tool made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Product {
    /// The picture that the upscaler enlarged.
    Sharp,
    /// The picture that was enlarged by plain interpolation.
    Plain,
    /// The trace.
    Svg,
}

/// What the tools ask of the browser.
#[derive(Debug, Clone, PartialEq)]
pub enum DeriveEffect {
    /// Saves a file among the visitor's downloads.
    Save {
        /// Its name.
        name: String,
        /// Its MIME type.
        mime: &'static str,
        /// Its bytes.
        bytes: Rc<[u8]>,
    },
}

/// What the tools wish of other rooms.
#[derive(Clone, Copy)]
pub(in crate::page) enum DeriveWish {
    /// An engine uses a tool on the picture on stage.
    Use(Work),
    /// Variations of the picture on stage are drawn.
    Vary,
    /// The picture on stage is drawn in every style.
    DrawStyles,
}

pub(in crate::page) type DeriveAnswer = Answer<DeriveEffect, DeriveWish>;
