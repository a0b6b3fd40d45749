//! What the editor waits for.

/// What a tool is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    Fit,
    Mask,
    Around,
    CutOut,
    Describe,
    Carried,
}

/// A tool at work for the editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The number that names it in the worker's events.
    pub ticket: u32,
    pub(super) aim: Aim,
    /// How much of the work is done.
    pub done: usize,
    /// How much work there is; 0 until that is known.
    pub total: usize,
}

impl Asked {
    /// Returns a tool that has just begun.
    pub(super) fn new(ticket: u32, aim: Aim) -> Self {
        Self { ticket, aim, done: 0, total: 0 }
    }

    /// Returns whether the visitor has asked for it, and can stop it. The others are parts of drawing.
    pub fn is_pressed(&self) -> bool {
        matches!(self.aim, Aim::Around | Aim::CutOut | Aim::Describe)
    }

    /// Returns the name of its progress; empty if it is not shown.
    pub fn progress(&self) -> &'static str {
        match self.aim {
            Aim::Fit => "Fitting the picture",
            Aim::Around => "Filling the mask around the picture",
            Aim::CutOut => "Removing the background",
            Aim::Describe => "Looking at the picture",
            Aim::Mask | Aim::Carried => "",
        }
    }
}
