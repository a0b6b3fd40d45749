//! What the worker tells the page.

use serde::{Deserialize, Serialize};

use super::{File, Kept, Made};
use crate::page::facts::{DeviceFacts, ModelFacts, Reading};
use crate::recipe::Recipe;

/// A part of the download.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// The worker's program.
    Program,
    /// The model's files.
    Weights,
}

/// A message from the worker to the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// Files are being loaded.
    Loading {
        /// The part that they belong to.
        part: Part,
        /// Bytes so far.
        loaded: f64,
        /// Bytes in all; 0 until that is known.
        total: f64,
        /// The time, in milliseconds since a fixed moment.
        at: f64,
    },
    /// A new stage of loading, in a few words: “Compiling shaders”.
    Stage {
        /// The words.
        stage: String,
    },
    /// The model is ready.
    Ready {
        /// The model.
        model: Box<ModelFacts>,
        /// The device that it runs on.
        device: DeviceFacts,
        /// How many seconds loading took.
        seconds: f64,
    },
    /// The model's upscaler is loaded, after pictures were enlarged without it.
    Upscales,
    /// The model's upscaler cannot be loaded, so pictures are enlarged without it.
    NoUpscaler {
        /// The reason, in a sentence.
        problem: String,
    },
    /// An archive is being put together.
    Gathering {
        /// The request's ticket.
        ticket: u32,
        /// How many pictures are done.
        done: usize,
        /// How many pictures there are.
        total: usize,
    },
    /// The stored weights were removed, or could not be removed.
    Forgotten {
        /// A sentence for the visitor.
        message: String,
    },
    /// A job is leading its picture back to noise, before it begins.
    Inverting {
        /// The job.
        job: u32,
        /// How many steps are done.
        done: usize,
        /// How many steps there are.
        total: usize,
        /// The preview of how far it is.
        noise: Vec<File>,
    },
    /// A job was stopped before it had begun, so that there is nothing to show.
    Stopped {
        /// The job.
        job: u32,
    },
    /// A job has begun.
    Started {
        /// The job.
        job: u32,
        /// The recipe that is drawn, with every field resolved.
        recipe: Box<Recipe>,
        /// How many denoising steps it takes.
        steps: usize,
        /// Notes for the visitor, such as words that were left out.
        notes: Vec<String>,
        /// The noise levels at the start and after each step.
        levels: Vec<f64>,
        /// The previews of the initial noise, one for each picture.
        noise: Vec<File>,
    },
    /// A step of a job is done.
    Step {
        /// The job.
        job: u32,
        /// The step's index, 0 for the first.
        index: usize,
        /// How many milliseconds it took.
        milliseconds: f64,
        /// The previews of the prediction of the clean latent (x₀), one for each picture of the job.
        denoised: Vec<File>,
        /// The previews of the noisy latent, one for each picture of the job.
        noisy: Vec<File>,
    },
    /// A job was finished or stopped.
    Done {
        /// The job.
        job: u32,
        /// Whether it was stopped before its last step.
        stopped: bool,
        /// The decoded pictures, each with its own recipe inside.
        pictures: Vec<File>,
        /// How many milliseconds it took in all.
        milliseconds: f64,
    },
    /// A step was decoded in full.
    Decoded {
        /// The job.
        job: u32,
        /// The step, 1 for the first; 0 is the initial noise.
        step: usize,
        /// The pictures.
        pictures: Vec<File>,
    },
    /// The model has read the prompts.
    Read {
        /// How it reads the prompt.
        prompt: Reading,
        /// How it reads the negative prompt.
        negative: Reading,
    },
    /// The page and its worker have different versions, so the page must be reloaded.
    Outdated,
    /// Something went wrong; the worker goes on.
    Failed {
        /// The job that failed, if any.
        job: Option<u32>,
        /// A sentence for the visitor.
        message: String,
    },
    /// The worker cannot draw, and must be restarted.
    Crashed {
        /// A sentence for the visitor.
        message: String,
        /// Whether it used a GPU, or was about to, so that the CPU may work instead.
        on_gpu: bool,
    },
    /// The recipe in a brought file was read.
    Opened {
        /// The request's ticket.
        ticket: u32,
        /// The file's name.
        name: String,
        /// The recipe and the names of its unknown fields, or a sentence about the error.
        outcome: Result<(Box<Recipe>, Vec<String>), String>,
        /// Whether the picture in the file is undamaged.
        is_whole: bool,
        /// The picture that its run began with, and the mask, as far as the file carries them.
        carried: Vec<Kept>,
    },
    /// A brought file holds a picture without a recipe.
    Brought {
        /// The request's ticket.
        ticket: u32,
        /// The file's name.
        name: String,
        /// The picture as PNG, its longer side at most 1024 pixels, or a sentence about the error.
        outcome: Result<File, String>,
    },
    /// A tool is at work.
    Using {
        /// The request's ticket.
        ticket: u32,
        /// How much of the work is done.
        done: usize,
        /// How much work there is.
        total: usize,
        /// The latest picture, if the tool makes several.
        picture: Option<File>,
    },
    /// A tool has done its work.
    Used {
        /// The request's ticket.
        ticket: u32,
        /// What it made, or a sentence about the error.
        outcome: Result<Made, String>,
    },
    /// A picture was finished, or an archive was put together.
    Finished {
        /// The request's ticket.
        ticket: u32,
        /// Whether the file was made from the upscaler's output.
        is_upscaled: bool,
        /// The file, or a sentence about the error.
        outcome: Result<File, String>,
    },
}
