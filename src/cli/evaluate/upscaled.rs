//! `patchwork evaluate --upscaled`: measures an upscaler, in two tables and a sheet.

use std::path::PathBuf;

use crate::Result;
use crate::cli::{picture, print_beside};
use crate::dataset::Dataset;
use crate::dataset::gather::LargePictures;
use crate::evaluate::Asked;
use crate::evaluate::features::{FeatureExtractor, Features};
use crate::evaluate::metrics::Reference;
use crate::evaluate::upscaled::{Sharpness, WAYS, sharpness, small_again};
use crate::image::Image;
use crate::image::resize::resized;
use crate::pipeline::Pipeline;
use crate::recipe::Recipe;
use crate::tools::progress::Progress;

/// How many drawings the sheet has, and how many of them are in a row.
const SHOWN: usize = 40;
const COLUMNS: usize = 8;

/// The inputs of an upscaler's evaluation.
pub(super) struct Asks<'a> {
    pub(super) model: &'a Pipeline,
    pub(super) large: &'a PathBuf,
    pub(super) learnt: Vec<Asked>,
    pub(super) how: (&'a Recipe, u64),
    pub(super) most: usize,
}

impl Asks<'_> {
    pub(super) fn answer(
        &self,
        (dataset, features, extractor): (&Dataset, &Features, &FeatureExtractor),
        path: &PathBuf,
        progress: &dyn Progress,
    ) -> Result<()> {
        let print = |line: String| print_beside(&[Some(path)], line);
        let (large, _) = LargePictures::read_hashed(self.large)?;
        let rows = sharpness(self.model, &large, self.most, progress)?;
        print(
            "| held-out pictures | edge width | edge error | mottling |\n|---|---|---|---|".into(),
        )?;
        for (what, Sharpness { edge_width, edge_error, mottling }) in WAYS.iter().zip(rows) {
            print(format!("| {what} | {edge_width:.2} px | {edge_error:.3} | {mottling:.2} |"))?;
        }
        let reference = Reference::new(dataset, features, &[]);
        let again =
            small_again(self.model, &self.learnt, self.how, (&reference, extractor), progress)?;
        let head = "drawings, made small again";
        print(format!(
            "\n| {head} | kernel distance (KID, ×1000) | style is right |\n|---|---|---|"
        ))?;
        let ways = ["as drawn", WAYS[1], WAYS[2]];
        for (what, scores) in ways.iter().zip(&again.scores) {
            let (kid, style) = (scores.kid.text(1000.0, 1), scores.style.percent());
            print(format!("| {what} | {kid} | {style} |"))?;
        }
        let mut shown: Vec<Image> = Vec::new();
        for pairs in again.large.chunks(COLUMNS).take(SHOWN / COLUMNS) {
            for way in 0..2 {
                for pair in pairs {
                    shown.push(resized(&pair[way], pair[way].width / 2, pair[way].height / 2)?);
                }
                // A row that is not full is padded with transparent pictures.
                let Image { width, height, .. } = shown[0];
                let clear = Image { width, height, pixels: vec![0; 4 * width * height] };
                shown.resize(shown.len().next_multiple_of(COLUMNS), clear);
            }
        }
        picture::write(path, &Image::sheet(&shown, COLUMNS))
    }
}
