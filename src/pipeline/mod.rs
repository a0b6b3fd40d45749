//! The pipeline from a prompt to pictures: tokens, context, noise, the denoising steps and the decoder.

pub mod autoencoder;
pub mod class_names;
pub mod concept_index;
pub mod conditions;
pub mod describe;
pub mod detail;
pub mod diffusers;
pub mod enlarge;
#[cfg(feature = "native")]
pub mod export;
pub mod invert;
pub mod known_answer;
pub mod manifest;
mod manifest_check;
pub mod matte;
pub mod morph;
pub mod notes;
pub mod original;
pub mod pixels;
mod plan;
pub mod preview;
mod resolve;
pub mod run;
pub mod source;
pub mod start;
pub mod stickers;
pub mod upscale;

use std::ops::Range;

use burn::tensor::{Device, Tensor};

pub use autoencoder::Autoencoder;
pub use class_names::ClassNames;
pub use invert::Inverting;
pub use original::Original;
pub use preview::PreviewMap;
pub use run::Run;
pub use source::{Folder, Source, read_json};
pub use start::{Origin, Start};
use stickers::Manifest;

use crate::diffusion::{Latent, LevelOptions, Prediction, Schedule};
use crate::image::Image;
use crate::model::{Dit, Upscaler};
use crate::recipe::{Defaults, Recipe};
use crate::text::TextReader;
use crate::tools::words::meant;
use crate::{Error, Result};

/// A whole model on a device, ready to draw.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// The model's name.
    pub name: String,
    /// A hash that distinguishes it from others of its name; see [`source::model_hash`].
    pub hash: String,
    /// The reader of prompts; `None` for models of class labels.
    pub text: Option<TextReader>,
    /// The names of the labels, if labels are styles.
    pub styles: Vec<String>,
    /// The names of the labels, if labels are classes and the model has names for them.
    pub classes: ClassNames,
    /// The denoising network.
    pub dit: Dit,
    /// The quantity that the network predicts.
    pub prediction: Prediction,
    /// Whether DDPM's steps use the variance that the network learned, if it learned one.
    pub learned_variance: bool,
    /// The noise schedule that it was trained on.
    pub schedule: Schedule,
    /// The name of the sampler that its authors chose.
    pub sampler: &'static str,
    /// Why the authors' way of drawing is not supported here, as part of a sentence; a recipe must then
    /// name a sampler. `None` if it is supported.
    pub not_drawn: Option<String>,
    /// The authors' default settings, such as the number of steps and the guidance scale.
    pub defaults: Defaults,
    /// How its authors choose the noise levels of a run.
    pub level_options: LevelOptions,
    /// Whether a guidance scale of 1 or below has no effect, instead of moving predictions towards the
    /// negative prompt.
    pub guides_above_1: bool,
    /// The predictions that skip blocks.
    pub short_path: ShortPath,
    /// The autoencoder between pictures and latents.
    pub autoencoder: Autoencoder,
    /// The network that enlarges finished pictures; `None` if the model has none, or if it is not loaded
    /// yet.
    pub upscaler: Option<Upscaler>,
    /// The map from latents to previews; `None` if the model has none.
    pub preview: Option<PreviewMap>,
    /// The device that holds the model.
    pub device: Device,
}

impl Pipeline {
    /// Loads the model in `source`, which has the embedded model's layout (`model.json`) or diffusers'
    /// (`model_index.json`).
    ///
    /// # Errors
    /// Returns an error if a file is missing or malformed, or if the model is not supported.
    pub async fn load<S: Source>(source: &S, device: &Device) -> Result<Self> {
        Self::load_parts(source, device, Parts::ForDrawing).await
    }

    /// Loads the model together with its encoder of pictures, which drawing does not need.
    ///
    /// # Errors
    /// See [`load`](Self::load).
    pub async fn load_with_encoder<S: Source>(source: &S, device: &Device) -> Result<Self> {
        Self::load_parts(source, device, Parts::All).await
    }

    async fn load_parts<S: Source>(source: &S, device: &Device, parts: Parts) -> Result<Self> {
        if source.exists(stickers::MANIFEST).await {
            let manifest: Manifest = read_json(source, stickers::MANIFEST).await?;
            let pipeline = stickers::load(source, manifest.clone(), device, parts).await?;
            let upscaler = stickers::upscaler(source, &manifest, device).await?;
            Ok(Self { upscaler, ..pipeline })
        } else if source.exists(diffusers::INDEX).await {
            diffusers::load(source, device, parts).await
        } else {
            Err(no_model(source.name()))
        }
    }

