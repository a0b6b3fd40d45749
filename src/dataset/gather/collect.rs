//! Gathers all picture sets into one dataset.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use rayon::prelude::{IntoParallelIterator, IntoParallelRefIterator, ParallelIterator};

use super::canvas::SIDE;
use super::fit::{Bounds, SAFE, placed};
use super::iconify::icons;
use super::npm;
use super::render::{IconSource, LARGE};
use super::sets::{EMOJIBASE, PackageKind, PictureSet, SETS};
use crate::Result;
use crate::dataset::names::{
    Concept, Concepts, IconNames, Named, everyday, everyday_by_label, seeing,
};
use crate::dataset::{Dataset, Entry};
use crate::image::Image;
use crate::tools::progress::Progress;

/// How many of a set's pictures were taken and left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// The set's package.
    pub package: &'static str,
    /// The set's style.
    pub style: &'static str,
    /// How many pictures were taken.
    pub taken: usize,
    /// How many were left out because they have no name, or are letters, flags or silhouettes.
    pub unnamed: usize,
    /// How many were left out because the set holds the same picture twice.
    pub twice: usize,
    /// How many were left out because they could not be rendered.
    pub broken: usize,
}

/// The source of an icon's label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The set's package.
    pub package: &'static str,
    /// The icon's name in the package.
    pub icon: String,
    /// The label; empty if the icon is left out.
    pub label: String,
    /// The kind of match. It is “table”, “label” or “code” if the table, a label or a code matches
    /// exactly, and “alias” otherwise. It is “none” if nothing matches, and “not drawn” if the icon is a
    /// letter, a flag or a silhouette.
    pub how: &'static str,
}

/// The dataset, with statistics for each set and each icon.
#[derive(Debug)]
pub struct Gathered {
    /// The pictures.
    pub dataset: Dataset,
    /// One row for each set.
    pub counts: Vec<Count>,
    /// One row for each icon.
    pub matches: Vec<Match>,
    /// The source of each picture, and the scale of its set.
    pub(super) sources: Vec<(IconSource, f32)>,
}

/// Fetches, renders and names all pictures. None is held out yet.
///
/// # Errors
/// Returns an error if a package cannot be fetched or differs from the pinned one.
pub fn gather(cache: &Path, progress: &dyn Progress) -> Result<Gathered> {
    let concepts = Concepts::new(&npm::files(EMOJIBASE, cache, progress)?)?;
    let namer = Namer { concepts, icons: IconNames::new() };
    let mut gathered = Gathered {
        dataset: Dataset::default(),
        counts: Vec::new(),
        matches: Vec::new(),
        sources: Vec::new(),
    };
    progress.begin("Drawing sets", SETS.len(), 0);
    for set in &SETS {
        let files = npm::files(set.package, cache, progress)?;
        gathered.add(set, &files, &namer)?;
        progress.advance(1, set.style);
    }
    progress.end();
    let table = everyday();
    let names = everyday_by_label(&table);
    for entry in &mut gathered.dataset.entries {
        let words = names.get(entry.label.as_str()).into_iter().flatten();
        entry.names = words.filter(|word| **word != entry.label).map(|&w| w.to_owned()).collect();
    }
    Ok(gathered)
}

/// The tables by which icons are named.
struct Namer {
    concepts: Concepts,
    icons: IconNames,
}

impl Namer {
    /// Returns the name of what an icon shows, and the kind of match.
    fn name(&self, set: &PictureSet, icon: &str) -> (Option<Name<'_>>, &'static str) {
        match self.icons.get(set.package.short(), icon) {
            Some(Named::Out) => return (None, "table"),
            Some(Named::Label(label)) => {
                let concept = self.concepts.labelled(label);
                return (Some(Name { label: label.to_owned(), concept }), "table");
            }
            None => {}
        }
        let found = match set.kind {
            PackageKind::Iconify => self.concepts.named(icon),
            PackageKind::WebP => self.concepts.coded(icon),
            PackageKind::Chosen => None,
        };
        let Some(concept) = found else { return (None, "none") };
        if !concept.is_drawn() {
            return (None, "not drawn");
        }
        let label = concept.label.to_lowercase();
        let how = match set.kind {
            PackageKind::WebP => "code",
            _ if self.concepts.labelled(&icon.replace('-', " ")).is_some() => "label",
            _ => "alias",
        };
        (Some(Name { label, concept: Some(concept) }), how)
    }
}

