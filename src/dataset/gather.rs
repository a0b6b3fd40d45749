//! All picture sets to one dataset.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use rayon::prelude::{IntoParallelIterator, ParallelIterator};
use serde::Deserialize;

use super::concepts::{Concept, Concepts};
use super::sets::{EMOJIBASE, PackageKind, PictureSet, SETS};
use super::{Dataset, Entry, Split, npm, render, split};
use crate::image::Image;
use crate::image::file::read;
use crate::tools::progress::Progress;
use crate::{Error, Result};

/// What became of one set's pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The set's style.
    pub style: &'static str,
    /// Taken.
    pub taken: usize,
    /// Left out, since nothing says what they show, or they are letters, flags or silhouettes.
    pub unnamed: usize,
    /// Left out, since the set holds the same picture twice.
    pub twice: usize,
    /// Left out, since they could not be drawn.
    pub broken: usize,
}

/// Fetches, draws, names and splits everything; what came of each set.
///
/// # Errors
/// Returns an error if a package cannot be fetched or is not as it was when it was pinned.
pub fn gather(cache: &Path, seed: u64, progress: &dyn Progress) -> Result<(Dataset, Vec<Count>)> {
    let concepts = Concepts::new(&npm::files(EMOJIBASE, cache, progress)?)?;
    let mut dataset = Dataset::default();
    let mut counts = Vec::new();
    for set in &SETS {
        counts.push(add(&mut dataset, set, &npm::files(set.package, cache, progress)?, &concepts)?);
    }
    split::assign(&mut dataset.entries, seed);
    Ok((dataset, counts))
}

/// A picture before it is drawn.
enum IconSource {
    Svg(String),
    WebP(Vec<u8>),
}

fn add(
    dataset: &mut Dataset,
    set: &PictureSet,
    files: &BTreeMap<String, Vec<u8>>,
    concepts: &Concepts,
) -> Result<Count> {
    let sources = match set.kind {
        PackageKind::Iconify => icons(set, files)?,
        PackageKind::WebP => assets(files),
    };
    let total = sources.len();
    let find = |name: &str| match set.kind {
        PackageKind::Iconify => concepts.named(name),
        PackageKind::WebP => concepts.coded(name),
    };
    let drawn: Vec<(&Concept, Option<Image>)> = sources
        .into_iter()
        .filter_map(|(name, source)| Some((find(&name).filter(|c| c.is_drawn())?, source)))
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|(concept, source)| {
            let image = match source {
                IconSource::Svg(source) => render::svg(&source),
                IconSource::WebP(bytes) => {
                    read(&bytes).ok().and_then(|image| render::resized(&image))
                }
            };
            (concept, image)
        })
        .collect();
    let mut count =
        Count { style: set.style, taken: 0, unnamed: total - drawn.len(), twice: 0, broken: 0 };
    let mut seen = HashSet::new();
    for (concept, image) in drawn {
        let Some(image) = image.filter(|image| image.pixels.iter().any(|value| *value > 0)) else {
            count.broken += 1;
            continue;
        };
        if !seen.insert(image.pixels.clone()) {
            count.twice += 1;
            continue;
        }
        count.taken += 1;
        dataset.entries.push(Entry {
            label: concept.label.to_lowercase(),
            tags: concept.tags.clone(),
            style: set.style.into(),
            group: concept.group_name().into(),
            licence: format!("{} ({})", set.licence, set.credit),
            split: Split::Train,
        });
        dataset.pictures.push(image);
    }
    Ok(count)
}

/// Iconify's file of a set.
#[derive(Deserialize)]
struct Icons {
    icons: BTreeMap<String, Icon>,
    width: Option<f32>,
    height: Option<f32>,
}

/// One picture: the inside of an SVG, and its box if that differs from the set's.
#[derive(Deserialize)]
struct Icon {
    body: String,
    left: Option<f32>,
    top: Option<f32>,
    width: Option<f32>,
    height: Option<f32>,
    #[serde(default)]
    hidden: bool,
}

fn icons(set: &PictureSet, files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<(String, IconSource)>> {
    let refuse = |problem: String| Error::dataset(set.package.spec, problem);
    let bytes = files.get("icons.json").ok_or_else(|| refuse("it has no icons.json".into()))?;
    let icons: Icons =
        serde_json::from_slice(bytes).map_err(|problem| refuse(problem.to_string()))?;
    let (width, height) = (icons.width.unwrap_or(16.0), icons.height.unwrap_or(16.0));
    let visible = icons.icons.into_iter().filter(|(_, icon)| !icon.hidden);
    Ok(visible
        .map(|(name, icon)| {
            let (left, top) = (icon.left.unwrap_or(0.0), icon.top.unwrap_or(0.0));
            let (width, height) = (icon.width.unwrap_or(width), icon.height.unwrap_or(height));
            let svg = format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" \
                 xmlns:xlink=\"http://www.w3.org/1999/xlink\" \
                 viewBox=\"{left} {top} {width} {height}\">{}</svg>",
                icon.body
            );
            (name, IconSource::Svg(svg))
        })
        .collect())
}

fn assets(files: &BTreeMap<String, Vec<u8>>) -> Vec<(String, IconSource)> {
    let asset = |(path, bytes): (&String, &Vec<u8>)| {
        let code = path.strip_prefix("assets/")?.strip_suffix(".webp")?;
        Some((code.to_owned(), IconSource::WebP(bytes.clone())))
    };
    files.iter().filter_map(asset).collect()
}
