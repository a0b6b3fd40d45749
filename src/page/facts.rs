//! What the worker and the server tell the page about devices, models and prompts.

use serde::{Deserialize, Serialize};

use crate::recipe::{Defaults, Recipe};
use crate::tools::words::meant;

/// The device in use, in words for the visitor.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DeviceFacts {
    /// “WebGPU” or “CPU”.
    pub name: String,
    /// The adapter; empty if there is none.
    pub adapter: String,
    /// The adapter's features, as WebGPU names them.
    pub features: Vec<String>,
    /// Why this device is used, in a sentence.
    pub reason: String,
    /// The result of the known-answer check, in a sentence; empty on the CPU.
    pub check: String,
    /// Whether a GPU is in use that has passed the check.
    pub is_checked: bool,
    /// Why WebGPU cannot be chosen here, in a sentence; empty if it can.
    pub lack: String,
}

/// The model in use, in words for the visitor.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ModelFacts {
    /// Its name.
    pub name: String,
    /// The hash that distinguishes models of the same name.
    pub hash: String,
    /// How many parameters the denoising network has.
    pub parameters: usize,
    /// The names of its styles.
    pub styles: Vec<String>,
    /// The samplers that are offered for it: the name and the label.
    pub samplers: Vec<(String, String)>,
    /// Its recommended settings, which always name a sampler.
    pub defaults: Defaults,
    /// Its shift, if it is a flow-matching model.
    pub shift: Option<f64>,
    /// How many tokens a prompt may have.
    pub max_tokens: usize,
    /// The side of its pictures, in pixels.
    pub side: usize,
    /// The side of its upscaler's pictures, in pixels; 0 if it has no upscaler.
    pub upscaled_side: usize,
    /// The size of its files, in bytes.
    pub bytes: f64,
    /// Whether the browser keeps its files, in a sentence.
    pub kept: String,
    /// Whether the browser keeps its files.
    pub is_kept: bool,
}

impl ModelFacts {
    /// Returns the sampler's own name for a name or label that was given, if it is offered.
    pub fn sampler(&self, name: &str) -> Option<&str> {
        let is_meant = |(own, label): &&(String, String)| meant(name, [own, label]).is_some();
        self.samplers.iter().find(is_meant).map(|(own, _)| own.as_str())
    }
}

/// How the model reads a text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reading {
    /// How many tokens it has, including those that do not fit.
    pub tokens: usize,
    /// The part that does not fit.
    pub cut: Option<String>,
    /// Sentences about emoji in it, and about words that the model does not know.
    pub notes: Vec<String>,
    /// Names that the model knows, to replace a part of the text that it does not know.
    pub chips: Vec<Chip>,
}

/// A name that the model knows, offered to replace a part of the prompt.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Chip {
    /// The part as it is written; empty for the whole prompt.
    pub part: String,
    /// The name.
    pub name: String,
}

/// A model of the server, as `cargo xtask build` lists it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ModelChoice {
    /// Its folder, relative to the page.
    pub folder: String,
    /// Its name.
    pub name: String,
    /// The hash that distinguishes models of the same name.
    #[serde(default)]
    pub hash: String,
    /// The size of its files, in bytes.
    pub bytes: f64,
    /// The style that it draws in by default.
    #[serde(default)]
    pub style: String,
    /// The quilt that is shown before the model is loaded, if its folder has one.
    #[serde(default)]
    pub quilt: Option<Quilt>,
}

/// Pictures that a model has drawn, which are shown before its weights are loaded.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Quilt {
    /// How many columns `quilt.webp` has.
    pub columns: usize,
    /// How many rows it has.
    pub rows: usize,
    /// The recipe of each picture, row by row.
    pub tiles: Vec<Recipe>,
    /// The styles in `styles.webp`, from left to right.
    pub styles: Vec<String>,
}
