//! `patchwork evaluate --edits`: measures what a model does with pictures that it is given.

use std::path::PathBuf;

use crate::cli::{picture, print_beside};
use crate::dataset::Dataset;
use crate::evaluate::edits::mended::{disc, half, mended, seam};
use crate::evaluate::edits::restyled::{WAYS, in_other_styles, restyled};
use crate::evaluate::edits::traced::Traced;
use crate::evaluate::edits::{round_trip, traced};
use crate::evaluate::features::{FeatureExtractor, Features};
use crate::evaluate::held_out::HeldOut;
use crate::evaluate::interval::Interval;
use crate::evaluate::metrics::Reference;
use crate::evaluate::{Asked, draw};
use crate::image::Image;
use crate::image::mask::{Mask, composite};
use crate::pipeline::Pipeline;
use crate::recipe::Recipe;
use crate::tools::progress::Progress;
use crate::{Error, Result};

/// How many pictures go there and back, and how many are mended.
const FEW: usize = 20;
/// How many pictures are traced.
const TRACED: usize = 50;
/// How many pictures a row of the sheet has.
const COLUMNS: usize = 16;

/// The inputs of the evaluation.
pub(super) struct Asks<'a> {
    pub(super) model: &'a Pipeline,
    pub(super) sampling: &'a Recipe,
    pub(super) seed: u64,
    pub(super) held_out: &'a HeldOut,
    pub(super) path: &'a PathBuf,
    pub(super) progress: &'a dyn Progress,
}

impl Asks<'_> {
    pub(super) fn answer(
        &self,
        dataset: &Dataset,
        features: &Features,
        extractor: &FeatureExtractor,
    ) -> Result<()> {
        let reference = Reference::new(dataset, features, &[]);
        let (asked, pictures) = self.held_out.held_of(dataset);
        let few = FEW.min(asked.len());
        self.round_trip(&asked[..few], &pictures[..few])?;
        self.traced(&pictures[..TRACED.min(pictures.len())])?;
        let mut rows = self.mended(&asked, &pictures, (&reference, extractor))?;
        rows.extend(self.restyled(&asked, &pictures, (&reference, extractor))?);
        let shown = COLUMNS.min(asked.len());
        let images: Vec<Image> =
            rows.into_iter().flat_map(|row| row.into_iter().take(shown)).collect();
        picture::write(self.path, &Image::sheet(&images, shown))
    }

    fn print(&self, line: &str) -> Result<()> {
        print_beside(&[Some(self.path)], line)
    }

    fn round_trip(&self, asked: &[Asked], pictures: &[&Image]) -> Result<()> {
        let trip = round_trip::measure(self.model, (asked, pictures), self.progress)?;
        self.print(&format!(
            "| {} held-out pictures, there and back | PSNR |\n|---|---|",
            asked.len()
        ))?;
        self.print(&format!("| autoencoder alone | {:.2} dB |", trip.autoencoder))?;
        for (steps, psnr) in round_trip::STEPS.iter().zip(trip.trips) {
            self.print(&format!("| inverted and drawn again in {steps} steps | {psnr:.2} dB |"))?;
        }
        Ok(())
    }

    fn traced(&self, pictures: &[&Image]) -> Result<()> {
        self.print(&format!(
            "\n| {} held-out pictures, traced | PSNR | edge error | bytes |\n|---|---|---|---|",
            pictures.len()
        ))?;
        for colours in traced::COLOURS {
            let Traced { psnr, edge_error, bytes } =
                traced::measure(self.model, pictures, colours)?;
            self.print(&format!(
                "| {colours} colours | {psnr:.1} dB | {edge_error:.3} | {bytes:.0} |"
            ))?;
        }
        Ok(())
    }

    /// Mends a disc in each picture by the prompt of the next picture, and its left half by its own prompt.
    /// Returns pictures to show.
    fn mended(
        &self,
        asked: &[Asked],
        pictures: &[&Image],
        (reference, extractor): (&Reference<'_>, &FeatureExtractor),
    ) -> Result<Vec<Vec<Image>>> {
        let (how, size) = ((self.sampling, self.seed), self.model.picture_size());
        let source: Vec<Image> = pictures.iter().map(|picture| (*picture).clone()).collect();
        let row = |asked: &[Asked], mask: &Mask| {
            let made = mended(self.model, (asked, pictures), mask, how, self.progress)?;
            self.progress.begin("Drawing", asked.len(), 0);
            let drawn = draw(self.model, asked, how, self.progress)?;
            self.progress.end();
            let pasted =
                pictures.iter().zip(&drawn).map(|(source, drawn)| composite(source, drawn, mask));
            Ok::<_, Error>([made, pasted.collect::<Result<Vec<_>>>()?])
        };
        let prompt = |i: usize| asked[(i + 1) % asked.len()].prompt.clone();
        let other = asked.iter().enumerate();
        let other: Vec<Asked> =
            other.map(|(i, own)| Asked { prompt: prompt(i), ..own.clone() }).collect();
        let discs = row(&other, &disc(size))?;
        let halves = row(asked, &half(size))?;
        self.print(&format!(
            "\n| {} held-out pictures | rank of a new disc's prompt | seam of a half drawn anew |\n|---|---|---|",
            asked.len()
        ))?;
        let rows = [
            ("mended", &discs[0], &halves[0]),
            ("another drawing pasted", &discs[1], &halves[1]),
            ("unchanged", &source, &source),
        ];
        for (what, discs, halves) in rows {
            let seams: Vec<f64> = halves.iter().map(|image| seam(image, &half(size))).collect();
            let features = extractor.features(&discs.iter().collect::<Vec<_>>());
            let rank = reference.scores(&other, &features).family_rank;
            let seam = Interval::percentile(&seams, 0.5).text(1.0, 2);
            self.print(&format!("| {what} | {} | {seam} |", rank.percent()))?;
        }
        let [discs, _] = discs;
        let [halves, pasted] = halves;
        Ok(vec![source, discs, halves, pasted])
    }

    /// Draws each picture again in the next style. Returns pictures to show.
    fn restyled(
        &self,
        sources: &[Asked],
        pictures: &[&Image],
        (reference, extractor): (&Reference<'_>, &FeatureExtractor),
    ) -> Result<Vec<Vec<Image>>> {
        let asked = in_other_styles(sources, &self.model.styles);
        self.print(&format!(
            "\n| {} held-out pictures in another style | style is right | rank of the concept |\n\
             |---|---|---|",
            asked.len()
        ))?;
        let source = reference.scores(sources, &extractor.features(pictures));
        let row =
            |style: Interval, rank: Interval| format!("{} | {}", style.percent(), rank.percent());
        self.print(&format!(
            "| the sources themselves | {} |",
            row(source.style, source.family_rank)
        ))?;
        let mut shown = Vec::new();
        for way in WAYS {
            let what = (sources, &asked[..], pictures);
            let made = restyled(self.model, what, way, (self.sampling, self.seed), self.progress)?;
            let scores =
                reference.scores(&asked, &extractor.features(&made.iter().collect::<Vec<_>>()));
            self.print(&format!("| {} | {} |", way.name, row(scores.style, scores.family_rank)))?;
            shown.push(made);
        }
        Ok(shown)
    }
}
