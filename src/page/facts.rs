//! What the page is told of devices, models and prompts.

use serde::{Deserialize, Serialize};

use crate::recipe::{Defaults, Recipe};
use crate::tools::words::meant;

/// The device in use, for people.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DeviceFacts {
    /// “WebGPU” or “CPU”.
    pub name: String,
    /// The adapter, if there is one.
    pub adapter: String,
    /// The adapter's features, as WebGPU names them.
    pub features: Vec<String>,
    /// Why this one, in a sentence.
    pub reason: String,
    /// What the known-answer check found, in a sentence; empty on the CPU.
    pub check: String,
    /// Whether a GPU draws that has passed the check.
    pub is_checked: bool,
    /// Why WebGPU cannot be chosen here, in a sentence; empty if it can.
    pub lack: String,
}

/// The model in use, for people.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ModelFacts {
    /// What it calls itself.
    pub name: String,
    /// What tells it from others of its name.
    pub hash: String,
    /// Numbers in the denoising network.
    pub parameters: usize,
    /// Names of its styles.
    pub styles: Vec<String>,
    /// The samplers that are offered for it: name, and what people call it.
    pub samplers: Vec<(String, String)>,
    /// How it draws best; its sampler is always named.
    pub defaults: Defaults,
    /// Its shift, if it is a flow.
    pub shift: Option<f64>,
    /// Tokens that a prompt may have.
    pub max_tokens: usize,
    /// Pixels a side of what it draws.
    pub side: usize,
    /// Pixels a side of what its upscaler makes of that; 0 if it has none.
    pub upscaled_side: usize,
    /// Bytes of its files.
    pub bytes: f64,
    /// Whether the browser keeps its files, in a sentence.
    pub kept: String,
    /// Whether it does.
    pub is_kept: bool,
}

impl ModelFacts {
    /// Returns the name of the sampler that somebody means, if it is offered.
    pub fn sampler(&self, name: &str) -> Option<&str> {
        let is_meant = |(own, label): &&(String, String)| meant(name, [own, label]).is_some();
        self.samplers.iter().find(is_meant).map(|(own, _)| own.as_str())
    }
}

/// How a text is read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reading {
    /// How many tokens it has, with those that do not fit.
    pub tokens: usize,
    /// The part that does not fit.
    pub cut: Option<String>,
    /// Emoji in it, and what the model has no words for, in sentences.
    pub notes: Vec<String>,
    /// Names that the model knows, in place of a part of the text that it does not.
    pub chips: Vec<Chip>,
}

/// A name that the model knows, offered in place of a part of the prompt.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Chip {
    /// The part, as it is written; the whole prompt if it is empty.
    pub part: String,
    /// The name.
    pub name: String,
}

/// A model to choose, as `cargo xtask build` lists it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ModelChoice {
    /// Relative to the page.
    pub folder: String,
    /// Its name.
    pub name: String,
    /// What tells it from others of its name.
    #[serde(default)]
    pub hash: String,
    /// Bytes of its files.
    pub bytes: f64,
    /// The style that it draws in unless another is asked for.
    #[serde(default)]
    pub style: String,
    /// What it shows before it is there, if its folder has that.
    #[serde(default)]
    pub quilt: Option<Quilt>,
}

/// Pictures that a model has drawn, to be seen before its weights are there.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Quilt {
    /// Pictures across `quilt.webp`.
    pub columns: usize,
    /// Rows of it.
    pub rows: usize,
    /// What each was drawn from, row by row.
    pub tiles: Vec<Recipe>,
    /// The styles of `styles.webp`, from left to right.
    pub styles: Vec<String>,
}