/// The name of what an icon shows.
struct Name<'a> {
    label: String,
    concept: Option<&'a Concept>,
}

/// The group of things that are no emoji in Unicode.
const OTHER: &str = "objects";

impl Gathered {
    fn add(
        &mut self,
        set: &PictureSet,
        files: &BTreeMap<String, Vec<u8>>,
        namer: &Namer,
    ) -> Result<()> {
        let sources = match set.kind {
            PackageKind::WebP => assets(files),
            PackageKind::Iconify | PackageKind::Chosen => icons(set, files)?,
        };
        let total = sources.len();
        let mut named = Vec::new();
        for (icon, source) in sources {
            // A flat icon is another variant of the same drawing.
            let (name, how) = match icon.strip_suffix("-flat") {
                Some(plain) if set.kind == PackageKind::Chosen => namer.name(set, plain),
                _ => namer.name(set, &icon),
            };
            self.matches.push(Match {
                package: set.package.short(),
                icon,
                label: name.as_ref().map_or_else(String::new, |name| name.label.clone()),
                how,
            });
            named.extend(name.map(|name| (name, source)));
        }
        let large: Vec<Option<(Image, Bounds)>> =
            named.par_iter().map(|(_, source)| large(source)).collect();
        let scale = set_scale(large.iter().flatten().map(|(_, bounds)| bounds.extent()));
        let images: Vec<Option<Image>> = large
            .into_par_iter()
            .map(|large| {
                let (image, bounds) = large?;
                sticker(&image, bounds, scale, SIDE)
            })
            .collect();
        let mut count = Count {
            package: set.package.short(),
            style: set.style,
            taken: 0,
            unnamed: total - named.len(),
            twice: 0,
            broken: 0,
        };
        let mut seen = HashSet::new();
        for ((name, source), image) in named.into_iter().zip(images) {
            let Some(image) = image else {
                count.broken += 1;
                continue;
            };
            if !seen.insert(image.pixels.clone()) {
                count.twice += 1;
                continue;
            }
            count.taken += 1;
            let colour = if set.in_colour { seeing::seen(&image) } else { None };
            self.dataset.entries.push(Entry {
                label: name.label,
                tags: name.concept.map_or_else(Vec::new, |concept| concept.tags.clone()),
                style: set.style.into(),
                group: name.concept.map_or(OTHER, Concept::group_name).into(),
                licence: format!("{} ({})", set.licence, set.credit),
                colour: colour.map(str::to_owned),
                ..Entry::default()
            });
            self.dataset.pictures.push(image);
            self.sources.push((source, scale));
        }
        self.counts.push(count);
        Ok(())
    }
}

/// Renders a picture at [`LARGE`] and finds its opaque bounds.
fn large(source: &IconSource) -> Option<(Image, Bounds)> {
    let image = source.draw(LARGE)?;
    let bounds = Bounds::of(&image)?;
    Some((image, bounds))
}

/// Returns a sticker of a picture that was rendered at twice the resolution. The scale is that of its
/// set, or a smaller one that makes the picture fit.
pub(super) fn sticker(image: &Image, bounds: Bounds, scale: f32, side: usize) -> Option<Image> {
    placed(image, bounds, scale.min(SAFE * side as f32 / bounds.extent() as f32), side)
}

/// Returns the one scale for all pictures of a set, so that a small square stays smaller than a large
/// one. It fits nine tenths of the pictures; larger pictures are scaled to fit one by one.
fn set_scale(extents: impl Iterator<Item = usize>) -> f32 {
    let mut extents: Vec<usize> = extents.collect();
    extents.sort_unstable();
    let most = extents.get(extents.len() * 9 / 10).copied().unwrap_or(LARGE);
    SAFE * SIDE as f32 / most as f32
}

fn assets(files: &BTreeMap<String, Vec<u8>>) -> Vec<(String, IconSource)> {
    let asset = |(path, bytes): (&String, &Vec<u8>)| {
        let code = path.strip_prefix("assets/")?.strip_suffix(".webp")?;
        Some((code.to_owned(), IconSource::WebP(bytes.clone())))
    };
    files.iter().filter_map(asset).collect()
}
