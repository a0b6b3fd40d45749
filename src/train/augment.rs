//! Examples made of a picture: the picture itself, and changed ones whose captions say what was
//! done, so that prompts compose.

use std::collections::HashSet;

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

use crate::dataset::Dataset;
use crate::dataset::colours::{COLOURS, colourfulness, has_colour, painted};
use crate::dataset::compose::{COUNTS, SIDES, pair, placed, several, small};
use crate::image::Image;

/// A picture and its captions.
pub(super) struct Augmented {
    pub(super) image: Image,
    pub(super) captions: Vec<String>,
}

/// As it is. Keywords are left out that are `concepts`, held out whole.
pub(super) fn plain(dataset: &Dataset, i: usize, concepts: &HashSet<&str>) -> Augmented {
    let entry = &dataset.entries[i];
    let label = &entry.label;
    if label.is_empty() {
        let mut captions = entry.tags.clone();
        captions.retain(|tag| !tag.is_empty() && !concepts.contains(tag.as_str()));
        if captions.is_empty() {
            captions.push(String::new());
        }
        return Augmented { image: dataset.pictures[i].clone(), captions };
    }
    // As often the bare label as everything else that one may call it.
    let mut captions = vec![label.clone(); 4];
    captions.push(format!("a {label}"));
    let is_new = |tag: &&String| !label.contains(tag.as_str()) && !concepts.contains(tag.as_str());
    let keywords = entry.tags.iter().filter(is_new);
    captions.extend(keywords.take(4).flat_map(|tag| [tag.clone(), format!("{label}, {tag}")]));
    Augmented { image: dataset.pictures[i].clone(), captions }
}

/// Returns the picture painted in one colour, with a caption such as “blue pizza”. `None` if there is
/// nothing to paint, or the result is `held` out.
pub(super) fn coloured(
    dataset: &Dataset,
    i: usize,
    held: &HashSet<&str>,
    rng: &mut StdRng,
) -> Option<Augmented> {
    let (entry, picture) = (&dataset.entries[i], &dataset.pictures[i]);
    let colour = COLOURS.choose(rng)?;
    if colourfulness(picture) < 0.2 {
        return None;
    }
    let is_colour = |word: &&str| !has_colour(word);
    let label = entry.label.split(' ').filter(is_colour).collect::<Vec<_>>().join(" ");
    // “orange” is a colour and a fruit; and some captions are empty.
    if label.is_empty() {
        return None;
    }
    let caption = format!("{} {label}", colour.name);
    // A red heart painted orange would give the held-out orange heart away.
    if held.contains(caption.as_str()) {
        return None;
    }
    let captions = vec![caption.clone(), caption.clone(), format!("a {caption}")];
    Some(Augmented { image: painted(picture, *colour), captions })
}

/// Several, small, at one side, or beside another thing of its style.
pub(super) fn composed(
    dataset: &Dataset,
    train: &[usize],
    i: usize,
    rng: &mut StdRng,
) -> Option<Augmented> {
    let (entry, picture) = (&dataset.entries[i], &dataset.pictures[i]);
    let label = entry.label.as_str();
    let is_thing = |i: usize| {
        let entry = &dataset.entries[i];
        !entry.label.is_empty()
            && !matches!(entry.group.as_str(), "people & body" | "symbols")
            && entry.label.split(' ').count() <= 2
    };
    if !is_thing(i) {
        return None;
    }
    let (image, caption) = match rng.random_range(0..10) {
        0..4 => several(picture, label, *COUNTS.choose(rng)?),
        4 => small(picture, label),
        5 | 6 => placed(picture, label, *SIDES.choose(rng)?),
        _ => {
            let other = (0..100).find_map(|_| {
                let j = *train.choose(rng)?;
                (j != i && is_thing(j) && dataset.entries[j].style == entry.style).then_some(j)
            })?;
            let other = (&dataset.pictures[other], dataset.entries[other].label.as_str());
            pair((picture, label), other)
        }
    };
    Some(Augmented { image, captions: vec![caption] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Entry, Split};
    use crate::tools::random::step_rng;

    fn dataset() -> Dataset {
        let entry = |label: &str| Entry {
            label: label.into(),
            tags: vec!["fruit".into(), "apple".into()],
            style: "noto".into(),
            group: "food & drink".into(),
            licence: String::new(),
            split: Split::Train,
        };
        // A bar, so that no composition looks like the picture itself.
        let pixels = (0..128 * 128).flat_map(|i| match i % 128 {
            20..100 => [220, 30, 30, 255],
            _ => [0; 4],
        });
        let picture = Image { width: 128, height: 128, pixels: pixels.collect() };
        Dataset {
            entries: vec![entry("red apple"), entry("pear")],
            pictures: vec![picture.clone(), picture],
        }
    }

    #[test]
    fn captions_say_what_was_done() {
        let dataset = dataset();
        let captions = plain(&dataset, 0, &HashSet::new()).captions;
        assert_eq!(captions[0], "red apple");
        assert_eq!(captions[5..], ["fruit".to_owned(), "red apple, fruit".into()]);
        assert_eq!(plain(&dataset, 0, &HashSet::from(["fruit"])).captions.len(), 5);
        let mut rng = step_rng(0, 0);
        let painted = coloured(&dataset, 0, &HashSet::new(), &mut rng).unwrap();
        assert!(painted.captions[0].ends_with(" apple") && !painted.captions[0].contains("red "));
        for _ in 0..20 {
            let made = composed(&dataset, &[0, 1], 1, &mut rng).unwrap();
            assert_ne!(made.captions[0], "pear");
            assert!(made.image.pixels != dataset.pictures[1].pixels);
        }
    }

    /// No “two s”, no “a ”, no “blue ”.
    #[test]
    fn what_has_no_name_is_not_composed() {
        let mut dataset = dataset();
        dataset.entries[0].label = String::new();
        dataset.entries[1].label = "orange".into();
        let mut rng = step_rng(0, 0);
        assert_eq!(plain(&dataset, 0, &HashSet::from(["apple"])).captions, ["fruit"]);
        dataset.entries[0].tags.clear();
        assert_eq!(plain(&dataset, 0, &HashSet::new()).captions, [""]);
        for _ in 0..20 {
            for i in [0, 1] {
                assert!(coloured(&dataset, i, &HashSet::new(), &mut rng).is_none());
            }
            assert!(composed(&dataset, &[0, 1], 0, &mut rng).is_none());
            if let Some(made) = composed(&dataset, &[0, 1], 1, &mut rng) {
                assert!(!made.captions[0].contains("and"), "{}", made.captions[0]);
            }
        }
    }
}
