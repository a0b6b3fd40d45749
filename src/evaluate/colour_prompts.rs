//! The colour score: whether a model draws “blue car” and the like in the colour asked for, and the
//! score of real pictures.

use super::Asked;
use super::interval::Interval;
use crate::dataset::gather::is_in_colour;
use crate::dataset::names::colours::{COLOURS, Colour, colourfulness, painted};
use crate::dataset::names::seeing::share;
use crate::image::Image;

/// Returns the colour score of real pictures that were painted in the colours of the first `most`
/// prompts.
pub(super) fn real_colour(images: &[&Image], most: usize) -> Interval {
    let colours: Vec<Colour> = coloured_things(most).map(|(colour, _)| colour).collect();
    let colourful = images.iter().filter(|image| colourfulness(image) >= 0.2);
    let painted = colourful
        .zip(colours.iter().cycle())
        .map(|(image, colour)| (painted(image, *colour), *colour));
    mean_share(painted)
}

/// Returns the mean share of pictures' colourful area that has the colour asked for, 0..1.
pub(super) fn mean_share(images: impl Iterator<Item = (Image, Colour)>) -> Interval {
    let shares: Vec<f64> =
        images.map(|(image, colour)| share(&image, colour).unwrap_or(0.0)).collect();
    Interval::mean(&shares)
}

/// Returns colours and prompts, such as blue and “blue car”.
fn coloured_things(most: usize) -> impl Iterator<Item = (Colour, String)> {
    const THINGS: [&str; 12] = [
        "car", "apple", "heart", "cat", "house", "fish", "flower", "ball", "hat", "cup", "bird",
        "book",
    ];
    let hues = COLOURS.into_iter().filter(|colour| colour.hue.is_some());
    let named = |(thing, colour): (&str, Colour)| (colour, format!("{} {thing}", colour.name));
    let pairs = THINGS.iter().flat_map(move |thing| hues.clone().map(move |hue| (*thing, hue)));
    pairs.map(named).take(most)
}

/// Returns prompts of coloured things, each in the next of the styles that have colours. Styles that
/// draw all in black are left out.
pub(super) fn colour_prompts(styles: &[String], most: usize) -> Vec<(Colour, Asked)> {
    let styles: Vec<&String> = styles.iter().filter(|style| is_in_colour(style)).collect();
    let things = coloured_things(most).zip(styles.into_iter().cycle());
    things
        .map(|((colour, prompt), style)| (colour, Asked { prompt, style: style.clone() }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn asks_for_colours_only_in_styles_that_have_them() {
        let styles = ["ink", "noto", "silhouette", "mine"].map(str::to_owned);
        let prompts = colour_prompts(&styles, 20);
        let asked = |i: usize| (prompts[i].1.prompt.as_str(), prompts[i].1.style.as_str());
        assert_eq!(
            (prompts.len(), asked(0), asked(1)),
            (20, ("red car", "noto"), ("orange car", "mine"))
        );
        assert!(prompts.iter().all(|(_, asked)| is_in_colour(&asked.style)));
        assert_eq!(colour_prompts(&styles[..1], 20).len(), 0);
    }
}