    /// Returns the model with other styles. Styles that it already has keep what they have learnt, and new
    /// ones begin as the null style.
    #[must_use]
    pub fn with_styles(self, styles: Vec<String>) -> Self {
        let label = |style: &String| {
            let known = meant(style, &self.styles);
            self.styles.iter().position(|own| Some(own) == known)
        };
        let labels: Vec<Option<usize>> = styles.iter().map(label).collect();
        Self { dit: self.dit.with_labels(&labels), styles, ..self }
    }

    /// Returns the shape of one latent, `[1, c, h, w]`.
    pub fn latent_shape(&self) -> [usize; 4] {
        let config = self.dit.config();
        let [height, width] = config.input_size;
        [1, config.in_channels, height, width]
    }

    /// Checks that the model draws pictures of `width`×`height`.
    ///
    /// # Errors
    /// Returns an error if it draws pictures of another size.
    pub fn check_draws(&self, [width, height]: [usize; 2]) -> Result<()> {
        let drawn = self.picture_size();
        if drawn == [width, height] {
            return Ok(());
        }
        let [across, down] = drawn;
        Err(Error::model(
            &self.name,
            format!("datasets have pictures of {width}×{height}, and it draws {across}×{down}"),
        ))
    }

    /// Returns the label of the style that `name` means; `None` if `name` is empty.
    ///
    /// # Errors
    /// Returns an error that lists all styles if the model has none of that name.
    pub fn style(&self, name: &str) -> Result<Option<usize>> {
        if name.is_empty() {
            return Ok(None);
        }
        if self.styles.is_empty() {
            return Err(Error::Recipe("This model has no styles: leave the style out".into()));
        }
        let known = meant(name, &self.styles);
        let label = self.styles.iter().position(|style| Some(style) == known);
        label.map(Some).ok_or_else(|| {
            Error::Recipe(format!(
                "There is no style “{name}”: choose one of {}",
                self.styles.join(", ")
            ))
        })
    }

    /// Returns the class that a number or a name means.
    ///
    /// # Errors
    /// Returns an error if the model has no class of that name, or if it has styles instead of classes.
    pub fn class(&self, text: &str) -> Result<usize> {
        if !self.styles.is_empty() {
            return Err(Error::Recipe(conditions::LABELS_ARE_STYLES.into()));
        }
        self.classes.class(text, self.dit.config().num_classes)
    }

    /// Returns the shift of a flow's noise levels; `None` if the model is not a flow.
    pub fn shift(&self) -> Option<f64> {
        match self.schedule {
            Schedule::Flow { shift } => Some(shift),
            Schedule::Discrete { .. } => None,
        }
    }

    /// Begins a run, which includes everything before its first step.
    ///
    /// # Errors
    /// Returns an error if the recipe does not fit the model, the sampler or `start`.
    pub fn begin(&self, recipe: &Recipe, start: Start) -> Result<Run<'_>> {
        Run::new(self, recipe, start)
    }

    /// Draws `recipe` from start to end, and returns its pictures.
    ///
    /// # Errors
    /// Returns an error if the recipe does not fit the model, or if the device fails.
    pub async fn images(&self, recipe: &Recipe) -> Result<Vec<Image>> {
        pixels::to_images(self.draw(recipe)?).await
    }

    /// Draws `recipe` from start to end, and returns the decoder's values; see
    /// [`to_images`](pixels::to_images).
    ///
    /// # Errors
    /// See [`begin`](Self::begin).
    pub fn draw(&self, recipe: &Recipe) -> Result<Tensor<4>> {
        let mut run = self.begin(recipe, Start::default())?;
        while run.step().is_some() {}
        Ok(self.autoencoder.decode(&run.latent()))
    }
}

/// The predictions that skip blocks, as in SPRINT (arXiv 2510.21986). The network has learnt to do without
/// these blocks.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ShortPath {
    /// The blocks that are skipped; empty if there are none.
    pub blocks: Range<usize>,
    /// The noise level (1 is pure noise) below which every prediction skips them. Above it, only guidance's
    /// prediction without the prompt does.
    pub below: f64,
}

/// The parts of a model that are loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parts {
    /// All parts except the autoencoder's encoder.
    ForDrawing,
    /// All parts.
    All,
}

/// Returns the error about a folder that holds no model.
pub(crate) fn no_model(folder: String) -> Error {
    Error::model(
        folder,
        "it holds neither model.json nor model_index.json: give the folder of a model that \
         Patchwork trained, or of a DiT in diffusers' layout",
    )
}
