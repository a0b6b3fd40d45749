//! A tool at work.

use std::rc::Rc;

use crate::page::protocol::Animation;

/// A panel of the tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Panel {
    /// It enlarges the picture.
    Enlarge,
    /// It traces the picture.
    Trace,
    /// It draws the way to another picture.
    Morph,
}

impl Panel {
    /// Every panel.
    pub const ALL: [Self; 3] = [Self::Enlarge, Self::Trace, Self::Morph];

    /// Returns its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Enlarge => "Enlarge",
            Self::Trace => "Trace to SVG",
            Self::Morph => "Morph",
        }
    }
}

/// What a tool does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Enlarges the picture.
    Enlarge {
        /// The longer side in pixels: 512 or 2048.
        side: u32,
    },
    /// Traces the picture.
    Trace,
    /// Draws the frames of a morph.
    Morph,
    /// Puts these frames into one file.
    Animate(Animation),
}

impl Work {
    /// Returns the panel that shows it.
    pub fn panel(self) -> Panel {
        match self {
            Self::Enlarge { .. } => Panel::Enlarge,
            Self::Trace => Panel::Trace,
            Self::Morph | Self::Animate(_) => Panel::Morph,
        }
    }

    /// Returns whether it takes the place of `other`: both are of one kind, whatever their settings.
    pub(super) fn is_kind_of(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }

    /// Returns the name of its progress.
    pub fn progress(self) -> &'static str {
        match self {
            Self::Enlarge { .. } => "Enlarging",
            Self::Trace => "Tracing",
            Self::Morph => "Morphing",
            Self::Animate(_) => "Saving",
        }
    }

    /// Returns the message at its beginning.
    pub(super) fn begins(self) -> &'static str {
        match self {
            Self::Enlarge { .. } => "Enlarging the picture.",
            Self::Trace => "Tracing the picture.",
            Self::Morph => "Drawing the morph.",
            Self::Animate(_) => "The file is being made.",
        }
    }

    /// Returns what it makes, as the subject of a sentence.
    pub(super) fn subject(self) -> &'static str {
        match self {
            Self::Enlarge { .. } => "The enlarged picture",
            Self::Trace => "The trace",
            Self::Morph => "The morph",
            Self::Animate(_) => "The file of the morph",
        }
    }
}

/// A tool at work.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The number that names it in the worker's events.
    pub ticket: u32,
    /// What it does.
    pub work: Work,
    /// How much of the work is done.
    pub done: usize,
    /// How much work there is; 0 until that is known.
    pub total: usize,
    /// The latest picture of several.
    pub picture: Option<Rc<[u8]>>,
}

impl Job {
    /// Returns a tool that has just begun.
    pub(super) fn new(ticket: u32, work: Work) -> Self {
        Self { ticket, work, done: 0, total: 0, picture: None }
    }
}
