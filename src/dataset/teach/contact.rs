//! Contact sheets: pictures in rows, each with a caption below, for visual inspection.

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg;

use crate::dataset::gather::SIDE;
use crate::dataset::gather::canvas::{paste, to_image};
use crate::image::Image;
use crate::image::font::{FAMILY, svg_options};

/// A picture and the caption below it; a cell may have only one of them.
pub type Cell<'a> = (Option<&'a Image>, String);

/// The side of a picture, and the width and height of a cell, in pixels.
const PICTURE: usize = 64;
const CELL: [usize; 2] = [84, 82];
/// The font size in pixels, and how many letters fit below a picture.
const LETTER: usize = 9;
const LETTERS: usize = 18;

/// Returns the sheet, on white. Returns `None` if there is nothing to show, or if the sheet is too large
/// for one picture.
pub fn sheet(cells: &[Cell<'_>], columns: usize) -> Option<Image> {
    let rows = cells.len().div_ceil(columns.max(1));
    let [width, height] = [columns * CELL[0], rows * CELL[1]];
    let mut canvas = Pixmap::new(u32::try_from(width).ok()?, u32::try_from(height).ok()?)?;
    canvas.fill(Color::WHITE);
    let mut words = String::new();
    for (i, (image, text)) in cells.iter().enumerate() {
        let [x, y] = [i % columns * CELL[0], i / columns * CELL[1]];
        if let Some(image) = image {
            let place = [(x + (CELL[0] - PICTURE) / 2) as f32, y as f32];
            paste(&mut canvas, image, PICTURE as f32 / SIDE as f32, place)?;
        }
        let (x, y) = (x + CELL[0] / 2, y + PICTURE + LETTER);
        let text = escaped(&shortened(text));
        words += &format!("<text x=\"{x}\" y=\"{y}\">{text}</text>");
    }
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         font-family=\"{FAMILY}\" font-size=\"{LETTER}\" \
         text-anchor=\"middle\">{words}</svg>"
    );
    let tree = usvg::Tree::from_str(&svg, &svg_options()).ok()?;
    resvg::render(&tree, Transform::identity(), &mut canvas.as_mut());
    Some(to_image(&canvas))
}

fn shortened(text: &str) -> String {
    match text.chars().count() {
        ..=LETTERS => text.to_owned(),
        _ => text.chars().take(LETTERS - 1).chain(['…']).collect(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arranges_pictures_in_rows() {
        let picture =
            Image { width: SIDE, height: SIDE, pixels: [200, 0, 0, 255].repeat(SIDE * SIDE) };
        let cells = vec![
            (Some(&picture), "a <b> & c".into()),
            (None, "x".repeat(99)),
            (Some(&picture), String::new()),
        ];
        let sheet = sheet(&cells, 2).unwrap();
        assert_eq!([sheet.width, sheet.height], [2 * CELL[0], 2 * CELL[1]]);
        let at = |x: usize, y: usize| sheet.pixels.as_chunks::<4>().0[y * sheet.width + x];
        assert_eq!(at(42, 30), [200, 0, 0, 255]);
        assert_eq!(at(CELL[0] + 42, 30), [255; 4]);
        assert_eq!(at(42, CELL[1] + 30), [200, 0, 0, 255]);
        // The captions are rendered, whatever fonts the machine has.
        let dark = |y: usize| (0..CELL[0]).filter(|x| at(*x, y)[0] < 100).count();
        assert!((PICTURE..CELL[1]).map(dark).sum::<usize>() > 20);
        assert!(super::sheet(&[], 4).is_none());
    }
}
