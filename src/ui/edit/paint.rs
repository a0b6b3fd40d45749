//! Paints marks on a canvas.

use std::rc::Rc;

use wasm_bindgen::JsCast;
use web_sys::{
    CanvasPattern, CanvasRenderingContext2d, HtmlCanvasElement, HtmlImageElement, window,
};

use crate::page::edit::painting::{COLOURS, Ink, Mark, Painting, Point};
use crate::ui::sheet::picture;

/// What a line is drawn with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Pen {
    /// Ink, which stays a mark of the painting.
    Ink(Ink),
    /// The picture as it was before, which comes back.
    Restore,
}

/// A canvas, ready to be painted on.
#[derive(Clone)]
pub(super) struct Easel {
    pub(super) canvas: HtmlCanvasElement,
    context: CanvasRenderingContext2d,
}

impl Easel {
    /// Returns the easel of a canvas; `None` if the browser cannot draw on it.
    pub(super) fn of(canvas: HtmlCanvasElement) -> Option<Self> {
        let context = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        Some(Self { canvas, context })
    }

    /// Returns the easel of a new canvas that nobody sees.
    fn hidden(width: u32, height: u32) -> Option<Self> {
        let canvas = window()?.document()?.create_element("canvas").ok()?;
        let canvas: HtmlCanvasElement = canvas.dyn_into().ok()?;
        canvas.set_width(width);
        canvas.set_height(height);
        Self::of(canvas)
    }

    fn size(&self) -> (f64, f64) {
        (f64::from(self.canvas.width()), f64::from(self.canvas.height()))
    }

    /// Draws a line of a round brush. `old` is the picture that a restoring pen brings back.
    pub(super) fn line(&self, pen: Pen, old: Option<&CanvasPattern>, width: f64, points: &[Point]) {
        let (context, (w, h)) = (&self.context, self.size());
        let Some(first) = points.first() else { return };
        context.save();
        match (pen, old) {
            (Pen::Ink(ink), _) => self.dip(ink),
            (Pen::Restore, Some(old)) => context.set_stroke_style_canvas_pattern(old),
            (Pen::Restore, None) => return context.restore(),
        }
        context.set_line_width(width * w.max(h));
        context.set_line_cap("round");
        context.set_line_join("round");
        context.begin_path();
        context.move_to(first.0 * w, first.1 * h);
        // A line to where it begins is a dot.
        points.iter().for_each(|point| context.line_to(point.0 * w, point.1 * h));
        context.stroke();
        context.restore();
    }

    /// Takes an ink for lines and areas.
    fn dip(&self, ink: Ink) {
        let colour = match ink {
            Ink::Colour(i) => COLOURS.get(i).map_or("black", |(_, colour)| colour),
            Ink::Eraser => {
                drop(self.context.set_global_composite_operation("destination-out"));
                "black"
            }
        };
        self.context.set_stroke_style_str(colour);
        self.context.set_fill_style_str(colour);
    }

    fn mark(&self, mark: &Mark, shape: Option<&HtmlImageElement>) -> Option<()> {
        let (context, (w, h)) = (&self.context, self.size());
        match mark {
            Mark::Line { ink, width, points } => self.line(Pen::Ink(*ink), None, *width, points),
            Mark::Rectangle { ink, from, size } => {
                context.save();
                self.dip(*ink);
                context.fill_rect(from.0 * w, from.1 * h, size.0 * w, size.1 * h);
                context.restore();
            }
            Mark::Ellipse { ink, from, size } => {
                let (across, down) = (size.0 * w / 2.0, size.1 * h / 2.0);
                let (x, y) = (from.0 * w + across, from.1 * h + down);
                context.save();
                self.dip(*ink);
                context.begin_path();
                drop(context.ellipse(x, y, across, down, 0.0, 0.0, std::f64::consts::TAU));
                context.fill();
                context.restore();
            }
            Mark::Shape(_) => {
                let inked = Self::hidden(w as u32, h as u32)?;
                let of_shape = &inked.context;
                of_shape
                    .draw_image_with_html_image_element_and_dw_and_dh(shape?, 0.0, 0.0, w, h)
                    .ok()?;
                of_shape.set_global_composite_operation("source-in").ok()?;
                inked.dip(Ink::Colour(MASK));
                of_shape.fill_rect(0.0, 0.0, w, h);
                context.draw_image_with_html_canvas_element(&inked.canvas, 0.0, 0.0).ok()?;
            }
        }
        Some(())
    }

    /// Paints everything anew, a picture at the bottom if there is one.
    pub(super) fn paint(&self, under: Option<&HtmlImageElement>, painting: &Loaded) {
        let (context, (w, h)) = (&self.context, self.size());
        context.clear_rect(0.0, 0.0, w, h);
        if let Some(under) = under {
            let drawn =
                context.draw_image_with_html_image_element_and_dw_and_dh(under, 0.0, 0.0, w, h);
            drop(drawn);
        }
        for (mark, shape) in &painting.0 {
            self.mark(mark, shape.as_ref());
        }
    }

    /// Returns a picture as a pattern that lies on this canvas as the picture does.
    pub(super) fn pattern(&self, picture: &HtmlImageElement) -> Option<CanvasPattern> {
        let (w, h) = self.size();
        let laid = Self::hidden(w as u32, h as u32)?;
        laid.paint(Some(picture), &Loaded::default());
        self.context.create_pattern_with_html_canvas_element(&laid.canvas, "no-repeat").ok()?
    }
}

/// The colour of masks, by its place in [`COLOURS`].
pub(super) const MASK: usize = 2;

/// The marks of a painting, with the pictures of their shapes.
#[derive(Default)]
pub(super) struct Loaded(Vec<(Rc<Mark>, Option<HtmlImageElement>)>);

impl Loaded {
    /// Loads the pictures of a painting's shapes.
    pub(super) async fn load(painting: &Painting) -> Self {
        let mut loaded = Vec::with_capacity(painting.marks.len());
        for mark in &painting.marks {
            let shape = match &**mark {
                Mark::Shape(png) => picture(png, "image/png").await,
                _ => None,
            };
            loaded.push((mark.clone(), shape));
        }
        Self(loaded)
    }
}
