//! Variants made of a picture, with captions that say what was done, so that prompts compose.

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, SliceRandom};

use super::caption_kind::CaptionKind;
use super::compose::{COUNTS, SIDES, pair, placed, several, small};
use super::subjects::Subjects;
use crate::dataset::Dataset;
use crate::dataset::names::colours::{COLOURS, Colour, is_colour, painted};
use crate::dataset::names::grammar::{is_counted, with_article};
use crate::image::Image;

/// How many variants are made of each picture, of each kind.
const VARIANTS: usize = 3;

/// A picture and its caption.
#[derive(Debug)]
pub(super) struct Augmented {
    pub(super) image: Image,
    pub(super) caption: String,
}

/// Returns variants of the picture at index `i`, of a kind that can be
/// [made](super::subjects::Subject::made) of it.
pub(super) fn variants(
    dataset: &Dataset,
    subjects: &Subjects<'_>,
    (i, kind): (usize, CaptionKind),
    rng: &mut StdRng,
) -> Vec<Augmented> {
    let is_painted = kind == CaptionKind::Painted;
    let mut colours = COLOURS;
    colours.shuffle(rng);
    let mut made: Vec<Augmented> = Vec::new();
    // Some variants are refused because they would show what is held out, or exist already.
    for colour in colours {
        let Some(name) = subjects.all[i].thing(rng) else { continue };
        let one = match is_painted {
            true => coloured(dataset, subjects, (i, name, colour), rng),
            false => composed(dataset, subjects, (i, name), rng),
        };
        let is_new = |one: &Augmented| made.iter().all(|other| other.caption != one.caption);
        made.extend(one.filter(is_new));
        if made.len() == VARIANTS {
            break;
        }
    }
    made
}

/// Returns the picture of the thing `name` painted in one colour, with a caption such as “blue pizza”;
/// `None` if the result is held out, or no name is left without its colours.
fn coloured(
    dataset: &Dataset,
    subjects: &Subjects<'_>,
    (i, name, colour): (usize, &str, Colour),
    rng: &mut StdRng,
) -> Option<Augmented> {
    let mut plain = name.split(' ').peekable();
    while plain.next_if(|word| is_colour(word) || *word == "light").is_some() {}
    let plain: Vec<&str> = plain.collect();
    // “orange” is a colour and a fruit, and a “great white shark” has no other colour.
    if plain.is_empty() || plain.iter().any(|word| is_colour(word)) {
        return None;
    }
    let caption = format!("{} {}", colour.name, plain.join(" "));
    // A red heart painted orange would reveal the held-out orange heart.
    if subjects.is_held(&caption) {
        return None;
    }
    let caption = articled(caption, rng);
    Some(Augmented { image: painted(&dataset.pictures[i], colour), caption })
}

/// Returns a composition: several copies of the thing, a small one, one at a side, or one beside
/// another thing of the same style.
fn composed(
    dataset: &Dataset,
    subjects: &Subjects<'_>,
    (i, own): (usize, &str),
    rng: &mut StdRng,
) -> Option<Augmented> {
    let picture = &dataset.pictures[i];
    let has_size = ["small", "large", "big", "little"].iter().any(|size| own.starts_with(size));
    let (image, caption) = match rng.random_range(0..10) {
        0..4 if !is_counted(own) => return None,
        0..4 => several(picture, own, *COUNTS.choose(rng)?),
        4 if has_size => return None,
        4 => small(picture, own),
        5 | 6 => placed(picture, own, *SIDES.choose(rng)?),
        _ => {
            let style = &dataset.entries[i].style;
            let other = (0..100).find_map(|_| {
                let j = *subjects.learnt.choose(rng)?;
                let is_thing = subjects.all[j].made.contains(&CaptionKind::Composed);
                (j != i && is_thing && dataset.entries[j].style == *style).then_some(j)
            })?;
            pair((picture, own), (&dataset.pictures[other], subjects.all[other].thing(rng)?))
        }
    };
    Some(Augmented { image, caption })
}

/// Returns the caption, with an article one time in four.
fn articled(caption: String, rng: &mut StdRng) -> String {
    match rng.random_range(0..4) {
        0 => with_article(&caption).unwrap_or(caption),
        _ => caption,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::names::Families;
    use crate::dataset::{Entry, Split};
    use crate::text::WordTable;
    use crate::tools::random::step_rng;

    fn dataset() -> Dataset {
        let entry = |label: &str, group: &str, split| Entry {
            label: label.into(),
            style: "noto".into(),
            group: group.into(),
            split,
            ..Entry::default()
        };
        // The picture is a bar, so that no composition looks like the picture itself.
        let pixels = (0..128 * 128).flat_map(|i| match i % 128 {
            20..100 => [220, 30, 30, 255],
            _ => [0; 4],
        });
        let picture = Image { width: 128, height: 128, pixels: pixels.collect() };
        let entries = vec![
            entry("red apple", "food & drink", Split::Train),
            entry("wolf", "animals & nature", Split::Train),
            entry("woman", "people & body", Split::Train),
            entry("orange", "food & drink", Split::Train),
            entry("", "own", Split::Train),
            entry("a cat", "own", Split::Train),
            entry("blue apple", "food & drink", Split::Pair),
        ];
        Dataset { pictures: vec![picture; entries.len()], entries }
    }

    fn subjects<'a>(dataset: &'a Dataset, everyday: &'a WordTable) -> Subjects<'a> {
        let labels = dataset.entries.iter().map(|entry| entry.label.as_str());
        Subjects::new(dataset, &Families::by_label(labels), everyday)
    }

    #[test]
    fn captions_describe_the_variants() {
        let dataset = dataset();
        let everyday = WordTable::default();
        let subjects = subjects(&dataset, &everyday);
        let mut rng = step_rng(0, 0);
        let mut all = |i: usize, kind: CaptionKind| -> Vec<String> {
            let mut made = Vec::new();
            for _ in 0..30 {
                let new = variants(&dataset, &subjects, (i, kind), &mut rng);
                assert_eq!(new.len(), VARIANTS, "{new:?}");
                for one in new {
                    assert!(
                        one.image.pixels != dataset.pictures[i].pixels
                            || one.caption.contains("red")
                    );
                    made.push(one.caption);
                }
            }
            made
        };
        let apples = all(0, CaptionKind::Painted);
        assert!(apples.iter().any(|caption| caption == "a green apple"), "{apples:?}");
        assert!(apples.iter().all(|caption| caption.ends_with(" apple")));
        assert!(!apples.iter().any(|caption| caption.contains("blue apple")), "it is held out");
        let wolves = all(1, CaptionKind::Composed);
        for caption in ["two wolves", "small wolf", "wolf and red apple"] {
            assert!(wolves.iter().any(|made| made == caption), "{caption}: {wolves:?}");
        }
        let cats = all(5, CaptionKind::Composed);
        assert!(cats.iter().any(|caption| caption == "three cats"), "{cats:?}");
        assert!(cats.iter().all(|caption| !caption.contains("a cat")), "{cats:?}");
    }

    #[test]
    fn makes_no_variants_of_people_and_unnamed_pictures() {
        let dataset = dataset();
        let everyday = WordTable::default();
        let subjects = subjects(&dataset, &everyday);
        assert_eq!(subjects.all[0].made.len(), 2);
        for i in [2, 4] {
            assert!(subjects.all[i].made.is_empty(), "{i}");
        }
        let painted = variants(&dataset, &subjects, (3, CaptionKind::Painted), &mut step_rng(0, 1));
        assert!(painted.is_empty(), "{painted:?}");
    }
}
