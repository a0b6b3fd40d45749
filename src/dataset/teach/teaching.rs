//! The captions of each picture of a dataset, how often each is sampled, and the variants of the picture
//! that are taught beside it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::augment::{Augmented, variants};
use super::caption_kind::CaptionKind;
use super::sampling::{Sampling, weights};
use super::subjects::{Subject, Subjects};
use crate::dataset::names::Families;
use crate::dataset::{Dataset, Entry};
use crate::image::Image;
use crate::text::WordTable;
use crate::tools::random::step_rng;

/// A caption of a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Caption {
    /// The text.
    pub text: String,
    /// The kind.
    pub kind: CaptionKind,
    /// The relative weight with which the picture is sampled with this caption.
    pub weight: f64,
}

/// A picture, as it is or as a variant, and its captions.
#[derive(Debug)]
pub struct Taught<'a> {
    /// The picture.
    pub image: Cow<'a, Image>,
    /// Its captions.
    pub captions: Vec<Caption>,
}

/// The share of a name's samples that have an article.
const ARTICLE: f64 = 0.25;

/// What is taught by the pictures of a dataset.
#[derive(Debug)]
pub struct Teaching<'a> {
    dataset: &'a Dataset,
    everyday: &'a WordTable,
    subjects: Subjects<'a>,
    sampling: Sampling,
}

