//! The messages between the page and its worker. This module does not depend on Burn.

use serde::{Deserialize, Serialize};

use super::facts::{DeviceFacts, ModelFacts, Reading};
pub use super::tool::{Animation, Ground, Kept, Made, Tool};
use crate::image::finish::Finish;
use crate::recipe::{PartialRecipe, Recipe};

/// The name of the browser's cache of weights.
pub const WEIGHTS: &str = "patchwork-weights-1";

/// The device that the visitor wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum DeviceChoice {
    /// A hardware GPU that Burn can use, otherwise the CPU.
    #[default]
    Auto,
    /// WebGPU, with any adapter.
    WebGpu,
    /// The CPU.
    Cpu,
}

/// The bytes of a file, a PNG unless stated otherwise. Raw pixels stay in the worker.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct File(#[serde(with = "serde_bytes")] pub Vec<u8>);

/// The kind of file that holds several pictures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Archive {
    /// A ZIP of the single files.
    Zip,
    /// A PNG of the pictures side by side.
    Sheet,
}

/// How many pixels wide a sheet is at most, because memory in a tab is scarce.
const MOST_ACROSS: u32 = 4096;

/// Returns the largest side, in pixels, that each of `count` pictures can have on a sheet.
pub fn most_on_sheet(count: usize) -> u32 {
    MOST_ACROSS / ((count as f64).sqrt().ceil() as u32).max(1)
}

/// A message from the page to the worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Starts the device and loads the model. It is sent once, first.
    Load {
        /// The model's folder, relative to the page.
        model: String,
        /// The device to use.
        device: DeviceChoice,
    },
    /// Hands over a picture that runs can begin with, or a mask, before a run that needs it.
    Picture {
        /// Its hash, by which recipes name it.
        hash: String,
        /// The picture at the model's size, or a mask in its alpha.
        png: File,
    },
    /// Draws a recipe, in place of the current and the queued one.
    Draw {
        /// The number that names the job in the events about it.
        job: u32,
        /// The fields of the recipe that the page chose.
        recipe: Box<PartialRecipe>,
    },
    /// Stops drawing after the current step.
    Cancel,
    /// Decodes a step of the last job in full.
    Decode {
        /// The job.
        job: u32,
        /// The step, 1 for the first; 0 is the initial noise.
        step: usize,
    },
    /// Asks how the model reads the prompts.
    Read {
        /// The prompt.
        prompt: String,
        /// The negative prompt.
        negative: String,
    },
    /// Uses a tool on pictures. [`Event::Used`] answers.
    Use {
        /// The number that names this request in its answer.
        ticket: u32,
        /// The tool.
        tool: Tool,
        /// The files that it works on: one picture, unless the tool says otherwise.
        files: Vec<File>,
    },
    /// Stops a tool, which then answers with an error.
    StopUsing {
        /// The ticket of its request.
        ticket: u32,
    },
    /// Removes the weights that the browser keeps.
    Forget,
    /// Reads a file that the visitor brought: [`Event::Opened`] if it holds a recipe, otherwise
    /// [`Event::Brought`].
    Open {
        /// The number that names this request in its answer.
        ticket: u32,
        /// The file's name.
        name: String,
        /// The file.
        file: File,
    },
    /// Finishes a picture before it is saved.
    Finish {
        /// The number that names this request in its answer.
        ticket: u32,
        /// The picture, with its recipe inside.
        png: File,
        /// How the picture is finished.
        finish: Finish,
    },
    /// Adds a picture to an archive.
    Add {
        /// The archive's ticket.
        ticket: u32,
        /// The file name of the picture.
        name: String,
        /// The picture.
        png: File,
    },
    /// Puts the added pictures into one file.
    Archive {
        /// The number that names this request in its answer.
        ticket: u32,
        /// The kind of file.
        archive: Archive,
        /// How each picture is finished.
        finish: Finish,
    },
}

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

/// Returns a message in bytes.
///
/// # Panics
/// Never, because all parts of these messages can be serialised.
pub fn encode<T: Serialize>(message: &T) -> Vec<u8> {
    postcard::to_allocvec(message).expect("plain data")
}

/// Returns the message in bytes; `None` if they hold no valid message.
pub fn decode<T: for<'a> Deserialize<'a>>(bytes: &[u8]) -> Option<T> {
    postcard::from_bytes(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_round_trip() {
        let recipe = Recipe { prompt: "été 🍕".into(), seed: u64::MAX, ..Recipe::default() };
        let request = Request::Draw { job: 7, recipe: Box::new(recipe.into()) };
        assert_eq!(decode(&encode(&request)), Some(request));
        let picture = File(vec![1, 2, 3, 4]);
        let event = Event::Step {
            job: 7,
            index: 3,
            milliseconds: 1.5,
            denoised: vec![picture.clone()],
            noisy: vec![picture],
        };
        assert_eq!(decode(&encode(&event)), Some(event));
        // This format cannot skip empty fields.
        let (model, device) = (Box::default(), DeviceFacts::default());
        let event = Event::Ready { model, device, seconds: 0.5 };
        assert_eq!(decode(&encode(&event)), Some(event));
    }

    #[test]
    fn refuses_bytes_that_are_no_message() {
        assert_eq!(decode::<Event>(&[255; 40]), None);
        assert_eq!(decode::<Event>(&[]), None);
        let whole = encode(&Event::Failed { job: None, message: "x".repeat(50) });
        assert_eq!(decode::<Event>(&whole[..20]), None);
    }
}
