//! A painting as data: marks one after another, so that the last one can be taken back.

use std::rc::Rc;

/// The sides of the painting's canvas are 1. This is where something is on it, from left and top.
pub type Point = (f64, f64);

/// What a mark is made with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ink {
    /// A colour, by its place in [`COLOURS`].
    Colour(usize),
    /// The eraser.
    Eraser,
}

/// The colours that are offered: the name and the colour as CSS.
pub const COLOURS: [(&str, &str); 8] = [
    ("Black", "#1c1c28"),
    ("White", "#ffffff"),
    ("Red", "#e4572e"),
    ("Yellow", "#f3a712"),
    ("Green", "#4c9f50"),
    ("Blue", "#2f6fbf"),
    ("Purple", "#8e4ea8"),
    ("Brown", "#8a5a3c"),
];

/// A mark on a painting. Lengths are shares of the canvas's side.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    /// A line of a round brush through some points; a single point is a dot.
    Line {
        /// What it is drawn with.
        ink: Ink,
        /// How wide it is.
        width: f64,
        /// Its points.
        points: Rc<[Point]>,
    },
    /// A filled rectangle.
    Rectangle {
        /// Its colour.
        ink: Ink,
        /// Its left and top.
        from: Point,
        /// Its width and height.
        size: Point,
    },
    /// A filled ellipse.
    Ellipse {
        /// Its colour.
        ink: Ink,
        /// The left and top of the rectangle around it.
        from: Point,
        /// The width and height of that rectangle.
        size: Point,
    },
    /// The shape of a picture's alpha, over the whole canvas.
    Shape(Rc<[u8]>),
}

impl Mark {
    /// Returns the mark after `place` has moved its points and `scale` its lengths; `None` if it is a shape,
    /// which covers the canvas whatever moves.
    fn moved(&self, place: &impl Fn(Point) -> Point, scale: f64) -> Option<Self> {
        let stretched = |(across, down): Point| (across * scale, down * scale);
        match self {
            Self::Line { ink, width, points } => {
                let points = points.iter().map(|point| place(*point)).collect();
                Some(Self::Line { ink: *ink, width: width * scale, points })
            }
            &Self::Rectangle { ink, from, size } => {
                Some(Self::Rectangle { ink, from: place(from), size: stretched(size) })
            }
            &Self::Ellipse { ink, from, size } => {
                Some(Self::Ellipse { ink, from: place(from), size: stretched(size) })
            }
            Self::Shape(_) => None,
        }
    }
}

/// A painting.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Painting {
    /// Its marks, the first at the bottom.
    pub marks: Vec<Rc<Mark>>,
    /// What was taken away at once.
    cleared: Vec<Rc<Mark>>,
}

/// A change of a painting.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A mark is added.
    Add(Mark),
    /// The last mark is taken back; if there is none, what was taken away at once comes back.
    Undo,
    /// All marks are taken away.
    Clear,
}

impl Painting {
    /// Changes the painting. Returns whether that made a difference.
    pub fn change(&mut self, change: Change) -> bool {
        match change {
            Change::Add(mark) => self.marks.push(Rc::new(mark)),
            Change::Undo if self.marks.is_empty() => {
                self.marks = std::mem::take(&mut self.cleared);
                return !self.marks.is_empty();
            }
            Change::Undo => drop(self.marks.pop()),
            Change::Clear if self.marks.is_empty() => return false,
            Change::Clear => self.cleared = std::mem::take(&mut self.marks),
        }
        true
    }

    /// Moves the marks with the picture that they are on. Shapes are taken away. Returns how many.
    pub(super) fn follow(&mut self, place: &impl Fn(Point) -> Point, scale: f64) -> usize {
        let before = self.marks.len();
        let moved = self.marks.iter().filter_map(|mark| mark.moved(place, scale).map(Rc::new));
        self.marks = moved.collect();
        before - self.marks.len()
    }

    /// Returns whether nothing is on it.
    pub fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undo_takes_back_the_last_mark_and_then_does_nothing() {
        let mark = |left: f64| Mark::Rectangle {
            ink: Ink::Colour(0),
            from: (left, 0.0),
            size: (0.5, 0.5),
        };
        let mut painting = Painting::default();
        assert!(
            painting.change(Change::Add(mark(0.0))) && painting.change(Change::Add(mark(0.25)))
        );
        assert!(painting.change(Change::Undo));
        assert_eq!(painting.marks, [Rc::new(mark(0.0))]);
        assert!(painting.change(Change::Clear) && painting.is_empty());
        assert!(painting.change(Change::Undo), "what was cleared comes back");
        assert_eq!(painting.marks, [Rc::new(mark(0.0))]);
        assert!(painting.change(Change::Undo) && !painting.change(Change::Undo));
    }
}