impl<'a> Teaching<'a> {
    /// Finds the captions of a dataset, given the meanings of everyday words, and how often each kind is
    /// sampled.
    pub fn new(dataset: &'a Dataset, everyday: &'a WordTable) -> Self {
        let entries = &dataset.entries;
        let families = Families::by_label(entries.iter().map(|entry| entry.label.as_str()));
        let subjects = Subjects::new(dataset, &families, everyday);
        let kinds = |subject: &Subject<'_>| {
            let texts = subject.texts.iter().map(|(kind, _)| *kind);
            texts.chain(subject.made.iter().copied()).collect()
        };
        let kinds: Vec<Vec<CaptionKind>> = subjects.all.iter().map(kinds).collect();
        let sampling = Sampling::new(weights(entries, &families), &kinds);
        Self { dataset, everyday, subjects, sampling }
    }

    /// Returns the entries of the training pictures.
    pub fn entries(&self) -> impl Iterator<Item = &'a Entry> {
        self.subjects.learnt.iter().map(|&i| &self.dataset.entries[i])
    }

    /// Returns what is taught, a list for each training picture: the picture itself, then the variants
    /// made of it, which `seed` decides. The order is that of [`entries`](Self::entries).
    pub fn pictures(&self, seed: u64) -> impl Iterator<Item = Vec<Taught<'a>>> {
        let mut rng = step_rng(seed, usize::MAX);
        self.subjects.learnt.iter().map(move |&i| {
            let image = Cow::Borrowed(&self.dataset.pictures[i]);
            let mut taught = vec![Taught { image, captions: self.weighted(i) }];
            for (kind, weight) in self.made(i) {
                let made = variants(self.dataset, &self.subjects, (i, kind), &mut rng);
                let weight = weight / made.len().max(1) as f64;
                taught.extend(made.into_iter().map(|Augmented { image, caption }| Taught {
                    image: Cow::Owned(image),
                    captions: vec![Caption { text: caption, kind, weight }],
                }));
            }
            taught
        })
    }

    /// Returns the captions of all training pictures themselves, without variants, each with the index
    /// of its picture.
    pub fn captions(&self) -> impl Iterator<Item = (usize, Caption)> {
        let learnt = self.subjects.learnt.iter();
        learnt.flat_map(|&i| self.weighted(i).into_iter().map(move |caption| (i, caption)))
    }

    /// Returns the share of each kind of captions in all samples, including variants.
    pub fn shares(&self) -> BTreeMap<CaptionKind, f64> {
        let mut shares: BTreeMap<CaptionKind, f64> = BTreeMap::new();
        for &i in &self.subjects.learnt {
            let own = self.weighted(i).into_iter().map(|caption| (caption.kind, caption.weight));
            for (kind, weight) in own.chain(self.made(i)) {
                *shares.entry(kind).or_default() += weight;
            }
        }
        let all: f64 = shares.values().sum();
        shares.values_mut().for_each(|share| *share /= all);
        shares
    }

    /// Returns the kinds of variants that are made of picture `i`, and the weight of each.
    fn made(&self, i: usize) -> Vec<(CaptionKind, f64)> {
        let weight = |kind| (kind, self.sampling.weight(i) * self.sampling.share(i, kind));
        self.subjects.all[i].made.iter().copied().map(weight).collect()
    }

    /// Returns the captions of picture `i` itself, weighted among those of all pictures.
    fn weighted(&self, i: usize) -> Vec<Caption> {
        let weight = self.sampling.weight(i);
        let own = self.own(i).into_iter();
        own.map(|own| Caption { weight: weight * own.weight, ..own }).collect()
    }

    /// Returns the captions of picture `i` itself. The rest of their weight, up to 1, belongs to the
    /// variants that are [made](Self::made) of it.
    fn own(&self, i: usize) -> Vec<Caption> {
        let Subject { names, texts, made, .. } = &self.subjects.all[i];
        let mut rest = 1.0;
        for kind in made {
            rest -= self.sampling.share(i, *kind);
        }
        let mut captions = Vec::new();
        for (kind, texts) in texts {
            let share = self.sampling.share(i, *kind);
            rest -= share;
            let weight = share / texts.len() as f64;
            let caption = |text: &String| Caption { text: text.clone(), kind: *kind, weight };
            captions.extend(texts.iter().map(caption));
        }
        let unnamed = [("", None)];
        let names = if names.is_empty() { &unnamed[..] } else { names };
        let counts: Vec<f64> = names.iter().map(|(name, _)| self.counts(i, name)).collect();
        let all: f64 = counts.iter().sum();
        let kind = CaptionKind::Name;
        for ((name, with_article), count) in names.iter().zip(counts) {
            let each = rest * count / all;
            let mut weight = each;
            if let Some(text) = with_article {
                captions.push(Caption { text: text.clone(), kind, weight: each * ARTICLE });
                weight = each * (1.0 - ARTICLE);
            }
            captions.push(Caption { text: (*name).to_owned(), kind, weight });
        }
        captions
    }

    /// Returns the weight of a name relative to the label. An everyday word has weight 1 if the label is
    /// the first of its labels; the others share a weight of 1.
    fn counts(&self, i: usize, name: &str) -> f64 {
        let labels = self.everyday.labels(name);
        match labels.iter().position(|label| *label == self.dataset.entries[i].label) {
            Some(place) if place > 0 => 1.0 / (labels.len() - 1) as f64,
            _ => 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::Split;

    fn entry(label: &str, style: &str) -> Entry {
        Entry {
            label: label.into(),
            tags: vec!["pet".into(), "woof".into()],
            names: vec!["dog".into()],
            style: style.into(),
            group: "animals & nature".into(),
            colour: Some("brown".into()),
            ..Entry::default()
        }
    }

    fn dataset() -> Dataset {
        let mut entries = vec![entry("dog face", "noto"), entry("dog face", "noto")];
        let clock = |hour: &&str| Entry { label: format!("{hour} o’clock"), ..entry("", "noto") };
        entries.extend(["one", "two", "three", "four", "five", "six"].iter().map(clock));
        entries.push(Entry { split: Split::Concept, ..entry("woof", "noto") });
        let man =
            Entry { group: "people & body".into(), names: Vec::new(), ..entry("man", "noto") };
        entries.push(man);
        let picture = Image { width: 8, height: 8, pixels: [130, 80, 40, 255].repeat(64) };
        Dataset { pictures: vec![picture; entries.len()], entries }
    }

    #[test]
    fn captions_are_of_all_kinds_and_share_the_weight() {
        let dataset = dataset();
        let everyday = WordTable::new("dog\tdog face\n").unwrap();
        let teaching = Teaching::new(&dataset, &everyday);
        let captions = teaching.own(0);
        let texts: Vec<&str> = captions.iter().map(|caption| caption.text.as_str()).collect();
        for text in [
            "dog face",
            "a dog face",
            "dog",
            "a dog",
            "brown dog",
            "brown dog face",
            "dog face, pet",
            "pet",
            "noto dog",
            "dog face, noto style",
        ] {
            assert!(texts.contains(&text), "{text} is not among {texts:?}");
        }
        // “woof” is a held-out concept.
        assert!(!texts.iter().any(|text| text.contains("woof")), "{texts:?}");
        // The weights of its captions and of those of its variants sum to that of the picture.
        let taught = teaching.pictures(0).next().unwrap();
        assert_eq!(*taught[0].image, dataset.pictures[0]);
        let weight = |taught: &Taught<'_>| taught.captions.iter().map(|c| c.weight).sum::<f64>();
        let [own, all] = [&taught[..1], &taught].map(|part| part.iter().map(weight).sum::<f64>());
        assert!(own < 0.9 * all && (all - 0.5).abs() < 1e-9, "{own} of {all}");
    }

    #[test]
    fn labels_have_equal_weights_and_a_family_that_of_three() {
        let dataset = dataset();
        let everyday = WordTable::default();
        let teaching = Teaching::new(&dataset, &everyday);
        // The pictures are two of one label and six labels of one family.
        assert_eq!([0, 1, 2, 7, 9].map(|i| teaching.sampling.weight(i)), [0.5, 0.5, 0.5, 0.5, 1.0]);
        assert_eq!(teaching.sampling.weight(8), 0.0);
        assert_eq!(teaching.made(9), []);
        let people = teaching.own(9);
        assert!(people.iter().all(|caption| caption.kind != CaptionKind::Colour));
    }
}
